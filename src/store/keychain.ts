/**
 * The operating system's keychain: macOS Keychain, Windows Credential Manager, the Secret Service elsewhere.
 *
 * The kernel's keyutils, which the binding would fall back to on Linux, forgets at reboot and is never used. The binding is native code,
 * loaded at the first call. A locked keychain shows a window of its own and waits for its person, hence the time limit; giving up does not
 * close that window, and Node (not Bun) cannot exit before it is answered. Finding the Secret Service itself blocks for 2 s at most.
 */

import { messageOf, StoreError } from "../errors.ts";
import { Secret } from "../secret.ts";

/** Every call throws StoreError "keychain-unavailable" where there is no keychain, it stays locked, or it does not answer in time. */
export interface Keychain {
  /** Undefined where nothing is kept for this account. */
  get(account: string): Promise<Secret | undefined>;
  set(account: string, secret: Secret): Promise<void>;
  /** False where there was nothing to remove. */
  remove(account: string): Promise<boolean>;
}

/** Long enough for a person to see the keychain's window and type its password. */
const USUAL_TIMEOUT_MS = 30_000;

/** The part of the keychain that holds what `service` keeps. Nothing is loaded or opened before the first call. */
export function openKeychain(service: string, options: { timeoutMs?: number; platform: NodeJS.Platform }): Keychain {
  const timeoutMs = options.timeoutMs ?? USUAL_TIMEOUT_MS;
  const call = async <T>(account: string, use: (entry: Entry) => Promise<T>): Promise<T> => {
    try {
      return await within(timeoutMs, openEntry(service, account).then(use));
    } catch (error) {
      throw unavailable(error, options.platform);
    }
  };
  return {
    async get(account) {
      const text = await call(account, (entry) => entry.getPassword());
      return text === null ? undefined : new Secret(text);
    },
    set: (account, secret) => call(account, (entry) => entry.setPassword(secret.reveal())),
    remove: (account) => call(account, (entry) => entry.deletePassword()),
  };
}

type Entry = import("@napi-rs/keyring").AsyncEntry;

async function openEntry(service: string, account: string): Promise<Entry> {
  const { AsyncEntry } = await import("@napi-rs/keyring").catch(failToLoad);
  return new AsyncEntry(service, account, { linux: { store: "secret-service" } });
}

/** npm may leave an optional dependency out; what the loader says is about its folders. */
function failToLoad(cause: unknown): never {
  throw new StoreError("keychain-unavailable", "the keychain cannot be used: @napi-rs/keyring, an optional dependency, does not load", {
    cause,
    hint: "install aws-runas anew, without --omit=optional; the standalone program has it built in",
  });
}

async function within<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs / 1000} s`)), timeoutMs);
  });
  try {
    return await Promise.race([work, limit]);
  } finally {
    clearTimeout(timer);
  }
}

function unavailable(cause: unknown, platform: NodeJS.Platform): StoreError {
  if (cause instanceof StoreError) return cause;
  const reason = messageOf(cause);
  return new StoreError("keychain-unavailable", `the ${nameOf(platform)} cannot be used: ${reason}`, { cause, hint: hintFor(platform) });
}

function nameOf(platform: NodeJS.Platform): string {
  if (platform === "darwin") return "macOS Keychain";
  return platform === "win32" ? "Windows Credential Manager" : "Secret Service";
}

function hintFor(platform: NodeJS.Platform): string {
  if (platform === "darwin" || platform === "win32") return "unlock it, answer its window if it shows one, and try again";
  return "GNOME Keyring, KWallet or KeePassXC must run and be unlocked (a window may be waiting), and DBUS_SESSION_BUS_ADDRESS be set";
}
