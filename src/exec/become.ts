/**
 * Replaces this program by the wrapped command (`process.execve`): no process of ours stays, signals and job control are the command's.
 *
 * Runtimes start with SIGPIPE and SIGXFSZ ignored, which execve(2) hands on, and then `yes | head -1` complains; adding and removing a
 * listener puts the default back. Until version 26 Node aborts where execve fails, so what could fail is looked at before.
 */

import { accessSync, closeSync, constants, openSync, readSync } from "node:fs";
import type { OwnProcess } from "../world.ts";
import { findProgram } from "./lookup.ts";
import type { RunRequest } from "./run.ts";

/** ELF; Mach-O in both word sizes, and for several architectures. */
const BINARY_FORMATS = new Set(["7f454c46", "cffaedfe", "cefaedfe", "cafebabe"]);

/**
 * Returns only where the runtime or the system cannot do it: the caller then falls back to `runCommand`.
 *
 * @throws CommandError "command-not-found" or "command-not-executable"
 */
export function becomeCommand({ command, env, process: own }: RunRequest): void {
  if (own.execve === undefined || own.platform === "win32") return;
  const file = findProgram(command[0] ?? "", { env, platform: own.platform });
  if (!isRunnableBySystem(file)) return;
  restoreDefaultSignals(own);
  try {
    own.execve(file, command, env);
  } catch {
    // `runCommand` meets the same obstacle and names it
  }
}

function isRunnableBySystem(file: string): boolean {
  try {
    const start = readStart(file);
    const interpreter = /^#![ \t]*([^ \t\n]+)/.exec(start.toString("latin1"))?.[1];
    if (interpreter === undefined) return BINARY_FORMATS.has(start.toString("hex", 0, 4));
    accessSync(interpreter, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function readStart(file: string): Buffer {
  const descriptor = openSync(file, "r");
  try {
    const start = Buffer.alloc(256);
    return start.subarray(0, readSync(descriptor, start, 0, start.length, 0));
  } finally {
    closeSync(descriptor);
  }
}

function restoreDefaultSignals(own: OwnProcess): void {
  const listener = () => {};
  for (const signal of ["SIGPIPE", "SIGXFSZ"] as const) {
    own.on(signal, listener);
    own.off(signal, listener);
  }
}
