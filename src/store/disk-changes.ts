/**
 * What changes the folder of entries: a file is replaced atomically, and expired ones, of whatever key, are removed when another is written.
 */

import fs from "node:fs";
import { join } from "node:path";
import { messageOf, StoreError } from "../errors.ts";
import { isTemporaryName, temporaryName, writeFileAtomic } from "./atomic-file.ts";
import { HEADER_LENGTH, readExpiry, seal } from "./cipher.ts";
import type { DiskOptions } from "./disk-entries.ts";
import { makePrivateFolder } from "./folder.ts";

const ENTRY_NAME = /^[a-z]+-[0-9a-f]{64}$/;

/** Throws what stands in the way, as it comes. */
export async function writeEntry(
  name: string,
  { text, expiresAt }: { text: string; expiresAt: Date },
  options: DiskOptions,
): Promise<void> {
  const { folder, dataKey, clock } = options;
  makePrivateFolder(folder);
  const bytes = await seal(text, { key: await dataKey.readOrCreate(), label: name, expiresAt });
  await writeFileAtomic(join(folder, name), bytes, { mode: 0o600 });
  removeExpired(folder, clock.now());
}

/** Throws what stands in the way, as it comes. */
export function entryNames({ folder }: DiskOptions): readonly string[] {
  return listFolder(folder).filter((name) => ENTRY_NAME.test(name));
}

/** @throws StoreError "store-unusable" */
export function removeEntry(name: string, { folder }: DiskOptions): void {
  removeFile(join(folder, name));
}

/** What cannot be removed stops nothing else. @throws StoreError "store-unusable" or "keychain-unavailable" for the first of it */
export async function removeEntries({ folder, dataKey }: DiskOptions): Promise<void> {
  const obstacles: unknown[] = [];
  const attempt = async (work: () => void | Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      obstacles.push(error instanceof StoreError ? error : cannotRemove(folder, error));
    }
  };
  await attempt(async () => {
    const names = listFolder(folder).filter((name) => ENTRY_NAME.test(name) || isTemporaryName(name));
    for (const name of names) await attempt(() => removeFile(join(folder, name)));
  });
  await attempt(() => dataKey.remove());
  if (obstacles.length > 0) throw obstacles[0];
}

function removeExpired(folder: string, now: number): void {
  for (const name of listFolder(folder)) {
    if (!ENTRY_NAME.test(name)) continue;
    try {
      removeIfExpired(join(folder, name), now);
    } catch {
      // Another process is at it as well, or it is not a file. What stays is looked at again next time.
    }
  }
}

/** Another process may replace the entry while we look at it, so it is moved aside, looked at again, and put back if it is alive. */
function removeIfExpired(path: string, now: number): void {
  if (!isExpired(path, now)) return;
  const aside = temporaryName(path);
  fs.renameSync(path, aside);
  try {
    if (!isExpired(aside, now)) fs.linkSync(aside, path); // not rename: an even newer one must stay
  } finally {
    fs.rmSync(aside);
  }
}

/** False also for what is not an entry of this version: not ours to judge. */
function isExpired(path: string, now: number): boolean {
  const file = fs.openSync(path, "r");
  try {
    const header = new Uint8Array(HEADER_LENGTH);
    fs.readSync(file, header);
    return (readExpiry(header) ?? Infinity) <= now;
  } finally {
    fs.closeSync(file);
  }
}

function listFolder(folder: string): string[] {
  return fs.existsSync(folder) ? fs.readdirSync(folder) : [];
}

function removeFile(path: string): void {
  try {
    fs.rmSync(path, { force: true });
  } catch (error) {
    throw cannotRemove(path, error);
  }
}

function cannotRemove(path: string, cause: unknown): StoreError {
  return new StoreError("store-unusable", `cannot remove ${path}: ${messageOf(cause)}`, { cause });
}
