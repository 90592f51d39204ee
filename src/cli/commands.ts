/**
 * The commands apart from running one, declared cheaply: what each does is loaded when it is called.
 *
 * A command's word shadows a profile of that name; `aws-runas -- word …` still reaches the profile.
 */

import type { FlagSettings } from "../config/attributes.ts";
import { UsageError } from "../errors.ts";
import type { World } from "../world.ts";
import { helpFlag, jsonFlag } from "./flags.ts";
import type { FlagSpec } from "./flags.ts";

export interface CommandRequest {
  /** What follows the command's word, without its flags. */
  readonly words: readonly string[];
  /** Names of the command's own switches that are on, e.g. "delete". */
  readonly switches: ReadonlySet<string>;
  /** From the flags before the command's word. */
  readonly settings: FlagSettings;
  /** -r, before the command's word. */
  readonly refresh: boolean;
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
    name: "login",
    aliases: [],
    usage: "PROFILE",
    summary: "log in now, so that later runs need not",
    details: [
      "Logs in at the profile's identity provider and gets the credentials of its role, if it has one; says for whom and until when on stderr." +
        " What is still good from before is kept: --force drops the profile's id token (or SAML response) and credentials first.",
    ],
    flags: [{ name: "force", letter: "r", kind: "switch", summary: "forget this profile's credentials and token first" }, helpFlag],
    run: async (request, world) => (await import("./commands/login.ts")).runLogin(request, world),
  },
  {
    name: "logout",
    aliases: [],
    usage: "[PROFILE | --all]",
    summary: "end a profile's login, here and at the provider",
    details: [
      "Drops the id token (or SAML response), the provider's session, the refresh token and the credentials of every role that the profile's" +
        " login led to; with IAM the session and the roles' credentials. Then it logs out at the provider and revokes the refresh token, where" +
        " the provider offers that; failures there are warnings.",
      "A password that `aws-runas password` keeps stays.",
    ],
    flags: [{ name: "all", kind: "switch", summary: "end every login, and remove all that is kept and its key" }, helpFlag],
    run: async (request, world) => (await import("./commands/logout.ts")).runLogout(request, world),
  },
  {
    name: "status",
    aliases: [],
    usage: "[PROFILE]",
    summary: "show what is kept of a login, and for how long",
    details: [
      "Without PROFILE: all profiles of which something is kept. Asks nobody and nothing, and shows no secret.",
      "With PROFILE the exit status is 0 when a run would need no login, and 1 otherwise.",
    ],
    flags: [
      { name: "all", kind: "switch", summary: "all profiles, though AWS_PROFILE names one" },
      { name: "json", kind: "switch", summary: "print JSON: an object with PROFILE, else a list" },
      helpFlag,
    ],
    run: async (request, world) => (await import("./commands/status.ts")).runStatus(request, world),
  },
  {
    name: "token",
    aliases: [],
    usage: "PROFILE",
    summary: "show the claims of a profile's id token",
    details: ["Logs in, where no id token is at hand, and prints the token's claims as JSON."],
    flags: [{ name: "raw", kind: "switch", summary: "print the token itself: whoever has it is you, until it expires" }, helpFlag],
    run: async (request, world) => (await import("./commands/token.ts")).runToken(request, world),
  },
  {
    name: "trust-policy",
    aliases: [],
    usage: "PROFILE",
    summary: "print the IAM trust policy that accepts a profile's login",
    details: [
      "Logs in, where no id token is at hand, and prints the trust policy with which the profile's role accepts this very user and client." +
        " With SAML it accepts all users of the SAML provider.",
    ],
    flags: [
      { name: "terraform", kind: "switch", summary: "print it with role and OpenID Connect provider, for Terraform" },
      { name: "cloudformation", kind: "switch", summary: "the same as a CloudFormation template" },
      helpFlag,
    ],
    run: async (request, world) => (await import("./commands/trust-policy.ts")).runTrustPolicy(request, world),
  },
  {
    name: "list",
    aliases: ["ls"],
    usage: "roles|mfa [PROFILE], list profiles",
    summary: "list roles to assume, MFA devices, or profiles",
    details: [
      "roles: with IAM those that the policies of the user and of the user's groups name, with wildcards as they are; with SAML those that the" +
        " login offers. mfa: the IAM user's MFA devices. `aws-runas -l PROFILE` and `-m PROFILE` are the same.",
      "profiles: all of them, with kind, account, role, source, and whether credentials are kept. Asks nobody.",
    ],
    flags: [jsonFlag, helpFlag],
    run: async (request, world) => (await import("./commands/list.ts")).runList(request, world),
  },
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
const absent = new Set(["serve", "srv", "ssm", "ecr", "diagnose", "diag", "update"]);

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
