/**
 * The provider's session: the cookies of a login, kept (encrypted, in the store) so that the next login at the same issuer with the same
 * user name asks for nothing. How long they are good is the provider's to say.
 */

import { entryKey } from "../../store/entry-key.ts";
import type { Store } from "../../store/store.ts";
import type { Clock } from "../../world.ts";
import { isObject } from "./metadata.ts";

export interface BrowserSession {
  /** For `openSession`. */
  readonly cookies: unknown;
  /** Who the session logged in: the id token's subject. */
  readonly subject: string;
}

/** Whose session it is; `username` is undefined where none is configured, `idpHint` where they log in at the issuer itself. */
export interface SessionOwner {
  readonly issuer: string;
  readonly username: string | undefined;
  readonly idpHint: string | undefined;
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
  await tools.store.write("session", await keyOf(owner), session, new Date(tools.clock.now() + KEPT_MS));
}

function keyOf({ issuer, username, idpHint }: SessionOwner): Promise<string> {
  return entryKey({ issuer, username, idpHint });
}
