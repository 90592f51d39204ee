/**
 * A store → what it holds now, for asking after thousands of entries: the folder is listed once, what it does not have is not looked for, and
 * what several ask for is read and deciphered once.
 */

import type { EntryKind, Store } from "./store.ts";

/** For one listing: what is written or removed meanwhile may not be seen. */
export function snapshot(store: Store): Store {
  const listed = new Map<EntryKind, Promise<ReadonlySet<string>>>();
  const values = new Map<string, Promise<unknown>>();
  const keysOf = (kind: EntryKind) => once(listed, kind, async () => new Set(await store.keys(kind)));
  return {
    ...store,
    async read(kind, key) {
      return (await keysOf(kind)).has(key) ? once(values, `${kind}-${key}`, () => store.read(kind, key)) : undefined;
    },
    keys: async (kind) => [...(await keysOf(kind))],
  };
}

function once<K, V>(known: Map<K, Promise<V>>, key: K, get: () => Promise<V>): Promise<V> {
  const value = known.get(key) ?? get();
  known.set(key, value);
  return value;
}
