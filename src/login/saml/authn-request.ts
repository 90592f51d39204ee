/**
 * What a service provider asks an identity provider for: an AuthnRequest in a URL, answered by a post to this machine.
 *
 * @see SAML 2.0 Core section 3.4.1, Bindings section 3.4.4.1 (DEFLATE)
 */

import { deflateRawSync } from "node:zlib";

import type { SamlLogin } from "../../config/profile.ts";

export interface AuthnRequest {
  readonly url: URL;
  readonly id: string;
  /** Comes back with the response (Bindings section 3.4.3: 80 bytes at most). */
  readonly relayState: string;
  /** Where the response is posted to: the assertion consumer service. */
  readonly acsUrl: string;
}

/** @param now milliseconds */
export function buildAuthnRequest({ authUrl, entityId }: SamlLogin, acsUrl: string, now: number): AuthnRequest {
  const destination = authUrl.value.replace(/#.*$/, "");
  const id = `id-${Buffer.from(randomBytes(20)).toString("hex")}`;
  const relayState = Buffer.from(randomBytes(32)).toString("base64url");
  const issuer = entityId?.value ?? new URL("/saml/metadata", acsUrl).href;
  const message = deflateRawSync(requestXml({ id, acsUrl, destination, issuer, now })).toString("base64");
  const query = `SAMLRequest=${encodeURIComponent(message)}&RelayState=${relayState}`;
  return { url: new URL(`${destination}${destination.includes("?") ? "&" : "?"}${query}`), id, relayState, acsUrl };
}

interface Parts {
  readonly id: string;
  readonly acsUrl: string;
  readonly destination: string;
  readonly issuer: string;
  readonly now: number;
}

function requestXml({ id, acsUrl, destination, issuer, now }: Parts): string {
  const attributes = {
    "xmlns:samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "xmlns:saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    ID: id,
    Version: "2.0",
    IssueInstant: new Date(now).toISOString(),
    Destination: destination,
    AssertionConsumerServiceURL: acsUrl,
    ProtocolBinding: "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
  };
  const written = Object.entries(attributes).map(([name, value]) => ` ${name}="${escapeXml(value)}"`);
  return `<samlp:AuthnRequest${written.join("")}><saml:Issuer Format="urn:oasis:names:tc:SAML:2.0:nameid-format:entity">${escapeXml(issuer)}</saml:Issuer><samlp:NameIDPolicy AllowCreate="true" Format="urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"/></samlp:AuthnRequest>`;
}

function escapeXml(text: string): string {
  const named: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replaceAll(/[&<>"]/g, (character) => named[character] ?? "");
}

function randomBytes(length: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(length));
}
