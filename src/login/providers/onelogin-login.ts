/** A user name and a password → a session at OneLogin, or a SAML response: password, second factor, and the session's cookie. A password is sent once. */

import { describeOrigin } from "../../config/origin.ts";
import type { Secret } from "../../secret.ts";
import type { HttpRequest } from "../../world.ts";
import { buildLoginRequest, buildSessionRequest, type LoginOutcome, type Refusal, type SecondFactor } from "./onelogin-api.ts";
import { buildAssertionRequest } from "./onelogin-assertion.ts";
import { failure, type OneloginCall, type OneloginPlace, openCall, outcomeOf, refused, send, wordsOf } from "./onelogin-call.ts";
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
  await openSession(await pass(call), call);
  return { method: "GET", url: signIn.startUrl };
}

/** The response for the application that the place names. @throws what `logInByApi` throws */
export async function assertByApi(place: OneloginPlace, signIn: SignIn): Promise<Secret> {
  return pass(await openCall(place, signIn));
}

async function pass(call: OneloginCall): Promise<Secret> {
  const entered = await enterPassword(call);
  return entered.kind === "passed" ? entered.result : passSecondFactor(entered, call);
}

type Entered = { readonly kind: "passed"; readonly result: Secret } | ({ readonly kind: "second factor" } & SecondFactor);

async function enterPassword(call: OneloginCall): Promise<Entered> {
  return call.signIn.answers.untilTaken(async (error) => {
    const outcome = await tryPassword(call, error);
    if (outcome.kind === "passed" || outcome.kind === "second factor") return { taken: outcome };
    if (outcome.kind !== "refused") throw strange(outcome, call);
    if (!isWrongPassword(outcome)) throw refused(call.signIn, "the login", outcome, hintFor(outcome, call));
    return { refused: outcome.message === undefined ? undefined : wordsOf(outcome.message, call.signIn) };
  });
}

async function tryPassword(call: OneloginCall, error: string | undefined): Promise<LoginOutcome> {
  const { place, signIn, accessToken } = call;
  const { username, password } = await signIn.answers.give({ username: true, password: true, error });
  if (username === undefined || password === undefined) return { kind: "strange", what: "is not asked" };
  const { api, subdomain, appId } = place;
  const user = { username, password, subdomain };
  const request =
    appId === undefined ? buildLoginRequest(api, accessToken, user) : buildAssertionRequest(api, accessToken, { ...user, appId });
  return outcomeOf(await send(call, request), call);
}

function isWrongPassword({ status, message = "" }: Refusal): boolean {
  return status === 401 && !NOT_PASSWORD.test(message) && !NOT_ALLOWED.test(message);
}

function hintFor({ status, message = "" }: Refusal, { place, signIn }: OneloginCall): string | undefined {
  const isAboutApp = status === 404 || (status === 400 && /\bapp/i.test(message));
  if (place.appId !== undefined && isAboutApp) return `check app_id in ${describeOrigin(signIn.login.authUrl.origin)}`;
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
