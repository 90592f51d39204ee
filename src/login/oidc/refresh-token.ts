/**
 * The refresh token as it is kept: encrypted in the store, with what the id tokens that it gives are held against (OpenID Connect Core 1.0
 * section 12.2).
 */

import type { OidcLogin } from "../../config/profile.ts";
import { Secret } from "../../secret.ts";
import { entryKey } from "../../store/entry-key.ts";
import type { Store } from "../../store/store.ts";
import type { Tokens } from "../id-token.ts";
import { isObject, isText } from "../json.ts";
import type { LoginContext } from "./context.ts";

export interface RefreshToken {
  readonly token: Secret;
  /** Of the login that it comes from, as the id token had them. */
  readonly subject: string;
  readonly audience: readonly string[];
  readonly nonce: string | undefined;
  readonly user: string;
}

const KEPT_MS = 90 * 24 * 60 * 60 * 1000;

/**
 * By issuer, not by the URL that is configured for it: who logged in at the one is logged in at the other. By the token endpoint too, for there
 * the token came from, and nobody else is to see it.
 */
export function refreshKey({ metadata, login }: LoginContext): Promise<string> {
  const { issuer, token_endpoint: tokenEndpoint } = metadata;
  return entryKey({
    issuer,
    tokenEndpoint,
    clientId: login.clientId.value,
    username: login.username?.value,
    idpHint: login.idpHint?.value,
    federatedUsername: login.federatedUsername?.value,
    scopes: login.scopes,
  });
}

/** Undefined when there is none, or none that is whole. */
export async function readRefreshToken(key: string, { tools }: LoginContext): Promise<RefreshToken | undefined> {
  const kept = await tools.store.read("refresh", key);
  if (!isObject(kept)) return undefined;
  const { token, subject, audience, nonce, user } = kept;
  if (!isText(token) || !isText(subject) || !isText(user) || !Array.isArray(audience) || !audience.every(isText)) return undefined;
  return { token: new Secret(token), subject, audience, nonce: isText(nonce) ? nonce : undefined, user };
}

/** For as long as the provider says, 90 days at most. @param lifeSeconds undefined where the provider does not say */
export async function writeRefreshToken(
  key: string,
  refreshToken: RefreshToken,
  lifeSeconds: number | undefined,
  { metadata, login, tools }: LoginContext,
): Promise<void> {
  const lifeMs = Math.min((lifeSeconds ?? Number.POSITIVE_INFINITY) * 1000, KEPT_MS);
  const owner = { issuer: metadata.issuer, authUrl: login.authUrl.value, clientId: login.clientId.value, username: login.username?.value };
  const entry = { ...refreshToken, token: refreshToken.token.reveal(), ...owner };
  await tools.store.write("refresh", key, entry, new Date(tools.clock.now() + lifeMs));
}

/** A token that is kept, and what it is kept under. */
export interface KeptRefreshToken {
  readonly key: string;
  readonly token: Secret;
}

/** Those of a login, whatever their scopes: kept for its client and user name, by the URL that it is configured with or at one of these issuers. */
export async function findRefreshTokens(login: OidcLogin, issuers: readonly string[], store: Store): Promise<KeptRefreshToken[]> {
  const found: KeptRefreshToken[] = [];
  for (const key of await store.keys("refresh")) {
    const kept = await store.read("refresh", key);
    if (!isObject(kept) || kept["clientId"] !== login.clientId.value || kept["username"] !== login.username?.value) continue;
    const { issuer, authUrl, token } = kept;
    const isOfProvider = authUrl === login.authUrl.value || (isText(issuer) && issuers.includes(issuer));
    if (isText(token) && isOfProvider) found.push({ key, token: new Secret(token) });
  }
  return found;
}

/** What to keep of a login; undefined where it gave no refresh token. */
export function refreshTokenOf({ idToken, refreshToken, nonce }: Tokens): RefreshToken | undefined {
  const { subject, audience, user } = idToken;
  return refreshToken && { token: refreshToken, subject, audience, nonce, user };
}
