/**
 * Clients of the SDK that know only what the profile says: STS's, and what IAM's is made of.
 *
 * Everything the SDK would look up by itself (credentials, region, endpoint, retry mode and so on, from the environment and the shared
 * files) is given explicitly: those sources are already in the profile, and reading them again would let the two disagree.
 */

import { STSClient, type STSClientConfig } from "@aws-sdk/client-sts";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { Profile, Setting } from "../config/profile.ts";
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

interface EndpointParameters {
  readonly Region: string;
  readonly UseFIPS: boolean;
  readonly UseDualStack: boolean;
  readonly Endpoint?: string;
}

type EndpointRules = (parameters: EndpointParameters) => { readonly url: URL };

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
  const client = new STSClient(clientConfig(profile, keys, profile.sts.endpoint));
  const endpoint = resolveEndpoint(
    (parameters) => client.config.endpointProvider({ ...parameters, UseGlobalEndpoint: false }),
    profile,
    profile.sts.endpoint,
  );
  client.config.requestHandler = requestHandler(env, endpoint);
  return { client, endpoint };
}

/** Through the environment's proxies, with limits of time. */
export function requestHandler(env: Environment, endpoint: URL): NodeHttpHandler {
  return new NodeHttpHandler({
    ...createAgents(env, endpoint),
    connectionTimeout: CONNECT_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    throwOnRequestTimeout: true,
  });
}

/** @param custom the endpoint that the user has for the service */
export function clientConfig(profile: Profile, keys: SigningKeys | undefined, custom: Setting<string> | undefined) {
  return {
    region: regionOf(profile),
    ...(custom === undefined ? {} : { endpoint: custom.value }),
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
  } satisfies STSClientConfig;
}

function regionOf(profile: Profile): string {
  const { region, roleArn, login } = profile;
  if (region !== undefined) return region.value;
  return login.kind === "iam" ? regionOfPartition(login.partition) : defaultRegion(roleArn?.value ?? "");
}

async function noCredentials(): Promise<never> {
  throw new Error("this call is not signed");
}

function revealKeys(keys: SigningKeys) {
  return {
    accessKeyId: keys.accessKeyId,
    secretAccessKey: keys.secretAccessKey.reveal(),
    ...(keys.sessionToken === undefined ? {} : { sessionToken: keys.sessionToken.reveal() }),
  };
}

/** The SDK's own rules, asked before the first request: proxies are chosen by the target. */
export function resolveEndpoint(ask: EndpointRules, profile: Profile, custom: Setting<string> | undefined): URL {
  const { useFips, useDualstack } = profile.sts;
  try {
    return ask({
      Region: regionOf(profile),
      UseFIPS: useFips,
      UseDualStack: useDualstack,
      ...(custom === undefined ? {} : { Endpoint: custom.value }),
    }).url;
  } catch (error) {
    throw new ConfigError("config-conflict", `cannot tell where AWS is: ${error instanceof Error ? error.message : "no endpoint"}`, {
      cause: error,
    });
  }
}
