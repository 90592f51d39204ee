/**
 * An identity provider's keys: signs responses (XML Signature 1.1, as SAML 2.0 Core section 5.4 has it) and publishes metadata (SAML 2.0
 * Metadata section 2.4). The certificate is the least that RFC 5280 calls one, signed by nobody in particular.
 */

import { createHash, generateKeyPairSync, type KeyLike, type KeyObject, sign } from "node:crypto";

import { type HashAlgorithm, type SignatureAlgorithm, SignedXml } from "xml-crypto";

const MORE = "http://www.w3.org/2001/04/xmldsig-more#";
export const ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
export const EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#";
const DIGESTS: Readonly<Record<string, string>> = {
  sha1: "http://www.w3.org/2000/09/xmldsig#sha1",
  sha256: "http://www.w3.org/2001/04/xmlenc#sha256",
  sha384: `${MORE}sha384`,
  sha512: "http://www.w3.org/2001/04/xmlenc#sha512",
};

export interface SigningKey {
  readonly privateKey: KeyObject;
  /** Base64 of DER. */
  readonly certificate: string;
}

export function makeKey(kind: "rsa" | "ec" = "rsa"): SigningKey {
  const pair = kind === "rsa" ? generateKeyPairSync("rsa", { modulusLength: 2048 }) : generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { privateKey: pair.privateKey, certificate: certificateOf(pair.publicKey, pair.privateKey) };
}

interface Manner {
  /** "Response" or "Assertion". */
  readonly of?: string;
  readonly digest?: string;
  readonly signature?: string;
  readonly transforms?: readonly string[];
  readonly canonicalization?: string;
}

/** The message with a signature in the element, after its Issuer; with the certificate in KeyInfo. */
export function signXml(xml: string, { privateKey, certificate }: SigningKey, manner: Manner = {}): string {
  const { of = "Assertion", digest = "sha256", transforms = [ENVELOPED, EXCLUSIVE], canonicalization = EXCLUSIVE } = manner;
  const kind = privateKey.asymmetricKeyType === "rsa" ? "rsa" : "ecdsa";
  const { signature = `${MORE}${kind}-${digest}` } = manner;
  const signer = new SignedXml({
    privateKey,
    publicCert: `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----\n`,
    signatureAlgorithm: signature,
    canonicalizationAlgorithm: canonicalization,
  });
  signer.SignatureAlgorithms = { ...signer.SignatureAlgorithms, [signature]: signatureAlgorithm(signature, digest) };
  signer.HashAlgorithms = { ...signer.HashAlgorithms, [DIGESTS[digest] ?? ""]: hashAlgorithm(DIGESTS[digest] ?? "", digest) };
  const xpath = `//*[local-name(.)='${of}']`;
  signer.addReference({ xpath, transforms: [...transforms], digestAlgorithm: DIGESTS[digest] ?? "" });
  signer.computeSignature(xml, { prefix: "ds", location: { reference: `${xpath}/*[local-name(.)='Issuer']`, action: "after" } });
  return signer.getSignedXml();
}

/** As providers publish it. */
export function metadataXml(entityId: string, keys: readonly SigningKey[], attributes = ""): string {
  const descriptors = keys.map(
    ({ certificate }) =>
      `<md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>\n${certificate}\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>`,
  );
  return `<?xml version="1.0"?><md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="${entityId}"${attributes}><md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">${descriptors.join("")}<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example.com/sso"/></md:IDPSSODescriptor></md:EntityDescriptor>`;
}

function signatureAlgorithm(name: string, digest: string): new () => SignatureAlgorithm {
  return class {
    getAlgorithmName = () => name;
    getSignature(material: string, key: KeyLike): string {
      if (typeof key !== "object" || !("asymmetricKeyType" in key)) throw new Error("a key object is expected");
      return sign(digest, Buffer.from(material), { key, dsaEncoding: "ieee-p1363" }).toString("base64");
    }
    verifySignature(): never {
      throw new Error("not verified here");
    }
  };
}

function hashAlgorithm(name: string, digest: string): new () => HashAlgorithm {
  return class {
    getAlgorithmName = () => name;
    getHash = (xml: string) => createHash(digest).update(xml).digest("base64");
  };
}

/** Tag, length, content (X.690). */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function certificateOf(publicKey: KeyObject, privateKey: KeyObject): string {
  const isRsa = publicKey.asymmetricKeyType === "rsa";
  const oid = (hex: string) => der(0x06, Buffer.from(hex, "hex"));
  const algorithm = isRsa ? der(0x30, oid("2a864886f70d01010b"), der(0x05)) : der(0x30, oid("2a8648ce3d040302"));
  const name = der(0x30, der(0x31, der(0x30, oid("550403"), der(0x0c, Buffer.from("idp")))));
  const time = (text: string) => der(0x17, Buffer.from(text));
  // Over for years: what a certificate says of itself is not asked for.
  const validity = der(0x30, time("100101000000Z"), time("110101000000Z"));
  const subject = publicKey.export({ type: "spki", format: "der" });
  const body = der(0x30, der(0x02, Buffer.from([1])), algorithm, name, validity, name, subject);
  return der(0x30, body, algorithm, der(0x03, Buffer.from([0]), sign("sha256", body, privateKey))).toString("base64");
}
