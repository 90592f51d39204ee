/**
 * The end of a login at the provider, where its discovery document offers that: the refresh token revoked (RFC 7009), the session ended
 * (OpenID Connect RP-Initiated Logout 1.0 section 2).
 *
 * The id token that tells the provider whom to log out goes in a body, not in a URL. Many providers ask "do you want to log out?" first; the
 * answer is yes. Nothing is sent to another origin than that of the endpoint.
 */

import { processRevocationResponse, revocationRequest } from "oauth4webapi";

import type { OidcLogin } from "../../config/profile.ts";
import { LoginError } from "../../errors.ts";
import { type Button, type Form, formPost, submission } from "../../http/form.ts";
import { HttpError } from "../../http/http-error.ts";
import { readPage } from "../../http/page.ts";
import { openSession, type Session } from "../../http/session.ts";
import type { Secret } from "../../secret.ts";
import type { Clock, Http, HttpRequest, HttpResponse } from "../../world.ts";
import { clientAuth } from "./client-auth.ts";
import { by } from "./fetch.ts";
import { entriesOf } from "../forms/demand.ts";
import type { Metadata } from "./metadata.ts";
import { atStep } from "./protocol-error.ts";
import { asLoginError } from "../provider-http.ts";

/** What the provider may know of the login. */
export interface Ending {
  readonly idToken: Secret | undefined;
  readonly cookies: unknown;
}

const STEP = "logout";
const MAX_PAGES = 3;
const AGREEING = /log-?\s?out|sign-?\s?out|end-?\s?session|(^|[^a-z])yes([^a-z]|$)/i;
const REFUSING = /(^|[^a-z])(no|not|stay)([^a-z]|$)|cancel/i;

/**
 * Makes a refresh token worthless at the provider.
 *
 * @returns false where the provider does not offer it
 * @throws LoginError
 */
export async function revokeToken(token: Secret, login: OidcLogin, metadata: Metadata, http: Http): Promise<boolean> {
  if (metadata.revocation_endpoint === undefined) return false;
  const where = { provider: new URL(metadata.issuer).host, step: STEP, secrets: [token, login.clientSecret?.value] };
  await atStep(where, "provider-answer", async () => {
    const response = await revocationRequest(metadata, { client_id: login.clientId.value }, clientAuth(login, metadata), token.reveal(), {
      ...by(http),
      additionalParameters: { token_type_hint: "refresh_token" },
    });
    await processRevocationResponse(response);
  });
  return true;
}

/**
 * Ends the session of the kept cookies, or the one that the id token names.
 *
 * @returns false where the provider does not offer it
 * @throws LoginError
 */
export async function endSession(
  { idToken, cookies }: Ending,
  login: OidcLogin,
  metadata: Metadata,
  { http, clock }: { readonly http: Http; readonly clock: Clock },
): Promise<boolean> {
  if (metadata.end_session_endpoint === undefined) return false;
  const url = new URL(metadata.end_session_endpoint);
  const session = openSession({ http, clock, cookies, onRedirect: ({ to }) => (to.origin === url.origin ? "follow" : "stop") });
  const host = new URL(metadata.issuer).host;
  try {
    await confirm(await open(logoutRequest(url, idToken, login.clientId.value), session), session, { host, origin: url.origin });
  } catch (cause) {
    throw cause instanceof HttpError ? asLoginError(cause, { host, login }, STEP) : cause;
  }
  return true;
}

function logoutRequest(url: URL, idToken: Secret | undefined, clientId: string): HttpRequest {
  const parameters = { client_id: clientId, ...(idToken === undefined ? {} : { id_token_hint: idToken.reveal() }) };
  return formPost(url, parameters);
}

/** Undefined where the provider sent the browser away: it is done. A provider that takes no POST gets the cookies alone. */
async function open(request: HttpRequest, session: Session): Promise<HttpResponse | undefined> {
  const landing = await session.open(request);
  if (landing.kind === "stopped") return undefined;
  if (request.method !== "POST" || ![404, 405].includes(landing.response.status)) return landing.response;
  return open({ method: "GET", url: request.url }, session);
}

async function confirm(
  first: HttpResponse | undefined,
  session: Session,
  { host, origin }: { host: string; origin: string },
): Promise<void> {
  let response = first;
  for (let pages = 0; response !== undefined && pages < MAX_PAGES; pages += 1) {
    if (response.status >= 400)
      throw new LoginError("provider-refused", `${host} answers ${response.status}`, { provider: host, step: STEP });
    const question = logoutForm(readPage(response.url, response.body).forms, origin);
    if (question === undefined) return;
    response = await open(submission(question.form, entriesOf(question.form, new Map(), question.button)), session);
  }
}

function logoutForm(forms: readonly Form[], origin: string): { form: Form; button: Button } | undefined {
  for (const form of forms.filter(({ action }) => action.origin === origin)) {
    const button = form.buttons.find((each) => AGREEING.test(wordsOf(each)) && !REFUSING.test(wordsOf(each)));
    if (button !== undefined) return { form, button };
  }
  return undefined;
}

function wordsOf({ name, id, value, text }: Button): string {
  return `${name} ${id} ${value} ${text}`;
}
