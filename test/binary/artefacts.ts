/** The two built programs as the tests start them, and a way to run one to its end. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const dist = join(import.meta.dirname, "../../dist");

export interface Artefact {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
}

export const artefacts: readonly Artefact[] = [
  { name: "dist/aws-runas", command: [join(dist, "aws-runas")] },
  { name: "dist/npm", command: [process.execPath, join(dist, "npm/aws-runas.cjs")] },
];

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly cwd?: string;
  /** Killed after this; 60 000 ms unless told. */
  readonly timeoutMs?: number;
}

export interface Outcome {
  /** 128 + n for a signal, as a shell says it. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs with the given environment and PATH, nothing else of ours, and without a controlling terminal. */
export function run(artefact: Artefact, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return outcomeOf(start(artefact, args, options), options);
}

export function start(artefact: Artefact, args: readonly string[], options: RunOptions = {}): ChildProcess {
  const [program, ...first] = artefact.command;
  return spawn(program, [...first, ...args], {
    env: { PATH: process.env["PATH"], ...options.env },
    cwd: options.cwd ?? tmpdir(),
    detached: true,
    stdio: "pipe",
  });
}

export function outcomeOf(child: ChildProcess, options: RunOptions = {}): Promise<Outcome> {
  const output = { stdout: "", stderr: "" };
  child.stdout?.on("data", (chunk) => (output.stdout += chunk));
  child.stderr?.on("data", (chunk) => (output.stderr += chunk));
  child.stdin?.on("error", () => {});
  child.stdin?.end(options.input ?? "");
  const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? 60_000);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ status: code ?? 128 + signalNumber(signal), ...output });
    });
  });
}

/** A folder to be HOME, with the given text as ~/.aws/config. */
export function makeHome(config: string, credentials?: string): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), "home-"));
  mkdirSync(join(path, ".aws"));
  writeFileSync(join(path, ".aws/config"), config);
  if (credentials !== undefined) writeFileSync(join(path, ".aws/credentials"), credentials, { mode: 0o600 });
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGKILL: 9, SIGPIPE: 13, SIGTERM: 15 }[signal as string] ?? 0;
}
