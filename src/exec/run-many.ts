/** The same command several times side by side, each line of output with the name of the run it is of. */

import { CommandError, messageOf } from "../errors.ts";
import type { Output, OwnProcess } from "../world.ts";
import { findProgram } from "./lookup.ts";
import { prefixLines } from "./prefix-lines.ts";
import { relaySignals } from "./signals.ts";
import { startPiped } from "./spawn-piped.ts";
import type { Child } from "./spawn.ts";

export interface NamedRun {
  readonly name: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface ManyRequest {
  readonly command: readonly string[];
  readonly runs: readonly NamedRun[];
  /** How many at once. */
  readonly jobs: number;
  readonly process: OwnProcess;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly now: () => number;
}

export interface Ended {
  readonly name: string;
  readonly status: number;
  readonly durationMs: number;
}

/** Resolves when all have ended, in the order of the runs; after a signal that ends us no more are started. */
export async function runMany(request: ManyRequest): Promise<readonly Ended[]> {
  const width = Math.max(...request.runs.map(({ name }) => name.length));
  const queue = [...request.runs.entries()];
  const ended: Ended[] = [];
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [index, run] = next;
      const result = await runOne(run, width, request);
      ended[index] = result;
      if (result.status === 130) queue.length = 0;
    }
  };
  await Promise.all(Array.from({ length: Math.min(request.jobs, queue.length) }, worker));
  return ended.filter((each) => each !== undefined);
}

async function runOne({ name, env }: NamedRun, width: number, request: ManyRequest): Promise<Ended> {
  const { command, process: own, now } = request;
  const startedAt = now();
  const prefix = `${name.padEnd(width)} | `;
  const stdout = prefixLines(prefix, (text) => request.stdout.write(text));
  const stderr = prefixLines(prefix, (text) => request.stderr.write(text));
  const file = findProgram(command[0] ?? "", { env, platform: own.platform });
  const start = async (): Promise<Child> => {
    try {
      return await startPiped({ file, words: command, env }, { stdout: stdout.add, stderr: stderr.add });
    } catch (cause) {
      throw new CommandError("command-not-executable", `cannot run ${file}: ${messageOf(cause)}`, { cause });
    }
  };
  const started = start();
  const stopRelaying = relaySignals(own, () => started);
  try {
    const status = await (await started).status;
    return { name, status, durationMs: now() - startedAt };
  } finally {
    stopRelaying();
    stdout.end();
    stderr.end();
  }
}
