/**
 * The few algorithms that a signed response may use; a kind of key fits its own only, and SHA-1 is none of them.
 *
 * @see RFC 9231 for their names; XML Signature 1.1 section 6.4.3: ECDSA's value is both numbers, one after the other
 */

import { createHash, type KeyLike, KeyObject, verify } from "node:crypto";

import type { HashAlgorithm, SignatureAlgorithm } from "xml-crypto";
import { InternalError } from "../../errors.ts";

export const ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
export const EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#";

const MORE = "http://www.w3.org/2001/04/xmldsig-more#";

/** As xml-crypto wants them: name → a class. */
export const HASHES: Readonly<Record<string, new () => HashAlgorithm>> = {
  "http://www.w3.org/2001/04/xmlenc#sha256": hash("http://www.w3.org/2001/04/xmlenc#sha256", "sha256"),
  [`${MORE}sha384`]: hash(`${MORE}sha384`, "sha384"),
  "http://www.w3.org/2001/04/xmlenc#sha512": hash("http://www.w3.org/2001/04/xmlenc#sha512", "sha512"),
};

export const SIGNATURES: Readonly<Record<string, new () => SignatureAlgorithm>> = Object.fromEntries(
  ["sha256", "sha384", "sha512"].flatMap((digest) => [
    [`${MORE}rsa-${digest}`, signature(`${MORE}rsa-${digest}`, digest, "rsa")],
    [`${MORE}ecdsa-${digest}`, signature(`${MORE}ecdsa-${digest}`, digest, "ec")],
  ]),
);

function hash(name: string, digest: string): new () => HashAlgorithm {
  return class {
    getAlgorithmName(): string {
      return name;
    }
    getHash(xml: string): string {
      return createHash(digest).update(xml, "utf8").digest("base64");
    }
  };
}

function signature(name: string, digest: string, keyType: "rsa" | "ec"): new () => SignatureAlgorithm {
  return class {
    getAlgorithmName(): string {
      return name;
    }
    getSignature(): never {
      throw new InternalError("responses are not signed here");
    }
    verifySignature(material: string, key: KeyLike, value: string): boolean {
      if (!(key instanceof KeyObject) || key.asymmetricKeyType !== keyType) return false;
      return verify(digest, Buffer.from(material), { key, dsaEncoding: "ieee-p1363" }, Buffer.from(value, "base64"));
    }
  };
}
