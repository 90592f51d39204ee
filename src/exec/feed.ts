/** Runs a program that reads a secret from its stdin and writes to our stdout and stderr. */

import { spawn } from "node:child_process";
import { constants } from "node:os";
import { CommandError, messageOf } from "../errors.ts";
import type { Secret } from "../secret.ts";
import type { Program } from "./spawn.ts";

export interface Fed {
  /** The exit status, 128 + n when signal n killed it; 124 where the time was up. */
  readonly status: number;
  /** It was ended, as the time was up. */
  readonly isLate: boolean;
}

/** Longer than any registry takes. */
const LIMIT_MS = 120_000;

/** @throws CommandError "command-not-executable" */
export function feedProgram({ file, words, env, input }: Program & { readonly input: Secret }, limitMs = LIMIT_MS): Promise<Fed> {
  const [name = file, ...rest] = words;
  return new Promise((resolve, reject) => {
    const child = spawn(file, rest, { argv0: name, env, stdio: ["pipe", "inherit", "inherit"] });
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill("SIGKILL");
    }, limitMs);
    child.once("error", (cause) => {
      clearTimeout(timer);
      reject(new CommandError("command-not-executable", `cannot run ${file}: ${messageOf(cause)}`, { cause }));
    });
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ isLate, status: isLate ? 124 : signal === null ? (code ?? 1) : 128 + constants.signals[signal] });
    });
    child.stdin?.on("error", () => {}); // it may not want to read
    child.stdin?.end(input.reveal());
  });
}
