/**
 * Text ↔ the bytes of one entry file.
 *
 *     magic "awsrunas" | version, 1 byte | expiry, 8 bytes: ms since the epoch, big-endian | nonce, 12 bytes | ciphertext and tag
 *
 * AES-256-GCM (NIST SP 800-38D). The header is readable without the key, so that dead entries can be pruned, but it is authenticated
 * together with what the entry is (its label): a file can be neither extended nor put in another one's place. WebCrypto, because
 * `node:crypto` costs Bun 4–6 ms to load.
 */

/** WebCrypto takes no shared memory. */
export type Bytes = Uint8Array<ArrayBuffer>;

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
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_LENGTH));
  const key = await importKey(entry.key, "encrypt");
  const sealed = await crypto.subtle.encrypt(parameters(nonce, header, entry.label), key, new TextEncoder().encode(text));
  return Buffer.concat([header, nonce, new Uint8Array(sealed)]);
}

/** The text that was sealed with this key and label, or `undefined` when these are not such bytes. */
export async function unseal(bytes: Bytes, entry: { key: Bytes; label: string }): Promise<string | undefined> {
  const header = bytes.subarray(0, HEADER_LENGTH);
  if (readExpiry(header) === undefined) return undefined;
  const nonce = bytes.subarray(HEADER_LENGTH, HEADER_LENGTH + NONCE_LENGTH);
  const sealed = bytes.subarray(HEADER_LENGTH + NONCE_LENGTH);
  const key = await importKey(entry.key, "decrypt");
  try {
    return new TextDecoder().decode(await crypto.subtle.decrypt(parameters(nonce, header, entry.label), key, sealed));
  } catch {
    return undefined; // WebCrypto says no more than that it failed
  }
}

/** When the entry that begins with these bytes ends, in ms since the epoch; `undefined` when it is not an entry of this version. */
export function readExpiry(header: Uint8Array): number | undefined {
  if (header.length < HEADER_LENGTH || header[MAGIC.length] !== VERSION) return undefined;
  if (!MAGIC.every((byte, index) => header[index] === byte)) return undefined;
  return Number(new DataView(header.buffer, header.byteOffset).getBigUint64(EXPIRY_OFFSET));
}

async function importKey(key: Bytes, use: "encrypt" | "decrypt") {
  return crypto.subtle.importKey("raw", key, "AES-GCM", false, [use]);
}

function parameters(nonce: Bytes, header: Bytes, label: string) {
  return { name: "AES-GCM", iv: nonce, additionalData: Buffer.concat([header, Buffer.from(label)]) };
}
