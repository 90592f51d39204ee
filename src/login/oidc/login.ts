/**
 * A profile's OIDC settings → a validated id token: discovery, login at the provider's forms (or by the session kept from the last time),
 * code exchange, validation.
 */

import type { OidcLogin } from "../../config/profile.ts";
import { LoginError, PersonNeededError, UsageError } from "../../errors.ts";
import { isLoopbackName } from "../../http/loopback.ts";
import { openSession } from "../../http/session.ts";
import type { Secret } from "../../secret.ts";
import type { Store } from "../../store/store.ts";
import type { Clock, Http, Log, Terminal } from "../../world.ts";
import type { IdToken } from "../id-token.ts";
import { buildAuthorization, readRedirect } from "./authorize.ts";
import { type BrowserSession, keepBrowserSession, readBrowserSession } from "./browser-session.ts";
import { type Discovered, discover } from "./discovery.ts";
import { exchangeCode } from "./exchange.ts";
import { LoginAnswers } from "./form-answers.ts";
import { walkLoginForms } from "./form-flow.ts";
import { createFormPolicy } from "./form-policy.ts";
import { atStep } from "./protocol-error.ts";
import { type ProviderHttp, providerHttp } from "./provider-http.ts";
import { validateTokens } from "./validate.ts";

export interface LoginTools {
  readonly http: Http;
  readonly store: Store;
  readonly clock: Clock;
  readonly terminal: Terminal;
  readonly log: Log;
  /** Called only when a form asks and the profile has no password. */
  readonly storedPassword: () => Promise<Secret | undefined>;
}

/** What one login at a provider works with. */
interface Context extends Discovered {
  readonly login: OidcLogin;
  readonly redirectUri: string;
  readonly http: ProviderHttp;
  readonly tools: LoginTools;
  /** The provider's host, for messages. */
  readonly host: string;
}

interface Outcome {
  readonly token: IdToken;
  readonly cookies: unknown;
  /** False when the session alone was enough. */
  readonly wasAsked: boolean;
}

/**
 * @throws UsageError `not-supported` for another flow than the form's; ConfigError; LoginError; PersonNeededError; CancelledError
 */
export async function logIn(login: OidcLogin, tools: LoginTools): Promise<IdToken> {
  const redirectUri = formRedirectUri(login);
  const http = providerHttp(new URL(login.authUrl.value).host, tools);
  const discovered = await discover(login, { ...tools, http: http("discovery") });
  const context = { ...discovered, login, redirectUri, http, tools, host: new URL(discovered.metadata.issuer).host };
  const owner = { issuer: discovered.metadata.issuer, username: login.username?.value };
  const kept = await readBrowserSession(owner, tools.store);
  const outcome = (kept && (await resume(kept, context))) ?? (await attempt(undefined, context));
  await keepBrowserSession(owner, { cookies: outcome.cookies, subject: outcome.token.subject }, tools);
  return outcome.token;
}

/**
 * Where the form flow ends.
 *
 * @throws UsageError `not-supported`
 */
function formRedirectUri({ flow, redirectUri }: OidcLogin): string {
  const asksForForm = "set web_identity_redirect_uri = app:/callback (and register it at the provider) to log in at the provider's forms";
  if (flow !== undefined && flow.value !== "form") throw unsupported(`web_identity_flow = ${flow.value}`, "set web_identity_flow = form");
  if (redirectUri === undefined) throw unsupported("the device flow (no web_identity_redirect_uri is set)", asksForForm);
  const { protocol, hostname } = new URL(redirectUri.value);
  if (flow === undefined && protocol === "http:" && isLoopbackName(hostname)) {
    throw unsupported(
      "the browser flow (web_identity_redirect_uri is on this machine)",
      "set web_identity_flow = form to log in at the provider's forms",
    );
  }
  return redirectUri.value;
}

function unsupported(what: string, hint: string): UsageError {
  return new UsageError(`${what} is not supported in this version`, { code: "not-supported", hint });
}

/** By the kept session; undefined when it is of no use any more or is another user's. */
async function resume(kept: BrowserSession, context: Context): Promise<Outcome | undefined> {
  const answers = new LoginAnswers(context.login, context.host, context.tools);
  try {
    const outcome = await attempt(kept.cookies, context, answers);
    return outcome.wasAsked || outcome.token.subject === kept.subject ? outcome : undefined;
  } catch (cause) {
    const isSessionsFault =
      cause instanceof LoginError && ["provider-refused", "provider-answer"].includes(cause.code) && !answers.wereGiven;
    if (!isSessionsFault) throw cause;
    context.tools.log.debug(`the session kept for ${context.host} is of no use any more`);
    return undefined;
  }
}

async function attempt(
  cookies: unknown,
  context: Context,
  answers = new LoginAnswers(context.login, context.host, context.tools),
): Promise<Outcome> {
  try {
    return await walk(cookies, context, answers);
  } catch (error) {
    throw withoutSecrets(error, answers);
  }
}

/** Without its cause as well, where there is something to hide. */
function withoutSecrets(error: unknown, answers: LoginAnswers): unknown {
  if (!(error instanceof LoginError) && !(error instanceof PersonNeededError)) return error;
  const message = answers.mask(error.message);
  const hint = error.hint && answers.mask(error.hint);
  if (message === error.message && hint === error.hint) return error;
  if (error instanceof PersonNeededError) return new PersonNeededError(message, { hint });
  return new LoginError(error.code, message, { hint, provider: error.provider, step: error.step });
}

async function walk(cookies: unknown, context: Context, answers: LoginAnswers): Promise<Outcome> {
  const { metadata, provider: driver, login, redirectUri, http, tools, host } = context;
  const authorization = await buildAuthorization(metadata, login, redirectUri);
  const policy = createFormPolicy(metadata, redirectUri);
  const session = openSession({ http: http("login form"), clock: tools.clock, cookies, onRedirect: policy.onRedirect });
  const chooser = { provider: host, login, terminal: tools.terminal };
  const redirect = await walkLoginForms(authorization.url, { metadata, driver, session, policy, answers, chooser });
  const parameters = await readRedirect(redirect, authorization, metadata);
  const response = await atStep({ provider: host, step: "token" }, "provider-answer", () =>
    exchangeCode(parameters, authorization, metadata, http("token")),
  );
  const token = await validateTokens(response, { authorization, metadata, username: answers.username }, { ...tools, http: http("keys") });
  return { token, cookies: session.cookies(), wasAsked: answers.wereGiven };
}
