/**
 * What makes a role trust a login, for the two tools that most infrastructure is made with: the account's OpenID Connect provider and the role.
 *
 * Sources: the Terraform AWS provider's pages of aws_iam_openid_connect_provider and aws_iam_role, "Strings and Templates" of the Terraform
 * language; AWS::IAM::OIDCProvider and AWS::IAM::Role in the CloudFormation reference. Claims come from outside: nothing in them may be read
 * as an expression.
 */

import { UsageError } from "../errors.ts";
import { parseRoleArn } from "./partition.ts";
import { type TokenClaims, trustDocument } from "./trust-policy.ts";

export interface TrustRequest {
  readonly roleArn: string;
  readonly claims: TokenClaims;
  /** Longest life of a session, in seconds; IAM's least is 3600. */
  readonly maxSessionSeconds: number;
}

const LEAST_SESSION_SECONDS = 3600;
const PROVIDER = "aws_iam_openid_connect_provider";
/** Stands in the document for an expression, which is no string. */
const EXPRESSION = Symbol("the provider's ARN");

/** Two resources, in Terraform's language. */
export function terraformConfiguration(request: TrustRequest): string {
  const { claims } = request;
  const role = [
    ["name", quote(parseRoleArn(request.roleArn).name)],
    ["path", quote(pathOf(request.roleArn))],
    ["max_session_duration", String(sessionSeconds(request))],
    ["assume_role_policy", `jsonencode(${expression(trustDocument(EXPRESSION, claims), "  ")})`],
  ] as const;
  const provider = [
    ["url", quote(claims.issuer)],
    ["client_id_list", `[${claims.audience.map(quote).join(", ")}]`],
  ] as const;
  return `${resource(PROVIDER, provider)}\n${resource("aws_iam_role", role)}`;
}

/**
 * A template of the same two, as JSON.
 *
 * @throws UsageError where CloudFormation would look a claim up instead of taking it as it is
 */
export function cloudFormationTemplate(request: TrustRequest): object {
  const { claims, roleArn } = request;
  const reference = [claims.issuer, claims.subject, ...claims.audience].find((text) => text.includes("{{resolve:"));
  if (reference !== undefined) {
    throw new UsageError("a claim of the id token holds what CloudFormation takes for a dynamic reference", {
      hint: "without --cloudformation the policy is plain JSON",
    });
  }
  const role = {
    RoleName: parseRoleArn(roleArn).name,
    Path: pathOf(roleArn),
    MaxSessionDuration: sessionSeconds(request),
    AssumeRolePolicyDocument: trustDocument({ Ref: "LoginProvider" }, claims),
  };
  return {
    AWSTemplateFormatVersion: "2010-09-09",
    Resources: {
      LoginProvider: { Type: "AWS::IAM::OIDCProvider", Properties: { Url: claims.issuer, ClientIdList: claims.audience } },
      LoginRole: { Type: "AWS::IAM::Role", Properties: role },
    },
  };
}

/** The AWS CLI's call that makes the account's provider. */
export function providerCommand({ issuer, audience }: TokenClaims): string {
  return `aws iam create-open-id-connect-provider --url ${shellWord(issuer)} --client-id-list ${audience.map(shellWord).join(" ")}`;
}

function sessionSeconds({ maxSessionSeconds }: TrustRequest): number {
  return Math.max(LEAST_SESSION_SECONDS, maxSessionSeconds);
}

/** "/teams/" of "…:role/teams/Dev". */
function pathOf(roleArn: string): string {
  const path = roleArn.slice(roleArn.indexOf(":role/") + ":role".length);
  return path.slice(0, path.lastIndexOf("/") + 1);
}

/** As `terraform fmt` has it: a value of several lines is not aligned with the others. */
function resource(type: string, values: readonly (readonly [string, string])[]): string {
  const width = Math.max(...values.filter(([, value]) => !value.includes("\n")).map(([name]) => name.length));
  const lines = values.map(([name, value]) => `  ${value.includes("\n") ? name : name.padEnd(width)} = ${value}\n`);
  return `resource "${type}" "login" {\n${lines.join("")}}\n`;
}

/** A value of JSON's kinds as an expression of Terraform's. */
function expression(value: unknown, indent: string): string {
  if (value === EXPRESSION) return `${PROVIDER}.login.arn`;
  if (typeof value === "string") return quote(value);
  const inner = `${indent}  `;
  if (Array.isArray(value)) return `[\n${value.map((item) => `${inner}${expression(item, inner)},\n`).join("")}${indent}]`;
  const lines = Object.entries(value as object).map(([name, item]) => `${inner}${quote(name)} = ${expression(item, inner)}\n`);
  return `{\n${lines.join("")}${indent}}`;
}

/**
 * A quoted string: "${" and "%{" begin templates unless the sign is doubled, and the only escapes are \n, \r, \t, \", \\, \uNNNN and \UNNNNNNNN.
 * Of several signs in a row only the last is doubled, as the others would make that ambiguous.
 */
function quote(text: string): string {
  const escaped = text
    .replaceAll(/["\\]/g, String.raw`\$&`)
    .replaceAll(/[$%]+(?=\{)/g, (signs) => signs.slice(0, -1).replaceAll(/./g, byNumber) + (signs.at(-1) ?? "").repeat(2))
    .replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, byNumber);
  return `"${escaped}"`;
}

function byNumber(character: string): string {
  return String.raw`\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, "0")}`;
}

function shellWord(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
