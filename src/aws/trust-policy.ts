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
  return JSON.stringify(trustDocument(oidcProviderArn(roleArn, claims.issuer), claims), undefined, 2);
}

/** The same as an object; `provider` stands for the provider's ARN, in whatever language. */
export function trustDocument(provider: unknown, claims: TokenClaims): object {
  const issuer = withoutScheme(claims.issuer);
  const audience = claims.audience.map(literal);
  const statement = {
    Effect: "Allow",
    Principal: { Federated: provider },
    Action: "sts:AssumeRoleWithWebIdentity",
    Condition: {
      StringEquals: { [`${issuer}:aud`]: audience.length === 1 ? audience[0] : audience, [`${issuer}:sub`]: literal(claims.subject) },
    },
  };
  return { Version: "2012-10-17", Statement: [statement] };
}

/** In a policy "${…}" is a variable; "${$}" stands for the sign itself ("IAM policy elements: variables and tags"). */
function literal(text: string): string {
  return text.replaceAll("${", "${$}{");
}

function withoutScheme(issuer: string): string {
  return issuer.replace(/^https?:\/\//, "");
}
