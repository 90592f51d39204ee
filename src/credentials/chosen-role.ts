/**
 * A profile that leaves its role to the assertion, and a role that was chosen → the same profile with this role.
 *
 * Whatever follows the first credentials (a refresh, GetCallerIdentity) uses this role: another process of the user may choose another one for
 * the same profile meanwhile. On the warm path.
 */

import { partitionOf } from "../config/iam-hops.ts";
import type { Profile } from "../config/profile.ts";
import { termsInPartition } from "../config/session-terms.ts";
import type { Credentials } from "./credentials.ts";

/** The profile itself where it names its role, or nothing was chosen. */
export function withChosenRole(profile: Profile, { chosenRoleArn }: Pick<Credentials, "chosenRoleArn">): Profile {
  return profile.roleArn !== undefined || chosenRoleArn === undefined ? profile : withRole(profile, chosenRoleArn);
}

export function withRole(profile: Profile, roleArn: string): Profile {
  const terms = termsInPartition(profile.terms, partitionOf(roleArn));
  return { ...profile, roleArn: { value: roleArn, origin: { layer: "built-in" } }, terms };
}
