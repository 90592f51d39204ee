/** A SAML response → what a role's trust policy needs to accept it. @see SAML 2.0 Core section 2.4.1.2 for Recipient */

import type { Assertion } from "./assertion.ts";
import { ASSERTION, assertionsIn, invalid, openResponse } from "./response.ts";
import { attributeOf, childrenNamed } from "./xml.ts";

export interface TrustFacts {
  /** Where the response is to be posted. */
  readonly recipient: string;
  readonly hasTags: boolean;
  readonly hasSourceIdentity: boolean;
}

const ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/";

/** @throws LoginError "assertion-invalid" for one that does not say whom it is for, which AWS would not take */
export function trustFactsOf({ raw }: Assertion, provider: string): TrustFacts {
  const assertions = assertionsIn(openResponse(raw.reveal(), provider));
  const recipient = below(assertions, ["Subject", "SubjectConfirmation", "SubjectConfirmationData"])
    .map((data) => attributeOf(data, "Recipient"))
    .find((value) => value !== undefined);
  if (recipient === undefined) throw invalid(provider, "does not say where it is to be posted (Recipient)");
  const names = below(assertions, ["AttributeStatement", "Attribute"]).map((attribute) => attributeOf(attribute, "Name") ?? "");
  return {
    recipient,
    hasTags: names.some((name) => name.startsWith(`${ATTRIBUTES}PrincipalTag:`)),
    hasSourceIdentity: names.includes(`${ATTRIBUTES}SourceIdentity`),
  };
}

/** Down a path of names. */
function below(elements: readonly Element[], path: readonly string[]): readonly Element[] {
  return path.reduce<readonly Element[]>((parents, name) => parents.flatMap((parent) => childrenNamed(parent, ASSERTION, name)), elements);
}
