/**
 * Everything that decided a cached thing → the name it is found by.
 *
 * Two requests share an entry only when all parts are equal; a part that is absent differs from one that is empty.
 */

import { loadPrimitives } from "./primitives.ts";

type Part = string | number | boolean | readonly string[] | undefined;

/**
 * 64 hex digits (SHA-256 of a canonical form of `parts`). The order of the names does not matter, the order inside a list does, and
 * `undefined` means the same as leaving the part out.
 */
export async function entryKey(parts: Readonly<Record<string, Part>>): Promise<string> {
  const present = Object.entries(parts).filter(([, value]) => value !== undefined);
  const canonical = JSON.stringify(present.sort(([a], [b]) => (a < b ? -1 : 1)));
  const { sha256 } = await loadPrimitives();
  return Buffer.from(await sha256(new TextEncoder().encode(canonical))).toString("hex");
}
