/** What a login gives: an id token that passed every check, and the facts of it that others need. */

import type { Secret } from "../secret.ts";

/** What a provider gives for a login. */
export interface Tokens {
  readonly idToken: IdToken;
  /** Where the scopes ask for one and the provider grants it. */
  readonly refreshToken: Secret | undefined;
  /** Seconds, where the provider says how long it is good for. */
  readonly refreshTokenLife?: number | undefined;
  /** Of the id token. */
  readonly nonce?: string | undefined;
}

export interface IdToken {
  /** The JWT in compact form. */
  readonly raw: Secret;
  readonly issuer: string;
  readonly subject: string;
  readonly audience: readonly string[];
  readonly expiresAt: Date;
  /** Who it is for, as a person would say it: preferred_username, upn, email … or the name that was typed. */
  readonly user: string;
}
