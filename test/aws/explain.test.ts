import { describe, expect, test } from "vitest";
import { type Call, explainFailure } from "../../src/aws/explain.ts";
import { readFailure, type Refusal } from "../../src/aws/failure.ts";
import { Secret } from "../../src/secret.ts";
import { KEYS, setting, TOKEN } from "./fixtures.ts";

const ENDPOINT = new URL("https://sts.eu-west-1.amazonaws.com/");
const ROLE = "arn:aws-cn:iam::210987654321:role/teams/Dev";
const BY_TOKEN: Call = { operation: "AssumeRoleWithWebIdentity", roleArn: ROLE, durationSeconds: setting(43200), token: TOKEN };
const BY_ROLE: Call = { operation: "AssumeRole", roleArn: ROLE, durationSeconds: setting(43200) };

function refused(awsCode: string, changes: Partial<Refusal> = {}): Refusal {
  return { kind: "refused", awsCode, message: "No.", requestId: "r", clockSkewMs: 0, ...changes };
}

describe("a token that the role does not trust", () => {
  test.each(["AccessDenied", "InvalidIdentityToken"])("%s shows the token's claims and a trust policy that would accept it", (code) => {
    const { hint = "" } = explainFailure(refused(code), BY_TOKEN, ENDPOINT);
    expect(hint).toContain("issuer    https://id.example.com/realms/main");
    expect(hint).toContain("audience  aws");
    expect(hint).toContain("subject   8f1c");
    expect(JSON.parse(hint.slice(hint.indexOf("{")))).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Federated: "arn:aws-cn:iam::210987654321:oidc-provider/id.example.com/realms/main" },
          Action: "sts:AssumeRoleWithWebIdentity",
          Condition: { StringEquals: { "id.example.com/realms/main:aud": "aws", "id.example.com/realms/main:sub": "8f1c" } },
        },
      ],
    });
  });

  test("a clock that is wrong is named as well", () => {
    const { hint } = explainFailure(refused("InvalidIdentityToken", { clockSkewMs: 600_000 }), BY_TOKEN, ENDPOINT);
    expect(hint).toMatch(/^this machine's clock is 10 minutes behind[^]*"Version": "2012-10-17"/);
  });

  test("AccessDenied of a role assumed by a role says nothing of tokens", () => {
    expect(explainFailure(refused("AccessDenied"), BY_ROLE, ENDPOINT).hint).toBeUndefined();
  });

  test("AccessDenied of a federated user's session says what the user lacks", () => {
    const { hint } = explainFailure(refused("AccessDenied"), { operation: "GetFederationToken", keys: KEYS }, ENDPOINT);
    expect(hint).toBe("the user's policies have to allow sts:GetFederationToken; or use a profile with role_arn");
  });

  test("an issuer's port and final slash stay, as IAM keeps them", () => {
    const token = { ...TOKEN, issuer: "https://id.example.com:8443/" };
    const { hint } = explainFailure(refused("AccessDenied"), { ...BY_TOKEN, token }, ENDPOINT);
    expect(hint).toContain('"id.example.com:8443/:aud"');
  });

  test("a token that STS quotes is masked", () => {
    const message = `1 validation error detected: Value '${TOKEN.raw.reveal()}' at 'webIdentityToken' failed`;
    const error = explainFailure(refused("ValidationError", { message }), BY_TOKEN, ENDPOINT);
    expect(error.message).toContain("Value '[secret]' at");
  });

  test("keys that STS quotes of a signed request are masked", () => {
    const message = `the canonical string should have been 'POST x-amz-security-token:${KEYS.sessionToken.reveal()}'`;
    const error = explainFailure(refused("SignatureDoesNotMatch", { message }), { operation: "AssumeRole", keys: KEYS }, ENDPOINT);
    expect(error.message).toContain("x-amz-security-token:[secret]'");
  });
});

describe("a SAML response that STS does not take", () => {
  const PRINCIPAL = "arn:aws-cn:iam::210987654321:saml-provider/idp";
  const RESPONSE = "PHNhbWxwOlJlc3BvbnNlPi4uLjwvc2FtbHA6UmVzcG9uc2U+";
  const assertion = { raw: new Secret(RESPONSE), issuer: "https://id.example.com/saml\u001b[31m" };
  const call: Call = {
    operation: "AssumeRoleWithSAML",
    roleArn: ROLE,
    durationSeconds: setting(43200),
    principalArn: PRINCIPAL,
    assertion,
  };
  const hintOf = (code: string, message = "No.") => explainFailure(refused(code, { message }), call, ENDPOINT).hint ?? "";

  // The messages are those of "Troubleshoot SAML federation with IAM" in the IAM user guide.
  test.each([
    ["AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML", `${ROLE} must trust ${PRINCIPAL} with sts:AssumeRoleWithSAML`],
    ["InvalidIdentityToken", "Response signature invalid", `${PRINCIPAL} must hold the provider's present metadata`],
    ["InvalidIdentityToken", "Issuer not present in specified provider", "hold the metadata of https://id.example.com/saml"],
    ["InvalidIdentityToken", "Specified provider doesn't exist", `${PRINCIPAL} must be there`],
    ["InvalidIdentityToken", "Response does not contain the required audience.", "urn:amazon:webservices"],
    ["InvalidIdentityToken", "RoleSessionName is required in AuthnResponse", "Attributes/RoleSessionName: 2–64 letters"],
    ["InvalidIdentityToken", 'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"', "Attributes/SourceIdentity"],
    ["AccessDenied", "Not authorized to perform: sts:TagSession", "with sts:TagSession as well"],
    ["IDPRejectedClaim", "The identity provider rejected the claim", `${ROLE} must trust`],
    [
      "ExpiredTokenException",
      "Token must be redeemed within 5 minutes of issuance",
      "-r gets a new one; where that is refused too, the provider's clock",
    ],
  ])("%s, %s: says what to change", (code, message, hint) => {
    expect(hintOf(code, message)).toContain(hint);
  });

  test("its issuer is made fit for a terminal", () => {
    expect(hintOf("AccessDenied")).toContain("https://id.example.com/saml\\u{1b}[31m");
  });

  test("that is quoted is masked", () => {
    const message = `Value '${RESPONSE}' at 'sAMLAssertion' failed to satisfy constraint`;
    const error = explainFailure(refused("ValidationError", { message }), call, ENDPOINT);
    expect(error.message).toContain("Value '[secret]' at 'sAMLAssertion'");
    expect(JSON.stringify(error)).not.toContain(RESPONSE);
  });

  test("for its duration is explained as for a token", () => {
    expect(hintOf("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")).toContain(
      "aws iam update-role --role-name Dev --max-session-duration 43200",
    );
  });

  test.each(["MalformedPolicyDocument", "PackedPolicyTooLarge"])("%s names where the session's policy is said", (code) => {
    const policy = { value: "{}", origin: { layer: "flag", flag: "--session-policy" } } as const;
    expect(explainFailure(refused(code), { ...call, terms: { policy } }, ENDPOINT).hint).toContain("the flag --session-policy");
    expect(explainFailure(refused(code), call, ENDPOINT).hint).toBeUndefined();
  });
});

describe("what else STS refuses", () => {
  test("a duration above the role's maximum names it, where it was asked for, and how to raise it", () => {
    const message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
    const durationSeconds = { value: 43200, origin: { layer: "flag", flag: "-a" } } as const;
    const { hint } = explainFailure(refused("ValidationError", { message }), { ...BY_TOKEN, durationSeconds }, ENDPOINT);
    expect(hint).toContain("43200 seconds (the flag -a) is more than the role's MaxSessionDuration");
    expect(hint).toContain("aws iam update-role --role-name Dev --max-session-duration 43200");
  });

  test("a duration above an hour of keys that are a role's already is not put down to the role's maximum, which would not help", () => {
    const message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining";
    const { hint } = explainFailure(refused("ValidationError", { message }), BY_ROLE, ENDPOINT);
    expect(hint).toMatch(/^ask for 1h or less instead of 43200 seconds/);
    expect(hint).not.toContain("update-role");
  });

  test.each([
    ["arn:aws-cn:iam::210987654321:role/Dev", "eu-west-1", "aws-cn", "cn-north-1"],
    ["arn:aws:iam::210987654321:role/Dev", "us-gov-east-1", "aws", "us-east-1"],
    ["arn:aws-iso-b:iam::210987654321:role/Dev", "us-iso-east-1", "aws-iso-b", "us-isob-east-1"],
  ])("of %s in %s anything is put down to the region, of another partition", (roleArn, region, partition, better) => {
    const call = { ...BY_ROLE, roleArn, region: setting(region) };
    const { hint } = explainFailure(refused("ValidationError", { message: "Request ARN is invalid" }), call, ENDPOINT);
    expect(hint).toMatch(new RegExp(`^the role is of the partition ${partition}, and the region ${region} .* is not: .* ${better}$`));
  });

  test.each([
    ["aws", "ap-southeast-7"],
    ["aws-us-gov", "us-gov-east-1"],
    ["aws-eusc", "eusc-de-east-1"],
  ])("of the partition %s in %s nothing is", (partition, region) => {
    const call = { ...BY_ROLE, roleArn: `arn:${partition}:iam::210987654321:role/Dev`, region: setting(region) };
    expect(explainFailure(refused("ValidationError", { message: "Request ARN is invalid" }), call, ENDPOINT).hint).toBeUndefined();
  });

  test("another ValidationError has no such hint", () => {
    expect(explainFailure(refused("ValidationError", { message: "roleArn is bad" }), BY_TOKEN, ENDPOINT).hint).toBeUndefined();
  });

  test.each([
    ["ExpiredTokenException", 7 * 60_000, "7 minutes behind"],
    ["SignatureDoesNotMatch", -16 * 60_000, "16 minutes ahead of"],
  ])("%s with a clock that is wrong says by how much", (code, clockSkewMs, words) => {
    expect(explainFailure(refused(code, { clockSkewMs }), BY_TOKEN, ENDPOINT).hint).toContain(`this machine's clock is ${words}`);
  });

  test("a clock that is right, or a refusal that has nothing to do with time, is not blamed on it", () => {
    expect(explainFailure(refused("ExpiredTokenException", { clockSkewMs: 5_000 }), BY_TOKEN, ENDPOINT).hint).not.toContain("clock");
    expect(explainFailure(refused("AccessDenied", { clockSkewMs: 3_600_000 }), BY_TOKEN, ENDPOINT).hint).not.toContain("clock");
  });

  test("keys that have expired are dropped from the cache, or replaced where they stand; a token is got anew", () => {
    expect(explainFailure(refused("ExpiredToken"), BY_ROLE, ENDPOINT).hint).toMatch(/^-r drops what is cached; .* replaced there$/);
    expect(explainFailure(refused("ExpiredTokenException"), BY_TOKEN, ENDPOINT).hint).toBe("-r drops what is cached and gets a new one");
  });

  test("the final full stop of STS's sentence is dropped and its code is kept", () => {
    const error = explainFailure(refused("RegionDisabledException"), BY_ROLE, ENDPOINT);
    expect(error).toMatchObject({ code: "aws-refused", message: `STS refuses AssumeRole for ${ROLE}: No (RegionDisabledException)` });
  });
});

describe("what the SDK throws", () => {
  test("the first of several addresses' failures stands for all", () => {
    const failure = readFailure(new AggregateError([new Error("connect ECONNREFUSED ::1:443")]), 0);
    const error = explainFailure(failure, BY_TOKEN, ENDPOINT);
    expect(error).toMatchObject({
      code: "aws-unreachable",
      message: expect.stringContaining("amazonaws.com: connect ECONNREFUSED ::1:443"),
    });
  });

  test("an answer without one of AWS's codes is a proxy's, whichever service was asked", () => {
    const failure = readFailure(Object.assign(new Error("Unknown"), { name: "Unknown", $response: { statusCode: 407 } }), 0);
    expect(failure).toEqual({ kind: "no-answer", message: "status 407 without an error code of AWS" });
    const { message } = explainFailure(failure, { service: "ECR", operation: "GetAuthorizationToken" }, ENDPOINT);
    expect(message).toMatch(/^no answer from ECR at /);
    expect(message).not.toContain("STS");
  });

  test("a Date that is none says nothing of the clock", () => {
    const error = { Code: "AccessDenied", message: "no", $response: { statusCode: 403, headers: { date: "soon" } } };
    expect(readFailure(error, 1_000)).toMatchObject({ clockSkewMs: 0 });
  });
});
