/** Starts a program whose output we read, with nothing on its stdin: for several that run side by side. */

import { type ChildProcess, spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { openPipes } from "./fifo.ts";
import type { Child, Program } from "./spawn.ts";

/** Called with what the program writes, as it comes; false says that no more is wanted, and the program's next write fails. */
export interface Readers {
  readonly stdout: (chunk: Buffer) => boolean;
  readonly stderr: (chunk: Buffer) => boolean;
}

/**
 * How long what a command left in the background may still be read: until nothing came for one of these, and for eight at most. Turns of the
 * event loop count, not time: while our own reader holds us up, none passes.
 */
const PAUSE_MS = 250;
const MAX_PAUSES = 8;

/**
 * `status` waits for the command and what it wrote. What it leaves in the background and writes later is told so by SIGPIPE.
 *
 * Rejects with the system's error when the program cannot be started.
 */
export async function startPiped({ file, words: [name = file, ...rest], env }: Program, readers: Readers): Promise<Child> {
  const pipes = await openPipes(2, env["PATH"] ?? "/usr/bin:/bin");
  const [out = "pipe", err = "pipe"] = pipes?.map(({ descriptor }) => descriptor) ?? [];
  const child = spawn(file, rest, { argv0: name, env, stdio: ["ignore", out, err] });
  for (const { descriptor } of pipes ?? []) closeSync(descriptor);
  const outputs = pipes?.map(({ reader }) => reader.stdout) ?? [child.stdout, child.stderr];
  const drained = drain([read(outputs[0], readers.stdout), read(outputs[1], readers.stderr)], exited(child));
  const status = drained.finally(() => pipes?.forEach(({ reader }) => reader.kill()));
  await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  return { pid: child.pid ?? 0, send: (signal) => void child.kill(signal), status };
}

/** One output of a command. */
interface Reading {
  /** Whether anything came since this was asked last. */
  readonly takeMoved: () => boolean;
  readonly ended: Promise<void>;
  readonly stop: () => void;
}

function read(stream: Readable | null | undefined, reader: (chunk: Buffer) => boolean): Reading {
  let hasMoved = false;
  stream?.on("data", (chunk: Buffer) => {
    hasMoved = true;
    if (!reader(chunk)) stream.destroy();
  });
  return {
    takeMoved() {
      const moved = hasMoved;
      hasMoved = false;
      return moved;
    },
    ended: new Promise((resolve) => void (stream?.once("close", resolve) ?? resolve())),
    stop: () => void stream?.destroy(),
  };
}

async function drain(readings: readonly Reading[], exit: Promise<number>): Promise<number> {
  const status = await exit;
  let pauses = 0;
  const timer = setInterval(() => {
    const hasMoved = readings.map(({ takeMoved }) => takeMoved()).includes(true);
    if (!hasMoved || ++pauses === MAX_PAUSES) readings.forEach(({ stop }) => stop());
  }, PAUSE_MS);
  await Promise.all(readings.map(({ ended }) => ended));
  clearInterval(timer);
  return status;
}

function exited(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]));
  });
}
