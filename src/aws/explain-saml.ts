/**
 * What to do about STS's refusals of a SAML response: at the provider, at its counterpart in IAM, or in the role's trust policy.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_saml.html for the messages and their causes
 */

import { printable } from "../errors.ts";
import type { SamlProof } from "./sts.ts";

export interface SamlCall {
  readonly roleArn: string;
  readonly principalArn: string;
  readonly assertion: SamlProof;
}

type Explain = (call: SamlCall) => string;

const AWS_AUDIENCE = "urn:amazon:webservices";
const ATTRIBUTES = "https://aws.amazon.com/SAML/Attributes/";

/** By words of AWS's message; the first that are in it count. */
const CAUSES: readonly (readonly [words: RegExp, explain: Explain])[] = [
  [/audience/i, () => `the provider's application for AWS has to name ${AWS_AUDIENCE} as the audience`],
  [/signature/i, ({ principalArn }) => `${principalArn} must hold the provider's present metadata: its certificate may have changed`],
  [
    /issuer|provider doesn't exist/i,
    ({ principalArn, assertion }) => `${principalArn} must be there, and hold the metadata of ${printable(assertion.issuer)}`,
  ],
  [
    /RoleSessionName/i,
    () => `the provider's application for AWS has to give ${ATTRIBUTES}RoleSessionName: 2–64 letters, digits or any of _+=,.@-`,
  ],
  [
    /Source ?Identity/i,
    () => `the provider's application for AWS has to give a ${ATTRIBUTES}SourceIdentity of 2–64 letters, digits or any of _+=,.@-`,
  ],
  [
    /TagSession/i,
    ({ roleArn, principalArn }) => `the response has session tags: ${roleArn} must trust ${principalArn} with sts:TagSession as well`,
  ],
];

/** For AccessDenied, InvalidIdentityToken and IDPRejectedClaim. @param message AWS's */
export function samlTrustHint(message: string, call: SamlCall): string {
  const [, explain] = CAUSES.find(([words]) => words.test(message)) ?? [];
  return explain?.(call) ?? trustHint(call);
}

function trustHint({ roleArn, principalArn, assertion }: SamlCall): string {
  const metadata = `that provider in IAM must hold the metadata of ${printable(assertion.issuer)}`;
  return `${roleArn} must trust ${principalArn} with sts:AssumeRoleWithSAML, and ${metadata}; aws-runas trust-policy PROFILE prints the policy`;
}

/** Also for one that is brand-new: then it is the provider's clock that is wrong. */
export const SAML_EXPIRED_HINT =
  "AWS takes a SAML response for five minutes: -r gets a new one; where that is refused too, the provider's clock is wrong";
