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
  /** Of the command's own flags that take one, by the flag's name. */
  readonly values: ReadonlyMap<string, string>;
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
  /** What follows its first word is another program's, flags included. */
  readonly endsInCommand?: boolean;
  /** Resolves with the exit status. */
  readonly run: (request: CommandRequest, world: World) => Promise<number>;
}

export const commands: readonly Command[] = [
  {
    name: "run",
    aliases: [],
    usage: "--profiles A,B,C COMMAND [ARGUMENT …]",
    summary: "run a command with the credentials of several profiles, side by side",
    details: [
      "Logs in first, once for profiles that share a login; then runs COMMAND for each profile, its lines led by the profile's name, and says in a" +
        " table on stderr how each ended. The exit status is 0 if that of every command is, else 1.",
    ],
    flags: [
      { name: "profiles", kind: "value", placeholder: "A,B,C", summary: "the profiles" },
      { name: "jobs", letter: "j", kind: "value", placeholder: "N", summary: "how many run at once; 8 by default" },
      helpFlag,
    ],
    endsInCommand: true,
    run: async (request, world) => (await import("./commands/run-many.ts")).runRunMany(request, world),
  },
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
      "Without PROFILE: all profiles of which something is kept. Asks nobody, sends no request and shows no secret.",
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
    name: "serve",
    aliases: ["srv"],
    usage: "ecs|ec2 [PROFILE]",
    summary: "hand out credentials to any number of programs, until it is ended",
    details: [
      "ecs: a container-credentials endpoint. The lines that it prints lead programs to it; whoever knows its token gets the credentials of PROFILE" +
        " at /credentials, and of any other profile at /credentials/NAME.",
      "ec2: an EC2 instance metadata service (IMDSv2) for programs of this machine, with the credentials of PROFILE. At 169.254.169.254, where SDKs look" +
        " by themselves, it has to be started by sudo, and goes on as you; -p PORT needs no root, and the line that it prints leads programs to it.",
      "Logs in at the start, on the terminal; credentials are refreshed ahead of time for as long as that needs no person. Later logins, and switching" +
        " to another profile, are for the web page whose address it prints.",
    ],
    flags: [
      {
        name: "port",
        letter: "p",
        kind: "value",
        placeholder: "PORT",
        summary: "port to listen at; for ecs 12319 by default; 0 takes any that is free",
      },
      { name: "listen", kind: "value", placeholder: "ADDRESS", summary: "ecs: address to listen at instead of 127.0.0.1" },
      { name: "imds-v1", kind: "switch", summary: "ec2: answer clients without a session's token too (IMDSv1)" },
      { name: "allow-host", kind: "value", placeholder: "NAME,…", summary: "ecs: further names that requests may come under" },
      { name: "headless", letter: "H", kind: "switch", summary: "ask on the terminal when a login is needed later; no page" },
      { name: "token-file", kind: "value", placeholder: "PATH", summary: "ecs: write the token to this file, and a new one every hour" },
      helpFlag,
    ],
    run: async (request, world) => (await import("./commands/serve.ts")).runServe(request, world),
  },
  {
    name: "console",
    aliases: [],
    usage: "[PROFILE]",
    summary: "open the AWS console with a profile's credentials",
    details: [
      "Gets an address for the console from AWS and opens it in the browser. The address is good for 15 minutes; only --print shows it.",
      "The session in the console lasts as long as the credentials; --duration asks for another time, where no other role leads to the profile's.",
    ],
    flags: [
      { name: "service", kind: "value", placeholder: "NAME", summary: "the console of this service: s3, ec2, cloudformation …" },
      { name: "region", kind: "value", placeholder: "REGION", summary: "instead of the profile's" },
      { name: "duration", kind: "value", placeholder: "DURATION", summary: "how long the console's session lasts, 15m to 12h" },
      { name: "print", kind: "switch", summary: "print the address: whoever has it is you, for as long as it is good" },
      { name: "firefox-container", kind: "switch", summary: "open it in the Firefox container of the profile's name" },
      { name: "chrome-profile", kind: "value", placeholder: "FOLDER", summary: "open it in this profile of Chrome" },
      helpFlag,
    ],
    run: async (request, world) => (await import("./commands/console.ts")).runConsole(request, world),
  },
  {
    name: "ecr",
    aliases: [],
    usage: "login [PROFILE] [REGISTRY …]",
    summary: "log docker, podman, nerdctl or finch in to ECR registries",
    details: [
      "REGISTRY is a host, an account (in the profile's region) or public; without one it is the registry of the role's account. The exit status is" +
        " that of the tool.",
    ],
    flags: [
      {
        name: "client",
        kind: "value",
        placeholder: "NAME",
        summary: "the tool; by default the first of docker, podman, nerdctl and finch",
      },
      { name: "print", kind: "switch", summary: "print the password instead, which is good for 12 hours" },
      helpFlag,
    ],
    run: async (request, world) => (await import("./commands/ecr.ts")).runEcr(request, world),
  },
  {
    name: "docker-credential",
    aliases: [],
    usage: "get|list|store|erase",
    summary: "answer docker as its credential helper for ECR",
    details: [
      "docker calls it by the name docker-credential-aws-runas; see docs/registries.md. The profile is the one that AWS_PROFILE names, else the one whose" +
        " role is in the registry's account.",
    ],
    flags: [helpFlag],
    run: async (request, world) => (await import("./commands/docker-credential.ts")).runDockerCredential(request, world),
  },
  {
    name: "configure",
    aliases: [],
    usage: "process PROFILE [NAME]",
    summary: "write a profile that gets its credentials from aws-runas",
    details: [
      "Writes [profile NAME] with credential_process into the config file, for programs that are not started by aws-runas; NAME is PROFILE-process" +
        " by default. The rest of the file stays as it is.",
    ],
    flags: [{ name: "delete", kind: "switch", summary: "remove the line again" }, helpFlag],
    run: async (request, world) => (await import("./commands/configure.ts")).runConfigure(request, world),
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
const absent = new Set(["ssm", "diagnose", "diag", "update"]);
const ofHelp = new Set(["help", "h"]);

/** True for a word that, first on the command line, names no profile. */
export function isReserved(word: string): boolean {
  return absent.has(word) || ofHelp.has(word) || commands.some(({ name, aliases }) => name === word || aliases.includes(word));
}

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
