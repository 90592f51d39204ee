/**
 * An ECR registry → the user name and password that container tools log in with, good for twelve hours.
 *
 * Loads the SDK: import this only where the network is waited for anyway.
 *
 * @see https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html
 * @see https://docs.aws.amazon.com/AmazonECRPublic/latest/APIReference/API_GetAuthorizationToken.html
 */

import { ECRClient, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import { ECRPUBLICClient, GetAuthorizationTokenCommand as GetPublicTokenCommand } from "@aws-sdk/client-ecr-public";
import type { Profile, Setting } from "../config/profile.ts";
import { AwsError } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { Clock, Environment } from "../world.ts";
import { clientConfig, requestHandler, resolveEndpoint, type SigningKeys } from "./client.ts";
import { explainFailure } from "./explain.ts";
import { readFailure } from "./failure.ts";
import type { Registry } from "./registries.ts";

export interface RegistryLogin {
  readonly username: string;
  readonly password: Secret;
}

export interface EcrOptions {
  readonly env: Environment;
  readonly clock: Clock;
  readonly keys: SigningKeys;
  /** That the user has for this kind of registry. */
  readonly endpoint: Setting<string> | undefined;
}

const PUBLIC_REGION = "us-east-1";
const OPERATION = "GetAuthorizationToken";

/** @throws AwsError "aws-refused" or "aws-unreachable" */
export async function registryLogin(
  registry: Registry,
  profile: Profile,
  { env, clock, keys, endpoint: custom }: EcrOptions,
): Promise<RegistryLogin> {
  const isPublic = registry.kind === "public";
  const place = { ...profile, region: given(isPublic ? PUBLIC_REGION : registry.region) };
  const client = isPublic ? new ECRPUBLICClient(clientConfig(place, keys, custom)) : new ECRClient(clientConfig(place, keys, custom));
  const endpoint = resolveEndpoint((parameters) => client.config.endpointProvider({ ...parameters }), place, custom);
  client.config.requestHandler = requestHandler(env, endpoint);
  try {
    const token = client instanceof ECRClient ? await privateToken(client) : await publicToken(client);
    const login = token === undefined ? undefined : readToken(token);
    if (login === undefined) throw new AwsError("aws-refused", `ECR answers ${OPERATION} without a token`);
    return login;
  } catch (error) {
    if (error instanceof AwsError) throw error;
    throw explainFailure(readFailure(error, clock.now()), { service: "ECR", operation: OPERATION, keys }, endpoint);
  } finally {
    client.destroy();
  }
}

/** Base64 of "user:password"; the password may hold a colon. */
export function readToken(token: string): RegistryLogin | undefined {
  const text = Buffer.from(token, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 1 || colon === text.length - 1
    ? undefined
    : { username: text.slice(0, colon), password: new Secret(text.slice(colon + 1)) };
}

async function privateToken(client: ECRClient): Promise<string | undefined> {
  const { authorizationData } = await client.send(new GetAuthorizationTokenCommand({}));
  return authorizationData?.[0]?.authorizationToken;
}

async function publicToken(client: ECRPUBLICClient): Promise<string | undefined> {
  const { authorizationData } = await client.send(new GetPublicTokenCommand({}));
  return authorizationData?.authorizationToken;
}

function given(region: string): Setting<string> {
  return { value: region, origin: { layer: "argument" } };
}
