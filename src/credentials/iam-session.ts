/** IAM's session as it is kept: what a profile's roles are assumed with, and what a person may have opened for another profile. */

import type { Profile } from "../config/profile.ts";
import type { Credentials } from "./credentials.ts";
import { find, KEPT_CREDENTIALS } from "./kept.ts";
import type { CredentialTools } from "./provider.ts";
import { sourceProfiles } from "./source.ts";
import { isUsable } from "./thresholds.ts";

/** Undefined when there is none that is good. */
export function findSession(profile: Profile, { store, clock }: CredentialTools): Promise<Credentials | undefined> {
  const session = sourceProfiles(profile).at(-1) ?? profile;
  return find(KEPT_CREDENTIALS, (credentials) => isUsable(credentials, clock.now()), store)(session);
}
