/** Real processes on both runtimes, for what only real processes show. */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { rolldown } from "rolldown";
import type { Log } from "../../src/world.ts";

export type Runtime = "node" | "bun";

export interface Running {
  readonly process: ChildProcess;
  /** What it printed, parsed; rejects with its stderr when it failed. */
  readonly result: Promise<unknown>;
  /** What it said so far. */
  said(): string;
}

export interface Contenders {
  start(runtime: Runtime, ...args: string[]): Running;
  /** Kills what still runs and removes the build. */
  close(): void;
}

const bun = resolve(import.meta.dirname, "../../node_modules/bun/bin/bun.exe");

/** programs/contender.ts, bundled so that Node 20 runs it too. */
export async function buildContenders(): Promise<Contenders> {
  const folder = mkdtempSync(join(tmpdir(), "contenders-"));
  const bundle = await rolldown({ input: join(import.meta.dirname, "programs/contender.ts"), platform: "node", external: [/keyring/] });
  await bundle.write({ dir: folder, format: "esm", entryFileNames: "contender.mjs" });
  await bundle.close();
  const running = new Set<ChildProcess>();
  return {
    start(runtime, ...args) {
      const command = runtime === "bun" ? bun : process.execPath;
      const child = spawn(command, [join(folder, "contender.mjs"), ...args], {
        env: { PATH: process.env["PATH"], AWSRUNAS_STORE: "file" },
      });
      running.add(child);
      child.once("close", () => running.delete(child));
      return watch(child);
    },
    close() {
      for (const child of running) child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function watch(child: ChildProcess): Running {
  let stdout = "";
  let stderr = "";
  child.stdout?.on("data", (chunk) => (stdout += chunk));
  child.stderr?.on("data", (chunk) => (stderr += chunk));
  const result = new Promise((succeed, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => (code === 0 ? succeed(JSON.parse(stdout)) : reject(new Error(`${signal ?? code}: ${stderr}`))));
  });
  result.catch(() => undefined); // a test that kills it does not ask
  return { process: child, result, said: () => stderr };
}

export function makeHome(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), "store-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** The lines that contenders wrote in this home. */
export function readJournal(homeDir: string): string[] {
  const path = join(homeDir, "journal");
  return existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n") : [];
}

/** Resolves when `isTrue`, looked at every 5 ms; rejects after `limitMs`. @returns how long it took, in ms */
export async function until(isTrue: () => boolean, limitMs = 10_000): Promise<number> {
  const start = performance.now();
  while (!isTrue()) {
    if (performance.now() - start > limitMs) throw new Error(`not within ${limitMs} ms: ${isTrue}`);
    await sleep(5);
  }
  return performance.now() - start;
}

/** A log that remembers its warnings and notices. */
export function recordingLog(): Log & { readonly warnings: string[]; readonly notices: string[] } {
  const warnings: string[] = [];
  const notices: string[] = [];
  return { warnings, notices, warn: (line) => warnings.push(line), info: (line) => notices.push(line), debug: () => {} };
}

export const silentLog: Log = recordingLog();
