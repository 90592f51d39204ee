/**
 * The store: what was obtained from providers and AWS, kept until it expires.
 *
 * AWSRUNAS_STORE says where the key that encrypts it is: `file` (the default on Linux) or `keychain` (the default on macOS and Windows);
 * with `none` nothing is ever written or read and things live as long as the process. A cache must never be the reason for a failure: what
 * cannot be read is a miss, what cannot be written is kept in memory, and either is a warning.
 */

import { ConfigError, InternalError } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { Clock, Environment, Log } from "../world.ts";
import { fileDataKey, keychainDataKey } from "./data-key.ts";
import { openDiskEntries, type DiskEntries } from "./disk-entries.ts";
import { storeFolder } from "./folder.ts";

export type EntryKind =
  | "credentials"
  | "token"
  | "assertion"
  | "session"
  | "discovery"
  | "keys"
  | "preference"
  | "refresh"
  | "identity"
  | "refusal";

export interface Store {
  /** The value as JSON gives it back, or `undefined` for nothing usable: missing, expired, or (with a warning) damaged or of another key. */
  read(kind: EntryKind, key: string): Promise<unknown>;
  /** Keeps a JSON value until `expiresAt`; secrets in it must have been revealed. */
  write(kind: EntryKind, key: string, value: unknown, expiresAt: Date): Promise<void>;
  /** The keys of all entries of a kind, in no order; an entry may have expired. */
  keys(kind: EntryKind): Promise<readonly string[]>;
  /** @throws StoreError "store-unusable" when the entry is still there afterwards */
  remove(kind: EntryKind, key: string): Promise<void>;
  /**
   * Removes every entry and the key that encrypted them.
   *
   * @throws StoreError "store-unusable" or "keychain-unavailable" when something is still there afterwards
   */
  removeAll(): Promise<void>;
}

export interface StoreOptions {
  readonly env: Environment;
  readonly homeDir: string;
  readonly platform: NodeJS.Platform;
  readonly clock: Clock;
  readonly log: Log;
}

export type StoreMode = "file" | "keychain" | "none";

/**
 * The store that the environment asks for; nothing is read or written before its first use. Keys are `entryKey`'s.
 *
 * @throws ConfigError "config-value" when AWSRUNAS_STORE is none of its values
 */
export function openStore(options: StoreOptions): Store {
  const memory = new Map<string, { text: string; expiresAt: Date }>();
  const disk = openDisk(options);
  return {
    async read(kind, key) {
      const name = entryName(kind, key);
      const text = await disk?.read(name);
      if (text !== undefined) return JSON.parse(text);
      const kept = memory.get(name);
      return kept !== undefined && kept.expiresAt.getTime() > options.clock.now() ? JSON.parse(kept.text) : undefined;
    },
    async write(kind, key, value, expiresAt) {
      const name = entryName(kind, key);
      const text = toJson(value);
      if (await disk?.write(name, text, expiresAt)) memory.delete(name);
      else memory.set(name, { text, expiresAt });
    },
    async keys(kind) {
      const names = [...memory.keys(), ...((await disk?.names()) ?? [])];
      const prefix = `${kind}-`;
      return [...new Set(names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length)))];
    },
    async remove(kind, key) {
      const name = entryName(kind, key);
      memory.delete(name);
      await disk?.remove(name);
    },
    async removeAll() {
      memory.clear();
      await disk?.removeAll();
    },
  };
}

/** What AWSRUNAS_STORE says, or the platform's default. */
export function storeMode(env: Environment, platform: NodeJS.Platform): StoreMode {
  const value = env["AWSRUNAS_STORE"] ?? "";
  if (value === "") return platform === "darwin" || platform === "win32" ? "keychain" : "file";
  if (value === "file" || value === "keychain" || value === "none") return value;
  throw new ConfigError("config-value", `AWSRUNAS_STORE is "${value}", which is not one of file, keychain, none`);
}

function openDisk(options: StoreOptions): DiskEntries | undefined {
  const mode = storeMode(options.env, options.platform);
  if (mode === "none") return undefined;
  const folder = storeFolder(options.homeDir);
  const openKeychain = async () => (await import("./keychain.ts")).openKeychain("aws-runas", options);
  const dataKey = mode === "file" ? fileDataKey(folder, options) : keychainDataKey(openKeychain, options);
  return openDiskEntries({ ...options, folder, dataKey });
}

/** A file name; keys are hashes, so nothing a user typed gets into a path. */
function entryName(kind: EntryKind, key: string): string {
  if (!/^[0-9a-f]{64}$/.test(key)) throw new InternalError(`"${key}" is not an entry key`);
  return `${kind}-${key}`;
}

/** A Secret would be kept as "[secret]" and only be missed when it is needed. */
function toJson(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, name: string, found: unknown) {
    if (this[name] instanceof Secret) throw new InternalError(`the secret "${name}" was not revealed for the store`);
    return found;
  });
}
