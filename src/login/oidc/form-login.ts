/** The form flow as a whole: by the session kept from the last time where it is still good, else through the provider's login pages. */

import { CancelledError, LoginError, PersonNeededError } from "../../errors.ts";
import { openSession } from "../../http/session.ts";
import type { Tokens } from "../id-token.ts";
import type { SignIn } from "../providers/provider.ts";
import { buildAuthorization } from "./authorize.ts";
import { useBrowser } from "./browser-hint.ts";
import { type BrowserSession, keepBrowserSession, readBrowserSession } from "./browser-session.ts";
import type { LoginContext } from "./context.ts";
import { createFactorChooser, type FactorChooser } from "./factors.ts";
import { LoginAnswers } from "./form-answers.ts";
import { walkLoginForms } from "./form-flow.ts";
import { createFormPolicy } from "./form-policy.ts";
import { redeem } from "./redeem.ts";

interface Context extends LoginContext {
  readonly redirectUri: string;
}

interface Outcome {
  readonly tokens: Tokens;
  readonly cookies: unknown;
  /** False when the session alone was enough. */
  readonly wasAsked: boolean;
}

/** @throws LoginError; PersonNeededError; CancelledError */
export async function logInByForm(login: LoginContext, redirectUri: string): Promise<Tokens> {
  const context = { ...login, redirectUri };
  const { store } = login.tools;
  const { username, idpHint, federatedUsername, authUrl } = login.login;
  const owner = {
    issuer: login.metadata.issuer,
    username: username?.value,
    idpHint: idpHint?.value,
    federatedUsername: federatedUsername?.value,
    authUrl: authUrl.value,
  };
  const kept = await readBrowserSession(owner, store);
  const outcome = (kept && (await resume(kept, context))) ?? (await attempt(undefined, context));
  await keepBrowserSession(owner, { cookies: outcome.cookies, subject: outcome.tokens.idToken.subject }, login.tools);
  return outcome.tokens;
}

/** By the kept session; undefined when it is of no use any more or is another user's. */
async function resume(kept: BrowserSession, context: Context): Promise<Outcome | undefined> {
  const answers = new LoginAnswers(context.login, context.host, context.tools);
  try {
    const outcome = await attempt(kept.cookies, context, answers);
    return outcome.wasAsked || outcome.tokens.idToken.subject === kept.subject ? outcome : undefined;
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
    throw masked(error, answers);
  }
}

/** Without its cause as well, where there is something to hide. */
function masked(error: unknown, answers: LoginAnswers): unknown {
  if (!(error instanceof LoginError) && !(error instanceof PersonNeededError)) return error;
  const message = answers.mask(error.message);
  const hint = error.hint && answers.mask(error.hint);
  if (message === error.message && hint === error.hint) return error;
  if (error instanceof PersonNeededError) return new PersonNeededError(message, { hint });
  return new LoginError(error.code, message, { hint, provider: error.provider, step: error.step });
}

/** Who chose a second factor that leads nowhere (a lost telephone) gets to choose again. */
async function orForget<T>(login: Promise<T>, factors: FactorChooser): Promise<T> {
  try {
    return await login;
  } catch (cause) {
    const isTheirs = cause instanceof CancelledError || (cause instanceof LoginError && cause.code !== "provider-unreachable");
    if (isTheirs) await factors.forget();
    throw cause;
  }
}

async function walk(cookies: unknown, context: Context, answers: LoginAnswers): Promise<Outcome> {
  const { metadata, provider: driver, login, redirectUri, http, tools, host } = context;
  const authorization = await buildAuthorization(context, login, redirectUri);
  const named = { byDriver: driver.loginOrigins?.(metadata, login) ?? [], byProfile: login.trustedOrigins ?? [] };
  const policy = createFormPolicy(metadata, redirectUri, named);
  const session = openSession({ http: http("login form"), clock: tools.clock, cookies, onRedirect: policy.onRedirect });
  const browser = useBrowser(driver, login);
  const factors = createFactorChooser({ ...tools, provider: host, login, useBrowser: browser });
  const signIn: SignIn = {
    provider: host,
    metadata,
    login,
    authorizeUrl: authorization.url,
    send: (request, holdsSecrets) => {
      policy.checkRequest(request.url, holdsSecrets);
      return session.send(request);
    },
    keepCookie: session.keep,
    checkDestination: (url) => policy.checkRequest(url, true),
    vouchFor: policy.vouchFor,
    useBrowser: browser,
    answers,
    factors,
    terminal: tools.terminal,
    clock: tools.clock,
  };
  const walked = walkLoginForms({ driver, session, policy, signIn });
  const redirect = await orForget(walked, factors);
  const tokens = await redeem({ url: redirect, authorization, username: answers.username }, context);
  return { tokens, cookies: session.cookies(), wasAsked: answers.wereGiven };
}
