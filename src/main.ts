/**
 * The program's start: with system.ts the only file that touches the process. It builds the world out of it, runs the app, and ends with the
 * app's status.
 *
 * Output is written synchronously, so that nothing is lost when the program ends, and without the runtimes' stream objects: to make one is
 * to make a pipe non-blocking, for the wrapped command too.
 */

import { writeSync } from "node:fs";
import { runApp } from "./cli/app.ts";
import { renderError } from "./cli/render-error.ts";
import { OutputError } from "./errors.ts";
import { restoreOuterEnvironment } from "./exec/environment.ts";
import { homeOf, ownSystem, systemClock } from "./system.ts";
import { createBrowser } from "./terminal/browser.ts";
import { createLog } from "./terminal/log.ts";
import { createTerminal } from "./terminal/terminal.ts";
import type { Input, Output, World } from "./world.ts";

/** Set by the build. */
declare const AWSRUNAS_VERSION: string | undefined;

async function main(): Promise<void> {
  process.on("uncaughtException", endUnexpectedly);
  process.on("unhandledRejection", endUnexpectedly); // which Bun does not make an uncaught exception of: it prints our source
  const words = process.argv.slice(2);
  const status = await runApp(isCalledByDocker() ? ["docker-credential", ...words] : words, createWorld());
  process.exit(status);
}

/** A standalone program by a link of the helper's name, which argv0 alone tells; the package by a script or link of that name. */
function isCalledByDocker(): boolean {
  return [process.argv0, process.argv[1] ?? ""].some((path) => /(^|[\\/])docker-credential-aws-runas(\.exe|\.cjs)?$/.test(path));
}

function createWorld(): World {
  const system = ownSystem();
  const env = restoreOuterEnvironment(system.env);
  const stderr = createOutput(2);
  return {
    ...system,
    env,
    homeDir: homeOf(env),
    version: typeof AWSRUNAS_VERSION === "string" ? AWSRUNAS_VERSION : "0.0.0-source",
    clock: systemClock,
    stdin,
    stdout: createOutput(1),
    stderr,
    terminal: createTerminal(process.platform, env),
    browser: createBrowser(env, process.platform),
    log: createLog(stderr, env),
    program: ownProgram(process.execPath, process.argv[1] ?? ""),
  };
}

/** A standalone program's script is a name within it. */
function ownProgram(executable: string, script: string): readonly string[] {
  return /^(\/\$bunfs\/|[A-Z]:[\\/]~BUN[\\/])/.test(script) ? [executable] : [executable, script];
}

const stdin: Input = {
  get isTerminal() {
    return isTerminal(0);
  },
  readAll: async () => {
    const { text } = await import("node:stream/consumers");
    return text(process.stdin);
  },
};

function createOutput(descriptor: number): Output {
  let isAbandoned = false;
  return {
    get isTerminal() {
      return isTerminal(descriptor);
    },
    get isAbandoned() {
      return isAbandoned;
    },
    write: (output) => {
      const obstacle = writeAll(descriptor, typeof output === "string" ? Buffer.from(output) : output);
      isAbandoned = obstacle === "EPIPE";
      if (obstacle !== undefined && !isAbandoned && descriptor === 1) throw new OutputError(`cannot write to stdout: ${obstacle}`);
    },
  };
}

/** node:tty is loaded here because it costs a fifth of a warm run, which asks for no terminal. */
function isTerminal(descriptor: number): boolean {
  return process.getBuiltinModule("node:tty").isatty(descriptor);
}

/** A reader that has gone away (EPIPE) wants no more, which is no failure; a slow one of a pipe that does not block (EAGAIN) is waited for. @returns what stopped it. */
function writeAll(descriptor: number, bytes: Uint8Array): string | undefined {
  for (let rest = bytes; rest.length > 0;) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (code !== "EAGAIN") return String(code);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
  return undefined;
}

function endUnexpectedly(error: unknown): void {
  const { text, exitStatus } = renderError(error, 0);
  writeAll(2, Buffer.from(text));
  process.exit(exitStatus);
}

void main();
