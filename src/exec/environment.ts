/**
 * The wrapped command's environment: the user's, without what would beat or break our credentials, with what leads to them.
 *
 * SDKs look at variables of their own first, then at the selected profile, then at the container endpoint; so every variable that one of
 * them takes credentials or a profile from is dropped. Settings that come from the profile — which the command does not select — are
 * exported. What we export would mislead an aws-runas inside the command, so AWSRUNAS_OUTER records, for each such variable, what we set and
 * what the user had.
 */

import type { Profile } from "../config/profile.ts";
import type { Credentials } from "../credentials/credentials.ts";
import type { Secret } from "../secret.ts";
import type { Environment } from "../world.ts";

type Variables = Record<string, string>;

export interface ChildRequest {
  /** `World.env`: the user's, an outer aws-runas's exports already put back. */
  readonly env: Environment;
  readonly profile: Profile;
}

export interface EndpointRequest extends ChildRequest {
  readonly endpoint: { readonly uri: string; readonly token: Secret };
  /** Paths of filtered copies, where one is needed (config/child-files.ts). */
  readonly files?: { readonly config?: string | undefined; readonly credentials?: string | undefined };
}

/** Holds what `restoreOuterEnvironment` needs; never a secret. */
const OUTER = "AWSRUNAS_OUTER";

/** Dropped, together with AWS_CONTAINER_*: an SDK would take these before ours. */
const STALE_CREDENTIALS = [
  "AWS_ACCESS_KEY_ID",
  "AWS_ACCESS_KEY",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SECRET_KEY",
  "AWS_SESSION_TOKEN",
  "AWS_SECURITY_TOKEN",
  "AWS_CREDENTIAL_EXPIRATION",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
  "AWS_ROLE_ARN",
  "AWS_ROLE_SESSION_NAME",
  "AWS_CREDENTIAL_FILE",
  "AWS_CREDENTIAL_PROFILES_FILE",
  "AWS_PROFILE",
  "AWS_DEFAULT_PROFILE",
];

/** Every spelling of a password, one-time code or client's secret that a layer of the configuration reads. */
const LOGIN_SECRETS = [
  "WEB_IDENTITY_PASSWORD",
  "WEB_PASSWORD",
  "SAML_PASSWORD",
  "RUNAS_PASSWORD",
  "MFA_CODE",
  "WEB_IDENTITY_CLIENT_SECRET",
  "WEB_IDENTITY_API_CLIENT_SECRET",
  "SAML_API_CLIENT_SECRET",
];

const DROPPED = new Set([...STALE_CREDENTIALS, ...LOGIN_SECRETS, OUTER]);

/** For a command that asks the container endpoint. */
export function endpointEnvironment(request: EndpointRequest): Variables {
  const { endpoint } = request;
  return {
    ...baseEnvironment(request, { ...profileSettings(request), ...filePaths(request) }),
    AWS_CONTAINER_CREDENTIALS_FULL_URI: endpoint.uri,
    AWS_CONTAINER_AUTHORIZATION_TOKEN: endpoint.token.reveal(),
  };
}

/**
 * For a command that gets the credentials themselves (`-E`).
 *
 * AWS_SECURITY_TOKEN stays unset: only botocore reads it, before AWS_SESSION_TOKEN, so it would outlive keys the command sets itself.
 */
export function variableEnvironment(request: ChildRequest & { readonly credentials: Credentials }): Variables {
  return { ...baseEnvironment(request, profileSettings(request)), ...credentialVariables(request.credentials) };
}

/** The three that every SDK reads. */
export function credentialVariables(credentials: Credentials): Variables {
  return {
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey.reveal(),
    AWS_SESSION_TOKEN: credentials.sessionToken.reveal(),
  };
}

/** Under both names, as SDKs read only one or the other; none without a region. */
export function regionVariables({ region }: Profile): Variables {
  return region === undefined ? {} : { AWS_REGION: region.value, AWS_DEFAULT_REGION: region.value };
}

/**
 * The environment as the user had it outside: each variable an outer aws-runas set and nobody changed since is put back.
 *
 * `main.ts` builds `World.env` with it. A record that is not ours is ignored.
 */
export function restoreOuterEnvironment(env: Environment): Environment {
  const { [OUTER]: record, ...restored }: Record<string, string | undefined> = env;
  if (record === undefined) return env;
  for (const [name, [set, was]] of readRecord(record)) {
    if (restored[name] !== set) continue;
    if (was === null) delete restored[name];
    else restored[name] = was;
  }
  return restored;
}

function baseEnvironment({ env, profile }: ChildRequest, exported: Variables): Variables {
  const changes = Object.entries(exported).filter(([name, value]) => env[name] !== value);
  const record = Object.fromEntries(changes.map(([name, value]) => [name, [value, env[name] ?? null]]));
  return {
    ...withoutCredentials(env, tokenVariable(profile)),
    ...exported,
    AWSRUNAS_PROFILE: profile.name,
    ...(changes.length > 0 ? { [OUTER]: JSON.stringify(record) } : {}),
  };
}

/** The user's own variables but for credentials, passwords and what steers our runtime: for every program that we start. */
export function withoutCredentials(env: Environment, secret?: string): Variables {
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[0] !== secret && !isDropped(entry[0]) && !hasSecretQuery(entry),
    ),
  );
}

/** The variable that holds the id token, where the profile takes it from one. */
function tokenVariable({ login }: Profile): string | undefined {
  return login.kind === "token" && login.source.kind === "variable" ? login.source.variable.value : undefined;
}

function isDropped(name: string): boolean {
  return DROPPED.has(name) || name.startsWith("AWS_CONTAINER_") || steersBun(name);
}

/** OneLogin's URL may hold the secret of its API. */
function hasSecretQuery([name, value]: [string, string | undefined]): boolean {
  return /^(WEB(_IDENTITY)?|SAML)_AUTH_URL$/.test(name) && /\?(.*&)?token=/i.test(value ?? "");
}

/** A Bun runtime's own switches may have been meant for ours; where the user's bun keeps and fetches packages is theirs. */
function steersBun(name: string): boolean {
  return name.startsWith("BUN_") && !name.startsWith("BUN_INSTALL") && !name.startsWith("BUN_CONFIG_");
}

/** What an SDK would read from the profile's section if the command selected it. */
function profileSettings({ env, profile }: ChildRequest): Variables {
  const { useFips, useDualstack } = profile.sts;
  return {
    ...regionVariables(profile),
    ...endpointSetting(profile),
    ...(useFips && !env["AWS_USE_FIPS_ENDPOINT"] ? { AWS_USE_FIPS_ENDPOINT: "true" } : {}),
    ...(useDualstack && !env["AWS_USE_DUALSTACK_ENDPOINT"] ? { AWS_USE_DUALSTACK_ENDPOINT: "true" } : {}),
  };
}

/** An endpoint from the environment or from [default] reaches the command by itself. */
function endpointSetting({ sts: { endpoint } }: Profile): Variables {
  if (endpoint?.origin.layer !== "profile" && endpoint?.origin.layer !== "source") return {};
  const isForStsAlone = endpoint.origin.section.startsWith("services ");
  return { [isForStsAlone ? "AWS_ENDPOINT_URL_STS" : "AWS_ENDPOINT_URL"]: endpoint.value };
}

/** AWS's first SDK for Java has a name of its own for the credentials file, and would look into the original, which beats the endpoint. */
function filePaths({ env, files = {} }: EndpointRequest): Variables {
  return defined({
    AWS_CONFIG_FILE: files.config,
    AWS_SHARED_CREDENTIALS_FILE: files.credentials,
    AWS_CREDENTIAL_PROFILES_FILE: files.credentials ?? (env["AWS_SHARED_CREDENTIALS_FILE"] || undefined),
  });
}

function defined(variables: Environment): Variables {
  return Object.fromEntries(Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

type OuterEntry = [name: string, change: [set: string, was: string | null]];

function readRecord(text: string): OuterEntry[] {
  try {
    return Object.entries(JSON.parse(text) as object).filter(isOuterEntry);
  } catch {
    return [];
  }
}

function isOuterEntry(entry: [string, unknown]): entry is OuterEntry {
  const [, change] = entry;
  return Array.isArray(change) && typeof change[0] === "string" && (change[1] === null || typeof change[1] === "string");
}
