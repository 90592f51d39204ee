/**
 * The provider's session: the cookies of a login, kept (encrypted, in the store) so that the next login at the same issuer with the same
 * user name asks for nothing. How long they are good is the provider's to say.
 */

import type { ProviderLogin } from "../config/profile.ts";
import { entryKey } from "../store/entry-key.ts";
import type { Store } from "../store/store.ts";
import type { Clock } from "../world.ts";
import { isObject } from "./json.ts";

export interface BrowserSession {
  /** For `openSession`. */
  readonly cookies: unknown;
  /** Who the session logged in: the id token's subject. */
  readonly subject: string;
}

/** Whose session it is, as configured; `idpHint` and `federatedUsername` where they log in at another provider that the issuer leads to. */
export interface SessionOwner {
  readonly issuer: string;
  readonly username: string | undefined;
  readonly idpHint: string | undefined;
  readonly federatedUsername: string | undefined;
  /** As it was configured; another URL of the same issuer finds the session as well. */
  readonly authUrl: string;
}

/** A session that is kept, and what it is kept under. */
export interface KeptSession {
  readonly key: string;
  readonly issuer: string;
  readonly cookies: unknown;
}

const KEPT_MS = 30 * 24 * 60 * 60 * 1000;

export async function readBrowserSession(owner: SessionOwner, store: Store): Promise<BrowserSession | undefined> {
  const kept = await store.read("session", await keyOf(owner));
  return isObject(kept) && typeof kept["subject"] === "string" ? { cookies: kept["cookies"], subject: kept["subject"] } : undefined;
}

export async function keepBrowserSession(
  owner: SessionOwner,
  session: BrowserSession,
  tools: { store: Store; clock: Clock },
): Promise<void> {
  await tools.store.write("session", await keyOf(owner), { ...session, ...owner }, new Date(tools.clock.now() + KEPT_MS));
}

/** Those of a login: kept for its user name, by the URL that it is configured with or at one of these issuers. */
export async function findSessions(login: ProviderLogin, issuers: readonly string[], store: Store): Promise<KeptSession[]> {
  const found: KeptSession[] = [];
  for (const key of await store.keys("session")) {
    const kept = await store.read("session", key);
    if (!isObject(kept) || kept["username"] !== login.username?.value) continue;
    const { issuer, authUrl, cookies } = kept;
    if (typeof issuer === "string" && (authUrl === login.authUrl.value || issuers.includes(issuer))) found.push({ key, issuer, cookies });
  }
  return found;
}

function keyOf({ issuer, username, idpHint, federatedUsername }: SessionOwner): Promise<string> {
  return entryKey({ issuer, username, idpHint, federatedUsername });
}
