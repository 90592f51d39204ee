/** What a registry's login needs of a profile: its credentials, and the account, partition and region that a registry has where none is named. */

import type { Defaults, Registry } from "../../aws/registries.ts";
import { parseRoleArn, partitionOfRegion, regionOfPartition } from "../../aws/partition.ts";
import type { RegistryLogin } from "../../aws/ecr.ts";
import type { Profile } from "../../config/profile.ts";
import { endpointOf, type ProfileRequest } from "../../config/resolve.ts";
import type { Credentials } from "../../credentials/credentials.ts";
import { type CredentialTools, getCredentials } from "../../credentials/provider.ts";
import { UsageError } from "../../errors.ts";
import { openStore } from "../../store/store.ts";
import type { World } from "../../world.ts";

export interface RegistryRequest extends ProfileRequest {
  /** What is asked for, resolved. */
  readonly profile: Profile;
  readonly refresh: boolean;
}

export interface RegistryProfile {
  readonly request: RegistryRequest;
  readonly credentials: Credentials;
  readonly defaults: Defaults;
}

/** @throws what `getCredentials` throws; AwsError from STS, which is asked for the account of an IAM session */
export async function openRegistryProfile(request: RegistryRequest, world: World): Promise<RegistryProfile> {
  const { profile } = request;
  const tools: CredentialTools = { ...world, store: openStore(world) };
  const credentials = await getCredentials(request, tools);
  const arn = credentials.assumedRoleArn ?? (await callerArn(profile, credentials, world));
  const { partition, account } = parseRoleArn(arn);
  return { request, credentials, defaults: { partition, account, region: profile.region?.value ?? regionOfPartition(partition) } };
}

/** @throws AwsError; ConfigError for an endpoint that is none; UsageError for a registry where the credentials do not count */
export async function loginFor(
  registry: Registry,
  { request, credentials, defaults }: RegistryProfile,
  world: World,
): Promise<RegistryLogin> {
  if (registry.kind === "private" && partitionOfRegion(registry.region) !== defaults.partition) {
    throw new UsageError(`${registry.host} is not in ${defaults.partition}, the partition that the credentials are for`, {
      hint: "use a profile with a role there, and a region of that partition",
    });
  }
  const endpoint = endpointOf(registry.kind === "public" ? "ecr_public" : "ecr", request);
  const { registryLogin } = await import("../../aws/ecr.ts");
  return registryLogin(registry, request.profile, { ...world, keys: credentials, endpoint });
}

async function callerArn(profile: Profile, credentials: Credentials, world: World): Promise<string> {
  const { openSts } = await import("../../aws/sts.ts");
  return (await openSts(profile, world).getCallerIdentity(credentials)).arn;
}
