/**
 * A profile whose role is reached through other credentials → the profile that has those.
 *
 * A chain is followed by asking again: a role, the role before it, … , and for IAM at last the session of the user's own keys, which is a
 * profile without a role. Each is what any other profile that says the same would get, so all share it.
 */

import { describeOrigin } from "../config/origin.ts";
import type { Profile } from "../config/profile.ts";
import { ConfigError, InternalError } from "../errors.ts";
import { jumpProfile } from "./jump.ts";

const NO_ROLE = { roleArn: undefined, roleSessionName: undefined, externalId: undefined, terms: undefined } as const;

/** The profile whose credentials assume `roleArn`; undefined where those are not AWS's but a login's, and for IAM's session itself. */
export function sourceProfile(profile: Profile): Profile | undefined {
  const { login, roleArn } = profile;
  if (login.kind !== "iam") return jumpProfile(profile);
  if (roleArn === undefined) return undefined;
  return { ...profile, ...(login.hops.at(-1) ?? NO_ROLE), login: { ...login, hops: login.hops.slice(0, -1) } };
}

/** Of a profile that is known to have one: configuration refuses it otherwise. */
export function requiredRole({ name, roleArn }: Profile): string {
  if (roleArn === undefined) throw new InternalError(`${name} has no role to assume`);
  return roleArn.value;
}

/** All of them, the nearest first. */
export function sourceProfiles(profile: Profile): Profile[] {
  const source = sourceProfile(profile);
  return source === undefined ? [] : [source, ...sourceProfiles(source)];
}

/**
 * What `-s` asks for: IAM's session before any role, or the jump role's credentials.
 *
 * @throws ConfigError "config-missing" for a profile that has neither, "config-conflict" where a flag or the environment asks for what
 *   only a role's session carries.
 */
export function sessionProfile(profile: Profile): Profile {
  const session = profile.login.kind === "iam" ? (sourceProfiles(profile).at(-1) ?? profile) : jumpProfile(profile);
  if (session === undefined) {
    throw new ConfigError("config-missing", `profile "${profile.name}" has no credentials before those of its role`, {
      hint: "-s gives the session of an IAM profile or the credentials of jump_role_arn: set that, or leave out -s (RUNAS_SESSION_CREDENTIALS)",
    });
  }
  const asked = Object.values(profile.terms ?? {}).find((setting) => setting !== undefined && isForThisRun(setting.origin.layer));
  if (asked === undefined) return session;
  throw new ConfigError("config-conflict", `${describeOrigin(asked.origin)} is for the role, which -s leaves out`);
}

function isForThisRun(layer: string): boolean {
  return layer === "flag" || layer === "environment";
}
