/**
 * Under which key a cached thing is found: a hash over everything that decided it, and nothing else.
 *
 * The profile's name is not in it (two profiles that say the same share; one that was edited does not find its old credentials), and neither
 * is how the login is done: flow, provider's name, redirect URI and factors do not change who is logged in. The identity provider behind the
 * provider and the user name there do: one name may be another's there.
 */

import type { Login, Profile, TokenSource } from "../config/profile.ts";
import { entryKey } from "../store/entry-key.ts";

/** Hex; differs whenever role, jump role, login, duration, session name, external id, region or STS differ. */
export function credentialsKey(profile: Profile): Promise<string> {
  return entryKey({
    ...loginParts(profile.login),
    holder: profile.login.kind === "token" ? profile.login.holder : undefined,
    roleArn: profile.roleArn.value,
    jumpRoleArn: profile.jumpRoleArn?.value,
    roleSessionName: profile.roleSessionName?.value,
    externalId: profile.externalId?.value,
    durationSeconds: profile.durationSeconds.value,
    region: profile.region?.value,
    stsEndpoint: profile.sts.endpoint?.value,
    useFips: profile.sts.useFips,
    useDualstack: profile.sts.useDualstack,
  });
}

/** Hex; any role of the same login finds the same token. All holders of tokens from one source are one login. */
export function tokenKey(login: Login): Promise<string> {
  return entryKey(loginParts(login));
}

function loginParts(login: Login) {
  if (login.kind === "token") return { kind: login.kind, ...sourceParts(login.source) };
  return {
    kind: login.kind,
    authUrl: login.authUrl.value,
    clientId: login.clientId.value,
    username: login.username?.value,
    idpHint: login.idpHint?.value,
    federatedUsername: login.federatedUsername?.value,
    scopes: login.scopes,
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
