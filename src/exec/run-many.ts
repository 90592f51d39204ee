/** The same command several times side by side, each line of output with the name of the run it is of. */

import { constants } from "node:os";
import { CommandError, printable } from "../errors.ts";
import type { Output, OwnProcess } from "../world.ts";
import { findProgram } from "./lookup.ts";
import { prefixLines } from "./prefix-lines.ts";
import { start } from "./run.ts";
import { relaySignals } from "./signals.ts";
import { type Readers, startPiped } from "./spawn-piped.ts";
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

export interface Outcome {
  /** In the order of the runs; those that were not started are not there. */
  readonly ended: readonly Ended[];
  /** 128 + n where signal n ended us; undefined where none did. */
  readonly signalStatus: number | undefined;
}

type Children = Set<Promise<Child>>;

const ENDING: readonly NodeJS.Signals[] = ["SIGINT", "SIGQUIT", "SIGTERM", "SIGHUP"];

/** Resolves when all that were started have ended; after a signal that ends us no more are started. */
export async function runMany(request: ManyRequest): Promise<Outcome> {
  const queue = [...request.runs.entries()];
  const ended: Ended[] = [];
  const children: Children = new Set();
  const signals = watchEnding(request.process, queue);
  const stopRelaying = relaySignals(request.process, async () =>
    (await Promise.allSettled(children)).flatMap((each) => (each.status === "fulfilled" ? [each.value] : [])),
  );
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) ended[next[0]] = await runOne(next[1], children, request);
  };
  try {
    await Promise.all(Array.from({ length: Math.min(request.jobs, queue.length) }, worker));
  } finally {
    stopRelaying();
    signals.stop();
  }
  return { ended: ended.filter((each) => each !== undefined), signalStatus: signals.status() };
}

/** Empties the queue when one comes. */
function watchEnding(own: OwnProcess, queue: unknown[]): { status: () => number | undefined; stop: () => void } {
  let status: number | undefined;
  const listeners = ENDING.map((signal) => {
    const listener = (): void => {
      status ??= 128 + constants.signals[signal];
      queue.length = 0;
    };
    own.on(signal, listener);
    return () => own.off(signal, listener);
  });
  return { status: () => status, stop: () => listeners.forEach((remove) => remove()) };
}

/** One that cannot be started has failed like one that ends so; the others go on. */
async function runOne({ name, env }: NamedRun, children: Children, request: ManyRequest): Promise<Ended> {
  const { now, runs, stdout, stderr } = request;
  const startedAt = now();
  const prefix = `${name.padEnd(Math.max(...runs.map((run) => run.name.length)))} | `;
  const [toStdout, toStderr] = [prefixTo(stdout, prefix), prefixTo(stderr, prefix)];
  const started = startOne(env, { stdout: toStdout.add, stderr: toStderr.add }, request);
  children.add(started);
  try {
    return { name, status: await (await started).status, durationMs: now() - startedAt };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    toStderr.add(Buffer.from(`aws-runas: ${printable(error.message)}\n`));
    return { name, status: error.exitStatus, durationMs: now() - startedAt };
  } finally {
    children.delete(started);
    toStdout.end();
    toStderr.end();
  }
}

/** Async, so that what it throws is in the promise. */
async function startOne(env: NamedRun["env"], readers: Readers, { command, process: { platform } }: ManyRequest): Promise<Child> {
  const file = findProgram(command[0] ?? "", { env, platform });
  return start({ file, words: command, env }, (program) => startPiped(program, readers));
}

function prefixTo(output: Output, prefix: string): { add: (chunk: Buffer) => boolean; end: () => void } {
  const { add, end } = prefixLines(prefix, (lines) => output.write(lines));
  return {
    add(chunk) {
      add(chunk);
      return output.isAbandoned !== true;
    },
    end,
  };
}
