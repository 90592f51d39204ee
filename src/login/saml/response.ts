/**
 * A SAML response as it stands in a form → its element, and what the provider says that became of the login.
 *
 * @see SAML 2.0 Core sections 3.2.2 (StatusResponseType) and 3.3.3 (Response)
 */

import { LoginError, shorten } from "../../errors.ts";
import { attributeOf, childrenNamed, isNamed, parseXml, textOf } from "./xml.ts";

export const ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion";
const PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol";
/** Of base64: what AssumeRoleWithSAML takes. @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html */
const MAX_CHARACTERS = 100_000;
const SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success";

/** The XML in a form field; undefined for what is no base64 of UTF-8. Line breaks in it mean nothing. */
export function decodeField(field: string): string | undefined {
  if (!/^[A-Za-z0-9+/=\s]+$/.test(field)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(field, "base64"));
  } catch {
    return undefined;
  }
}

/** The Response in this XML; undefined for anything else. */
export function parseResponse(xml: string): Element | undefined {
  const root = parseXml(xml)?.documentElement ?? null;
  return isNamed(root, PROTOCOL, "Response") ? root : undefined;
}

/** @throws LoginError "assertion-invalid" for what is no response; "provider-refused", with the provider's words, for one that says no */
export function openResponse(field: string, provider: string): Element {
  if (field.replaceAll(/\s+/g, "").length > MAX_CHARACTERS)
    throw invalid(
      provider,
      `is longer than the ${MAX_CHARACTERS} characters that AWS takes`,
      "its administrator has to send fewer roles or attributes",
    );
  const xml = decodeField(field);
  const response = xml === undefined ? undefined : parseResponse(xml);
  if (response === undefined) throw invalid(provider, "is no SAML response");
  const refusal = refusalIn(response);
  if (refusal === undefined) return response;
  throw new LoginError("provider-refused", `the SAML response of ${provider} says ${refusal}`, { provider, step: "assertion" });
}

/** "AuthnFailed: wrong password"; undefined where the login worked. The inner code says more than the outer one. */
function refusalIn(response: Element): string | undefined {
  const [status] = childrenNamed(response, PROTOCOL, "Status");
  const [outer] = childrenNamed(status, PROTOCOL, "StatusCode");
  const code = attributeOf(outer, "Value");
  if (code === undefined || code === SUCCESS) return undefined;
  const inner = attributeOf(childrenNamed(outer, PROTOCOL, "StatusCode")[0], "Value") ?? code;
  const words = textOf(childrenNamed(status, PROTOCOL, "StatusMessage")[0]);
  const name = inner.slice(inner.lastIndexOf(":") + 1);
  return shorten(words === "" ? name : `${name}: ${words}`);
}

/** Its own, not those inside of something else. */
export function assertionsIn(response: Element): Element[] {
  return childrenNamed(response, ASSERTION, "Assertion");
}

/** The error for a response that holds none, or none that can be read. */
export function withoutAssertion(response: Element, provider: string): LoginError {
  if (childrenNamed(response, ASSERTION, "EncryptedAssertion").length === 0) return invalid(provider, "holds no assertion");
  return invalid(
    provider,
    "is encrypted, and only AWS can read which roles it offers",
    "its administrator has to send this application's assertions unencrypted",
  );
}

/** `what` goes on from "the SAML response of idp.example.com". */
export function invalid(provider: string, what: string, hint?: string): LoginError {
  return new LoginError("assertion-invalid", `the SAML response of ${provider} ${what}`, { provider, step: "assertion", hint });
}
