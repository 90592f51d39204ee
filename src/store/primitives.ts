/**
 * SHA-256, AES-256-GCM (NIST SP 800-38D) and random bytes by whichever interface the runtime has at less cost to a warm run: `node:crypto`
 * under Node, where WebCrypto takes 7 ms to come up, and WebCrypto under Bun, where loading `node:crypto` takes 3 — but for the hash, which
 * Bun has an interface of its own for, and WebCrypto would start a thread.
 *
 * What one of them sealed the other opens: the 16-byte tag follows the ciphertext.
 */

/** WebCrypto takes no shared memory. */
export type Bytes = Uint8Array<ArrayBuffer>;

export interface Sealing {
  /** 32 bytes. */
  readonly key: Bytes;
  /** 12 bytes, never used twice with one key. */
  readonly nonce: Bytes;
  /** Authenticated with the text, not hidden. */
  readonly additionalData: Bytes;
}

export interface Primitives {
  sha256(bytes: Bytes): Promise<Bytes>;
  randomBytes(length: number): Bytes;
  /** Ciphertext and tag. */
  encrypt(text: Bytes, sealing: Sealing): Promise<Bytes>;
  /** Rejects when this is not what `encrypt` gave for the same key, nonce and additional data. */
  decrypt(sealed: Bytes, sealing: Sealing): Promise<Bytes>;
}

/** The part of Bun's API used here; its types are not a dependency. @see https://bun.sh/docs/api/hashing */
interface BunRuntime {
  readonly CryptoHasher: new (algorithm: "sha256") => { update(bytes: Bytes): { digest(): Bytes } };
}

const TAG_LENGTH = 16;

let loaded: Promise<Primitives> | undefined;

/** Of the runtime we are on; loaded once: the bundler makes an `import()` copy the module's names each time. */
export function loadPrimitives(): Promise<Primitives> {
  return (loaded ??= primitivesHere());
}

async function primitivesHere(): Promise<Primitives> {
  const { Bun: bun } = globalThis as { Bun?: BunRuntime };
  return bun === undefined ? byNodeCrypto(await import("node:crypto")) : byBun(bun);
}

/** Compares secrets in a time that tells nothing of either, whatever their lengths: digests are compared, to the last byte. */
export async function isSame(given: string, expected: string): Promise<boolean> {
  const { sha256 } = await loadPrimitives();
  const [left, right] = await Promise.all([given, expected].map((text) => sha256(new TextEncoder().encode(text))));
  return left !== undefined && left.reduce((difference, byte, index) => difference | (byte ^ (right?.[index] ?? 0)), 0) === 0;
}

function byBun({ CryptoHasher }: BunRuntime): Primitives {
  return {
    sha256: async (bytes) => new CryptoHasher("sha256").update(bytes).digest(),
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    encrypt: async (text, sealing) =>
      new Uint8Array(await crypto.subtle.encrypt(parameters(sealing), await importKey(sealing.key, "encrypt"), text)),
    decrypt: async (sealed, sealing) =>
      new Uint8Array(await crypto.subtle.decrypt(parameters(sealing), await importKey(sealing.key, "decrypt"), sealed)),
  };
}

function byNodeCrypto({ createHash, createCipheriv, createDecipheriv, randomBytes }: typeof import("node:crypto")): Primitives {
  return {
    sha256: async (bytes) => new Uint8Array(createHash("sha256").update(bytes).digest()),
    randomBytes: (length) => new Uint8Array(randomBytes(length)),
    async encrypt(text, { key, nonce, additionalData }) {
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(additionalData);
      return new Uint8Array(Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]));
    },
    async decrypt(sealed, { key, nonce, additionalData }) {
      const options = { authTagLength: TAG_LENGTH };
      const decipher = createDecipheriv("aes-256-gcm", key, nonce, options).setAAD(additionalData);
      decipher.setAuthTag(sealed.subarray(-TAG_LENGTH));
      return new Uint8Array(Buffer.concat([decipher.update(sealed.subarray(0, -TAG_LENGTH)), decipher.final()]));
    },
  };
}

function importKey(key: Bytes, use: "encrypt" | "decrypt") {
  return crypto.subtle.importKey("raw", key, "AES-GCM", false, [use]);
}

function parameters({ nonce, additionalData }: Sealing) {
  return { name: "AES-GCM", iv: nonce, additionalData };
}
