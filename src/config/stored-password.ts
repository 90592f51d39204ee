/**
 * Where a password for a login URL is kept: in the credentials file, in the section named after the whole URL, where the Go tool finds it
 * too; or in the OS keychain, when that section says `web_identity_password_store = keychain` (for SAML `saml_password_store`).
 *
 * The Go tool reads nothing but `web_identity_password` and `saml_password`, so the second key does not mislead it, and without it no keychain
 * is opened. A password in the file wins: it can only have been put there later. A URL is found with and without a slash at its end.
 */

import { ConfigError, StoreError } from "../errors.ts";
import type { Secret } from "../secret.ts";
import { openKeychain } from "../store/keychain.ts";
import { decodePassword, encodePassword } from "../store/password-format.ts";
import type { Environment, Log } from "../world.ts";
import { editIniFile, readSection } from "./edit.ts";
import { loadFiles } from "./files.ts";
import type { IniFile } from "./ini.ts";

const KEYCHAIN_SERVICE = "aws-runas";
/** The password's own key, and the one that says where it is. */
const KEYS = {
  oidc: { password: "web_identity_password", place: "web_identity_password_store" },
  saml: { password: "saml_password", place: "saml_password_store" },
} as const;

export interface StoredPasswordRequest {
  /** Which of the two protocols' passwords for the URL. */
  readonly kind: "oidc" | "saml";
  /** As configured: it names the section and is the key that the password is encoded with. */
  readonly authUrl: string;
  readonly env: Environment;
  readonly homeDir: string;
  readonly platform: NodeJS.Platform;
  readonly log: Log;
}

export type PasswordPlace = "file" | "keychain";

/**
 * The password kept for a URL.
 *
 * @returns undefined when there is none and, with a warning, when it cannot be used: damaged, stored for another URL, or in a keychain that
 *   does not open
 * @throws ConfigError when the credentials file cannot be read
 */
export async function findStoredPassword(request: StoredPasswordRequest): Promise<Secret | undefined> {
  const { credentials } = loadFiles(request.env, request.homeDir);
  const entry = readEntries(credentials, request).find(({ text, isInKeychain }) => text !== undefined || isInKeychain);
  if (entry === undefined) return undefined;
  const warn = (reason: string) => {
    const where = `${describeSection(entry.section)} of ${credentials.label}`;
    request.log.warn(`the password stored for ${where} cannot be used: ${reason}; "aws-runas password" stores it anew`);
  };
  if (entry.text !== undefined) return decodePassword(unquote(entry.text), entry.section, warn);
  try {
    const password = await openKeychain(KEYCHAIN_SERVICE, request).get(entry.section);
    if (password === undefined) warn("it is no longer in the keychain");
    return password;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    warn(error.message);
    return undefined;
  }
}

/**
 * Keeps a password for a URL in one place and removes it from the other.
 *
 * @throws ConfigError, StoreError when it could not be stored
 */
export async function storePassword(password: Secret, place: PasswordPlace, request: StoredPasswordRequest): Promise<void> {
  const { authUrl, kind } = request;
  const keys = KEYS[kind];
  const { credentials } = loadFiles(request.env, request.homeDir);
  const wasInKeychain = readEntry(credentials, authUrl, request.kind).isInKeychain;
  const values =
    place === "file"
      ? { [keys.password]: await encodePassword(password, authUrl), [keys.place]: undefined }
      : { [keys.password]: undefined, [keys.place]: "keychain" };
  if (place === "keychain") await openKeychain(KEYCHAIN_SERVICE, request).set(authUrl, password);
  await editIniFile(credentials, { section: authUrl, values }, request);
  if (place === "file" && wasInKeychain) await forgetInKeychain(request);
}

/**
 * Removes the password of a URL from wherever it is, with and without a slash at the URL's end.
 *
 * @returns the places it was removed from; none when there was nothing
 * @throws ConfigError, StoreError when it is still somewhere
 */
export async function deletePassword(request: StoredPasswordRequest): Promise<readonly PasswordPlace[]> {
  const { credentials } = loadFiles(request.env, request.homeDir);
  const places = new Set<PasswordPlace>();
  const keys = KEYS[request.kind];
  for (const { section, text, isInKeychain } of readEntries(credentials, request)) {
    if (isInKeychain) await openKeychain(KEYCHAIN_SERVICE, request).remove(section);
    await editIniFile(credentials, { section, values: { [keys.password]: undefined, [keys.place]: undefined } }, request);
    if (isInKeychain) places.add("keychain");
    if (text !== undefined) places.add("file");
  }
  return [...places];
}

/** The section as messages show it; a query may hold a secret. */
export function describeSection(authUrl: string): string {
  return `[${authUrl.replace(/\?.*$/, "?…")}]`;
}

interface Entry {
  readonly section: string;
  readonly text: string | undefined;
  readonly isInKeychain: boolean;
}

function readEntries(file: IniFile, { authUrl, kind }: StoredPasswordRequest): readonly Entry[] {
  const other = authUrl.endsWith("/") ? authUrl.slice(0, -1) : `${authUrl}/`;
  return [readEntry(file, authUrl, kind), readEntry(file, other, kind)];
}

function readEntry(file: IniFile, section: string, kind: StoredPasswordRequest["kind"]): Entry {
  const values = readSection({ label: file.label, bytes: Buffer.from(file.text) }, section);
  const place = values.get(KEYS[kind].place) || "file";
  if (place !== "keychain" && place !== "file") {
    const where = `${KEYS[kind].place} in ${describeSection(section)} (${file.label})`;
    throw new ConfigError("config-value", `${where} is "file" or "keychain", not "${place}"`);
  }
  return { section, text: values.get(KEYS[kind].password) || undefined, isInKeychain: place === "keychain" };
}

/** The Go tool reads a quoted value without its quotes. */
function unquote(text: string): string {
  return /^(["'])(.+)\1$/.exec(text)?.[2] ?? text;
}

async function forgetInKeychain(request: StoredPasswordRequest): Promise<void> {
  try {
    await openKeychain(KEYCHAIN_SERVICE, request).remove(request.authUrl);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    request.log.warn(`the password that was stored before is still in the keychain: ${error.message}`);
  }
}
