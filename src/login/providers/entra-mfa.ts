/**
 * Entra's second factor: BeginAuth starts one of the user's methods, EndAuth is asked until it is over or given the code, and
 * ProcessAuth (the page's `urlPost`) goes on with the login.
 *
 * The fields are those of saml2aws (pkg/provider/aad) and DavMail; the names of methods and results are in the page's own script.
 * While a person is waited for, EndAuth answers with error 500121 and "AuthenticationPending": only the latter says so.
 */

import { shorten } from "../../errors.ts";
import { formPost } from "../../http/form.ts";
import type { HttpRequest } from "../../world.ts";
import { type Polled, waitForApproval } from "../forms/approval.ts";
import { type Json, objectAt, objectsAt } from "../json.ts";
import type { Factor, FactorKind } from "../forms/factors.ts";
import { notAnswerable } from "./entra-errors.ts";
import { buildCall, type EntraPage, notUnderstood, parseReply, requiredUrl, textOf, urlOf } from "./entra-page.ts";
import { checkOutcome, isPending, isWrongCode } from "./entra-outcomes.ts";
import { perLogin } from "./per-login.ts";
import type { SignIn } from "./provider.ts";

interface Method {
  readonly kind: FactorKind;
  readonly label: string;
  /** Where a push is approved. */
  readonly app?: string;
}

/** By the id of the method; others need a browser. */
const METHODS: ReadonlyMap<string, Method> = new Map(
  Object.entries({
    PhoneAppNotification: { kind: "push", label: "Authenticator notification", app: "Microsoft Authenticator" },
    CompanionAppsNotification: { kind: "push", label: "Outlook notification", app: "Outlook on the phone" },
    PhoneAppOTP: { kind: "totp", label: "authenticator app" },
    OneWaySMS: { kind: "sms", label: "text message" },
    ConsolidatedTelephony: { kind: "sms", label: "text message" },
    TwoWayVoiceMobile: { kind: "call", label: "call to the mobile phone" },
    TwoWayVoiceAlternateMobile: { kind: "call", label: "call to the other mobile phone" },
    TwoWayVoiceOffice: { kind: "call", label: "call to the office phone" },
    FidoKey: { kind: "webauthn", label: "passkey or security key" },
  } satisfies Record<string, Method>),
);

/** How long Microsoft keeps a challenge (troubleshooting page of the NPS extension, "InvalidSession"). */
const LIMIT_MS = 180_000;
const LEAST_INTERVAL_MS = 500;
const MOST_INTERVAL_MS = 30_000;
/** At the user's own tenant and at the one they are a guest of. More would be prompts without end. */
const MAX_CHALLENGES = 2;

/** How many second factors a login has been asked for. */
const challengesOf = perLogin(() => ({ count: 0 }));

/** Where a challenge stands; `result` is how the last request ended. */
interface Challenge {
  readonly method: string;
  readonly succeeded: boolean;
  readonly result: string;
  readonly message: string;
  readonly isRepeatable: boolean;
  readonly flowToken: string;
  readonly ctx: string;
  readonly sessionId: string;
  /** To be picked on the other device. */
  readonly number: string | undefined;
}

interface Span {
  readonly startedAt: number;
  readonly endedAt: number;
}

/**
 * The request that goes on from a page that asks for a second factor.
 *
 * @throws LoginError `approval-refused`, `code-refused`, `page-not-answerable`, `provider-refused`, `provider-answer`; PersonNeededError; CancelledError
 */
export async function answerSecondFactor(page: EntraPage, signIn: SignIn): Promise<HttpRequest> {
  countChallenge(signIn);
  const factors = factorsOf(page);
  if (factors.every(({ kind }) => kind === "webauthn")) {
    throw notAnswerable(factors.map(({ label }) => shorten(label)).join(" or "), signIn);
  }
  const factor = await signIn.factors.choose(factors);
  signIn.checkDestination(requiredUrl(page, "urlPost"));
  const begun = await begin(page, factor.value, signIn);
  const startedAt = signIn.clock.now();
  const isApproved = factor.kind === "push" || factor.kind === "call";
  const done = isApproved ? await awaitApproval(page, begun, signIn) : await giveCode(page, begun, factor, signIn);
  return buildProcessAuth(page, done, { startedAt, endedAt: signIn.clock.now() }, signIn);
}

/** The user's methods, the default one first. */
function factorsOf({ fields }: EntraPage): readonly Factor<string>[] {
  const proofs = objectsAt(fields, "arrUserProofs");
  const ordered = [...proofs.filter((proof) => proof["isDefault"] === true), ...proofs.filter((proof) => proof["isDefault"] !== true)];
  return ordered.flatMap((proof) => {
    const id = textOf(proof, "authMethodId");
    if (id === "") return [];
    const { kind, label } = METHODS.get(id) ?? { kind: "webauthn" as const, label: id };
    const display = textOf(proof, "display");
    return [{ kind, label: display === "" ? label : `${label}, ${display}`, value: id }];
  });
}

function buildBeginAuth(page: EntraPage, method: string): HttpRequest {
  const content = { AuthMethodId: method, Method: "BeginAuth", Ctx: textOf(page.fields, "sCtx"), FlowToken: textOf(page.fields, "sFT") };
  return buildCall(page, requiredUrl(page, "urlBeginAuth"), content);
}

/** `count` is 1 for the first request. */
function buildEndAuth(page: EntraPage, challenge: Challenge, count: number, code?: string): HttpRequest {
  const { method, ctx, flowToken, sessionId } = challenge;
  const known = { AuthMethodId: method, Method: "EndAuth", Ctx: ctx, FlowToken: flowToken, SessionId: sessionId, PollCount: count };
  return buildCall(page, requiredUrl(page, "urlEndAuth"), code === undefined ? known : { ...known, AdditionalAuthData: code });
}

/** Tokens that are not repeated in an answer stay as they were. */
function parseChallenge(reply: Json, before: Challenge): Challenge {
  const entropy = textOf(reply, "Entropy");
  return {
    method: before.method,
    succeeded: reply["Success"] === true,
    result: textOf(reply, "ResultValue"),
    message: textOf(reply, "Message"),
    isRepeatable: reply["Retry"] === true,
    flowToken: textOf(reply, "FlowToken") || before.flowToken,
    ctx: textOf(reply, "Ctx") || before.ctx,
    sessionId: textOf(reply, "SessionId") || before.sessionId,
    number: /^[0-9]{1,3}$/.test(entropy) && entropy !== "0" ? entropy : before.number,
  };
}

function countChallenge(signIn: SignIn): void {
  const challenges = challengesOf(signIn);
  challenges.count += 1;
  if (challenges.count > MAX_CHALLENGES) throw notUnderstood(signIn.provider, "it asks for a second factor again and again");
}

async function begin(page: EntraPage, method: string, signIn: SignIn): Promise<Challenge> {
  const { fields } = page;
  const unbegun = {
    method,
    succeeded: false,
    result: "",
    message: "",
    isRepeatable: false,
    flowToken: textOf(fields, "sFT"),
    ctx: textOf(fields, "sCtx"),
    sessionId: "",
    number: undefined,
  };
  const begun = await call(buildBeginAuth(page, method), unbegun, signIn);
  if (!begun.succeeded) checkOutcome(begun, signIn.provider);
  return begun;
}

async function call(request: HttpRequest, before: Challenge, signIn: SignIn): Promise<Challenge> {
  const response = await signIn.send(request, true);
  return parseChallenge(parseReply(response, signIn.provider), before);
}

/** Until it is right. */
function giveCode(page: EntraPage, begun: Challenge, factor: Factor<string>, signIn: SignIn): Promise<Challenge> {
  const { answers } = signIn;
  let challenge = begun;
  let count = 0;
  return answers.untilTaken(async (error) => {
    const code = await answers.giveCode(factor, error);
    count += 1;
    challenge = await call(buildEndAuth(page, challenge, count, code.reveal()), challenge, signIn);
    if (challenge.succeeded) return { taken: challenge };
    if (!isWrongCode(challenge)) checkOutcome(challenge, signIn.provider);
    return { refused: shorten(challenge.message || challenge.result) };
  });
}

async function awaitApproval(page: EntraPage, begun: Challenge, signIn: SignIn): Promise<Challenge> {
  const { provider } = signIn;
  let challenge = begun;
  let count = 0;
  const poll = async (): Promise<Polled<Challenge>> => {
    count += 1;
    challenge = await call(buildEndAuth(page, challenge, count), challenge, signIn);
    if (challenge.succeeded) return { kind: "done", result: challenge };
    if (!isPending(challenge)) checkOutcome(challenge, provider);
    return { kind: "waiting" };
  };
  const app = METHODS.get(begun.method)?.app;
  const message = app === undefined ? "Answer the call and press #" : `Approve the login at ${provider} in ${app}`;
  const approval = { poll, intervalMs: intervalOf(page, begun.method), limitMs: LIMIT_MS, message, number: begun.number };
  return waitForApproval(approval, signIn);
}

/** As the page asks, in seconds. */
function intervalOf({ fields }: EntraPage, method: string): number {
  const seconds = Number(textOf(objectAt(fields, "oPerAuthPollingInterval"), method) || "1");
  return Math.min(Math.max(Number.isNaN(seconds) ? 0 : seconds * 1000, LEAST_INTERVAL_MS), MOST_INTERVAL_MS);
}

function buildProcessAuth(page: EntraPage, done: Challenge, { startedAt, endedAt }: Span, { answers }: SignIn): HttpRequest {
  const { fields } = page;
  return formPost(requiredUrl(page, "urlPost"), {
    type: "22",
    request: done.ctx,
    mfaLastPollStart: String(startedAt),
    mfaLastPollEnd: String(endedAt),
    mfaAuthMethod: done.method,
    login: textOf(fields, "sPOST_Username") || (answers.username ?? ""),
    [textOf(fields, "sFTName") || "flowToken"]: done.flowToken,
    hpgrequestid: textOf(fields, "sessionId"),
    canary: textOf(fields, "canary"),
  });
}

/** True when a page asks for a second factor, whatever it is called. */
export function asksForSecondFactor(page: EntraPage): boolean {
  return urlOf(page, "urlBeginAuth") !== undefined && objectsAt(page.fields, "arrUserProofs").length > 0;
}
