/**
 * What STS makes of a SAML response: which registered provider made it, for whom, for which roles, and that it still holds.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithSAML.html
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_saml.html for the words
 */

import type { Facts, Iam } from "./iam.ts";
import { AWS_AUDIENCE, type SamlFacts } from "./saml.ts";
import { Refusal } from "./sts-answers.ts";

export interface SamlIdentity extends SamlFacts {
  /** What a trust policy's conditions can ask about. */
  readonly conditions: Facts;
}

interface Context {
  readonly iam: Iam;
  readonly principalArn: string;
  readonly roleArn: string;
  readonly nowMs: number;
}

const REDEEMED_WITHIN_MS = 300_000;

/** @throws Refusal InvalidIdentityToken, ExpiredTokenException, AccessDenied */
export function verifyResponse(response: string, { iam, principalArn, roleArn, nowMs }: Context): SamlIdentity {
  const provider = iam.samlProviders?.find(({ arn }) => arn === principalArn);
  if (provider === undefined) throw invalid("Specified provider doesn't exist");
  const facts = provider.read(response);
  if (facts === undefined) throw invalid("Response signature invalid");
  if (facts.issuer !== provider.issuer) throw invalid("Issuer not present in specified provider");
  if (facts.audience !== AWS_AUDIENCE) throw invalid("Response does not contain the required audience.");
  if (nowMs >= Math.min(facts.notOnOrAfterMs, facts.issuedAtMs + REDEEMED_WITHIN_MS)) {
    throw new Refusal("ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance");
  }
  const isOffered = facts.app.roles.some((role) => role.roleArn === roleArn && role.principalArn === principalArn);
  if (!isOffered) throw new Refusal("AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML", 403);
  return { ...facts, conditions: { "SAML:aud": [facts.recipient], "SAML:iss": [facts.issuer] } };
}

function invalid(message: string): Refusal {
  return new Refusal("InvalidIdentityToken", message);
}
