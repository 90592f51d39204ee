/**
 * One profile's sections → the credentials that they hold or lead to, as AWS's SDKs rank them: static keys, `credential_source`,
 * `credential_process`, IAM Identity Center (`sso_…`), `aws login`.
 *
 * Key id, secret and token are taken from one section: a pair from two would be nobody's. Nothing is run or requested here.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */

import { ConfigError } from "../errors.ts";
import type { Environment } from "../world.ts";
import type { AwsFiles } from "./files.ts";
import { layerSetting, variableSetting } from "./layers.ts";
import type { ProfileLayer } from "./layers.ts";
import { describeOrigin } from "./origin.ts";
import { asSecret } from "./person-login.ts";
import type { BaseCredentials, ProvidedCredentials, Setting, StaticKeys } from "./profile.ts";
import { openSection } from "./sections.ts";
import type { Section } from "./sections.ts";

interface Surroundings {
  readonly env: Environment;
  readonly files: AwsFiles;
}

/** By the key that says so. `login_session` is what `aws login` writes. */
const PROVIDERS: readonly (readonly [key: string, kind: ProvidedCredentials["kind"]])[] = [
  ["credential_process", "process"],
  ["sso_session", "sso"],
  ["sso_start_url", "sso"],
  ["login_session", "login"],
];

/**
 * @returns undefined where the profile has none of its own.
 * @throws ConfigError "config-missing" for half a pair of keys or an SSO session that is not there, "config-value" for an unknown
 *   `credential_source`.
 */
export function credentialsOf(profile: ProfileLayer, surroundings: Surroundings): BaseCredentials | undefined {
  return staticKeysOf(profile) ?? sourceOf(profile, surroundings) ?? providedBy(profile, surroundings);
}

/** The credentials file before the config file. @throws ConfigError "config-missing" for half a pair */
export function staticKeysOf(profile: ProfileLayer): StaticKeys | undefined {
  for (const section of profile.sections.toReversed()) {
    const one: ProfileLayer = { ...profile, sections: [section] };
    const find = (key: string) => layerSetting(one, key);
    const keys = asKeys(find("aws_access_key_id"), find("aws_secret_access_key"));
    const sessionToken = find("aws_session_token") ?? find("aws_security_token");
    if (keys !== undefined) return { ...keys, sessionToken: sessionToken && asSecret(sessionToken) };
  }
  return undefined;
}

/** Those of the environment. @throws ConfigError "config-missing" for half a pair */
export function environmentKeys(env: Environment): StaticKeys | undefined {
  const find = (variable: string) => variableSetting(env, variable);
  const keys = asKeys(find("AWS_ACCESS_KEY_ID"), find("AWS_SECRET_ACCESS_KEY"));
  const sessionToken = find("AWS_SESSION_TOKEN");
  return keys && { ...keys, sessionToken: sessionToken && asSecret(sessionToken) };
}

function asKeys(id: Setting<string> | undefined, secret: Setting<string> | undefined): StaticKeys | undefined {
  if (id !== undefined && secret !== undefined) return { kind: "keys", accessKeyId: id, secretAccessKey: asSecret(secret) };
  const half = id ?? secret;
  if (half === undefined) return undefined;
  throw new ConfigError(
    "config-missing",
    `${describeOrigin(half.origin)} is half of a pair: the ${half === id ? "secret" : "key id"} is missing`,
    {
      hint: "aws_access_key_id and aws_secret_access_key stand together, in one section or in the environment",
    },
  );
}

function sourceOf(profile: ProfileLayer, { env, files }: Surroundings): BaseCredentials | undefined {
  const said = layerSetting(profile, "credential_source");
  switch (said?.value) {
    case undefined:
      return undefined;
    case "Environment":
      return environmentKeys(env) ?? refuseSource(said, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set");
    case "Ec2InstanceMetadata":
      return said && { kind: "ec2", said, profile: profile.name, settings: [], files: pathsOf(files) };
    case "EcsContainer":
      return said && { kind: "ecs", said, profile: profile.name, settings: containerSettings(env), files: pathsOf(files) };
    default:
      return refuseSource(said, `"${said?.value}" is none of Environment, Ec2InstanceMetadata and EcsContainer`);
  }
}

function refuseSource(said: Setting<string> | undefined, problem: string): never {
  throw new ConfigError("config-value", said === undefined ? problem : `${describeOrigin(said.origin)}: ${problem}`);
}

function providedBy(profile: ProfileLayer, { files }: Surroundings): ProvidedCredentials | undefined {
  for (const [key, kind] of PROVIDERS) {
    const said = layerSetting(profile, key);
    if (said !== undefined) return { kind, said, profile: profile.name, settings: settingsFor(profile, key, files), files: pathsOf(files) };
  }
  return undefined;
}

/** The rest of what decides whose credentials they are; for `sso_session` that section as well. */
function settingsFor(profile: ProfileLayer, key: string, files: AwsFiles): string[] {
  const session = layerSetting(profile, "sso_session");
  const shared = session && openSession(session, files);
  const isPart = (name: string) => name === key || (key.startsWith("sso_") && name.startsWith("sso_"));
  return [...profile.sections, ...(shared === undefined ? [] : [shared])].flatMap(({ values }) =>
    [...values].filter(([name]) => isPart(name)).map(([name, { value }]) => `${name}=${value}`),
  );
}

function openSession({ value, origin }: Setting<string>, { config }: AwsFiles): Section {
  const section = openSection(config, `sso-session ${value}`);
  if (section !== undefined) return section;
  throw new ConfigError("config-missing", `${describeOrigin(origin)} names [sso-session ${value}], which does not exist`, {
    hint: `add [sso-session ${value}] to ${config.label}, or have aws configure sso write it`,
  });
}

function containerSettings(env: Environment): string[] {
  const names = ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI"];
  return names.flatMap((name) => (env[name] ? [`${name}=${env[name]}`] : []));
}

function pathsOf({ config, credentials }: AwsFiles): ProvidedCredentials["files"] {
  return { config: config.path, credentials: credentials.path };
}
