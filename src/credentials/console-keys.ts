/**
 * A profile → the credentials that AWS's sign-in makes a session in the console of, and how long that may last.
 *
 *   id token, assertion ──▶ role                        any duration
 *   an IAM user's own keys ──▶ role                     any duration, where no session is in between
 *   an IAM user's own keys ── GetFederationToken ──▶    what the user may do, for the duration that STS is asked for
 *   other temporary credentials ──▶ role                as long as the credentials: AWS refuses a duration (role chaining)
 *   a role's credentials, from elsewhere                the same
 *
 * What GetSessionToken gives opens no console.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_providers_enable-console-custom-url.html, step 2 and the notes below it
 */

import type { SigningKeys } from "../aws/client.ts";
import type { IamLogin, Profile } from "../config/profile.ts";
import { UsageError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import { assumeByOwnKeys, needsOwnKeys, takeBase } from "./iam-chain.ts";
import { findUser } from "./identity.ts";
import { type CredentialRequest, type CredentialTools, getCredentials } from "./provider.ts";
import { sessionName } from "./session-name.ts";

export interface ConsoleKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: Secret;
  readonly sessionToken: Secret;
  /** Whose they are. */
  readonly arn: string;
  /** For the sign-in to be asked for; undefined where it must not be. */
  readonly sessionSeconds: number | undefined;
}

interface ConsoleRequest extends CredentialRequest {
  /** Seconds, 900–43200; undefined for as long as the credentials are good. */
  readonly askedSeconds: number | undefined;
}

type IamProfile = Profile & { readonly login: IamLogin };

const NAME_LENGTH = 32;

/** Before anybody logs in. @throws UsageError for a duration that AWS would refuse */
export function refuseDuration(profile: Profile): void {
  const way = detourOf(profile);
  if (way === undefined) return;
  throw new UsageError(`the flag --duration is not for ${profile.name}, ${way}`, {
    hint: "AWS gives its console as long as the credentials are good: leave --duration out",
  });
}

/** Undefined where the role is got without other temporary credentials, as far as is known before these are. */
function detourOf({ login, jumpRoleArn, roleArn }: Profile): string | undefined {
  if (login.kind !== "iam") return jumpRoleArn && `whose role is reached through the jump role ${jumpRoleArn.value}`;
  const hop = login.hops.at(-1);
  if (hop !== undefined) return `whose role is reached through the role ${hop.roleArn.value}`;
  const { base } = login;
  const isTemporary = base.kind === "keys" ? base.sessionToken !== undefined : base.kind !== "process";
  return isTemporary ? `which ${roleArn === undefined ? "has" : "starts from"} temporary credentials` : undefined;
}

/** @throws what `getCredentials` throws; UsageError for temporary credentials that open no console */
export async function consoleKeys(request: ConsoleRequest, tools: CredentialTools): Promise<ConsoleKeys> {
  const { profile, askedSeconds } = request;
  const { login, roleArn } = profile;
  if (login.kind === "iam") {
    const byIam = { ...profile, login };
    if (roleArn === undefined) return withoutRole(byIam, askedSeconds, tools);
    if (askedSeconds !== undefined && !needsOwnKeys(profile)) return roleByOwnKeys(byIam, askedSeconds, tools);
  }
  const credentials = await getCredentials(request, tools);
  return { ...credentials, arn: credentials.assumedRoleArn ?? "", sessionSeconds: askedSeconds };
}

/** Not from the store, and not kept there: what it has of a role of an hour was got by a session. */
async function roleByOwnKeys(profile: IamProfile, sessionSeconds: number, tools: CredentialTools): Promise<ConsoleKeys> {
  const role = await assumeByOwnKeys(profile, { login: profile.login, tools, sts: await loadSts(profile, tools) });
  return { ...role, arn: role.assumedRoleArn, sessionSeconds };
}

async function withoutRole(profile: IamProfile, askedSeconds: number | undefined, tools: CredentialTools): Promise<ConsoleKeys> {
  const keys = await takeBase(profile.login, tools);
  if (keys.sessionToken !== undefined) return givenKeys(profile, { ...keys, sessionToken: keys.sessionToken }, tools);
  return federatedUser(profile, { keys, askedSeconds }, tools);
}

async function givenKeys(
  profile: IamProfile,
  keys: SigningKeys & { readonly sessionToken: Secret },
  tools: CredentialTools,
): Promise<ConsoleKeys> {
  const { arn } = await (await loadSts(profile, tools)).getCallerIdentity(keys);
  if (/^[^:]+:[^:]+:sts::\d+:(assumed-role|federated-user)\//.test(arn)) return { ...keys, arn, sessionSeconds: undefined };
  throw new UsageError(`${profile.name} has temporary credentials of ${arn}, and the console takes no session token of a user's`, {
    hint: "use a profile with role_arn, or one with the user's own keys",
  });
}

/** GetFederationToken takes no code of an MFA device. */
async function federatedUser(
  profile: IamProfile,
  { keys, askedSeconds }: { keys: SigningKeys; askedSeconds: number | undefined },
  tools: CredentialTools,
): Promise<ConsoleKeys> {
  const { login } = profile;
  const sts = await loadSts(profile, tools);
  if (login.mfaSerial !== undefined) {
    tools.log.warn(`${profile.name} has no role, so its MFA device cannot vouch for the console's session: what needs it is denied there`);
  }
  const name = sessionName(profile, await findUser(login, keys, { sts, tools })).slice(0, NAME_LENGTH);
  const durationSeconds = askedSeconds ?? login.sessionSeconds.value;
  const federated = await sts.getFederationToken({ name, durationSeconds, keys });
  return { ...federated, arn: federated.federatedUserArn, sessionSeconds: undefined };
}

async function loadSts(profile: Profile, tools: CredentialTools) {
  const { openSts } = await import("../aws/sts.ts");
  return openSts(profile, tools);
}
