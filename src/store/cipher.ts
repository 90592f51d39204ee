/**
 * Text ↔ the bytes of one entry file.
 *
 *     magic "awsrunas" | version, 1 byte | expiry, 8 bytes: ms since the epoch, big-endian | nonce, 12 bytes | ciphertext and tag
 *
 * AES-256-GCM (NIST SP 800-38D). The header is readable without the key, so that dead entries can be pruned, but it is authenticated
 * together with what the entry is (its label): a file can be neither extended nor put in another one's place.
 */

import { type Bytes, loadPrimitives } from "./primitives.ts";

const MAGIC = new TextEncoder().encode("awsrunas");
const VERSION = 1;
const EXPIRY_OFFSET = MAGIC.length + 1;
/** Bytes before the nonce. */
export const HEADER_LENGTH = EXPIRY_OFFSET + 8;
const NONCE_LENGTH = 12;

/** The bytes to write for `text`; `key` is 32 bytes, `label` says what the entry is. */
export async function seal(text: string, entry: { key: Bytes; label: string; expiresAt: Date }): Promise<Bytes> {
  const header = new Uint8Array(HEADER_LENGTH);
  header.set(MAGIC);
  header[MAGIC.length] = VERSION;
  new DataView(header.buffer).setBigUint64(EXPIRY_OFFSET, BigInt(entry.expiresAt.getTime()));
  const { encrypt, randomBytes } = await loadPrimitives();
  const nonce = randomBytes(NONCE_LENGTH);
  const sealing = { key: entry.key, nonce, additionalData: additionalData(header, entry.label) };
  return Buffer.concat([header, nonce, await encrypt(new TextEncoder().encode(text), sealing)]);
}

/** The text that was sealed with this key and label, or `undefined` when these are not such bytes. */
export async function unseal(bytes: Bytes, entry: { key: Bytes; label: string }): Promise<string | undefined> {
  const header = bytes.subarray(0, HEADER_LENGTH);
  if (readExpiry(header) === undefined) return undefined;
  const nonce = bytes.subarray(HEADER_LENGTH, HEADER_LENGTH + NONCE_LENGTH);
  const sealed = bytes.subarray(HEADER_LENGTH + NONCE_LENGTH);
  const { decrypt } = await loadPrimitives();
  try {
    const text = await decrypt(sealed, { key: entry.key, nonce, additionalData: additionalData(header, entry.label) });
    return new TextDecoder().decode(text);
  } catch {
    return undefined; // neither interface says more than that it failed
  }
}

/** When the entry that begins with these bytes ends, in ms since the epoch; `undefined` when it is not an entry of this version. */
export function readExpiry(header: Uint8Array): number | undefined {
  if (header.length < HEADER_LENGTH || header[MAGIC.length] !== VERSION) return undefined;
  if (!MAGIC.every((byte, index) => header[index] === byte)) return undefined;
  return Number(new DataView(header.buffer, header.byteOffset).getBigUint64(EXPIRY_OFFSET));
}

function additionalData(header: Bytes, label: string): Bytes {
  return Buffer.concat([header, Buffer.from(label)]);
}
