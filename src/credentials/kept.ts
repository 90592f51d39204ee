/**
 * What this room keeps in the store, and the two wrappers that make a cache of it: `find` before the work, `remember` after it.
 *
 * The work itself knows nothing of caching. This file is on the warm path: it loads nothing but the store.
 */

import type { Login, Profile } from "../config/profile.ts";
import type { IdToken } from "../login/id-token.ts";
import type { EntryKind, Store } from "../store/store.ts";
import type { Credentials } from "./credentials.ts";
import { credentialsKey, tokenKey } from "./key.ts";
import { packCredentials, packToken, unpackCredentials, unpackToken } from "./stored.ts";

/** How one kind of thing is found and stored; P is as much of a profile as decides it. */
export interface Kept<T, P = Profile> {
  readonly kind: EntryKind;
  keyOf(profile: P): Promise<string>;
  pack(value: T, profile: P): unknown;
  unpack(stored: unknown): T | undefined;
}

/** A profile, or one that has no role. */
export interface LoginHolder {
  /** The profile's, for the person who logs in. */
  readonly name?: string;
  readonly login: Login;
}

export const KEPT_CREDENTIALS: Kept<Credentials> = {
  kind: "credentials",
  keyOf: credentialsKey,
  pack: async (credentials, { login }) => packCredentials(credentials, await tokenKey(login)),
  unpack: unpackCredentials,
};

export const KEPT_TOKEN: Kept<IdToken, LoginHolder> = {
  kind: "token",
  keyOf: ({ login }) => tokenKey(login),
  pack: packToken,
  unpack: unpackToken,
};

/** Gets one thing for a profile: from a login, from STS, from a cache around either. */
export type Getter<T, P = Profile> = (profile: P) => Promise<T>;

/** Looks in the store; undefined when there is none, or none that `isGood`. */
export function find<T, P>(kept: Kept<T, P>, isGood: (value: T) => boolean, store: Store): Getter<T | undefined, P> {
  return async (profile) => {
    const value = kept.unpack(await store.read(kept.kind, await kept.keyOf(profile)));
    return value !== undefined && isGood(value) ? value : undefined;
  };
}

/** Gets it, and keeps it until it expires. */
export function remember<T extends { readonly expiresAt: Date }, P>(kept: Kept<T, P>, get: Getter<T, P>, store: Store): Getter<T, P> {
  return async (profile) => {
    const value = await get(profile);
    await store.write(kept.kind, await kept.keyOf(profile), await kept.pack(value, profile), value.expiresAt);
    return value;
  };
}

/** The next `find` for this profile finds nothing. */
export async function forget<T, P>(kept: Kept<T, P>, profile: P, store: Store): Promise<void> {
  await store.remove(kept.kind, await kept.keyOf(profile));
}
