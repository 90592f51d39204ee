/**
 * The trust policy with which a role accepts an id token, made from the token's own claims.
 *
 * Source: "Creating a role for OpenID Connect federation" in the IAM user guide. The condition keys and the provider's ARN carry the issuer
 * without its scheme, and with its final slash where it has one.
 */

import { parseRoleArn } from "./partition.ts";

/** The claims STS matches a trust policy against. */
export interface TokenClaims {
  readonly issuer: string;
  readonly subject: string;
  readonly audience: readonly string[];
}

/** "arn:aws:iam::123456789012:oidc-provider/host/path", in the role's account. */
export function oidcProviderArn(roleArn: string, issuer: string): string {
  const { partition, account } = parseRoleArn(roleArn);
  return `arn:${partition}:iam::${account}:oidc-provider/${withoutScheme(issuer)}`;
}

/** Pretty-printed JSON that accepts exactly this user's tokens for this client. */
export function trustPolicy(roleArn: string, claims: TokenClaims): string {
  const issuer = withoutScheme(claims.issuer);
  const audience = claims.audience.length === 1 ? claims.audience[0] : claims.audience;
  const statement = {
    Effect: "Allow",
    Principal: { Federated: oidcProviderArn(roleArn, claims.issuer) },
    Action: "sts:AssumeRoleWithWebIdentity",
    Condition: { StringEquals: { [`${issuer}:aud`]: audience, [`${issuer}:sub`]: claims.subject } },
  };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] }, undefined, 2);
}

function withoutScheme(issuer: string): string {
  return issuer.replace(/^https?:\/\//, "");
}
