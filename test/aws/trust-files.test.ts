/** The trust of a role as files for Terraform and CloudFormation: what they say, and that nothing in a claim is read as anything but text. */

import { describe, expect, test } from "vitest";
import { cloudFormationTemplate, providerCommand, terraformConfiguration, type TrustRequest } from "../../src/aws/trust-files.ts";
import { trustPolicy } from "../../src/aws/trust-policy.ts";

const CLAIMS = { issuer: "https://id.example.com/realms/main", subject: "8f1c", audience: ["aws"] };
const REQUEST: TrustRequest = { roleArn: "arn:aws-us-gov:iam::123456789012:role/teams/a/Dev", claims: CLAIMS, maxSessionSeconds: 7200 };
const withSubject = (subject: string): TrustRequest => ({ ...REQUEST, claims: { ...CLAIMS, subject } });

test("Terraform's file has the account's provider and the role that trusts it", () => {
  expect(terraformConfiguration(REQUEST)).toBe(`resource "aws_iam_openid_connect_provider" "login" {
  url            = "https://id.example.com/realms/main"
  client_id_list = ["aws"]
}

resource "aws_iam_role" "login" {
  name                 = "Dev"
  path                 = "/teams/a/"
  max_session_duration = 7200
  assume_role_policy = jsonencode({
    "Version" = "2012-10-17"
    "Statement" = [
      {
        "Effect" = "Allow"
        "Principal" = {
          "Federated" = aws_iam_openid_connect_provider.login.arn
        }
        "Action" = "sts:AssumeRoleWithWebIdentity"
        "Condition" = {
          "StringEquals" = {
            "id.example.com/realms/main:aud" = "aws"
            "id.example.com/realms/main:sub" = "8f1c"
          }
        }
      },
    ]
  })
}
`);
});

test("CloudFormation's template has the same", () => {
  expect(cloudFormationTemplate({ ...REQUEST, roleArn: "arn:aws:iam::123456789012:role/Dev", maxSessionSeconds: 900 })).toEqual({
    AWSTemplateFormatVersion: "2010-09-09",
    Resources: {
      LoginProvider: { Type: "AWS::IAM::OIDCProvider", Properties: { Url: CLAIMS.issuer, ClientIdList: ["aws"] } },
      LoginRole: {
        Type: "AWS::IAM::Role",
        Properties: {
          RoleName: "Dev",
          Path: "/",
          MaxSessionDuration: 3600,
          AssumeRolePolicyDocument: {
            Version: "2012-10-17",
            Statement: [
              {
                Effect: "Allow",
                Principal: { Federated: { Ref: "LoginProvider" } },
                Action: "sts:AssumeRoleWithWebIdentity",
                Condition: { StringEquals: { "id.example.com/realms/main:aud": "aws", "id.example.com/realms/main:sub": "8f1c" } },
              },
            ],
          },
        },
      },
    },
  });
});

describe("a claim is text and nothing else", () => {
  test.each([
    // Terraform's templates: "$${" and "%%{" are the signs themselves.
    ["%{ if true }", String.raw`"%%{ if true }"`],
    ["$%{x}", String.raw`"\U00000024%%{x}"`],
    ["$ { $x %", String.raw`"$ { $x %"`],
    ['a"b\\n', String.raw`"a\"b\\n"`],
    ["a\nb\u202e\u0007", String.raw`"a\U0000000ab\U0000202e\U00000007"`],
    ["grüße 😀", '"grüße 😀"'],
  ])("to Terraform: %j", (subject, expected) => {
    expect(terraformConfiguration(withSubject(subject))).toContain(`"id.example.com/realms/main:sub" = ${expected}\n`);
  });

  test("to IAM, whose variables look like Terraform's templates", () => {
    const { Statement } = JSON.parse(trustPolicy(REQUEST.roleArn, { ...CLAIMS, subject: "${aws:username}" })) as {
      Statement: { Condition: unknown }[];
    };
    const equal = { "id.example.com/realms/main:aud": "aws", "id.example.com/realms/main:sub": "${$}{aws:username}" };
    expect(Statement[0]?.Condition).toEqual({ StringEquals: equal });
    expect(terraformConfiguration(withSubject("${file(0)}"))).toContain('= "$${$}{file(0)}"\n');
    expect(terraformConfiguration({ ...REQUEST, claims: { ...CLAIMS, issuer: "https://x/${file(0)}" } })).toContain(
      'url            = "https://x/$${file(0)}"',
    );
    expect(terraformConfiguration({ ...REQUEST, claims: { ...CLAIMS, audience: ["$${a}"] } })).toContain(
      'client_id_list = ["\\U00000024$${a}"]',
    );
  });

  test("to CloudFormation, which would look a dynamic reference up", () => {
    expect(() => cloudFormationTemplate(withSubject("x{{resolve:ssm-secure:key}}"))).toThrow("takes for a dynamic reference");
  });

  test("to a shell", () => {
    expect(providerCommand({ ...CLAIMS, audience: ["a'; rm -rf /", "b"] })).toBe(
      String.raw`aws iam create-open-id-connect-provider --url 'https://id.example.com/realms/main' --client-id-list 'a'\''; rm -rf /' 'b'`,
    );
  });
});
