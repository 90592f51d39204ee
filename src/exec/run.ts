/** Runs the wrapped command beside us and waits for it: its exit status becomes ours. */

import { CommandError } from "../errors.ts";
import type { OwnProcess } from "../world.ts";
import { findProgram } from "./lookup.ts";
import { relaySignals } from "./signals.ts";
import { startProgram } from "./spawn.ts";
import type { Child, Program } from "./spawn.ts";

export interface RunRequest {
  /** The program's name or path, and its arguments. */
  readonly command: readonly string[];
  /** All of the command's environment; its PATH is searched. */
  readonly env: Readonly<Record<string, string>>;
  readonly process: OwnProcess;
}

/**
 * Resolves with the command's exit status, 128 + n when signal n killed it.
 *
 * @throws CommandError "command-not-found" or "command-not-executable"
 */
export async function runCommand({ command, env, process: own }: RunRequest): Promise<number> {
  const file = findProgram(command[0] ?? "", { env, platform: own.platform });
  const stopRelaying = relaySignals(own, async () => [await started]);
  const started = start({ file, words: command, env }, startProgram);
  try {
    const child = await started;
    return await child.status;
  } finally {
    stopRelaying();
  }
}

/** By `begin`. @throws CommandError "command-not-executable" */
export async function start(program: Program, begin: (program: Program) => Promise<Child>): Promise<Child> {
  try {
    return await begin(program);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    if (reason === "ENOEXEC") return begin(asShellScript(program));
    throw new CommandError("command-not-executable", `cannot run ${program.file}: ${explain(reason)}`, { cause: error });
  }
}

/** A text file that names no interpreter: /bin/sh runs it, as execvp(3) and shells have it. */
function asShellScript({ file, words, env }: Program): Program {
  return { file: "/bin/sh", words: ["sh", file, ...words.slice(1)], env };
}

function explain(reason: string | undefined): string {
  if (reason === "ENOENT") return "its interpreter or loader does not exist";
  if (reason === "E2BIG") return "its arguments and environment are too long";
  return reason ?? "the system refused";
}
