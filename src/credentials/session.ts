/** Logging in for its own sake: the id token of a profile, and its credentials where it has a role. With SAML the credentials stand for the login. */

import type { Target } from "../config/resolve.ts";
import type { IdToken } from "../login/id-token.ts";
import { obtainToken } from "./chain.ts";
import type { Credentials } from "./credentials.ts";
import { type CredentialTools, forgetKept, forgetProof, getCredentials } from "./provider.ts";

export interface LoggedIn {
  /** Undefined with IAM and SAML. */
  readonly token: IdToken | undefined;
  /** Undefined for a profile without a role. */
  readonly credentials: Credentials | undefined;
}

/** Drops what `-r` drops; a profile without a role has but a token. */
export async function forgetTarget({ login, profile }: Target, tools: CredentialTools): Promise<void> {
  if (profile === undefined) await forgetProof({ login }, tools.store);
  else await forgetKept(profile, tools);
}

/** An id token that is good for a while. @throws LoginError, PersonNeededError and CancelledError from the login; UsageError for IAM and SAML */
export function getToken({ name, login }: Target, tools: CredentialTools): Promise<IdToken> {
  return obtainToken({ name, login }, tools);
}

/** Both, by one login. @throws as `getToken` and `getCredentials` */
export async function logInNow(target: Target, tools: CredentialTools): Promise<LoggedIn> {
  const { login, profile } = target;
  if (login.kind === "iam" || login.kind === "saml")
    return { token: undefined, credentials: profile && (await getCredentials({ profile, refresh: false }, tools)) };
  const token = await getToken(target, tools);
  if (profile === undefined) return { token, credentials: undefined };
  const presented = login.kind === "token" ? { ...profile, login: { ...login, presented: token.raw } } : profile;
  return { token, credentials: await getCredentials({ profile: presented, refresh: false }, tools) };
}
