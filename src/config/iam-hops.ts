/**
 * The sources of a chain that have roles → the steps to take, each with what its own section says of it.
 *
 * A step is what its profile by itself would be, without environment and flags, so that both share their credentials. A duration is inherited
 * from a source without a role, and not from one with: that one's is its own.
 */

import { attributes } from "./attributes.ts";
import type { Attribute } from "./attributes.ts";
import type { AwsFiles } from "./files.ts";
import { findSetting, layerSetting } from "./layers.ts";
import type { Layers, ProfileLayer } from "./layers.ts";
import type { BaseCredentials, RoleHop, Setting } from "./profile.ts";
import { roleDuration } from "./role-duration.ts";
import type { RoleDuration, Via } from "./role-duration.ts";
import { sessionTerms } from "./session-terms.ts";
import { checkExternalId, checkRoleArn, checkSessionName } from "./values.ts";

/** Bases whose credentials are a role's already. */
const OF_ROLES: Readonly<Partial<Record<BaseCredentials["kind"], string>>> = {
  sso: "IAM Identity Center",
  ec2: "an instance's role",
  ecs: "a container's role",
};

export interface Hops {
  readonly hops: readonly RoleHop[];
  readonly warnings: readonly string[];
}

interface Chain {
  readonly base: BaseCredentials;
  readonly steps: readonly ProfileLayer[];
}

/** @throws ConfigError "config-value" for what is not right in a source's section */
export function hopsOf({ base, steps }: Chain, layers: Layers, files: AwsFiles): Hops {
  const hops: RoleHop[] = [];
  const warnings: string[] = [];
  for (const step of steps) {
    const duration = iamRoleDuration(layersOf(step, layers), { base, hops });
    warnings.push(...duration.warnings);
    hops.push(hopOf(step, layersOf(step, layers), { duration, files }));
  }
  return { hops, warnings };
}

/** @throws ConfigError as `roleDuration` */
export function iamRoleDuration(layers: Layers, { base, hops }: { base: BaseCredentials; hops: readonly RoleHop[] }): RoleDuration {
  const end = layers.profiles.findIndex((profile) => profile.layer === "source" && hasRole(profile));
  const isOfThisRole = ({ layer }: ProfileLayer, index: number) => layer === "default" || end < 0 || index < end;
  return roleDuration({ ...layers, profiles: layers.profiles.filter(isOfThisRole) }, viaOf(base, hops.at(-1)));
}

export function hasRole(profile: ProfileLayer): boolean {
  return layerSetting(profile, "role_arn") !== undefined;
}

function viaOf(base: BaseCredentials, hop: RoleHop | undefined): Via | undefined {
  if (hop !== undefined) return { what: "another role", which: "the other role", origin: hop.roleArn.origin };
  const what = OF_ROLES[base.kind];
  return what === undefined || base.kind === "keys" ? undefined : { what, which: "that", origin: base.said.origin };
}

function hopOf(step: ProfileLayer, layers: Layers, { duration, files }: { duration: RoleDuration; files: AwsFiles }): RoleHop {
  const find = (attribute: Attribute, check: (setting: Setting<string>) => Setting<string>) => {
    const setting = findSetting(layers, attribute);
    return setting && check(setting);
  };
  const roleArn = checkRoleArn(layerSetting(step, "role_arn") ?? { value: "", origin: { layer: "built-in" } });
  return {
    roleArn,
    roleSessionName: find(attributes.roleSessionName, checkSessionName),
    externalId: find(attributes.externalId, checkExternalId),
    durationSeconds: duration.setting,
    terms: sessionTerms(layers, { partition: partitionOf(roleArn.value), homeDir: files.homeDir }),
  };
}

/** "aws" for what is no ARN. */
export function partitionOf(arn: string | undefined): string {
  const [prefix, partition = ""] = (arn ?? "").split(":");
  return prefix === "arn" && partition !== "" ? partition : "aws";
}

/** What a source says of its own role: its section, then its sources', then [default]. */
function layersOf(step: ProfileLayer, { profiles }: Layers): Layers {
  const rest = profiles.slice(profiles.indexOf(step) + 1);
  return { flags: {}, env: {}, profiles: [{ ...step, layer: "profile" }, ...rest] };
}
