/**
 * Encrypted entries in a folder, one file each, by name. Reading a fresh one is the warm path of the whole program: the entry and the key,
 * synchronously, no folder listed, nothing loaded that changes anything (disk-changes.ts).
 */

import fs from "node:fs";
import { messageOf } from "../errors.ts";
import type { Clock, Log } from "../world.ts";
import { readExpiry, unseal } from "./cipher.ts";
import type { Bytes } from "./primitives.ts";
import type { DataKey } from "./data-key.ts";

export interface DiskEntries {
  /** The text, or `undefined` when there is nothing usable; a warning says why unless it is missing or expired. */
  read(name: string): Promise<string | undefined>;
  /** False, with a warning, when it could not be kept. */
  write(name: string, text: string, expiresAt: Date): Promise<boolean>;
  /** Of all entries; empty, with a warning, when the folder cannot be read. */
  names(): Promise<readonly string[]>;
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

export function openDiskEntries(options: DiskOptions): DiskEntries {
  const warn = warnOnce(options.log);
  return {
    async read(name) {
      try {
        return await readEntry(name, options, warn);
      } catch (error) {
        warn("cannot read what was kept from earlier logins", error);
        return undefined;
      }
    },
    async write(name, text, expiresAt) {
      try {
        const { writeEntry } = await import("./disk-changes.ts");
        await writeEntry(name, { text, expiresAt }, options);
        return true;
      } catch (error) {
        warn("cannot keep this login for the next time", error);
        return false;
      }
    },
    async names() {
      try {
        return (await import("./disk-changes.ts")).entryNames(options);
      } catch (error) {
        warn("cannot read what was kept from earlier logins", error);
        return [];
      }
    },
    remove: async (name) => (await import("./disk-changes.ts")).removeEntry(name, options),
    removeAll: async () => (await import("./disk-changes.ts")).removeEntries(options),
  };
}

async function readEntry(name: string, options: DiskOptions, warn: (message: string) => void): Promise<string | undefined> {
  const path = `${options.folder}/${name}`;
  const bytes = readFile(path);
  if (bytes === undefined) return undefined;
  const expiresAt = readExpiry(bytes);
  if (expiresAt !== undefined && expiresAt <= options.clock.now()) return undefined;
  const key = await options.dataKey.read();
  const text = key && (await unseal(bytes, { key, label: name }));
  if (text === undefined) {
    options.log.debug(`${path} is ignored`);
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

/** The reason does not count: it names a temporary file, which has another name each time. */
function warnOnce(log: Log): (message: string, reason?: unknown) => void {
  const said = new Set<string>();
  return (message, reason) => {
    if (!said.has(message)) log.warn(reason === undefined ? message : `${message}: ${messageOf(reason)}`);
    said.add(message);
  };
}
