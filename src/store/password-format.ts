/**
 * A password as it is stored in the credentials file: `<cost, hex>$<salt, base32>$<IV and AES-128-CBC text, base64>`.
 *
 * Obfuscation, not encryption: the key is scrypt of the login URL that stands in the heading above the value. The format is shared with
 * the Go tool of the same name, which reads and writes the same entries; nothing in it can be changed. What is enciphered is the password's base64
 * text, rotated by half the alphabet and padded with `=` to whole blocks.
 *
 * Nothing authenticates the text, so a wrong URL gives garbage, and garbage sent as a password locks accounts. Hence the strict checks in
 * `unwrap`: a block of noise is all base64 characters once in 2^32, and its bytes valid UTF-8 once in 2^10 of those; every
 * further block (12 bytes of password) squares the odds.
 *
 * Deriving the key takes about a second and 256 MiB, off the main thread.
 */

import { Secret } from "../secret.ts";

/** 2^18 rounds, what the Go tool writes. */
const USUAL_COST = 18;
/** 2^20 rounds take 1 GiB; a larger cost is a damaged value. */
const LARGEST_COST = 20;
const BLOCK_BYTES = 16;
const SALT_BYTES = 8;

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Cost and salt alone tell that a value is encoded, so that one cut short is not mistaken for a password. */
const LOOKS_ENCODED = /^[0-9a-fA-F]{1,2}\$[A-Z2-7]{13}(?:\$|$)/;
const ENCODED = /^([0-9a-fA-F]{1,2})\$([A-Z2-7]{13})\$([A-Za-z0-9+/]+)$/;

/**
 * Encodes a password for one login URL, with a fresh salt and IV.
 *
 * @param url exactly as configured: it is the key
 * @param cost logarithm of scrypt's rounds, 1–20; 18 by default
 */
export async function encodePassword(password: Secret, url: string, cost: number = USUAL_COST): Promise<string> {
  const { createCipheriv, randomBytes } = await import("node:crypto");
  const salt = randomBytes(SALT_BYTES);
  const iv = randomBytes(BLOCK_BYTES);
  const cipher = createCipheriv("aes-128-cbc", await deriveKey(url, salt, cost), iv).setAutoPadding(false);
  const text = Buffer.concat([iv, cipher.update(wrap(password.reveal()), "latin1"), cipher.final()]);
  return [cost.toString(16), toBase32(salt), toBase64(text)].join("$");
}

/**
 * Reads a stored password; a value that is not in the format is a password in plain text and comes back as it is.
 *
 * @param onUnusable told why, when the answer is undefined
 * @returns undefined when the value is encoded but damaged, empty, or made for another URL: it must not be sent to anyone
 */
export async function decodePassword(
  stored: string,
  url: string,
  onUnusable: (reason: string) => void = () => {},
): Promise<Secret | undefined> {
  if (!LOOKS_ENCODED.test(stored)) return new Secret(stored);
  const parts = split(stored);
  const password = parts === undefined ? undefined : unwrap(await decipher(parts, url));
  if (parts === undefined) onUnusable("it is damaged");
  else if (password === undefined) onUnusable("it is damaged or was stored for another URL");
  else if (password === "") onUnusable("it is empty");
  return password ? new Secret(password) : undefined;
}

interface Parts {
  readonly cost: number;
  readonly salt: Uint8Array;
  readonly iv: Uint8Array;
  readonly text: Uint8Array;
}

function split(stored: string): Parts | undefined {
  const [, costHex = "", salt = "", base64 = ""] = ENCODED.exec(stored) ?? [];
  const bytes = Buffer.from(base64, "base64");
  const cost = Number.parseInt(costHex, 16);
  const isWhole = bytes.length >= BLOCK_BYTES && bytes.length % BLOCK_BYTES === 0 && toBase64(bytes) === base64;
  if (!isWhole || cost < 1 || cost > LARGEST_COST) return undefined;
  return { cost, salt: fromBase32(salt), iv: bytes.subarray(0, BLOCK_BYTES), text: bytes.subarray(BLOCK_BYTES) };
}

async function decipher(parts: Parts, url: string): Promise<string> {
  const { createDecipheriv } = await import("node:crypto");
  const key = await deriveKey(url, parts.salt, parts.cost);
  const cipher = createDecipheriv("aes-128-cbc", key, parts.iv).setAutoPadding(false);
  return cipher.update(parts.text, undefined, "latin1") + cipher.final("latin1");
}

async function deriveKey(url: string, salt: Uint8Array, cost: number): Promise<Buffer> {
  const { scrypt } = await import("node:crypto");
  const rounds = 2 ** cost;
  // 128 * r * N bytes and a little more; the default allows 32 MiB.
  const options = { N: rounds, r: 8, p: 1, maxmem: 1024 * rounds + 2 ** 20 };
  return await new Promise((resolve, reject) => {
    scrypt(url, salt, BLOCK_BYTES, options, (error, key) => (error ? reject(error) : resolve(key)));
  });
}

function wrap(password: string): string {
  const rotated = rotate(toBase64(Buffer.from(password, "utf8")));
  return rotated.padEnd(Math.ceil(rotated.length / BLOCK_BYTES) * BLOCK_BYTES, "=");
}

/** The password, or undefined when this cannot be what `wrap` made. */
function unwrap(padded: string): string | undefined {
  const base64 = rotate(padded.replace(/=*$/, ""));
  const bytes = Buffer.from(base64, "base64");
  const password = bytes.toString("utf8");
  return wrap(password) === padded ? password : undefined;
}

/** Its own inverse; what is not of the alphabet stays as it is, and so never survives `unwrap`. */
function rotate(base64: string): string {
  return base64.replace(/[A-Za-z0-9+/]/g, (letter) => BASE64.charAt((BASE64.indexOf(letter) + 32) % 64));
}

function toBase64(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}

function toBase32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{1,5}/g) ?? []).map((five) => BASE32.charAt(Number.parseInt(five.padEnd(5, "0"), 2))).join("");
}

function fromBase32(text: string): Uint8Array {
  const bits = Array.from(text, (letter) => BASE32.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return Uint8Array.from((bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)));
}
