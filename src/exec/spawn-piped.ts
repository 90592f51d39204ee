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

/** `status` waits for the end of both outputs. Rejects with the system's error when the program cannot be started. */
export async function startPiped({ file, words: [name = file, ...rest], env }: Program, readers: Readers): Promise<Child> {
  const pipes = await openPipes(2, env["PATH"] ?? "/usr/bin:/bin");
  const [out = "pipe", err = "pipe"] = pipes?.map(({ descriptor }) => descriptor) ?? [];
  const child = spawn(file, rest, { argv0: name, env, stdio: ["ignore", out, err] });
  for (const { descriptor } of pipes ?? []) closeSync(descriptor);
  const outputs = pipes?.map(({ reader }) => reader.stdout) ?? [child.stdout, child.stderr];
  read(outputs[0], readers.stdout);
  read(outputs[1], readers.stderr);
  const status = Promise.all([ended(child), ...(pipes ?? []).map(({ reader }) => ended(reader))]).then(([first]) => first);
  await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  return { pid: child.pid ?? 0, send: (signal) => void child.kill(signal), status };
}

function read(stream: Readable | null | undefined, reader: (chunk: Buffer) => boolean): void {
  stream?.on("data", (chunk: Buffer) => reader(chunk) || stream.destroy());
}

/** With its outputs, where they are ours. */
function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once("close", (code, signal) => resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]));
  });
}
