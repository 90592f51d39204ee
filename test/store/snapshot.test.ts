/** A store as it is now, for a list of thousands of profiles. */

import { expect, it } from "vitest";
import { snapshot } from "../../src/store/snapshot.ts";
import type { Store } from "../../src/store/store.ts";

it("lists each kind once, reads what is there once, and looks for nothing that is not", async () => {
  const { store, asked } = counted({ "credentials-a": { id: 1 }, "session-b": "s" });
  const now = snapshot(store);
  for (let profile = 0; profile < 1_000; profile++) {
    expect(await now.read("credentials", "a")).toEqual({ id: 1 });
    expect(await now.read("credentials", `none-${profile}`)).toBeUndefined();
    expect(await now.keys("session")).toEqual(["b"]);
    expect(await now.read("token", "b")).toBeUndefined();
  }
  expect(asked.toSorted()).toEqual(["keys credentials", "keys session", "keys token", "read credentials-a"]);
});

it("looks for all of them once where many ask at the same time", async () => {
  const { store, asked } = counted({ "token-a": 1 });
  const now = snapshot(store);
  expect(await Promise.all([1, 2, 3].map(() => now.read("token", "a")))).toEqual([1, 1, 1]);
  expect(asked).toEqual(["keys token", "read token-a"]);
});

function counted(entries: Readonly<Record<string, unknown>>): { store: Store; asked: string[] } {
  const asked: string[] = [];
  const store: Store = {
    async read(kind, key) {
      asked.push(`read ${kind}-${key}`);
      return entries[`${kind}-${key}`];
    },
    async keys(kind) {
      asked.push(`keys ${kind}`);
      return Object.keys(entries).flatMap((name) => (name.startsWith(`${kind}-`) ? [name.slice(kind.length + 1)] : []));
    },
    write: async () => {},
    remove: async () => {},
    removeAll: async () => {},
  };
  return { store, asked };
}
