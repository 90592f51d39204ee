/**
 * Starts Chrome, Edge or Chromium with its debugging pipe: what it reads is its descriptor 3, what it writes its descriptor 4. No other process
 * can come at either, as one could at a port.
 *
 * It has a session of its own, so that Ctrl-C is not for it: when we end, however that comes, the pipe ends, and a browser whose pipe ends
 * quits in order. It gets the user's environment without passwords and credentials.
 *
 * @see https://chromium.googlesource.com/chromium/src/+/main/content/public/common/content_switches.cc "remote-debugging-pipe"
 */

import type { ChildProcess } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { withoutCredentials } from "../exec/environment.ts";
import { findProgram } from "../exec/lookup.ts";
import type { BrowserEnd, DrivableBrowser, DrivableName, DrivenBrowser, Environment } from "../world.ts";
import { browserPrograms } from "./drivable-programs.ts";

/** What it says last is what it ends of. */
const COMPLAINT_LENGTH = 4_000;
/** What it started may hold its stderr open. */
const LAST_WORDS_MS = 200;

export function findDrivable(wanted: DrivableName | undefined, env: Environment, platform: NodeJS.Platform): DrivableBrowser | undefined {
  for (const { name, program } of browserPrograms(wanted, env, platform)) {
    const file = fileOf(program, env, platform);
    if (file !== undefined) return { name, start: (args) => start(file, args, env) };
  }
  return undefined;
}

function fileOf(program: string, env: Environment, platform: NodeJS.Platform): string | undefined {
  try {
    return findProgram(program, { env, platform });
  } catch {
    return undefined;
  }
}

async function start(file: string, args: readonly string[], env: Environment): Promise<DrivenBrowser> {
  const { spawn } = await import("node:child_process");
  const child = spawn(file, [...args], {
    stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
    detached: true,
    env: withoutCredentials(env),
  });
  // Under Bun a program that does not start has no pipes: they are looked at only now.
  await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  return driven(child, child.stdio as PipedStreams);
}

type PipedStreams = readonly [null, null, stderr: Readable, input: Writable, output: Readable];

function driven(child: ChildProcess, [, , stderr, input, output]: PipedStreams): DrivenBrowser {
  for (const stream of [stderr, input, output]) stream.on("error", () => {});
  return {
    write: (text) => void (input.writable && input.write(text)),
    onOutput: (listener) => void output.on("data", listener),
    ended: endOf(child, stderr),
    kill: () => {
      child.kill("SIGKILL");
      for (const stream of [input, output]) stream.destroy();
    },
  };
}

async function endOf(child: ChildProcess, stderr: Readable): Promise<BrowserEnd> {
  let complaint = "";
  stderr.on("data", (bytes) => (complaint = (complaint + String(bytes)).slice(-COMPLAINT_LENGTH)));
  const closed = new Promise((resolve) => stderr.once("close", resolve));
  const [status, signal] = await new Promise<readonly [number | null, NodeJS.Signals | null]>((resolve) =>
    child.once("exit", (...end) => resolve(end)),
  );
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([closed, new Promise((resolve) => (timer = setTimeout(resolve, LAST_WORDS_MS)))]);
  clearTimeout(timer);
  const { constants } = await import("node:os");
  return { status: signal === null ? (status ?? 1) : 128 + constants.signals[signal], complaint };
}
