/**
 * The whole program as a function: words and a world in, an exit status out.
 *
 * Help and version come before anything that could fail; what a command needs is loaded when that command is called.
 */

import { UsageError } from "../errors.ts";
import { refuseUncheckedTls } from "../http/unchecked-tls.ts";
import type { World } from "../world.ts";
import { readArguments } from "./arguments.ts";
import type { Arguments } from "./arguments.ts";
import { findCommand } from "./commands.ts";
import type { Command } from "./commands.ts";
import { run } from "./commands/run.ts";
import { globalFlags, jsonFlag } from "./flags.ts";
import { readOptions, verbosityOf } from "./options.ts";
import { renderError } from "./render-error.ts";
import { limitLog } from "./verbosity.ts";

/** Never throws: an error becomes lines on stderr and the exit status of its class. */
export async function runApp(argv: readonly string[], world: World): Promise<number> {
  let verbosity = 0;
  try {
    const args = readArguments(argv, [...globalFlags, jsonFlag]);
    verbosity = verbosityOf(args.flags);
    return await dispatch(args, { ...world, log: limitLog(world.log, verbosity) });
  } catch (error) {
    const { text, exitStatus } = renderError(error, verbosity);
    world.stderr.write(text);
    return exitStatus;
  }
}

async function dispatch(args: Arguments, world: World): Promise<number> {
  const [first, ...rest] = args.dashesFirst ? [] : args.words;
  if (args.flags.get("version")?.value === "true") return show(`aws-runas version ${world.version}\n`, world);
  if (first === "help" || first === "h") return showHelp(rest[0], world);
  const shortcut = shortcutOf(args);
  if (shortcut !== undefined && args.flags.get("help")?.value !== "true") return runShortcut(shortcut, args, world);
  refuseEarlyJson(args);
  const command = findCommand(first);
  if (args.flags.get("help")?.value === "true") return showHelp(command?.name, world);
  return command === undefined ? runWrapped(args, world) : runOwn(command, rest, args, world);
}

/** What `-l` and `-m` stand for; the latter first. */
function shortcutOf({ flags }: Arguments): "mfa" | "roles" | undefined {
  if (flags.get("list-mfa")?.value === "true") return "mfa";
  return flags.get("list-roles")?.value === "true" ? "roles" : undefined;
}

async function runShortcut(what: "mfa" | "roles", args: Arguments, world: World): Promise<number> {
  const command = findCommand("list");
  if (command === undefined) throw new UsageError("there is no command list");
  const isJson = args.flags.get(jsonFlag.name)?.value === "true";
  return runOwn(command, [what, ...(isJson ? [`--${jsonFlag.name}`] : []), ...args.words], args, world);
}

/** @throws UsageError for a command's `--json` before its word: only `-l` and `-m` have none. */
function refuseEarlyJson({ flags }: Arguments): void {
  const given = flags.get(jsonFlag.name);
  if (given === undefined) return;
  throw new UsageError(`the flag ${given.spelling} stands behind the word of a command, or with -l or -m`, {
    hint: "aws-runas status --json, for one; -O json PROFILE prints credentials as JSON",
  });
}

async function runWrapped(args: Arguments, world: World): Promise<number> {
  refuseUncheckedTls(world.env);
  return run({ words: args.words, dashesFirst: args.dashesFirst, options: readOptions(args.flags, world.env) }, world);
}

async function runOwn(command: Command, argv: readonly string[], outer: Arguments, world: World): Promise<number> {
  const { flags, words } = readOwn(command, argv);
  if (flags.get("help")?.value === "true") return showHelp(command.name, world);
  refuseHandOver(command, outer);
  refuseUncheckedTls(world.env);
  const { settings, refresh } = readOptions(outer.flags, world.env);
  const switches = new Set([...flags.values()].filter(({ value }) => value === "true").map(({ spec }) => spec.name));
  const values = new Map([...flags.values()].filter(({ spec }) => spec.kind === "value").map(({ spec, value }) => [spec.name, value]));
  return command.run({ words, switches, values, settings, refresh }, world);
}

/** @throws UsageError also for a flag that stands before the command's word: it is known, so that it is not called unknown. */
function readOwn(command: Command, argv: readonly string[]): Arguments {
  const { name, flags: own, endsInCommand } = command;
  const outer = globalFlags.filter(({ summary }) => summary !== undefined);
  const args = readArguments(argv, [...own, ...outer], endsInCommand ? "leading" : "scattered");
  const misplaced = [...args.flags.values()].find(({ spec }) => !own.includes(spec));
  if (misplaced === undefined) return args;
  refuseHandOver(command, { ...args, flags: new Map([[misplaced.spec.name, misplaced]]) });
  throw new UsageError(`the flag ${misplaced.spelling} stands before the word ${name}`, {
    hint: `aws-runas ${misplaced.spelling} … ${name} …; aws-runas help ${name} lists those that follow it`,
  });
}

/** How a run hands one profile's credentials over: commands have ways of their own, and would pass over these flags in silence. */
const HAND_OVER = new Set(["env", "output", "write-credentials", "expiration", "whoami", "session", "interactive"]);

function refuseHandOver({ name }: Command, { flags }: Arguments): void {
  const given = [...flags.values()].find(({ spec, value }) => HAND_OVER.has(spec.name) && value !== "false");
  if (given !== undefined) throw new UsageError(`the flag ${given.spelling} is for aws-runas PROFILE …, not for aws-runas ${name}`);
}

async function showHelp(word: string | undefined, world: World): Promise<number> {
  const { commandHelp, mainHelp } = await import("./help.ts");
  if (word === undefined || word === "help" || word === "h") return show(mainHelp(), world);
  const command = findCommand(word);
  if (command === undefined) throw new UsageError(`there is no command "${word}"`, { hint: "aws-runas help lists the commands" });
  return show(commandHelp(command), world);
}

function show(text: string, world: World): number {
  world.stdout.write(text);
  return 0;
}
