/**
 * A signature in a SAML message → the element that it covers, made anew from the very text that was verified: what stands elsewhere in the
 * message, or was moved there, cannot be mistaken for it (signature wrapping).
 *
 * The shape is checked before anything is computed: one reference, to the element that the signature stands in, with the two transforms
 * that SAML allows. The key is the caller's; what the message says about keys is not read.
 *
 * @see SAML 2.0 Core section 5.4; Somorovsky et al., On Breaking SAML: Be Whoever You Want to Be, USENIX Security 2012
 */

import type { KeyObject } from "node:crypto";

import { SignedXml } from "xml-crypto";
import { ENVELOPED, EXCLUSIVE, HASHES, SIGNATURES } from "./signature-algorithms.ts";
import { attributeOf, childrenNamed, parseXml } from "./xml.ts";

const SIGNATURE = "http://www.w3.org/2000/09/xmldsig#";

/** That stand right in it. */
export function signaturesIn(element: Element): Element[] {
  return childrenNamed(element, SIGNATURE, "Signature");
}

/**
 * Undefined where none of the keys made the element's signature, or it is not of the one shape.
 *
 * @param xml the whole message, which `element` is of
 */
export function verifiedCopy(xml: string, element: Element, keys: readonly KeyObject[]): Element | undefined {
  const [signature, ...others] = signaturesIn(element);
  if (signature === undefined || others.length > 0 || !hasRightShape(signature, attributeOf(element, "ID"))) return undefined;
  for (const key of keys) {
    const copy = copyCoveredBy(xml, signature, key);
    const root = copy === undefined ? undefined : parseXml(copy)?.documentElement;
    if (root != null && isSameElement(root, element)) return root;
  }
  return undefined;
}

function hasRightShape(signature: Element, id: string | undefined): boolean {
  const [info, ...otherInfos] = childrenNamed(signature, SIGNATURE, "SignedInfo");
  const [reference, ...otherReferences] = childrenNamed(info, SIGNATURE, "Reference");
  const [transforms] = childrenNamed(reference, SIGNATURE, "Transforms");
  const names = childrenNamed(transforms, SIGNATURE, "Transform").map((transform) => attributeOf(transform, "Algorithm"));
  return (
    otherInfos.length + otherReferences.length === 0 &&
    id !== undefined &&
    attributeOf(reference, "URI") === `#${id}` &&
    names.join(" ") === `${ENVELOPED} ${EXCLUSIVE}` &&
    algorithmOf(info, "CanonicalizationMethod") === EXCLUSIVE &&
    Object.hasOwn(SIGNATURES, algorithmOf(info, "SignatureMethod")) &&
    Object.hasOwn(HASHES, algorithmOf(reference, "DigestMethod"))
  );
}

/** Empty where it is not there, or there twice. */
function algorithmOf(parent: Element | undefined, name: string): string {
  const [method, ...others] = childrenNamed(parent, SIGNATURE, name);
  return others.length > 0 ? "" : (attributeOf(method, "Algorithm") ?? "");
}

function copyCoveredBy(xml: string, signature: Element, key: KeyObject): string | undefined {
  const signed = new SignedXml({ publicCert: key, getCertFromKeyInfo: () => null });
  const transforms = Object.entries(signed.CanonicalizationAlgorithms).filter(([name]) => name === ENVELOPED || name === EXCLUSIVE);
  signed.CanonicalizationAlgorithms = Object.fromEntries(transforms);
  signed.HashAlgorithms = { ...HASHES };
  signed.SignatureAlgorithms = { ...SIGNATURES };
  try {
    signed.loadSignature(signature);
    const [copy, ...others] = signed.checkSignature(xml) ? signed.getSignedReferences() : [];
    return others.length === 0 ? copy : undefined;
  } catch {
    return undefined;
  }
}

function isSameElement(left: Element, right: Element): boolean {
  return (
    left.namespaceURI === right.namespaceURI && left.localName === right.localName && attributeOf(left, "ID") === attributeOf(right, "ID")
  );
}
