/**
 * Errors of STS, IAM and ECR, put so that the reader knows what to change: in the profile, in the role, at the provider or on this machine.
 *
 * Codes: the Errors sections of AssumeRoleWithWebIdentity, AssumeRoleWithSAML and AssumeRole and "Common errors" in the STS API reference. What
 * AWS says is passed on as it is, but what it quotes of token and keys is masked (a refused signature is explained with the headers that were
 * signed).
 */

import { describeOrigin } from "../config/origin.ts";
import type { SessionTerms, Setting } from "../config/profile.ts";
import { AwsError } from "../errors.ts";
import { type Secret, withoutSecrets } from "../secret.ts";
import type { SigningKeys } from "./client.ts";
import { SAML_EXPIRED_HINT, samlTrustHint } from "./explain-saml.ts";
import type { Failure, NoAnswer, Refusal } from "./failure.ts";
import { parseRoleArn, partitionOfRegion, regionOfPartition } from "./partition.ts";
import type { SamlProof } from "./sts.ts";
import { oidcProviderArn, type TokenClaims, trustPolicy } from "./trust-policy.ts";

/** What was asked of AWS. */
export interface Call {
  /** "STS" by default. */
  readonly service?: "STS" | "IAM" | "ECR";
  readonly operation: string;
  readonly roleArn?: string;
  /** The profile's; without one STS is asked in the role's own partition. */
  readonly region?: Setting<string> | undefined;
  readonly durationSeconds?: Setting<number>;
  readonly token?: TokenClaims & { readonly raw: Secret };
  readonly assertion?: SamlProof;
  /** With an assertion. */
  readonly principalArn?: string;
  /** What the session is to carry. */
  readonly terms?: SessionTerms | undefined;
  readonly keys?: SigningKeys;
  readonly mfa?: { readonly serialNumber: string; readonly tokenCode: Secret } | undefined;
}

/** For no answer from AWS, whichever service. */
export const NO_ANSWER_HINT = "check the network and HTTPS_PROXY and NO_PROXY; AWS_CA_BUNDLE, if a proxy signs with a CA of its own";

/** Smaller differences between two clocks are not worth a word. */
const NOTABLE_SKEW_MS = 120_000;

/** Codes that a wrong clock on this machine can cause. */
const TIME_CODES = new Set([
  "ExpiredToken",
  "ExpiredTokenException",
  "IDPRejectedClaim",
  "InvalidIdentityToken",
  "RequestExpired",
  "RequestInTheFuture",
  "SignatureDoesNotMatch",
]);

/** The error to show: "aws-refused" with a hint where there is something to do, "aws-unreachable" naming the endpoint. */
export function explainFailure(failure: Failure, call: Call, endpoint: URL): AwsError {
  return failure.kind === "refused" ? explainRefusal(failure, call) : explainNoAnswer(failure, call, endpoint);
}

function explainRefusal(refusal: Refusal, call: Call): AwsError {
  const target = call.roleArn === undefined ? "" : ` for ${call.roleArn}`;
  const { token, assertion, keys, mfa, service = "STS" } = call;
  const secrets = [token?.raw, assertion?.raw, keys?.sessionToken, keys?.secretAccessKey, mfa?.tokenCode];
  const text = withoutSecrets(refusal.message, secrets).replace(/\.$/, "");
  return new AwsError("aws-refused", `${service} refuses ${call.operation}${target}: ${text} (${refusal.awsCode})`, {
    awsCode: refusal.awsCode,
    requestId: refusal.requestId,
    hint: regionHint(call) ?? ([skewHint(refusal), hintFor(refusal, call)].filter((hint) => hint !== undefined).join("\n") || undefined),
  });
}

function explainNoAnswer(failure: NoAnswer, { service = "STS" }: Call, endpoint: URL): AwsError {
  return new AwsError("aws-unreachable", `no answer from ${service} at ${endpoint.origin}: ${failure.message}`, {
    hint: NO_ANSWER_HINT,
  });
}

/** Before every other: STS knows neither roles, providers nor keys of another partition, and says so in many ways. */
function regionHint({ roleArn, region }: Call): string | undefined {
  if (roleArn === undefined || region === undefined) return undefined;
  const { partition } = parseRoleArn(roleArn);
  if (partitionOfRegion(region.value) === partition) return undefined;
  const where = `${region.value} (${describeOrigin(region.origin)})`;
  return `the role is of the partition ${partition}, and the region ${where} is not: set one of its own, as ${regionOfPartition(partition)}`;
}

function skewHint({ awsCode, clockSkewMs }: Refusal): string | undefined {
  if (!TIME_CODES.has(awsCode) || Math.abs(clockSkewMs) < NOTABLE_SKEW_MS) return undefined;
  const minutes = Math.round(Math.abs(clockSkewMs) / 60_000);
  return `this machine's clock is ${minutes} minutes ${clockSkewMs > 0 ? "behind" : "ahead of"} that of AWS: set it right`;
}

function hintFor(refusal: Refusal, call: Call): string | undefined {
  if (refusal.message.includes("MultiFactorAuthentication failed")) {
    return `a code works once; is ${call.mfa?.serialNumber ?? "mfa_serial"} a device of this user? aws-runas list mfa PROFILE shows them`;
  }
  switch (refusal.awsCode) {
    case "AccessDenied":
    case "InvalidIdentityToken":
      return trustHintOf(refusal, call);
    case "ValidationError":
      return refusal.message.includes("DurationSeconds") ? durationHint(refusal, call) : undefined;
    case "ExpiredToken":
    case "ExpiredTokenException":
    case "IDPRejectedClaim":
      return expiryHint(refusal, call);
    case "MalformedPolicyDocument":
    case "PackedPolicyTooLarge":
      return policyHint(call);
    case "IDPCommunicationError":
      return "AWS itself could not reach the provider to verify the id token: its keys must be open to the internet; try again";
    case "RegionDisabledException":
      return "activate STS for this region in the role's account, or set another region";
    default:
      return undefined;
  }
}

function trustHintOf({ message }: Refusal, { operation, roleArn, token, assertion, principalArn }: Call): string | undefined {
  if (operation === "GetFederationToken") return "the user's policies have to allow sts:GetFederationToken; or use a profile with role_arn";
  if (roleArn === undefined) return undefined;
  if (token !== undefined) return trustHint(roleArn, token);
  if (assertion === undefined || principalArn === undefined) return undefined;
  return samlTrustHint(message, { roleArn, principalArn, assertion });
}

function expiryHint(refusal: Refusal, call: Call): string | undefined {
  if (call.assertion !== undefined) {
    return refusal.awsCode === "IDPRejectedClaim" ? trustHintOf(refusal, call) : SAML_EXPIRED_HINT;
  }
  if (call.token !== undefined) return "-r drops what is cached and gets a new one";
  return "-r drops what is cached; temporary keys that stand in a file or in the environment have to be replaced there";
}

/** Which of them it is about, AWS's message says. */
function policyHint({ terms: { policy, policyArns, tags } = {} }: Call): string | undefined {
  const asked = [policy, policyArns, tags].flatMap((setting) => (setting === undefined ? [] : [describeOrigin(setting.origin)]));
  return asked.length === 0 ? undefined : `what the session was to carry is said by ${[...new Set(asked)].join(" and ")}`;
}

/** Everything the trust of a role in a token rests on: the role's owner can compare, or paste. */
function trustHint(roleArn: string, token: TokenClaims): string {
  return [
    `${roleArn} must trust this id token:`,
    `  issuer    ${token.issuer}`,
    `  audience  ${token.audience.join(", ")}`,
    `  subject   ${token.subject}`,
    `the account must have the provider ${oidcProviderArn(roleArn, token.issuer)} with this audience, and the role this trust policy:`,
    trustPolicy(roleArn, token),
  ].join("\n");
}

/** No maximum of the role's helps keys that are a role's already, as a program of the user's may give them. */
function durationHint({ message }: Refusal, call: Call): string | undefined {
  if (call.roleArn === undefined || call.durationSeconds === undefined) return undefined;
  const { value, origin } = call.durationSeconds;
  if (/role chaining/i.test(message))
    return `ask for 1h or less instead of ${value} seconds (${describeOrigin(origin)}), or start from a user's keys`;
  const raise = `aws iam update-role --role-name ${parseRoleArn(call.roleArn).name} --max-session-duration ${value}`;
  return `${value} seconds (${describeOrigin(origin)}) is more than the role's MaxSessionDuration: ask for less, or raise it with ${raise}`;
}
