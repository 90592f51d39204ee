/** Runs a small program of test/ on both runtimes: Bun takes it as it is, Node 20 needs it bundled to JavaScript first. */

import { spawn } from "node:child_process";
import type { ChildProcess, SpawnOptions } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "rolldown";
import { textImports } from "../../scripts/text-imports.ts";

export interface Runtime {
  readonly name: string;
  /** The first words of a command line that runs `program`. */
  prepare(program: URL): Promise<string[]>;
  /** Removes what `prepare` made. */
  clean(): Promise<void>;
}

export function bothRuntimes(): Runtime[] {
  return [node(), bun()];
}

function node(): Runtime {
  let folder: string | undefined;
  return {
    name: "Node",
    prepare: async (program) => {
      folder ??= await mkdtemp(join(tmpdir(), "aws-runas-test-"));
      const file = join(folder, `${basename(program.pathname, ".ts")}.cjs`);
      await build({
        input: fileURLToPath(program),
        platform: "node",
        external: ["@napi-rs/keyring"], // native code; no program of a test asks the keychain
        plugins: [textImports()],
        logLevel: "silent",
        // What is imported later is in the one file, too.
        output: { file, format: "cjs", codeSplitting: false },
      });
      return [process.execPath, file];
    },
    clean: async () => {
      if (folder !== undefined) await rm(folder, { recursive: true });
    },
  };
}

export function bun(): Runtime {
  const executable = fileURLToPath(new URL("../../node_modules/.bin/bun", import.meta.url));
  return { name: "Bun", prepare: (program) => Promise.resolve([executable, fileURLToPath(program)]), clean: () => Promise.resolve() };
}

export interface Outcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of a test: what it printed, and waiting for more of it. Killed with all its group after 10 s. */
export interface Started {
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
  /** Resolves once stdout holds `text`; rejects when the process ends without. */
  printed(text: string): Promise<void>;
}

/** In a session of its own, so that no terminal the tests run in has a say. */
export function start([file = "", ...args]: readonly string[], options: SpawnOptions = {}): Started {
  const child = spawn(file, args, { stdio: ["pipe", "pipe", "pipe"], ...options, detached: true });
  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) child[name]?.setEncoding("utf8").on("data", (text: string) => (output[name] += text));
  const timer = setTimeout(() => process.kill(-(child.pid ?? 0), "SIGKILL"), 10_000);
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.once("error", reject).once("close", (status, signal) => {
      clearTimeout(timer);
      resolve({ status, signal, ...output });
    });
  });
  const printed = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = () => output.stdout.includes(text) && resolve();
      child.stdout?.on("data", look);
      void outcome.then((ended) => reject(new Error(`ended without printing ${text}: ${JSON.stringify(ended)}`)));
      look();
    });
  return { child, outcome, printed };
}

export function run(words: readonly string[], options: SpawnOptions = {}): Promise<Outcome> {
  return start(words, options).outcome;
}
