/**
 * The name a session goes by in CloudTrail and in ARNs: 2–64 characters of [\w+=,.@-].
 *
 * @see RoleSessionName in the STS API reference
 */

import type { Profile } from "../config/profile.ts";

const MAX_LENGTH = 64;

/** `role_session_name` as it is, else the login's user with what STS does not take made "-". */
export function sessionName(profile: Profile, user: string): string {
  return profile.roleSessionName?.value ?? sanitise(user);
}

/** The session's name in "arn:aws:sts::123456789012:assumed-role/name/session". */
export function sessionOf(assumedRoleArn: string): string {
  return assumedRoleArn.slice(assumedRoleArn.lastIndexOf("/") + 1);
}

/** "Jürgen Groß" → "Jurgen-Gro-"; accents are dropped, letters without a plain form are not guessed. */
function sanitise(user: string): string {
  const plain = user
    .normalize("NFKD")
    .replace(/\p{Mark}/gu, "")
    .replace(/[^\w+=,.@-]+/g, "-")
    .slice(0, MAX_LENGTH);
  return plain.length < 2 ? `user-${plain}` : plain;
}
