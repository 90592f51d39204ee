/**
 * IAM: from the user's keys to a session, and from that to a role.
 *
 *   keys ── GetSessionToken (MFA) ──▶ session ── AssumeRole ──▶ role ── AssumeRole ──▶ role
 *   keys ── AssumeRole (MFA) ──▶ role        for a first role of more than an hour: a session's credentials get no more
 *
 * Credentials that are temporary already (IAM Identity Center, a process that gives a session token) stand for the session: STS trades
 * no session for a session. Nothing here knows of caching: chain.ts wraps each step.
 */

import type { SigningKeys } from "../aws/client.ts";
import type { AssumedRole, IssuedKeys, Sts } from "../aws/sts.ts";
import type { IamLogin, Profile } from "../config/profile.ts";
import type { Credentials } from "./credentials.ts";
import { findUser } from "./identity.ts";
import { withCode } from "./mfa.ts";
import type { CredentialTools } from "./provider.ts";
import { sessionName, sessionOf } from "./session-name.ts";
import { requiredRole, sourceProfile } from "./source.ts";

/** AWS's limit for a role that is assumed with a session's credentials. */
const MAX_SECONDS_BY_SESSION = 3600;
/** For how long temporary credentials are taken for good whose end nobody tells. */
const UNTOLD_LIFE_MS = 3_600_000;

export interface IamSteps {
  readonly login: IamLogin;
  readonly sts: Sts;
  readonly tools: CredentialTools;
  /** Gets the credentials of a step before this one, from the store where they are. */
  readonly obtain: (source: Profile) => Promise<Credentials>;
}

/** @throws AwsError from STS, PersonNeededError where a code is needed and nobody is there, LoginError from what gives the keys */
export async function takeIamStep(profile: Profile, steps: IamSteps): Promise<IssuedKeys> {
  const source = sourceProfile(profile);
  if (source === undefined) return openSession(steps);
  const isFirst = source.roleArn === undefined;
  if (isFirst && needsOwnKeys(profile)) return assumeByOwnKeys(profile, steps);
  const keys = await steps.obtain(source);
  return assume(profile, keys, steps);
}

/** Whether a role that is the first of its chain lives longer than a session can make it. */
export function needsOwnKeys({ durationSeconds }: Profile): boolean {
  return durationSeconds.value > MAX_SECONDS_BY_SESSION;
}

async function openSession({ login, sts, tools }: IamSteps): Promise<IssuedKeys> {
  const { expiresAt, ...keys } = await takeBase(login);
  if (keys.sessionToken !== undefined) {
    return { ...keys, sessionToken: keys.sessionToken, expiresAt: expiresAt ?? new Date(tools.clock.now() + UNTOLD_LIFE_MS) };
  }
  return withCode(login, tools, (mfa) => sts.getSessionToken({ durationSeconds: login.sessionSeconds, mfa, keys }));
}

/** Without a session in between: the MFA device vouches for the call itself. For the first role of a chain. */
export async function assumeByOwnKeys(profile: Profile, steps: Omit<IamSteps, "obtain">): Promise<AssumedRole> {
  const keys = await takeBase(steps.login);
  if (keys.sessionToken !== undefined) return assume(profile, keys, steps);
  return withCode(steps.login, steps.tools, (mfa) => assume(profile, keys, steps, mfa));
}

async function assume(
  profile: Profile,
  keys: SigningKeys & { readonly assumedRoleArn?: string | undefined },
  steps: Omit<IamSteps, "obtain">,
  mfa?: Parameters<Sts["assumeRole"]>[0]["mfa"],
): Promise<AssumedRole> {
  return steps.sts.assumeRole({
    roleArn: requiredRole(profile),
    sessionName: profile.roleSessionName?.value ?? (await nameFor(profile, keys, steps)),
    durationSeconds: profile.durationSeconds,
    externalId: profile.externalId?.value,
    terms: profile.terms,
    mfa,
    keys,
  });
}

/** The session's before this one, else the user's. */
async function nameFor(
  profile: Profile,
  keys: SigningKeys & { readonly assumedRoleArn?: string | undefined },
  steps: Omit<IamSteps, "obtain">,
): Promise<string> {
  if (keys.assumedRoleArn !== undefined) return sessionOf(keys.assumedRoleArn);
  return sessionName(profile, await findUser(steps.login, keys, steps));
}

/** The keys that the profile starts from, wherever they come from. @throws LoginError "token-unavailable" */
export async function takeBase({ base }: IamLogin): Promise<SigningKeys & { readonly expiresAt?: Date | undefined }> {
  if (base.kind !== "keys") return (await import("../aws/provided-credentials.ts")).takeProvided(base);
  return {
    accessKeyId: base.accessKeyId.value,
    secretAccessKey: base.secretAccessKey.value,
    sessionToken: base.sessionToken?.value,
  };
}
