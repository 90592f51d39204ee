/** Calls of OneLogin's login API with aws-runas's own access token, and the errors of what they answer: never with a secret in them. */

import { LoginError } from "../../errors.ts";
import type { Secret } from "../../secret.ts";
import type { HttpRequest, HttpResponse } from "../../world.ts";
import { shorten } from "../oidc/protocol-error.ts";
import { buildTokenRequest, parseToken, type Refusal } from "./onelogin-api.ts";
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
}

/** The login API, once it knows who calls. */
export interface OneloginCall {
  readonly place: OneloginPlace;
  readonly signIn: SignIn;
  readonly accessToken: Secret;
  /** OneLogin's words without our secrets, fit for one line. */
  readonly words: (text: string) => string;
}

/** @throws LoginError `provider-refused` for the API credentials, `provider-answer`, `provider-unreachable`, `untrusted-destination` */
export async function openCall(place: OneloginPlace, signIn: SignIn): Promise<OneloginCall> {
  const { credentials, api } = place;
  const request = buildTokenRequest(api, credentials);
  const basic = request.headers?.["authorization"]?.replace(/^\S+ /, "") ?? "";
  const hidden = [credentials.clientSecret.reveal(), basic];
  const token = parseToken(await signIn.send(request, true));
  if (token === undefined) throw failure(signIn, "provider-answer", "answers without an access token");
  if ("kind" in token) throw credentialsRefused(token, credentials, { signIn, words: maskOf(hidden, signIn) });
  return { place, signIn, accessToken: token, words: maskOf([...hidden, token.reveal()], signIn) };
}

/** One request with the access token. */
export function send({ signIn }: OneloginCall, request: HttpRequest): Promise<HttpResponse> {
  return signIn.send(request, true);
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
export function refused(
  { signIn, words }: Pick<OneloginCall, "signIn" | "words">,
  what: string,
  refusal: Refusal,
  hint?: string,
): LoginError {
  const { status, message } = refusal;
  return failure(signIn, "provider-refused", `refuses ${what}: ${message === undefined ? `it answers ${status}` : words(message)}`, hint);
}

function credentialsRefused(refusal: Refusal, { source }: ApiCredentials, call: Pick<OneloginCall, "signIn" | "words">): LoginError {
  const isOrphan = refusal.status >= 500;
  const hint = isOrphan
    ? "OneLogin answers so where the person who made the API credentials is gone: have new ones made"
    : `they are ${source}; see Developers, API Credentials in OneLogin's administration`;
  return refused(call, "the API credentials", refusal, hint);
}

/** Password and codes are known to the answers alone. */
function maskOf(hidden: readonly string[], { answers }: SignIn): (text: string) => string {
  return (text) => shorten(answers.mask(hidden.reduce((masked, each) => masked.replaceAll(each, "[secret]"), text))).replace(/\.$/, "");
}
