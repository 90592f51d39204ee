/** What a login gives: an id token that passed every check, and the facts of it that others need. */

import type { Secret } from "../secret.ts";

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
