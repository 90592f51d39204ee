/** What a registry's login needs of a profile: its credentials, and the account, partition and region that a registry has where none is named. */

import type { Defaults, Registry } from "../aws/registries.ts";
import { parseRoleArn, regionOfPartition } from "../aws/partition.ts";
import type { RegistryLogin } from "../aws/ecr.ts";
import type { Profile } from "../config/profile.ts";
import type { Credentials } from "../credentials/credentials.ts";
import { type CredentialTools, getCredentials } from "../credentials/provider.ts";
import { openStore } from "../store/store.ts";
import type { World } from "../world.ts";

export interface RegistryProfile {
  readonly profile: Profile;
  readonly credentials: Credentials;
  readonly defaults: Defaults;
}

/** @throws what `getCredentials` throws; AwsError from STS, which is asked for the account of an IAM session */
export async function openRegistryProfile(profile: Profile, refresh: boolean, world: World): Promise<RegistryProfile> {
  const tools: CredentialTools = { ...world, store: openStore(world) };
  const credentials = await getCredentials({ profile, refresh }, tools);
  const arn = credentials.assumedRoleArn ?? (await callerArn(profile, credentials, world));
  const { partition, account } = parseRoleArn(arn);
  return { profile, credentials, defaults: { partition, account, region: profile.region?.value ?? regionOfPartition(partition) } };
}

export async function loginFor(registry: Registry, { profile, credentials }: RegistryProfile, world: World): Promise<RegistryLogin> {
  const { registryLogin } = await import("../aws/ecr.ts");
  return registryLogin(registry, profile, { ...world, keys: credentials });
}

async function callerArn(profile: Profile, credentials: Credentials, world: World): Promise<string> {
  const { openSts } = await import("../aws/sts.ts");
  return (await openSts(profile, world).getCallerIdentity(credentials)).arn;
}
