/** A user name and a password → a session at OneLogin: password, second factor, and the session's cookie. A password is sent once. */

import type { Secret } from "../../secret.ts";
import type { HttpRequest } from "../../world.ts";
import { buildLoginRequest, buildSessionRequest, type LoginOutcome, parseLogin, type Refusal, type SecondFactor } from "./onelogin-api.ts";
import { failure, type OneloginCall, type OneloginPlace, openCall, refused, send, wordsOf } from "./onelogin-call.ts";
import { passSecondFactor } from "./onelogin-factors.ts";
import type { SignIn } from "./provider.ts";

/** Of a 401 that has nothing to do with the password. */
const NOT_PASSWORD = /lock|suspend|disabled|inactive|expired|unlicensed|not (?:active|approved)/i;
const NOT_ALLOWED = /permission|scope|not authorized|access token|authentication failure$/i;

/**
 * The authorization request again, now that the session knows the user.
 *
 * @throws LoginError `credentials-refused`, `code-refused`, `approval-refused`, `page-not-answerable`, `provider-refused`, `provider-answer`,
 *   `provider-unreachable`; PersonNeededError; CancelledError
 */
export async function logInByApi(place: OneloginPlace, signIn: SignIn): Promise<HttpRequest> {
  const call = await openCall(place, signIn);
  const entered = await enterPassword(call);
  const token = entered.kind === "session" ? entered.token : await passSecondFactor(entered, call);
  await openSession(token, call);
  return { method: "GET", url: signIn.startUrl };
}

type Entered = { readonly kind: "session"; readonly token: Secret } | ({ readonly kind: "second factor" } & SecondFactor);

async function enterPassword(call: OneloginCall): Promise<Entered> {
  return call.signIn.answers.untilTaken(async (error) => {
    const outcome = await tryPassword(call, error);
    if (outcome.kind === "session" || outcome.kind === "second factor") return { taken: outcome };
    if (outcome.kind !== "refused") throw strange(outcome, call);
    if (!isWrongPassword(outcome)) throw refused(call.signIn, "the login", outcome, hintFor(outcome));
    return { refused: outcome.message === undefined ? undefined : wordsOf(outcome.message, call.signIn) };
  });
}

async function tryPassword(call: OneloginCall, error: string | undefined): Promise<LoginOutcome> {
  const { place, signIn, accessToken } = call;
  const { username, password } = await signIn.answers.give({ username: true, password: true, error });
  if (username === undefined || password === undefined) return { kind: "strange", what: "is not asked" };
  const user = { username, password, subdomain: place.subdomain };
  return parseLogin(await send(call, buildLoginRequest(place.api, accessToken, user)));
}

function isWrongPassword({ status, message = "" }: Refusal): boolean {
  return status === 401 && !NOT_PASSWORD.test(message) && !NOT_ALLOWED.test(message);
}

function hintFor({ status, message = "" }: Refusal): string | undefined {
  const isAboutUs = status === 403 || (status === 401 && NOT_ALLOWED.test(message));
  return isAboutUs ? 'the API credentials need the scope "Authentication Only"' : undefined;
}

function strange(outcome: LoginOutcome, { signIn }: OneloginCall): Error {
  const what = outcome.kind === "strange" ? outcome.what : "is pending before a second factor was chosen";
  return failure(signIn, "provider-answer", `answers the password with something that ${what}`);
}

/** OneLogin redirects to its portal or answers 200; the cookie is what counts. */
async function openSession(token: Secret, call: OneloginCall): Promise<void> {
  const { signIn, place } = call;
  const { status } = await send(call, buildSessionRequest(place.home, token));
  if (status >= 400) throw failure(signIn, "provider-refused", `opens no session for the login: it answers ${status}`);
}
