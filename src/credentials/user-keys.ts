/**
 * The keys that calls of IAM are signed with: those of a kept session with MFA, as accounts often demand that; else the user's own. (IAM takes no
 * session without MFA.)
 */

import type { SigningKeys } from "../aws/client.ts";
import type { IamLogin, Profile } from "../config/profile.ts";
import { UsageError } from "../errors.ts";
import { takeBase } from "./iam-chain.ts";
import { findSession } from "./iam-session.ts";
import { userOf } from "./identity.ts";
import type { CredentialTools } from "./provider.ts";

export interface UserKeys {
  /** "alice". */
  readonly user: string;
  readonly keys: SigningKeys;
}

/** @throws UsageError for a role's keys; AwsError from STS; LoginError from what gives the keys */
export async function takeUserKeys(profile: Profile, login: IamLogin, tools: CredentialTools): Promise<UserKeys> {
  const keys = (login.mfaSerial && (await findSession(profile, tools))) ?? (await takeBase(login));
  const { openSts } = await import("../aws/sts.ts");
  const { arn } = await openSts(profile, tools).getCallerIdentity(keys);
  if (/^arn:[^:]+:iam::\d+:user\//.test(arn)) return { user: userOf(arn), keys };
  throw new UsageError(`the keys of ${profile.name} are not an IAM user's: they are ${arn}`, {
    hint: "only users have policies and MFA devices of their own that can be listed",
  });
}
