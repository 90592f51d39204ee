/**
 * A response that was posted to this machine → the one assertion in it, once it is the answer to this login's request, meant for this
 * address, and of the provider whose metadata there is.
 *
 * What counts is read of what is signed, where that can be told; what only the unsigned envelope says can spoil a login, never make one.
 *
 * @see SAML 2.0 Profiles sections 4.1.4.2 (what a response has) and 4.1.4.3 (what is checked of it)
 */

import { shorten } from "../../errors.ts";
import type { IdpKeys } from "./idp-metadata.ts";
import { readInstant, SKEW_MS } from "./instants.ts";
import type { AuthnRequest } from "./authn-request.ts";
import { ASSERTION, assertionsIn, decodeField, invalid, openResponse, withoutAssertion } from "./response.ts";
import { signaturesIn, verifiedCopy } from "./signed-element.ts";
import { attributeOf, childrenNamed, textOf } from "./xml.ts";

const BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer";

export interface Expectation {
  readonly request: Pick<AuthnRequest, "id" | "acsUrl">;
  /** Undefined where nothing can be verified. */
  readonly keys: IdpKeys | undefined;
  /** The provider's host, for errors. */
  readonly provider: string;
  /** Milliseconds. */
  readonly now: number;
}

/** @throws LoginError "assertion-invalid" naming what is wrong, never its values; "provider-refused" */
export function checkResponse(field: string, expectation: Expectation): Element {
  const { request, keys, provider, now } = expectation;
  const posted = openResponse(field, provider);
  const { response, assertion } = keys === undefined ? onlyAssertion(posted, provider) : verified(posted, { ...expectation, keys, field });
  const destination = attributeOf(response, "Destination");
  if (attributeOf(response, "InResponseTo") !== request.id) throw invalid(provider, "does not answer this login's request");
  if (destination !== undefined && destination !== request.acsUrl) throw invalid(provider, `is for another address than ${request.acsUrl}`);
  if (!hasOneIssuer(response, assertion)) throw invalid(provider, "and the assertion in it are of different issuers");
  if (!isConfirmed(assertion, request, now))
    throw invalid(provider, `holds an assertion that is not for this login at ${request.acsUrl}, or is over`);
  if (!isInItsTime(assertion, now)) throw invalid(provider, "holds an assertion that does not hold now: is this machine's clock right?");
  return assertion;
}

interface Parts {
  readonly response: Element;
  readonly assertion: Element;
}

function onlyAssertion(response: Element, provider: string): Parts {
  const [assertion, ...others] = assertionsIn(response);
  if (others.length > 0) throw invalid(provider, `holds ${others.length + 1} assertions`);
  if (assertion === undefined) throw withoutAssertion(response, provider);
  return { response, assertion };
}

interface Verification extends Expectation {
  readonly keys: IdpKeys;
  readonly field: string;
}

/** Signed is the response, and all in it, or the assertion. */
function verified(posted: Element, { field, keys, provider }: Verification): Parts {
  const { assertion: found } = onlyAssertion(posted, provider);
  const xml = decodeField(field) ?? "";
  const issuer = issuerOf(found);
  const own = keys.get(issuer);
  if (own === undefined) throw invalid(provider, `is of ${shorten(issuer)}, which the provider's metadata does not name`);
  const signed = signaturesIn(posted).length > 0 ? posted : found;
  if (signaturesIn(signed).length === 0) throw invalid(provider, "is not signed");
  const copy = verifiedCopy(xml, signed, own);
  if (copy === undefined) throw invalid(provider, "is not signed with a key of the provider's metadata", HINT);
  const parts = signed === posted ? onlyAssertion(copy, provider) : { response: posted, assertion: copy };
  if (issuerOf(parts.assertion) !== issuer) throw invalid(provider, "is signed for another issuer");
  return parts;
}

const HINT = "if the provider has new keys, or the application keys of its own, set saml_metadata to where they are";

function issuerOf(element: Element): string {
  return textOf(childrenNamed(element, ASSERTION, "Issuer")[0]);
}

/** A response need not say who it is of. */
function hasOneIssuer(response: Element, assertion: Element): boolean {
  return issuerOf(assertion) !== "" && ["", issuerOf(assertion)].includes(issuerOf(response));
}

/** By one of its subject's confirmations: for this request, to this address, still good. */
function isConfirmed(assertion: Element, { id, acsUrl }: Expectation["request"], now: number): boolean {
  const [subject] = childrenNamed(assertion, ASSERTION, "Subject");
  return childrenNamed(subject, ASSERTION, "SubjectConfirmation")
    .filter((confirmation) => attributeOf(confirmation, "Method") === BEARER)
    .flatMap((confirmation) => childrenNamed(confirmation, ASSERTION, "SubjectConfirmationData"))
    .some((data) => {
      const end = readInstant(attributeOf(data, "NotOnOrAfter"));
      const isForUs = attributeOf(data, "Recipient") === acsUrl && attributeOf(data, "InResponseTo") === id;
      return isForUs && end !== undefined && end > now - SKEW_MS;
    });
}

function isInItsTime(assertion: Element, now: number): boolean {
  return childrenNamed(assertion, ASSERTION, "Conditions").every((conditions) => {
    const [start, end] = ["NotBefore", "NotOnOrAfter"].map((name) => attributeOf(conditions, name));
    const hasBegun = start === undefined || (readInstant(start) ?? Number.POSITIVE_INFINITY) <= now + SKEW_MS;
    return hasBegun && (end === undefined || (readInstant(end) ?? 0) > now - SKEW_MS);
  });
}
