/**
 * From the word the user typed to the program's path, by the rules of execvp(3): a word with a slash is a path, any other is sought in
 * PATH; a file that may not be executed is passed over, and named only when nothing better is found.
 *
 * Windows (untested): PATHEXT's extensions are tried, the current folder is not searched, and .bat and .cmd files are refused, as their
 * interpreter splits arguments again by rules that no quoting satisfies.
 */

import { accessSync, constants, statSync } from "node:fs";
import { CommandError } from "../errors.ts";
import type { Environment } from "../world.ts";

export interface LookupOptions {
  /** The command's own: its PATH is searched. */
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  /** True where the environment names the profile, so that this word may be a profile's, mistyped. */
  readonly mayBeProfile?: boolean;
}

const SHELL_WORDS = new Set([
  ".",
  "alias",
  "cd",
  "eval",
  "exec",
  "exit",
  "export",
  "popd",
  "pushd",
  "set",
  "source",
  "ulimit",
  "umask",
  "unset",
]);

/** @throws CommandError "command-not-found" or "command-not-executable" */
export function findProgram(word: string, options: LookupOptions): string {
  let blocked: CommandError | undefined;
  for (const path of candidatePaths(word, options)) {
    const obstacle = obstacleAt(path, options);
    if (obstacle === undefined) return path;
    if (obstacle !== "missing") blocked ??= new CommandError("command-not-executable", `cannot run ${path}: it is ${obstacle}`);
  }
  throw blocked ?? new CommandError("command-not-found", `command not found: ${word}`, { hint: hintFor(word, options) });
}

function candidatePaths(word: string, { env, platform }: LookupOptions): string[] {
  if (word === "") return [];
  if (platform === "win32") return windowsPaths(word, env);
  if (word.includes("/")) return [word];
  const folders = (env["PATH"] ?? "/usr/bin:/bin").split(":");
  return folders.map((folder) => `${folder === "" ? "." : folder}/${word}`);
}

function windowsPaths(word: string, env: Environment): string[] {
  const extensions = (env["PATHEXT"] || ".COM;.EXE;.BAT;.CMD").split(";");
  const hasExtension = extensions.some((extension) => word.toUpperCase().endsWith(extension.toUpperCase()));
  const names = hasExtension ? [word] : extensions.map((extension) => word + extension);
  if (/[\\/:]/.test(word)) return names;
  const folders = (env["PATH"] ?? env["Path"] ?? "").split(";").filter((folder) => folder !== "");
  return folders.flatMap((folder) => names.map((name) => `${folder}\\${name}`));
}

type Obstacle = "missing" | "a folder" | "not executable" | "a batch file (run it by cmd /c)";

/** Undefined where nothing stands in the way. A folder that may not be searched holds nothing, as for a shell. */
function obstacleAt(path: string, { platform }: LookupOptions): Obstacle | undefined {
  try {
    if (statSync(path).isDirectory()) return "a folder";
  } catch {
    return "missing";
  }
  if (platform === "win32" && /\.(bat|cmd)$/i.test(path)) return "a batch file (run it by cmd /c)";
  return isExecutable(path) ? undefined : "not executable";
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function hintFor(word: string, { env, mayBeProfile }: LookupOptions): string {
  if (word.startsWith("-")) return "flags of aws-runas go before the profile; what follows the profile is the command";
  if (/\s/.test(word)) return `give the command and its arguments as words of their own, or to a shell: sh -c '${word}'`;
  if (SHELL_WORDS.has(word)) return `${word} is part of the shell, not a program; run: sh -c '${word} …'`;
  if (mayBeProfile) return `AWS_PROFILE names the profile, so ${word} was taken for the command; no profile is called that either`;
  const shell = (env["SHELL"] || "sh").replace(/^.*\//, "");
  return `if ${word} is an alias or a function of your shell, run: ${shell} -ic '${word} …'`;
}
