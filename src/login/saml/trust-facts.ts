/** A SAML response → what a role's trust policy has to say to take it. @see SAML 2.0 Core section 2.4.1.2 for Recipient */

import { LoginError } from "../../errors.ts";
import type { Assertion } from "./assertion.ts";
import { elementsNamed, parseXml } from "./xml.ts";

export interface TrustFacts {
  /** Where the response is to be posted. */
  readonly recipient: string;
  readonly hasTags: boolean;
  readonly hasSourceIdentity: boolean;
}

const ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion";
const ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/";

/** @throws LoginError "assertion-invalid" for one that does not say whom it is for, which AWS would not take */
export function trustFactsOf({ raw }: Assertion, provider: string): TrustFacts {
  const document = parseXml(Buffer.from(raw.reveal(), "base64").toString("utf8"));
  const confirmations = document === undefined ? [] : elementsNamed(document, ASSERTION, "SubjectConfirmationData");
  const recipient = confirmations.map((data) => data.getAttribute("Recipient") ?? "").find((value) => value !== "");
  if (document === undefined || recipient === undefined) {
    const message = `the SAML response of ${provider} does not say where it is to be posted (Recipient)`;
    throw new LoginError("assertion-invalid", message, { provider, step: "assertion" });
  }
  const names = elementsNamed(document, ASSERTION, "Attribute").map((attribute) => attribute.getAttribute("Name") ?? "");
  return {
    recipient,
    hasTags: names.some((name) => name.startsWith(`${ATTRIBUTES}PrincipalTag:`)),
    hasSourceIdentity: names.includes(`${ATTRIBUTES}SourceIdentity`),
  };
}
