/** What the store keeps of a login beyond its id token: the provider's session and refresh tokens, whichever issuer the login's URL led to. */

import type { Login } from "../config/profile.ts";
import type { IdToken } from "../login/id-token.ts";
import { findSessions, type KeptSession } from "../login/browser-session.ts";
import { keptMetadata } from "../login/oidc/discovery.ts";
import type { Metadata } from "../login/oidc/metadata.ts";
import { findRefreshTokens, type KeptRefreshToken } from "../login/oidc/refresh-token.ts";
import { samlSessionId } from "../login/saml/session-id.ts";
import type { Store } from "../store/store.ts";

export interface Lasting {
  readonly sessions: readonly KeptSession[];
  readonly refreshTokens: readonly KeptRefreshToken[];
  /** The provider's discovery document, if it is kept. */
  readonly metadata: Metadata | undefined;
}

/** @param token the login's id token, if there is one: its issuer counts as well */
export async function findLasting(login: Login, token: IdToken | undefined, store: Store): Promise<Lasting> {
  if (login.kind === "saml") {
    const sessions = await findSessions(login, [samlSessionId(login.authUrl.value)], store);
    return { sessions, refreshTokens: [], metadata: undefined };
  }
  if (login.kind !== "oidc") return { sessions: [], refreshTokens: [], metadata: undefined };
  const metadata = await keptMetadata(login, store);
  const issuers = [metadata?.issuer, token?.issuer].filter((issuer) => issuer !== undefined);
  const sessions = await findSessions(login, issuers, store);
  return { sessions, refreshTokens: await findRefreshTokens(login, issuers, store), metadata };
}
