/**
 * The browser flow: authorization code with PKCE in the person's own browser, which comes back to a port of this machine (RFC 8252, RFC 7636).
 *
 * At the same time the terminal takes the address that the browser ends at, for a browser on another machine; whichever comes first is
 * taken. The address to open is always shown too. It is handed to the browser as an argument, which other users may read: it holds nothing
 * secret, only hashes and random values that are of no use without the code verifier, which stays here.
 */

import { LoginError, PersonNeededError, RunasError } from "../../errors.ts";
import type { Tokens } from "../id-token.ts";
import { type Authorization, buildAuthorization } from "./authorize.ts";
import { type Arrival, type Callback, openCallback } from "./callback.ts";
import { failurePage, successPage } from "./callback-page.ts";
import type { LoginContext } from "./context.ts";
import { askForRedirect } from "./pasted-redirect.ts";
import { redeem } from "./redeem.ts";

const LIMIT_MS = 5 * 60 * 1000;

/**
 * @throws LoginError `redirect-unusable`, `approval-refused` when nobody comes back in time, `provider-refused` and whatever else the redirect
 *   and the token endpoint can be wrong in; PersonNeededError; CancelledError
 */
export async function logInByBrowser(context: LoginContext, redirectUri: string): Promise<Tokens> {
  const callback = await openCallback({ redirectUri, provider: context.host, log: context.tools.log });
  try {
    const authorization = await buildAuthorization(context, context.login, callback.redirectUri);
    // Who is expected: the page may fill it in (OpenID Connect Core 1.0 section 3.1.2.1).
    if (context.login.username !== undefined) authorization.url.searchParams.set("login_hint", context.login.username.value);
    const arrival = await firstArrival(authorization, callback, context);
    return await finish(arrival, authorization, context);
  } finally {
    callback.close();
  }
}

/** Whatever else was being waited for has ended when this ends: no question is left on the terminal. */
async function firstArrival(authorization: Authorization, callback: Callback, context: LoginContext): Promise<Arrival> {
  const ending = new AbortController();
  const arrived = callback.arrival(authorization.state);
  const person = sendPerson(authorization, context, ending.signal);
  try {
    return await Promise.race([arrived, person, timeLimit(context, ending.signal)]);
  } finally {
    ending.abort();
    await person.catch(() => undefined);
  }
}

/** Shows the address, opens the browser, then takes a pasted redirect; never resolves where there is no terminal to paste into. */
async function sendPerson(authorization: Authorization, context: LoginContext, signal: AbortSignal): Promise<Arrival> {
  const { browser, terminal } = context.tools;
  tell(invitation(authorization, context), context);
  const isOpen = browser.isAvailable && (await Promise.race([browser.open(authorization.url), whenAborted(signal)]));
  if (!isOpen && !terminal.isAvailable) {
    throw new PersonNeededError(`the login at ${context.host} needs a person, and no browser could be started`);
  }
  if (!isOpen && browser.isAvailable) tell("No browser could be started: open the address above in one.", context);
  if (!terminal.isAvailable) return whenAborted(signal);
  return { url: await askForRedirect(authorization, terminal, signal), answer: async () => {} };
}

function invitation({ url }: Authorization, { host, tools: { browser, profile } }: LoginContext): string {
  const what = profile === undefined ? `Log in at ${host}` : `Log in at ${host} for profile ${profile}`;
  return `${what}${browser.isAvailable ? " in the browser; if none opens, open" : ": open"} this address:\n${url.href}`;
}

function tell(message: string, { tools: { terminal, log } }: LoginContext): void {
  if (terminal.isAvailable) terminal.say(message);
  else log.info(message);
}

async function timeLimit({ host, tools: { clock } }: LoginContext, signal: AbortSignal): Promise<never> {
  await clock.sleep(LIMIT_MS, signal);
  throw new LoginError("approval-refused", `nobody logged in at ${host} within ${LIMIT_MS / 60_000} minutes`, {
    provider: host,
    step: "browser",
  });
}

function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

/** The browser is told how it ended once it has. */
async function finish({ url, answer }: Arrival, authorization: Authorization, context: LoginContext): Promise<Tokens> {
  const { profile } = context.tools;
  try {
    const tokens = await redeem({ url, authorization, username: undefined }, context);
    await answer(successPage({ profile, user: tokens.idToken.user }));
    tell(`Logged in as ${tokens.idToken.user}.`, context);
    return tokens;
  } catch (error) {
    const message = error instanceof RunasError ? error.message : "internal error";
    await answer(failurePage({ title: "The login did not work", message, profile }));
    throw error;
  }
}
