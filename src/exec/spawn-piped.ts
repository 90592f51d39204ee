/** Starts a program whose output we read, with nothing on its stdin: for several that run side by side. */

import { spawn } from "node:child_process";
import { constants } from "node:os";
import type { Child, Program } from "./spawn.ts";

/** Called with what the program writes, as it comes; false says that no more is wanted, and the program's next write fails. */
export interface Readers {
  readonly stdout: (chunk: Buffer) => boolean;
  readonly stderr: (chunk: Buffer) => boolean;
}

/** `status` waits for the end of both outputs. Rejects with the system's error when the program cannot be started. */
export async function startPiped({ file, words: [name = file, ...rest], env }: Program, readers: Readers): Promise<Child> {
  const child = spawn(file, rest, { argv0: name, env, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.on("data", (chunk: Buffer) => readers.stdout(chunk) || child.stdout.destroy());
  child.stderr.on("data", (chunk: Buffer) => readers.stderr(chunk) || child.stderr.destroy());
  const status = new Promise<number>((resolve) => {
    child.once("close", (code, signal) => resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]));
  });
  await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  return { pid: child.pid ?? 0, send: (signal) => void child.kill(signal), status };
}
