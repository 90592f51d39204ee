/**
 * Under which key a cached thing is found: a hash over everything that decided it, and nothing else.
 *
 * The profile's name is not in it (two profiles that say the same share; one that was edited does not find its old credentials), and neither
 * is how the login is done: flow, provider's name, redirect URI and factors do not change who is logged in. The identity provider behind the
 * provider and the user name there do: one name may be another's there. So does `browserne`, whose responses are for another recipient.
 */

import type { BaseCredentials, IamLogin, Login, Profile, RoleHop, SamlLogin, SessionTerms, TokenSource } from "../config/profile.ts";
import { entryKey } from "../store/entry-key.ts";

/**
 * Hex; differs whenever one of the roles, login, duration, session name, external id, policies, tags, MFA device, region or STS differ.
 *
 * IAM's session tokens hold in every region of their partition, so all regions share one, and nobody is asked for a code in each.
 */
export function credentialsKey(profile: Profile): Promise<string> {
  const { login } = profile;
  return entryKey({
    ...loginParts(login),
    ...(login.kind === "iam" ? iamParts(login) : {}),
    ...(login.kind === "iam" && profile.roleArn === undefined ? { durationSeconds: login.sessionSeconds.value } : roleParts(profile)),
    holder: login.kind === "token" ? login.holder : undefined,
    stsEndpoint: profile.sts.endpoint?.value,
    useFips: profile.sts.useFips,
    useDualstack: profile.sts.useDualstack,
  });
}

/** Hex; any role of the same login finds the same token. All holders of tokens from one source are one login. */
export function tokenKey(login: Login): Promise<string> {
  return entryKey(loginParts(login));
}

/** Who has logged in, or whose keys they are. */
export function loginParts(login: Login) {
  if (login.kind === "iam") return { kind: login.kind, base: baseParts(login.base) };
  if (login.kind === "token") return { kind: login.kind, ...sourceParts(login.source) };
  return {
    kind: login.kind,
    authUrl: login.authUrl.value,
    username: login.username?.value,
    idpHint: login.idpHint?.value,
    federatedUsername: login.federatedUsername?.value,
    ...(login.kind === "saml" ? samlParts(login) : { clientId: login.clientId.value, scopes: login.scopes }),
  };
}

/** A response to a port of this machine is no response to AWS's sign-in: a role's trust policy tells them apart. */
function samlParts({ entityId, provider }: SamlLogin) {
  return { entityId: entityId?.value, isForOwnPort: provider?.value === "browserne" ? true : undefined };
}

function iamParts({ partition, mfaSerial, hops }: IamLogin) {
  return { partition, mfaSerial: mfaSerial?.value, hops: hops.map(hopText) };
}

/** Of a session without a role they decide nothing. */
function roleParts(profile: Profile) {
  return {
    ...termsParts(profile.terms),
    roleArn: profile.roleArn?.value,
    jumpRoleArn: profile.jumpRoleArn?.value,
    roleSessionName: profile.roleSessionName?.value,
    externalId: profile.externalId?.value,
    durationSeconds: profile.durationSeconds.value,
    region: profile.region?.value,
  };
}

function baseParts(base: BaseCredentials): readonly string[] {
  return base.kind === "keys" ? [base.kind, base.accessKeyId.value] : [base.kind, base.profile, base.said.value, ...base.settings];
}

function hopText({ roleArn, roleSessionName, externalId, durationSeconds, terms }: RoleHop): string {
  return JSON.stringify([roleArn.value, roleSessionName?.value, externalId?.value, durationSeconds.value, termsParts(terms)]);
}

function termsParts({ policy, policyArns, tags, transitiveTags, sourceIdentity }: SessionTerms = {}) {
  return {
    policy: policy?.value,
    policyArns: policyArns?.value,
    tags: tags?.value,
    transitiveTags: transitiveTags?.value,
    sourceIdentity: sourceIdentity?.value,
  };
}

function sourceParts(source: TokenSource) {
  switch (source.kind) {
    case "file":
      return { source: source.kind, path: source.path.value };
    case "command":
      return { source: source.kind, words: source.words.value };
    case "variable":
      return { source: source.kind, variable: source.variable.value };
    case "github":
      return { source: source.kind, audience: source.audience.value };
  }
}
