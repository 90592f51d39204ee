/**
 * The outside world as the rest of the program sees it: types only, no code.
 *
 * `main.ts` builds the real one from `process`; tests build their own. Files are not here: tests use real temporary folders, and paths
 * are found from `env` and `homeDir`.
 */

import type { Secret } from "./secret.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface World {
  /** The environment as the user set it: what an outer aws-runas exported has been put back (see exec/environment.ts). */
  readonly env: Environment;
  readonly homeDir: string;
  readonly platform: NodeJS.Platform;
  /** Version of aws-runas, e.g. "0.1.0". */
  readonly version: string;
  readonly clock: Clock;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly terminal: Terminal;
  readonly browser: Browser;
  readonly log: Log;
  readonly process: OwnProcess;
  /** The words that start this program: the executable's absolute path, and the script's where a runtime is needed. */
  readonly program: readonly string[];
}

/** What starting a program needs of our own process; `main.ts` passes node's `process` itself. */
export interface OwnProcess {
  readonly pid: number;
  readonly platform: NodeJS.Platform;
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
  listenerCount(signal: NodeJS.Signals): number;
  /** Signal 0 only asks whether the process exists. @throws ESRCH when it does not. */
  kill(pid: number, signal: NodeJS.Signals | 0): boolean;
  /** As the runtime, and what the AWS SDK reads by itself, see it. */
  readonly env?: Record<string, string | undefined>;
  /** Absent on Windows, as the three below are; those act on every thread. */
  readonly getuid?: () => number;
  readonly setgroups?: (groups: readonly number[]) => void;
  readonly setgid?: (id: number) => void;
  readonly setuid?: (id: number) => void;
  /** Replaces this program by another; absent before Node 22.15 and on Windows. */
  readonly execve?: (file: string, args: readonly string[], env: Readonly<Record<string, string>>) => never;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `durationMs`; rejects with the signal's reason when it is aborted first. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

export interface Input {
  readonly isTerminal: boolean;
  /** All of it, as UTF-8. */
  readAll(): Promise<string>;
}

export interface Output {
  readonly isTerminal: boolean;
  /** True once whoever read it has gone away: `head` that has seen enough. */
  readonly isAbandoned?: boolean;
  /** Text goes out in UTF-8, bytes as they are. */
  write(output: string | Uint8Array): void;
}

/**
 * Where a person is asked: the terminal itself (/dev/tty, CONIN$/CONOUT$), never stdin or stdout, which belong to the wrapped command.
 *
 * Every question throws `CancelledError` on Ctrl-C and `PersonNeededError` where there is no terminal.
 */
export interface Terminal {
  /** False where no terminal can be opened; then every question throws. */
  readonly isAvailable: boolean;
  /** True where nobody is to be bothered on another device either: under `login = never`, and in the background. */
  readonly isUnattended?: boolean;
  /** A line of text, shown as it is typed. `initial` is what an empty answer means. Rejects with the signal's reason when it is aborted first. */
  ask(message: string, initial?: string, signal?: AbortSignal, purpose?: Purpose): Promise<string>;
  /** A line that is not shown. */
  askSecret(message: string, purpose?: Purpose): Promise<Secret>;
  /** One of several, by arrow keys. */
  choose<T>(message: string, options: readonly Choice<T>[]): Promise<T>;
  /** A line to the person while a question or a wait is under way. */
  say(message: string): void;
  /**
   * Shows that something is waited for, until the function it gives is called; a number to compare with another device's is shown large.
   * Nothing happens where there is no terminal.
   */
  showWait(message: string, number?: string): () => void;
  /** A QR code of this text, where the screen is large enough and shows such characters; else nothing happens. */
  showQr(text: string): Promise<void>;
}

/** What an answer is for, to those who ask in another way than line by line. */
export interface Purpose {
  readonly what: "username" | "password" | "code";
  /** Who gets the answer: the identity provider, or AWS. */
  readonly recipient: string;
  /** Whose password. */
  readonly username?: string | undefined;
}

/** Where a person's web pages open. */
export interface Browser {
  /** False where none can be shown: no display, or at the other end of an SSH connection. */
  readonly isAvailable: boolean;
  /** Resolves with false when none could be started. */
  open(url: URL, choice?: BrowserChoice): Promise<boolean>;
  /**
   * A browser of this machine that can be driven: the wanted one, or the first there is; undefined where it is not installed. The function is
   * absent where no window can be shown or nobody would see it.
   */
  readonly findDrivable?: (wanted: DrivableName | undefined) => Promise<DrivableBrowser | undefined>;
}

/** Where in which browser: one of Chrome's profiles, by its folder's name, or a container of Firefox's "Open external links in a container". */
export interface BrowserChoice {
  readonly kind: "firefox-container" | "chrome-profile";
  readonly name: string;
}

/** As auth_browser has them. */
export type DrivableName = "chrome" | "msedge" | "chromium";

export interface DrivableBrowser {
  readonly name: DrivableName;
  /** Rejects with the system's error when it cannot be started. */
  start(args: readonly string[]): Promise<DrivenBrowser>;
}

/** A browser that was started with its debugging pipe open; it ends when we do. */
export interface DrivenBrowser {
  /** Does nothing once it has ended. */
  write(text: string): void;
  /** To be called once: what came before is not lost. */
  onOutput(listener: (bytes: Uint8Array) => void): void;
  readonly ended: Promise<BrowserEnd>;
  /** At once. */
  kill(): void;
}

export interface BrowserEnd {
  /** 128 + n for signal n. */
  readonly status: number;
  /** The end of what it wrote to stderr. */
  readonly complaint: string;
}

export interface Choice<T> {
  readonly value: T;
  readonly label: string;
}

/** Lines to stderr; `message` never holds a secret, at any level. */
export interface Log {
  /** Always shown, as "aws-runas: warning: …". */
  warn(message: string): void;
  /** Shown unless quiet: what the user asked to be told. */
  info(message: string): void;
  /** Shown from -v. */
  debug(message: string): void;
}

/** One exchange with a server. Redirects are never followed and cookies never kept: callers who want that say so (http/session.ts). */
export type Http = (request: HttpRequest) => Promise<HttpResponse>;

export interface HttpRequest {
  readonly method: "GET" | "POST" | "HEAD" | "PUT" | "DELETE";
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For the whole exchange, connection to last byte; 30 000 by default. */
  readonly timeoutMs?: number;
  /** A longer body is an error; 1 MiB by default. */
  readonly maxBytes?: number;
  readonly signal?: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  readonly url: URL;
  /** Lower-case names; "set-cookie" is a list, repeated others are joined by ", ". */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Decoded as UTF-8. */
  readonly body: string;
}
