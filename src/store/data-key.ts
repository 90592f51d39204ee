/**
 * The 32 random bytes that encrypt every entry: a 0600 file, or an item of the OS keychain.
 *
 * A key is made once and then agreed on, however many processes find it missing at the same moment: the file appears complete under its
 * name or not at all (temporary file + link(2), which refuses an existing name), the keychain item is made under the inter-process lock.
 */

import fs from "node:fs";
import { StoreError } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { Log } from "../world.ts";
import type { Bytes } from "./primitives.ts";
import type { Keychain } from "./keychain.ts";
import type { LockOptions } from "./lock.ts";

const KEY_LENGTH = 32;
const KEYCHAIN_ACCOUNT = "data-key";

export interface DataKey {
  /** The key, or `undefined` when there is none (yet, or any more) or it is damaged. */
  read(): Promise<Bytes | undefined>;
  /** The key, made now if there is none. The store's folder must exist. */
  readOrCreate(): Promise<Bytes>;
  /** Forgets the key; what it encrypted is lost. */
  remove(): Promise<void>;
}

/** The key in the file `folder`/key. File system errors come as they are. */
export function fileDataKey(folder: string, options: { platform: NodeJS.Platform; log: Log }): DataKey {
  const path = `${folder}/key`;
  return {
    read: async () => readKeyFile(path),
    async readOrCreate() {
      const { closeToOthers, createKeyFile } = await import("./key-file.ts");
      if (readKeyFile(path) === undefined) createKeyFile(path, newKey());
      else if (options.platform !== "win32") closeToOthers(path, options.log);
      const key = readKeyFile(path);
      if (key === undefined) throw new StoreError("store-unusable", `${path} does not keep what is written to it`);
      return key;
    },
    remove: async () => fs.rmSync(path, { force: true }),
  };
}

/**
 * The key in the OS keychain, asked for once per process: a keychain that does not answer is waited for once.
 *
 * Its functions throw what the keychain's throw: StoreError "keychain-unavailable".
 */
export function keychainDataKey(open: () => Promise<Keychain>, lock: LockOptions): DataKey {
  let asked: Promise<Bytes | undefined> | undefined;
  const ask = async () => parseKey(await (await open()).get(KEYCHAIN_ACCOUNT));
  const create = async () => {
    const key = newKey();
    await (await open()).set(KEYCHAIN_ACCOUNT, new Secret(Buffer.from(key).toString("base64")));
    return key;
  };
  const read = () => (asked ??= ask());
  return {
    read,
    async readOrCreate() {
      const found = await read();
      if (found !== undefined) return found;
      const { withLock } = await import("./lock.ts");
      const key = await withLock("data-key", async () => (await ask()) ?? (await create()), lock);
      asked = Promise.resolve(key);
      return key;
    },
    async remove() {
      asked = undefined;
      await (await open()).remove(KEYCHAIN_ACCOUNT);
    },
  };
}

/** Undefined for none and for a damaged one. */
export function readKeyFile(path: string): Bytes | undefined {
  try {
    const key = fs.readFileSync(path);
    return key.length === KEY_LENGTH ? key : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

function newKey(): Bytes {
  return crypto.getRandomValues(new Uint8Array(KEY_LENGTH));
}

function parseKey(stored: Secret | undefined): Bytes | undefined {
  const key = Buffer.from(stored?.reveal() ?? "", "base64");
  return key.length === KEY_LENGTH ? key : undefined;
}
