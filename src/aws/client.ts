/**
 * An STS client of the SDK that knows only what the profile says.
 *
 * Everything the SDK would look up by itself (credentials, region, endpoint, retry mode and so on, from the environment and the shared
 * files) is given explicitly: those sources are already in the profile, and reading them again would let the two disagree.
 */

import { STSClient, type STSClientConfig } from "@aws-sdk/client-sts";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { Profile } from "../config/profile.ts";
import { ConfigError } from "../errors.ts";
import { createAgents } from "../http/agents.ts";
import type { Secret } from "../secret.ts";
import type { Environment } from "../world.ts";
import { defaultRegion, regionOfPartition } from "./partition.ts";

/** What requests are signed with. */
export interface SigningKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  /** Undefined for a user's long-term keys. */
  readonly sessionToken: Secret | undefined;
}

export interface StsConnection {
  readonly client: STSClient;
  /** Where requests go. */
  readonly endpoint: URL;
}

const CONNECT_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 30_000;
const MAX_ATTEMPTS = 3;

/**
 * One client for one call; the caller destroys it, which closes its connections.
 *
 * @param keys undefined for calls that are not signed.
 * @throws ConfigError "config-conflict" when endpoint, FIPS and dual-stack settings exclude each other.
 */
export function connectSts(profile: Profile, env: Environment, keys?: SigningKeys): StsConnection {
  const client = new STSClient(clientConfig(profile, keys));
  const endpoint = resolveEndpoint(client, profile);
  client.config.requestHandler = new NodeHttpHandler({
    ...createAgents(env, endpoint),
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    throwOnRequestTimeout: true,
  });
  return { client, endpoint };
}

function clientConfig(profile: Profile, keys: SigningKeys | undefined): STSClientConfig {
  return {
    region: regionOf(profile),
    ...(profile.sts.endpoint === undefined ? {} : { endpoint: profile.sts.endpoint.value }),
    ignoreConfiguredEndpointUrls: true,
    useFipsEndpoint: profile.sts.useFips,
    useDualstackEndpoint: profile.sts.useDualstack,
    credentials: keys === undefined ? noCredentials : revealKeys(keys),
    maxAttempts: MAX_ATTEMPTS,
    retryMode: "standard",
    defaultsMode: "standard",
    authSchemePreference: [],
    sigv4aSigningRegionSet: [],
    disableClockSkewCorrection: false,
    userAgentAppId: async () => undefined,
  };
}

export function regionOf(profile: Profile): string {
  const { region, roleArn, login } = profile;
  if (region !== undefined) return region.value;
  return login.kind === "iam" ? regionOfPartition(login.partition) : defaultRegion(roleArn?.value ?? "");
}

async function noCredentials(): Promise<never> {
  throw new Error("this call is not signed");
}

export function revealKeys(keys: SigningKeys) {
  return {
    accessKeyId: keys.accessKeyId,
    secretAccessKey: keys.secretAccessKey.reveal(),
    ...(keys.sessionToken === undefined ? {} : { sessionToken: keys.sessionToken.reveal() }),
  };
}

/** The SDK's own rules, asked before the first request: proxies are chosen by the target. */
function resolveEndpoint(client: STSClient, profile: Profile): URL {
  const { endpoint, useFips, useDualstack } = profile.sts;
  try {
    return client.config.endpointProvider({
      Region: regionOf(profile),
      UseFIPS: useFips,
      UseDualStack: useDualstack,
      UseGlobalEndpoint: false,
      ...(endpoint === undefined ? {} : { Endpoint: endpoint.value }),
    }).url;
  } catch (error) {
    throw new ConfigError("config-conflict", `cannot tell where STS is: ${error instanceof Error ? error.message : "no endpoint"}`, {
      cause: error,
    });
  }
}
