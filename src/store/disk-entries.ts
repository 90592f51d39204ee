/**
 * Encrypted entries in a folder, one file each, by name. Reading a fresh one is the warm path of the whole program: the entry and the key,
 * synchronously, no folder listed, WebCrypto.
 *
 * Files are replaced atomically. Expired ones, of whatever key, are removed when another is written.
 */

import fs from "node:fs";
import { join } from "node:path";
import { messageOf, StoreError } from "../errors.ts";
import type { Clock, Log } from "../world.ts";
import { isTemporaryName, temporaryName, writeFileAtomic } from "./atomic-file.ts";
import { HEADER_LENGTH, readExpiry, seal, unseal } from "./cipher.ts";
import type { Bytes } from "./primitives.ts";
import type { DataKey } from "./data-key.ts";
import { makePrivateFolder } from "./folder.ts";

export interface DiskEntries {
  /** The text, or `undefined` when there is nothing usable; a warning says why unless it is missing or expired. */
  read(name: string): Promise<string | undefined>;
  /** False, with a warning, when it could not be kept. */
  write(name: string, text: string, expiresAt: Date): Promise<boolean>;
  /** @throws StoreError "store-unusable" */
  remove(name: string): Promise<void>;
  /** @throws StoreError "store-unusable" or "keychain-unavailable" */
  removeAll(): Promise<void>;
}

export interface DiskOptions {
  readonly folder: string;
  readonly dataKey: DataKey;
  readonly platform: NodeJS.Platform;
  readonly clock: Clock;
  readonly log: Log;
}

const ENTRY_NAME = /^[a-z]+-[0-9a-f]{64}$/;

export function openDiskEntries(options: DiskOptions): DiskEntries {
  const { folder, dataKey } = options;
  const warn = warnOnce(options.log);
  return {
    async read(name) {
      try {
        return await readEntry(name, options, warn);
      } catch (error) {
        warn(`cannot read what was kept from earlier logins: ${messageOf(error)}`);
        return undefined;
      }
    },
    async write(name, text, expiresAt) {
      try {
        makePrivateFolder(folder);
        const bytes = await seal(text, { key: await dataKey.readOrCreate(), label: name, expiresAt });
        await writeFileAtomic(join(folder, name), bytes, { mode: 0o600 });
        removeExpired(folder, options.clock.now());
        return true;
      } catch (error) {
        warn(`cannot keep this login for the next time: ${messageOf(error)}`);
        return false;
      }
    },
    remove: async (name) => removeFile(join(folder, name)),
    async removeAll() {
      for (const name of listFolder(folder)) {
        if (ENTRY_NAME.test(name) || isTemporaryName(name)) removeFile(join(folder, name));
      }
      await dataKey.remove();
    },
  };
}

async function readEntry(name: string, options: DiskOptions, warn: (message: string) => void): Promise<string | undefined> {
  const bytes = readFile(join(options.folder, name));
  if (bytes === undefined) return undefined;
  const expiresAt = readExpiry(bytes);
  if (expiresAt !== undefined && expiresAt <= options.clock.now()) return undefined;
  const key = await options.dataKey.read();
  const text = key && (await unseal(bytes, { key, label: name }));
  if (text === undefined) {
    options.log.debug(`${join(options.folder, name)} is ignored`);
    // Not the file's name: a key that was replaced makes all of them unreadable, and saying so once is enough.
    warn(key ? "a kept login is ignored: it is damaged, or its key was replaced" : "kept logins are ignored: the key to them is gone");
  }
  return text;
}

function readFile(path: string): Bytes | undefined {
  try {
    return fs.readFileSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
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
    throw new StoreError("store-unusable", `cannot remove ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function warnOnce(log: Log): (message: string) => void {
  const said = new Set<string>();
  return (message) => {
    if (!said.has(message)) log.warn(message);
    said.add(message);
  };
}
