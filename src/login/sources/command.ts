/**
 * An id token from a program that prints one. No shell is involved: the words are the program and its arguments.
 *
 * It gets the user's environment and nothing to read; what it says on stderr reaches the user, up to a limit. A program that does not end is
 * killed, and so is one that we are ended before; children that it leaves behind with its output open are not waited for.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { describeOrigin } from "../../config/origin.ts";
import type { Setting } from "../../config/profile.ts";
import { type LoginError, printable } from "../../errors.ts";
import type { Environment, Log, OwnProcess } from "../../world.ts";
import { MAX_TOKEN_BYTES } from "./file.ts";
import { sourceError } from "./source-error.ts";

export interface CommandTools {
  readonly env: Environment;
  readonly log: Log;
  readonly process: OwnProcess;
  /** Ends the program. */
  readonly signal?: AbortSignal | undefined;
}

const LIMIT_MS = 60_000;
/** How long output may still come when the program has ended. */
const GRACE_MS = 1_000;
const MAX_STDERR_CHARACTERS = 8_192;

/** What it prints, without blanks around it. @throws LoginError `token-unavailable` */
export async function runTokenCommand(words: Setting<readonly string[]>, tools: CommandTools, limitMs = LIMIT_MS): Promise<string> {
  const [program = "", ...args] = words.value;
  const failure = (what: string, cause?: unknown) =>
    sourceError(`${describeOrigin(words.origin)}: ${printable(program)} ${what}`, { cause });
  const child = spawn(program, args, {
    env: defined(tools.env),
    stdio: ["ignore", "pipe", "pipe"],
    windowsHide: true,
    ...(tools.signal === undefined ? {} : { signal: tools.signal }),
  });
  passOn(child, program, tools.log);
  const release = endWithUs(child, tools.process);
  const output = await outputOf(child, failure, limitMs).finally(release);
  const token = output.trim();
  if (token === "") throw failure("printed nothing");
  return token;
}

const ENDING = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** A signal that would end us ends the program first; where somebody else listens too, that is theirs. The function it gives undoes it. */
function endWithUs(child: ChildProcess, own: OwnProcess): () => void {
  const listeners = ENDING.map((signal) => {
    const listener = () => {
      child.kill("SIGKILL");
      own.off(signal, listener);
      if (own.listenerCount(signal) === 0) own.kill(own.pid, signal);
    };
    own.on(signal, listener);
    return () => own.off(signal, listener);
  });
  return () => listeners.forEach((remove) => remove());
}

type Failure = (what: string, cause?: unknown) => LoginError;

function outputOf(child: ChildProcess, failure: Failure, limitMs: number): Promise<string> {
  return new Promise<string>((resolve, reject) => {
    let output = "";
    let grace: NodeJS.Timeout | undefined;
    const end = (settle: () => void) => {
      clearTimeout(timer);
      clearTimeout(grace);
      child.kill("SIGKILL");
      child.stdout?.destroy();
      child.stderr?.destroy();
      settle();
    };
    const fail = (what: string, cause?: unknown) => end(() => reject(failure(what, cause)));
    const timer = setTimeout(() => fail(`printed no token within ${limitMs / 1000} s`), limitMs);
    const finish = (status: number | null, signal: string | null) => {
      if (status === 0) end(() => resolve(output));
      else fail(signal === null ? `ended with status ${status}` : `was ended by ${signal}`);
    };
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (output.length > MAX_TOKEN_BYTES) fail(`printed more than ${MAX_TOKEN_BYTES / 1024} KiB: that is no id token`);
    });
    child.once("error", (cause) => fail(startProblem(cause), cause));
    child.once("exit", (status, signal) => (grace = setTimeout(() => finish(status, signal), GRACE_MS)));
    child.once("close", finish);
  });
}

function startProblem(cause: Error): string {
  return "code" in cause && cause.code === "ENOENT" ? "is no program that PATH leads to" : `cannot be started: ${cause.message}`;
}

/** Line by line, as it comes. */
function passOn(child: ChildProcess, program: string, log: Log): void {
  let line = "";
  let room = MAX_STDERR_CHARACTERS;
  const say = (text: string) => {
    if (text.trim() !== "") log.info(`${program}: ${text}`);
  };
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    const lines = (line + text.slice(0, room)).split(/\r?\n/);
    room = Math.max(0, room - text.length);
    line = lines.pop() ?? "";
    lines.forEach(say);
  });
  child.once("close", () => say(line));
}

function defined(env: Environment): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
