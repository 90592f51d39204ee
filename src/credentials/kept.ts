/**
 * What this room keeps in the store, and the two wrappers that make a cache of it: `find` before the work, `remember` after it.
 *
 * The work itself knows nothing of caching. This file is on the warm path: it loads nothing but the store.
 */

import type { Profile } from "../config/profile.ts";
import type { IdToken } from "../login/id-token.ts";
import type { EntryKind, Store } from "../store/store.ts";
import type { Credentials } from "./credentials.ts";
import { credentialsKey, tokenKey } from "./key.ts";
import { packCredentials, packToken, unpackCredentials, unpackToken } from "./stored.ts";

/** How one kind of thing is found and stored. */
export interface Kept<T> {
  readonly kind: EntryKind;
  keyOf(profile: Profile): Promise<string>;
  pack(value: T): unknown;
  unpack(stored: unknown): T | undefined;
}

export const KEPT_CREDENTIALS: Kept<Credentials> = {
  kind: "credentials",
  keyOf: credentialsKey,
  pack: packCredentials,
  unpack: unpackCredentials,
};

export const KEPT_TOKEN: Kept<IdToken> = {
  kind: "token",
  keyOf: (profile) => tokenKey(profile.login),
  pack: packToken,
  unpack: unpackToken,
};

/** Gets one thing for a profile: from a login, from STS, from a cache around either. */
export type Getter<T> = (profile: Profile) => Promise<T>;

/** Looks in the store; undefined when there is none, or none that `isGood`. */
export function find<T>(kept: Kept<T>, isGood: (value: T) => boolean, store: Store): Getter<T | undefined> {
  return async (profile) => {
    const value = kept.unpack(await store.read(kept.kind, await kept.keyOf(profile)));
    return value !== undefined && isGood(value) ? value : undefined;
  };
}

/** Gets it, and keeps it until it expires. */
export function remember<T extends { readonly expiresAt: Date }>(kept: Kept<T>, get: Getter<T>, store: Store): Getter<T> {
  return async (profile) => {
    const value = await get(profile);
    await store.write(kept.kind, await kept.keyOf(profile), kept.pack(value), value.expiresAt);
    return value;
  };
}

/** The next `find` for this profile finds nothing. */
export async function forget<T>(kept: Kept<T>, profile: Profile, store: Store): Promise<void> {
  await store.remove(kept.kind, await kept.keyOf(profile));
}
