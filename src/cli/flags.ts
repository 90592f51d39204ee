/**
 * Every flag that stands before PROFILE, declared once: the grammar (arguments.ts), the settings (options.ts) and the help text (help.ts)
 * are made from this table.
 *
 * `variables` are only shown here: config/ reads those that belong to a setting, options.ts the two others.
 */

import type { FlagName } from "../config/resolve.ts";

export interface FlagSpec {
  /** Long name, without dashes. */
  readonly name: string;
  readonly letter?: string;
  /** A "switch" takes no value, a "counter" counts its repetitions, a "value" takes the next word. */
  readonly kind: "switch" | "counter" | "value";
  /** What stands for the value in the help text. */
  readonly placeholder?: string;
  /** For the help text; a flag without one belongs to a feature that this version does not have. */
  readonly summary?: string;
  /** Environment variables that say the same, the strongest first. */
  readonly variables?: readonly string[];
  /** The profile's setting that the flag overrides. */
  readonly setting?: FlagName;
}

export const helpFlag: FlagSpec = { name: "help", letter: "h", kind: "switch", summary: "show this help" };

export const globalFlags: readonly FlagSpec[] = [
  { name: "env", letter: "E", kind: "switch", variables: ["RUNAS_ENV_CREDENTIALS"], summary: "give COMMAND the credentials as variables" },
  {
    name: "output",
    letter: "O",
    kind: "value",
    placeholder: "env|json",
    variables: ["RUNAS_OUTPUT_FORMAT"],
    summary: "without COMMAND: print shell lines (env) or the credential_process form (json)",
  },
  { name: "refresh", letter: "r", kind: "switch", summary: "forget this profile's credentials and token first" },
  { name: "expiration", letter: "e", kind: "switch", summary: "say on stderr when the credentials expire" },
  { name: "whoami", letter: "w", kind: "switch", summary: "say on stderr who the credentials are" },
  {
    name: "role-duration",
    letter: "a",
    kind: "value",
    placeholder: "DURATION",
    setting: "roleDuration",
    variables: ["CREDENTIALS_DURATION"],
    summary: "life of the role's credentials, 15m to 12h",
  },
  {
    name: "jump-role",
    letter: "J",
    kind: "value",
    placeholder: "ARN",
    setting: "jumpRole",
    variables: ["JUMP_ROLE_ARN"],
    summary: "role to assume on the way to the profile's role",
  },
  {
    name: "external-id",
    letter: "X",
    kind: "value",
    placeholder: "ID",
    setting: "externalId",
    variables: ["EXTERNAL_ID"],
    summary: "external id for assuming a role from the jump role",
  },
  {
    name: "username",
    letter: "U",
    kind: "value",
    placeholder: "NAME",
    setting: "username",
    variables: ["WEB_IDENTITY_USERNAME", "WEB_USERNAME", "RUNAS_USERNAME"],
    summary: "user name at the identity provider",
  },
  {
    name: "password",
    letter: "P",
    kind: "value",
    placeholder: "TEXT",
    setting: "password",
    variables: ["WEB_IDENTITY_PASSWORD", "WEB_PASSWORD", "RUNAS_PASSWORD"],
    summary: "password at the identity provider (others on this machine can see it: prefer the variable or the prompt)",
  },
  {
    name: "otp",
    letter: "o",
    kind: "value",
    placeholder: "CODE",
    setting: "otp",
    variables: ["MFA_CODE"],
    summary: "one-time code, used once",
  },
  {
    name: "mfa-type",
    letter: "t",
    kind: "value",
    placeholder: "TYPE",
    setting: "mfaType",
    variables: ["MFA_TYPE"],
    summary: "second factor to use where there is a choice",
  },
  {
    name: "provider",
    letter: "R",
    kind: "value",
    placeholder: "NAME",
    setting: "provider",
    variables: ["WEB_IDENTITY_PROVIDER", "WEB_PROVIDER", "RUNAS_PROVIDER"],
    summary: "kind of identity provider, when it is not recognised",
  },
  {
    name: "web-url",
    letter: "W",
    kind: "value",
    placeholder: "URL",
    setting: "webUrl",
    variables: ["WEB_IDENTITY_AUTH_URL", "WEB_AUTH_URL"],
    summary: "OpenID provider",
  },
  {
    name: "web-client",
    letter: "C",
    kind: "value",
    placeholder: "ID",
    setting: "webClient",
    variables: ["WEB_IDENTITY_CLIENT_ID", "WEB_CLIENT_ID"],
    summary: "client id at the OpenID provider",
  },
  {
    name: "web-redirect",
    letter: "T",
    kind: "value",
    placeholder: "URI",
    setting: "webRedirect",
    variables: ["WEB_IDENTITY_REDIRECT_URI", "WEB_REDIRECT_URI"],
    summary: "redirect URI registered for the client",
  },
  { name: "verbose", letter: "v", kind: "counter", summary: "say what is done; twice, with every detail" },
  helpFlag,
  { name: "version", letter: "V", kind: "switch", summary: "show the version" },
  { name: "duration", letter: "d", kind: "value" },
  { name: "mfa-serial", letter: "M", kind: "value" },
  { name: "session", letter: "s", kind: "switch", variables: ["RUNAS_SESSION_CREDENTIALS"] },
  { name: "write-credentials", letter: "c", kind: "switch", variables: ["RUNAS_WRITE_CREDENTIALS"] },
  { name: "list-mfa", letter: "m", kind: "switch" },
  { name: "list-roles", letter: "l", kind: "switch" },
  { name: "update", letter: "u", kind: "switch" },
  { name: "diagnose", letter: "D", kind: "switch" },
  { name: "saml-url", letter: "S", kind: "value" },
  { name: "saml-entityid", letter: "I", kind: "value" },
];

/** As a user would type it: "-J" when there is a letter, else "--keychain". */
export function spellingOf(spec: FlagSpec): string {
  return spec.letter === undefined ? `--${spec.name}` : `-${spec.letter}`;
}
