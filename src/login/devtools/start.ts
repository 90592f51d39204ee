/**
 * A browser that can be driven, and a folder for its profile → one that runs and answers, and how it is ended.
 *
 * Nothing of what protects a person in a browser is switched off: no flag about sandboxes, certificates or origins is given.
 *
 * @see https://peter.sh/experiments/chromium-command-line-switches/
 */

import { LoginError, messageOf, shorten } from "../../errors.ts";
import type { BrowserEnd, DrivableBrowser, DrivableName, DrivenBrowser } from "../../world.ts";
import { BrowserEndedError, type Connection, connect } from "./connection.ts";

/** To go by itself, and to be gone when it was killed. */
const CLOSE_LIMIT_MS = 5_000;
const KILL_LIMIT_MS = 2_000;
/** Of a browser that found another one in its folder: it hands over, or gives up (RESULT_CODE_PROFILE_IN_USE). */
const IN_USE: ReadonlySet<number> = new Set([0, 21]);
const COMPLAINT_LENGTH = 300;

export interface BrowserProfile {
  /** Made by the browser where it is not there. */
  readonly folder: string;
  /** True where nothing that the browser learns is to be in it afterwards, whatever becomes of us. */
  readonly isPrivate: boolean;
}

export interface RunningBrowser extends Connection {
  /** In order, so that it keeps the provider's cookies; else it is killed. */
  close(): Promise<void>;
}

export function browserArguments(name: DrivableName, { folder, isPrivate }: BrowserProfile): readonly string[] {
  return [
    "--remote-debugging-pipe",
    `--user-data-dir=${folder}`,
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-search-engine-choice-screen",
    "--hide-crash-restore-bubble",
    // Else it may stay when its last window is closed.
    "--disable-background-mode",
    "--window-size=500,750",
    ...(isPrivate ? [name === "msedge" ? "--inprivate" : "--incognito"] : []),
    "about:blank",
  ];
}

/** @param host whose login it is for, for errors @throws LoginError "browser-unusable" */
export async function startBrowser(program: DrivableBrowser, profile: BrowserProfile, host: string): Promise<RunningBrowser> {
  const driven = await program.start(browserArguments(program.name, profile)).catch((cause: unknown) => {
    throw unusable(host, `${program.name} does not start: ${messageOf(cause)}`, undefined, cause);
  });
  const connection = connect(driven);
  try {
    await connection.call("Browser.getVersion");
  } catch (error) {
    const end = error instanceof BrowserEndedError ? await driven.ended : undefined;
    driven.kill();
    await Promise.race([driven.ended, after(KILL_LIMIT_MS)]);
    throw notStarted(program.name, host, end, error);
  }
  return { ...connection, close: () => close(driven, connection) };
}

/** What a browser that ended by itself says about that. */
export function endedByItself(host: string, { status, complaint }: BrowserEnd): LoginError {
  return unusable(host, `the browser ended by itself with status ${status}${tailOf(complaint)}`);
}

/** @param end of one that ended by itself */
function notStarted(name: string, host: string, end: BrowserEnd | undefined, cause: unknown): LoginError {
  if (end === undefined) return unusable(host, `${name} does not start: ${messageOf(cause)}`, undefined, cause);
  if (IN_USE.has(end.status)) {
    const hint = "close the windows of that browser and try again; where there are none, aws-runas logout PROFILE removes its profile";
    return unusable(host, `another ${name} runs with the profile that is kept for this login${tailOf(end.complaint)}`, hint);
  }
  return unusable(host, `${name} does not start: it ended with status ${end.status}${tailOf(end.complaint)}`);
}

function tailOf(complaint: string): string {
  const text = shorten(complaint.slice(-COMPLAINT_LENGTH));
  return text === "" ? "" : `, saying: ${text}`;
}

async function close(driven: DrivenBrowser, connection: Connection): Promise<void> {
  void connection.call("Browser.close").catch(() => {});
  await Promise.race([driven.ended, after(CLOSE_LIMIT_MS)]);
  driven.kill();
  await Promise.race([driven.ended, after(KILL_LIMIT_MS)]);
}

function after(durationMs: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), durationMs).unref();
  });
}

function unusable(provider: string, message: string, hint?: string, cause?: unknown): LoginError {
  return new LoginError("browser-unusable", message, { provider, step: "browser", hint, cause });
}
