/**
 * A login by AM's callbacks: pages are answered until there is a session.
 *
 * AM refuses a wrong password and a wrong code alike, with 401 and the end of the attempt; what was answered last tells them apart. A new
 * code is then asked for at once, and the next attempt gets the user name and password that were accepted before.
 */

import { settingKey } from "../../config/setting-key.ts";
import { type ErrorCode, LoginError } from "../../errors.ts";
import { answerDemand } from "./forgerock-answer.ts";
import { readCallbacks } from "./forgerock-callbacks.ts";
import { exchange, type Exchanged, failure, type Given, NOTHING_GIVEN, NOTHING_SEEN, type Run } from "./forgerock-run.ts";
import { type AmPlace, type AmService, withService } from "./forgerock-urls.ts";
import { waitForDevice } from "./forgerock-wait.ts";
import { type AmAnswer, buildAuthenticate, type CallbackPage } from "./forgerock-wire.ts";
import type { SignIn } from "./provider.ts";

export interface AmSession {
  /** Undefined where AM gives it in a cookie alone. */
  readonly tokenId: string | undefined;
  readonly successUrl: string | undefined;
  /** What AM set with it. */
  readonly setCookie: readonly string[];
}

const MAX_EXCHANGES = 40;
/** An account's state, not a warning of what the next mistake will do to it. */
const LOCKED = /\b(locked|inactive|disabled|not active|expired)\b/i;
const WARNING = /\bwill be\b/i;

/**
 * @throws LoginError `credentials-refused`, `code-refused`, `approval-refused`, `page-not-answerable`, `provider-refused`, `provider-answer`;
 *   PersonNeededError; CancelledError
 */
export async function signInByCallbacks(place: AmPlace, signIn: SignIn): Promise<AmSession> {
  const run: Run = {
    place,
    signIn,
    seen: NOTHING_SEEN,
    given: NOTHING_GIVEN,
    ready: NOTHING_GIVEN,
    factor: undefined,
    last: "nothing",
    page: undefined,
    hasTimedOut: false,
    waitsUntil: undefined,
  };
  const { service, first } = await begin(run);
  let { answer, setCookie } = first;
  for (let exchanges = 0; exchanges < MAX_EXCHANGES; exchanges += 1) {
    if (answer.kind === "done") return { ...answer, setCookie };
    ({ answer, setCookie } = answer.kind === "page" ? await answerPage(answer.page, run) : await retry(answer, service, run));
  }
  throw failure(run, "provider-answer", `asks for more than ${MAX_EXCHANGES} answers`);
}

/**
 * By the service that the profile names, else the login page, else the one that the Go tool asks for by mfa_type, where the realm has it;
 * else the realm's own. Trying costs no failed login: nothing is sent but the name.
 */
async function begin(run: Run): Promise<{ readonly service: AmService | undefined; readonly first: Exchanged }> {
  const { place, signIn } = run;
  const named = signIn.login.authService?.value;
  const told = named === undefined ? place.service : serviceOf(named);
  const usual = told === undefined ? usualService(signIn) : undefined;
  const service = told ?? usual;
  const first = await exchange(run, buildAuthenticate(withService(place.authenticate, service)));
  const { kind } = first.answer;
  if (kind === "page" || kind === "done") return { service, first };
  if (usual !== undefined) return { service: undefined, first: await exchange(run, buildAuthenticate(place.authenticate)) };
  if (named !== undefined && kind === "failed") throw unknownService(named, first.answer, run);
  return { service, first };
}

function usualService({ login: { mfaType, mfaCode } }: SignIn): AmService | undefined {
  const type = mfaType?.value ?? "auto";
  if (type === "push") return serviceOf("mfa_push_authentication");
  const isCode = ["code", "otp", "totp"].includes(type) || (type === "auto" && mfaCode !== undefined);
  return isCode ? serviceOf("mfa_oath_authentication") : undefined;
}

function serviceOf(value: string): AmService {
  return { type: "service", value };
}

function unknownService(name: string, { message }: Extract<AmAnswer, { kind: "failed" }>, run: Run): LoginError {
  const hint = `${settingKey(run.signIn.login, "auth_service")} is the name of a tree, journey or chain of the realm ${run.place.realm}`;
  return failure(run, "provider-refused", `does not log in by "${name}"${message === "" ? "" : `: ${message}`}`, hint);
}

async function answerPage(page: CallbackPage, run: Run): Promise<Exchanged> {
  const demand = readCallbacks(page, run.seen);
  if (demand.kind === "wait") return waitForDevice(demand, page, run);
  const values = await answerDemand(demand, page, run);
  return exchange(run, buildAuthenticate(run.place.authenticate, page, values));
}

/** Another attempt, from the start, where there is to be one. */
async function retry(answer: Exclude<AmAnswer, { kind: "page" | "done" }>, service: AmService | undefined, run: Run): Promise<Exchanged> {
  if (answer.kind === "failed") {
    const words = answer.message === "" ? "something that is no page of callbacks" : answer.message;
    throw failure(run, "provider-answer", `answers ${answer.status}: ${words}`);
  }
  run.ready = answer.kind === "refused" ? await afterRefusal(answer.message, run) : afterTimeout(run);
  run.seen = NOTHING_SEEN;
  run.last = "nothing";
  run.page = undefined;
  return exchange(run, buildAuthenticate(withService(run.place.authenticate, service)));
}

async function afterRefusal(message: string, run: Run): Promise<Given> {
  const { last, seen, given, signIn } = run;
  const error = message === "" ? undefined : message;
  const refuse = (code: ErrorCode, what: string) => failure(run, code, error === undefined ? what : `${what}: ${error}`);
  if (last === "nothing") throw refuse("provider-refused", "refuses the login");
  if (last === "device") throw refuse("approval-refused", "says that the login was not approved");
  if (LOCKED.test(message) && !WARNING.test(message)) throw refuse("credentials-refused", "refuses the login");
  if (last === "code") {
    const { code } = await signIn.answers.give({ code: true, error, factor: run.factor });
    return { ...given, code };
  }
  return signIn.answers.give({ username: seen.username !== undefined, password: seen.password !== undefined, error });
}

/** A person may take longer to answer than AM waits. */
function afterTimeout(run: Run): Given {
  if (run.last === "device") throw failure(run, "approval-refused", "got no approval of the login in time");
  if (run.hasTimedOut) throw failure(run, "provider-refused", "says again that the login took too long");
  run.hasTimedOut = true;
  run.signIn.answers.noteAccepted();
  return run.given;
}
