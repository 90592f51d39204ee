/** A profile with a jump role is two: one for the jump role by itself, whose credentials then assume the role. */

import type { Profile } from "../config/profile.ts";

/**
 * The profile whose credentials assume `roleArn`; undefined without a jump role. Its credentials are those that any other profile with the
 * jump role as its role would get, so they are shared with it.
 */
export function jumpProfile(profile: Profile): Profile | undefined {
  const { jumpRoleArn } = profile;
  return jumpRoleArn && { ...profile, roleArn: jumpRoleArn, jumpRoleArn: undefined, externalId: undefined, terms: undefined };
}
