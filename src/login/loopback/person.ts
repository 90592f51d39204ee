/**
 * Sends a person to a page of their provider in the system's browser, and waits until the browser is back at this machine: five minutes.
 *
 * The address is always shown too. It is handed to the browser as an argument, which other users may read: it must hold nothing secret.
 */

import { LoginError, PersonNeededError } from "../../errors.ts";
import type { LoginTools } from "../login-tools.ts";

const LIMIT_MS = 5 * 60 * 1000;

export interface Errand<T> {
  readonly url: URL;
  /** The provider's, for what is told. */
  readonly host: string;
  readonly tools: LoginTools;
  /** Resolves when the browser is back. */
  readonly arrived: Promise<T>;
  /** The way of a browser that cannot come back, asked for on the terminal; undefined where there is none. */
  readonly asked?: ((signal: AbortSignal) => Promise<T>) | undefined;
  /** What a browser on another machine needs, told where none can be opened here. */
  readonly elsewhere?: string | undefined;
}

/**
 * Whatever else was being waited for has ended when this ends: no question is left on the terminal.
 *
 * @throws LoginError `approval-refused` when nobody comes back in time; PersonNeededError where nobody can be sent; what `asked` throws
 */
export async function awaitPerson<T>(errand: Errand<T>): Promise<T> {
  const ending = new AbortController();
  const person = sendPerson(errand, ending.signal);
  try {
    return await Promise.race([errand.arrived, person, timeLimit(errand, ending.signal)]);
  } finally {
    ending.abort();
    await person.catch(() => undefined);
  }
}

/** On the terminal, or in the log where there is none. */
export function tell(message: string, { terminal, log }: LoginTools): void {
  if (terminal.isAvailable) terminal.say(message);
  else log.info(message);
}

/** Shows the address, opens the browser, then asks; never resolves where there is nothing to ask or no terminal to ask on. */
async function sendPerson<T>(errand: Errand<T>, signal: AbortSignal): Promise<T> {
  const { url, host, tools, asked, elsewhere } = errand;
  const { browser, terminal } = tools;
  tell(invitation(errand), tools);
  const isOpen = browser.isAvailable && (await Promise.race([browser.open(url), whenAborted(signal)]));
  if (!isOpen && !terminal.isAvailable) {
    throw new PersonNeededError(`the login at ${host} needs a person, and no browser could be started`);
  }
  if (!isOpen && browser.isAvailable) tell("No browser could be started: open the address above in one.", tools);
  if (!isOpen && elsewhere !== undefined) tell(elsewhere, tools);
  return asked === undefined || !terminal.isAvailable ? whenAborted(signal) : asked(signal);
}

function invitation<T>({ url, host, tools: { browser, profile } }: Errand<T>): string {
  const what = profile === undefined ? `Log in at ${host}` : `Log in at ${host} for profile ${profile}`;
  return `${what}${browser.isAvailable ? " in the browser; if none opens, open" : ": open"} this address:\n${url.href}`;
}

async function timeLimit<T>({ host, tools: { clock } }: Errand<T>, signal: AbortSignal): Promise<never> {
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
