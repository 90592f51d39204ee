/**
 * The commands apart from running one, declared cheaply: what each does is loaded when it is called.
 *
 * A command's word shadows a profile of that name; `aws-runas -- word …` still reaches the profile.
 */

import type { FlagSettings } from "../config/attributes.ts";
import { UsageError } from "../errors.ts";
import type { World } from "../world.ts";
import { helpFlag } from "./flags.ts";
import type { FlagSpec } from "./flags.ts";

export interface CommandRequest {
  /** What follows the command's word, without its flags. */
  readonly words: readonly string[];
  /** Names of the command's own switches that are on, e.g. "delete". */
  readonly switches: ReadonlySet<string>;
  /** From the flags before the command's word. */
  readonly settings: FlagSettings;
}

export interface Command {
  readonly name: string;
  readonly aliases: readonly string[];
  /** What follows the name, for the help text. */
  readonly usage: string;
  readonly summary: string;
  /** Paragraphs for the command's own help. */
  readonly details: readonly string[];
  readonly flags: readonly FlagSpec[];
  /** Resolves with the exit status. */
  readonly run: (request: CommandRequest, world: World) => Promise<number>;
}

export const commands: readonly Command[] = [
  {
    name: "password",
    aliases: ["passwd", "pw"],
    usage: "PROFILE",
    summary: "keep the identity provider's password for a profile",
    details: [
      "Asks for the password (or reads it from a pipe) and writes it to the credentials file, where every profile of the same provider finds" +
        " it. The form it is written in keeps it from a glance, not from anyone who can read the file.",
    ],
    flags: [
      { name: "delete", kind: "switch", summary: "remove the password that is kept" },
      { name: "keychain", kind: "switch", summary: "keep it in the system's keychain instead" },
      helpFlag,
    ],
    run: async (request, world) => (await import("./commands/password.ts")).runPassword(request, world),
  },
];

/** Words kept for commands that this version does not have. */
const absent = new Set(["list", "ls", "serve", "srv", "ssm", "ecr", "diagnose", "diag", "update"]);

/**
 * @returns undefined when the word is not a command.
 * @throws UsageError for one that this version does not have.
 */
export function findCommand(word: string | undefined): Command | undefined {
  if (word === undefined) return undefined;
  if (absent.has(word)) {
    throw new UsageError(`the command ${word} is not supported in this version`, {
      code: "not-supported",
      hint: `a profile of that name is reached by "aws-runas -- ${word} …"`,
    });
  }
  return commands.find(({ name, aliases }) => name === word || aliases.includes(word));
}
