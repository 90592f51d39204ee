/**
 * Starts a program with our own stdin, stdout and stderr, without a shell: `Bun.spawn` under Bun (2 ms cheaper than
 * `node:child_process` there), `node:child_process` under Node.
 */

import type { SpawnOptions } from "node:child_process";
import { compileFromNow } from "../jit.ts";

export interface Program {
  /** Absolute, or relative with a slash in it. */
  readonly file: string;
  /** The first is the name the program sees itself called by. */
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface Child {
  readonly pid: number;
  /** Does nothing once the child has ended. */
  send(signal: NodeJS.Signals): void;
  /** The exit status, 128 + n when signal n killed it. */
  readonly status: Promise<number>;
}

/** The part of Bun's API used here; its types are not a dependency. @see https://bun.sh/docs/api/spawn */
interface BunRuntime {
  spawn(options: { cmd: string[]; argv0: string; env: Readonly<Record<string, string>>; stdio: ["inherit", "inherit", "inherit"] }): {
    pid: number;
    exited: Promise<number>;
    kill(signal: NodeJS.Signals): void;
  };
}

/** Rejects with the system's error (`code`: ENOENT, EACCES, ENOEXEC, E2BIG …) when the program cannot be started. */
export async function startProgram(program: Program): Promise<Child> {
  const { Bun: bun } = globalThis as { Bun?: BunRuntime };
  return bun === undefined ? startOnNode(program) : startOnBun(bun, program);
}

function startOnBun(bun: BunRuntime, { file, words: [name = file, ...rest], env }: Program): Child {
  const child = bun.spawn({ cmd: [file, ...rest], argv0: name, env, stdio: ["inherit", "inherit", "inherit"] });
  compileFromNow();
  return { pid: child.pid, send: (signal) => child.kill(signal), status: child.exited };
}

async function startOnNode({ file, words: [name = file, ...rest], env }: Program): Promise<Child> {
  const [{ spawn }, { constants }] = await Promise.all([import("node:child_process"), import("node:os")]);
  const options: SpawnOptions = { argv0: name, env, stdio: "inherit" };
  const child = spawn(file, rest, options);
  const status = new Promise<number>((resolve) => {
    child.once("exit", (code, signal) => resolve(signal === null ? (code ?? 1) : 128 + constants.signals[signal]));
  });
  await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  return { pid: child.pid ?? 0, send: (signal) => void child.kill(signal), status };
}
