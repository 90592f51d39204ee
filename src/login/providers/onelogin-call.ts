/** Calls of OneLogin's login API with aws-runas's own access token, and the errors of what they answer: never with a secret in them. */

import { LoginError, shorten } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import type { HttpRequest, HttpResponse } from "../../world.ts";
import { buildTokenRequest, type LoginOutcome, parseLogin, parseToken, type Refusal } from "./onelogin-api.ts";
import { parseAssertion } from "./onelogin-assertion.ts";
import type { ApiCredentials } from "./onelogin-settings.ts";
import type { SignIn } from "./provider.ts";

/** Where a login by the API happens. */
export interface OneloginPlace {
  /** The account's own origin, which shows the login page and takes the session. */
  readonly home: URL;
  /** The origin of the API. */
  readonly api: string;
  readonly subdomain: string;
  readonly credentials: ApiCredentials;
  /** Of a SAML application: the login is for a response, and opens no session. */
  readonly appId?: string | undefined;
}

/** The login API, once it knows who calls. */
export interface OneloginCall {
  readonly place: OneloginPlace;
  readonly signIn: SignIn;
  readonly accessToken: Secret;
}

/** @throws LoginError `provider-refused` for the API credentials, `provider-answer`, `provider-unreachable`, `untrusted-destination` */
export async function openCall(place: OneloginPlace, signIn: SignIn): Promise<OneloginCall> {
  const { credentials, api } = place;
  const request = buildTokenRequest(api, credentials);
  const basic = new Secret(request.headers?.["authorization"]?.replace(/^\S+ /, "") ?? "");
  signIn.answers.hide(credentials.clientSecret, basic);
  const token = parseToken(await signIn.send(request, true));
  if (token === undefined) throw failure(signIn, "provider-answer", "answers without an access token");
  if ("kind" in token) throw credentialsRefused(token, credentials, signIn);
  signIn.answers.hide(token);
  return { place, signIn, accessToken: token };
}

/** One request with the access token. */
export function send({ signIn }: OneloginCall, request: HttpRequest): Promise<HttpResponse> {
  return signIn.send(request, true);
}

/** What it answers to a password or a code. */
export function outcomeOf(response: HttpResponse, { place }: OneloginCall): LoginOutcome {
  return place.appId === undefined ? parseLogin(response) : parseAssertion(response, place.appId);
}

export function failure(
  { provider }: SignIn,
  code: "provider-answer" | "provider-refused" | "approval-refused" | "page-not-answerable",
  what: string,
  hint?: string,
): LoginError {
  return new LoginError(code, `${provider} ${what}`, { provider, step: "OneLogin API", hint });
}

/** For what is neither a wrong password nor a wrong code. */
export function refused(signIn: SignIn, what: string, refusal: Refusal, hint?: string): LoginError {
  const { status, message } = refusal;
  return failure(
    signIn,
    "provider-refused",
    `refuses ${what}: ${message === undefined ? `it answers ${status}` : wordsOf(message, signIn)}`,
    hint,
  );
}

function credentialsRefused(refusal: Refusal, { source }: ApiCredentials, signIn: SignIn): LoginError {
  const isOrphan = refusal.status >= 500;
  const hint = isOrphan
    ? "OneLogin answers so where the person who made the API credentials is gone: have new ones made"
    : `they are ${source}; see Developers, API Credentials in OneLogin's administration`;
  return refused(signIn, "the API credentials", refusal, hint);
}

/** OneLogin's words without our secrets, fit for one line. */
export function wordsOf(text: string, { answers }: SignIn): string {
  return shorten(answers.mask(text)).replace(/\.$/, "");
}
