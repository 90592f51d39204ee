/** A login by a provider's forms as a whole: by the session kept from the last time where it is still good, else through its login pages. */

import type { ProviderLogin } from "../../config/profile.ts";
import { CancelledError, LoginError, PersonNeededError } from "../../errors.ts";
import { openSession } from "../../http/session.ts";
import type { HttpResponse } from "../../world.ts";
import { type BrowserSession, keepBrowserSession, readBrowserSession, type SessionOwner } from "../browser-session.ts";
import type { LoginTools } from "../login-tools.ts";
import type { ProviderHttp } from "../provider-http.ts";
import type { Provider, SignIn } from "../providers/provider.ts";
import { LoginAnswers } from "./answers.ts";
import { createFactorChooser, type FactorChooser } from "./factors.ts";
import type { Home } from "./home.ts";
import { createFormPolicy } from "./policy.ts";
import { type End, type Goal, walkLoginForms } from "./walk.ts";

export interface FormLogin<T> {
  readonly login: ProviderLogin;
  readonly home: Home;
  readonly driver: Provider;
  /** Where neither configuration nor address tell the driver: by the first page. */
  readonly detect?: ((first: HttpResponse) => Provider) | undefined;
  /** The host that questions and errors name. */
  readonly host: string;
  /** What to do about what only a browser can do, for hints. */
  readonly useBrowser: string;
  readonly http: ProviderHttp;
  readonly tools: LoginTools;
  /** For each attempt anew. */
  readonly begin: () => Promise<Beginning<T>>;
  /** Who the login is of, as the provider says it. */
  readonly subjectOf: (proof: T) => string;
}

/** One attempt: what it starts with, where it ends, and what is made of the end. */
export interface Beginning<T> {
  readonly startUrl: URL;
  readonly goal: Goal;
  /** @param username configured or typed */
  readonly finish: (end: End, username: string | undefined) => Promise<T>;
}

interface Outcome<T> {
  readonly proof: T;
  /** Undefined where no session came of it. */
  readonly cookies: unknown;
  /** False when the session alone was enough. */
  readonly wasAsked: boolean;
}

/** @throws LoginError; PersonNeededError; CancelledError; what `begin` and `finish` throw */
export async function logInByForms<T>(form: FormLogin<T>): Promise<T> {
  const { store } = form.tools;
  const { username, idpHint, federatedUsername, authUrl } = form.login;
  const owner: SessionOwner = {
    issuer: form.home.id,
    username: username?.value,
    idpHint: idpHint?.value,
    federatedUsername: federatedUsername?.value,
    authUrl: authUrl.value,
  };
  const kept = await readBrowserSession(owner, store);
  const { proof, cookies } = (kept && (await resume(kept, form))) ?? (await attempt(undefined, form));
  if (cookies !== undefined) await keepBrowserSession(owner, { cookies, subject: form.subjectOf(proof) }, form.tools);
  return proof;
}

/** By the kept session; undefined when it is of no use any more or is another user's. */
async function resume<T>(kept: BrowserSession, form: FormLogin<T>): Promise<Outcome<T> | undefined> {
  const answers = answersOf(form);
  try {
    const outcome = await attempt(kept.cookies, form, answers);
    return outcome.wasAsked || form.subjectOf(outcome.proof) === kept.subject ? outcome : undefined;
  } catch (cause) {
    const isSessionsFault =
      cause instanceof LoginError && ["provider-refused", "provider-answer"].includes(cause.code) && !answers.wereGiven;
    if (!isSessionsFault) throw cause;
    form.tools.log.debug(`the session kept for ${form.host} is of no use any more`);
    return undefined;
  }
}

function answersOf<T>({ login, host, tools }: FormLogin<T>): LoginAnswers {
  return new LoginAnswers(login, host, tools);
}

async function attempt<T>(cookies: unknown, form: FormLogin<T>, answers = answersOf(form)): Promise<Outcome<T>> {
  try {
    return await walk(cookies, form, answers);
  } catch (cause) {
    const error = masked(cause, answers);
    if (error instanceof LoginError && error.code === "credentials-refused") await answers.noteRefused(error);
    throw error;
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

async function walk<T>(cookies: unknown, form: FormLogin<T>, answers: LoginAnswers): Promise<Outcome<T>> {
  const { login, home, driver, detect, host, useBrowser, http, tools } = form;
  const { startUrl, goal, finish } = await form.begin();
  const named = { byDriver: driver.loginOrigins?.(home, login) ?? [], byProfile: login.trustedOrigins ?? [] };
  const policy = createFormPolicy({ home, login }, goal.isEndUrl, named);
  const session = openSession({ http: http("login form"), clock: tools.clock, cookies, onRedirect: policy.onRedirect });
  const factors = createFactorChooser({ ...tools, provider: host, login, useBrowser });
  const signIn: SignIn = {
    provider: host,
    home,
    login,
    startUrl,
    send: (request, holdsSecrets) => {
      policy.checkRequest(request.url, holdsSecrets);
      return session.send(request);
    },
    keepCookie: session.keep,
    checkDestination: (url) => policy.checkRequest(url, true),
    vouchFor: policy.vouchFor,
    useBrowser,
    answers,
    factors,
    terminal: tools.terminal,
    clock: tools.clock,
  };
  const end = await orForget(walkLoginForms({ driver, detect, session, policy, signIn, goal }), factors);
  const kept = end.kind === "response" ? undefined : session.cookies();
  return { proof: await finish(end, answers.username), cookies: kept, wasAsked: answers.wereGiven };
}
