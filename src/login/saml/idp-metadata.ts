/**
 * A provider's SAML metadata → the keys that its responses are signed with, by the name it goes by. Certificates are containers of keys:
 * how long they say they hold, and who made them, means nothing here (SAML V2.0 Metadata Interoperability Profile section 2.6.1).
 *
 * @see SAML 2.0 Metadata sections 2.3 (EntityDescriptor), 2.4.1.1 (KeyDescriptor), 2.4.3 (IDPSSODescriptor)
 */

import { type KeyObject, X509Certificate } from "node:crypto";

import { readInstant } from "./instants.ts";
import { attributeOf, childrenNamed, isNamed, parseXml, textOf } from "./xml.ts";

const METADATA = "urn:oasis:names:tc:SAML:2.0:metadata";
const SIGNATURE = "http://www.w3.org/2000/09/xmldsig#";

/** Entity id → the keys it signs with; none is empty. */
export type IdpKeys = ReadonlyMap<string, readonly KeyObject[]>;

/** Undefined for what is no metadata of an identity provider with a key, or is over. @param now milliseconds */
export function parseMetadata(xml: string, now: number): IdpKeys | undefined {
  const root = parseXml(xml.replace(/^\uFEFF/, ""))?.documentElement ?? null;
  const isGroup = isNamed(root, METADATA, "EntitiesDescriptor");
  if (!isGroup && !isNamed(root, METADATA, "EntityDescriptor")) return undefined;
  const entities = (isGroup ? childrenNamed(root, METADATA, "EntityDescriptor") : [root]).filter((entity) => isValid(entity, now));
  const keys = new Map<string, KeyObject[]>();
  for (const entity of isValid(root, now) ? entities : []) {
    const found = signingKeys(entity);
    if (found.length > 0) keys.set(attributeOf(entity, "entityID")?.trim() ?? "", found);
  }
  return keys.size === 0 ? undefined : keys;
}

function isValid(element: Element, now: number): boolean {
  const until = attributeOf(element, "validUntil");
  return until === undefined || (readInstant(until) ?? 0) > now;
}

function signingKeys(entity: Element): KeyObject[] {
  return childrenNamed(entity, METADATA, "IDPSSODescriptor")
    .flatMap((role) => childrenNamed(role, METADATA, "KeyDescriptor"))
    .filter((descriptor) => (attributeOf(descriptor, "use") ?? "signing") === "signing")
    .flatMap((descriptor) => childrenNamed(descriptor, SIGNATURE, "KeyInfo"))
    .flatMap((info) => childrenNamed(info, SIGNATURE, "X509Data"))
    .flatMap((data) => childrenNamed(data, SIGNATURE, "X509Certificate"))
    .flatMap((certificate) => readKey(textOf(certificate)) ?? []);
}

function readKey(certificate: string): KeyObject | undefined {
  try {
    return new X509Certificate(Buffer.from(certificate, "base64")).publicKey;
  } catch {
    return undefined;
  }
}
