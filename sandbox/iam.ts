/**
 * The part of IAM that decides who may assume a role: trust policies as IAM writes them, and the providers an account knows.
 *
 * A request's facts are condition keys with their values ("127.0.0.1:4000:aud"); a statement accepts when its principal, its action and
 * every condition do. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
 */

import type { JSONWebKeySet } from "jose";

import type { SamlFacts } from "./saml.ts";
import { Refusal } from "./sts-answers.ts";

export interface Iam {
  readonly oidcProviders: readonly OidcProvider[];
  readonly samlProviders?: readonly SamlProvider[];
  readonly roles: readonly Role[];
  readonly users?: readonly IamUser[];
}

/** A user with long-term keys. */
export interface IamUser {
  /** "arn:aws:iam::123456789012:user/ivy". */
  readonly arn: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** A virtual MFA device; the secret's raw characters. */
  readonly mfa?: { readonly serialNumber: string; readonly totpSecret: string };
}

export interface OidcProvider {
  /** "123456789012". */
  readonly account: string;
  /** "aws", "aws-cn", "aws-us-gov". */
  readonly partition: string;
  readonly issuer: string;
  /** The client ids it was registered with. */
  readonly audiences: readonly string[];
  /** AWS fetches them from the issuer; here they are given, so that the provider's request log shows what aws-runas does alone. */
  readonly keys: JSONWebKeySet;
}

export interface SamlProvider {
  /** "arn:aws:iam::123456789012:saml-provider/sandbox". */
  readonly arn: string;
  readonly issuer: string;
  /** What AWS does with the keys in the metadata: undefined for what is not of this provider as it stands. */
  readonly read: (response: string) => SamlFacts | undefined;
}

export interface Role {
  readonly arn: string;
  /** 3600–43200. */
  readonly maxSessionSeconds: number;
  readonly trust: readonly TrustStatement[];
}

/** One statement of a trust policy; its effect is always to allow. */
export interface TrustStatement {
  readonly Principal: { readonly Federated: string } | { readonly AWS: string };
  readonly Action: "sts:AssumeRole" | "sts:AssumeRoleWithWebIdentity" | "sts:AssumeRoleWithSAML";
  readonly Condition?: Partial<Readonly<Record<"StringEquals" | "StringLike", Conditions>>>;
}

type Conditions = Readonly<Record<string, string | readonly string[]>>;
export type Facts = Readonly<Record<string, readonly string[]>>;

export interface TrustRequest {
  /** The ARN of the OIDC or SAML provider, or of the calling role or user. */
  readonly principal: string;
  readonly action: TrustStatement["Action"];
  readonly facts: Facts;
}

export function isTrusted(role: Role, request: TrustRequest): boolean {
  return role.trust.some((statement) => {
    const principal = "Federated" in statement.Principal ? statement.Principal.Federated : statement.Principal.AWS;
    const { StringEquals = {}, StringLike = {} } = statement.Condition ?? {};
    return (
      principal === request.principal &&
      statement.Action === request.action &&
      holds(StringEquals, request.facts, (pattern, value) => pattern === value) &&
      holds(StringLike, request.facts, isLike)
    );
  });
}

/** "arn:aws:iam::123456789012:oidc-provider/127.0.0.1:4000". */
export function oidcProviderArn({ partition, account, issuer }: Pick<OidcProvider, "partition" | "account" | "issuer">): string {
  return `arn:${partition}:iam::${account}:oidc-provider/${issuerHost(issuer)}`;
}

/** How condition keys and provider ARNs name an issuer: without its scheme. */
export function issuerHost(issuer: string): string {
  return issuer.replace(/^https?:\/\//, "");
}

export interface RoleName {
  readonly partition: string;
  readonly account: string;
  /** Without the path. */
  readonly role: string;
}

/** @throws Refusal ValidationError for what is not a role's ARN */
export function parseRoleArn(arn: string): RoleName {
  const groups = /^arn:(?<partition>aws[a-z-]*):iam::(?<account>\d{12}):role\/(?:.+\/)?(?<role>[\w+=,.@-]{1,64})$/.exec(arn)?.groups;
  if (groups === undefined) throw new Refusal("ValidationError", `${arn} is invalid`);
  return groups as unknown as RoleName;
}

function holds(conditions: Conditions, facts: Facts, test: (pattern: string, value: string) => boolean): boolean {
  return Object.entries(conditions).every(([key, patterns]) => {
    const values = facts[key] ?? [];
    return [patterns].flat().some((pattern) => values.some((value) => test(pattern, value)));
  });
}

function isLike(pattern: string, value: string): boolean {
  const source = pattern.replaceAll(/[^*?]/g, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
  return new RegExp(`^${source.replaceAll("*", ".*").replaceAll("?", ".")}$`, "su").test(value);
}
