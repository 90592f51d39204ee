/**
 * Every flag that stands before PROFILE, declared once: the grammar (arguments.ts), the settings (options.ts) and the help text (help.ts)
 * are made from this table.
 *
 * The environment variables of a setting are declared with the setting (config/attributes.ts).
 */

import type { FlagName } from "../config/attributes.ts";

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
  /** The environment variable that says the same, where that is not a setting's. */
  readonly variable?: string;
  /** The profile's setting that the flag overrides. */
  readonly setting?: FlagName;
}

export const helpFlag: FlagSpec = { name: "help", letter: "h", kind: "switch", summary: "show this help" };

/** Of `list`; it may stand before PROFILE with `-l` and `-m`, which have no word to stand behind. */
export const jsonFlag: FlagSpec = { name: "json", kind: "switch", summary: "print JSON" };

export const globalFlags: readonly FlagSpec[] = [
  { name: "env", letter: "E", kind: "switch", variable: "RUNAS_ENV_CREDENTIALS", summary: "give COMMAND the credentials as variables" },
  {
    name: "output",
    letter: "O",
    kind: "value",
    placeholder: "env|json",
    variable: "RUNAS_OUTPUT_FORMAT",
    summary: "without COMMAND: print shell lines (env) or the credential_process form (json)",
  },
  {
    name: "write-credentials",
    letter: "c",
    kind: "switch",
    variable: "RUNAS_WRITE_CREDENTIALS",
    summary: "write the credentials to [PROFILE-awsrunas] in the credentials file as well",
  },
  { name: "refresh", letter: "r", kind: "switch", summary: "forget this profile's credentials and token first" },
  { name: "expiration", letter: "e", kind: "switch", summary: "say on stderr when the credentials expire" },
  { name: "whoami", letter: "w", kind: "switch", summary: "say on stderr whose the credentials are" },
  {
    name: "role-duration",
    letter: "a",
    kind: "value",
    placeholder: "DURATION",
    setting: "roleDuration",
    summary: "how long the role's credentials last, 15m to 12h",
  },
  {
    name: "jump-role",
    letter: "J",
    kind: "value",
    placeholder: "ARN",
    setting: "jumpRole",
    summary: "role to assume on the way to the profile's role",
  },
  {
    name: "external-id",
    letter: "X",
    kind: "value",
    placeholder: "ID",
    setting: "externalId",
    summary: "external id for assuming a role from other credentials",
  },
  {
    name: "duration",
    letter: "d",
    kind: "value",
    placeholder: "DURATION",
    setting: "duration",
    summary: "how long an IAM user's session lasts, 15m to 36h",
  },
  {
    name: "mfa-serial",
    letter: "M",
    kind: "value",
    placeholder: "ARN",
    setting: "mfaSerial",
    summary: "MFA device of the IAM user",
  },
  {
    name: "session",
    letter: "s",
    kind: "switch",
    variable: "RUNAS_SESSION_CREDENTIALS",
    summary: "stop before the profile's role: use the IAM user's session, or the jump role's",
  },
  { name: "interactive", letter: "i", kind: "switch", summary: "without COMMAND: start your shell with the credentials" },
  { name: "read-only", kind: "switch", setting: "readOnly", summary: "let the role do no more than AWS's ReadOnlyAccess allows" },
  {
    name: "session-policy",
    kind: "value",
    placeholder: "JSON",
    setting: "sessionPolicy",
    summary: "policy that limits the role's session, or file:// and its path",
  },
  {
    name: "session-policy-arns",
    kind: "value",
    placeholder: "ARN,…",
    setting: "sessionPolicyArns",
    summary: "ARNs of managed policies that limit the role's session",
  },
  { name: "session-tags", kind: "value", placeholder: "KEY=VALUE,…", setting: "sessionTags", summary: "tags for the role's session" },
  {
    name: "transitive-session-tags",
    kind: "value",
    placeholder: "KEY,…",
    setting: "transitiveTags",
    summary: "keys of those tags that the next roles of a chain get too",
  },
  {
    name: "source-identity",
    kind: "value",
    placeholder: "NAME",
    setting: "sourceIdentity",
    summary: "source identity of the role's session",
  },
  {
    name: "username",
    letter: "U",
    kind: "value",
    placeholder: "NAME",
    setting: "username",
    summary: "user name at the identity provider",
  },
  {
    name: "password",
    letter: "P",
    kind: "value",
    placeholder: "TEXT",
    setting: "password",
    summary: "password at the identity provider (others on this machine can see it: prefer the variable or the prompt)",
  },
  {
    name: "otp",
    letter: "o",
    kind: "value",
    placeholder: "CODE",
    setting: "otp",
    summary: "one-time code, used once",
  },
  {
    name: "mfa-type",
    letter: "t",
    kind: "value",
    placeholder: "TYPE",
    setting: "mfaType",
    summary: "second factor to use where there is a choice: code, push, sms …",
  },
  {
    name: "provider",
    letter: "R",
    kind: "value",
    placeholder: "NAME",
    setting: "provider",
    summary: "okta, azuread, onelogin, forgerock, keycloak or oidc, when it is not recognised; for SAML also browser, browserne",
  },
  {
    name: "web-url",
    letter: "W",
    kind: "value",
    placeholder: "URL",
    setting: "webUrl",
    summary: "URL of the OpenID provider",
  },
  {
    name: "web-client",
    letter: "C",
    kind: "value",
    placeholder: "ID",
    setting: "webClient",
    summary: "client id at the OpenID provider",
  },
  {
    name: "web-redirect",
    letter: "T",
    kind: "value",
    placeholder: "URI",
    setting: "webRedirect",
    summary: "redirect URI registered for the client; app:/… is for the terminal, http://127.0.0.1/… for the browser",
  },
  {
    name: "saml-url",
    letter: "S",
    kind: "value",
    placeholder: "URL",
    setting: "samlUrl",
    summary: "page of the identity provider that a SAML login starts at",
  },
  {
    name: "saml-entityid",
    letter: "I",
    kind: "value",
    placeholder: "ID",
    setting: "samlEntityId",
    summary: "issuer of the SAML request, for the provider browserne",
  },
  { name: "list-roles", letter: "l", kind: "switch", summary: "the same as the command `list roles`" },
  { name: "list-mfa", letter: "m", kind: "switch", summary: "the same as the command `list mfa`" },
  { name: "verbose", letter: "v", kind: "counter", summary: "say what is done; -vv also shows where an error comes from" },
  helpFlag,
  { name: "version", letter: "V", kind: "switch", summary: "show the version" },
  { name: "update", letter: "u", kind: "switch" },
  { name: "diagnose", letter: "D", kind: "switch" },
];
