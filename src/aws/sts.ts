/**
 * The six calls we make to STS, each a pair: build the input (pure), read the output (pure); sending happens between them.
 *
 * Source: the STS API reference (AssumeRoleWithWebIdentity, AssumeRoleWithSAML, AssumeRole, GetSessionToken, GetFederationToken,
 * GetCallerIdentity). This file and client.ts load the SDK: import them only where the network is waited for anyway.
 */

import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  type AssumeRoleCommandOutput,
  AssumeRoleWithSAMLCommand,
  type AssumeRoleWithSAMLCommandInput,
  AssumeRoleWithWebIdentityCommand,
  type AssumeRoleWithWebIdentityCommandInput,
  GetCallerIdentityCommand,
  type GetCallerIdentityCommandOutput,
  GetFederationTokenCommand,
  type GetFederationTokenCommandInput,
  type GetFederationTokenCommandOutput,
  GetSessionTokenCommand,
  type GetSessionTokenCommandInput,
  type STSClient,
} from "@aws-sdk/client-sts";
import type { Profile, SessionTerms, Setting } from "../config/profile.ts";
import { AwsError } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { Clock, Environment } from "../world.ts";
import { connectSts, type SigningKeys } from "./client.ts";
import { type Call, explainFailure } from "./explain.ts";
import { readFailure } from "./failure.ts";
import type { TokenClaims } from "./trust-policy.ts";

export interface WebIdentityRequest {
  readonly roleArn: string;
  /** 2–64 characters of [\w+=,.@-]. */
  readonly sessionName: string;
  /** Seconds, 900–43200. */
  readonly durationSeconds: Setting<number>;
  readonly token: TokenClaims & { readonly raw: Secret };
  /** Only the policies can be sent. */
  readonly terms?: SessionTerms | undefined;
}

export interface SamlRequest {
  readonly roleArn: string;
  /** The identity provider in IAM that vouches for the role: "arn:aws:iam::123456789012:saml-provider/name". */
  readonly principalArn: string;
  /** Seconds, 900–43200. */
  readonly durationSeconds: Setting<number>;
  readonly assertion: SamlProof;
  /** Only the policies can be sent. */
  readonly terms?: SessionTerms | undefined;
}

/** A SAML response and its issuer. */
export interface SamlProof {
  /** Base64. */
  readonly raw: Secret;
  readonly issuer: string;
}

/** A code of the user's MFA device. */
export interface MfaProof {
  /** The device's ARN or serial number. */
  readonly serialNumber: string;
  /** Six digits, good for one call. */
  readonly tokenCode: Secret;
}

export interface RoleRequest {
  readonly roleArn: string;
  readonly sessionName: string;
  /** Seconds, 900–43200; 3600 at most with another role's credentials. */
  readonly durationSeconds: Setting<number>;
  readonly externalId?: string | undefined;
  readonly terms?: SessionTerms | undefined;
  readonly mfa?: MfaProof | undefined;
  readonly keys: SigningKeys;
}

export interface SessionRequest {
  /** Seconds, 900–129600. */
  readonly durationSeconds: Setting<number>;
  readonly mfa?: MfaProof | undefined;
  /** A user's long-term ones. */
  readonly keys: SigningKeys;
}

export interface FederationRequest {
  /** 2–32 characters of [\w+=,.@-]. */
  readonly name: string;
  /** Seconds, 900–129600; an account's root gets an hour at most. */
  readonly durationSeconds: number;
  /** A user's long-term ones. */
  readonly keys: SigningKeys;
}

/** Credentials that STS gave. */
export interface IssuedKeys extends SigningKeys {
  readonly sessionToken: Secret;
  readonly expiresAt: Date;
}

export interface AssumedRole extends IssuedKeys {
  /** "arn:aws:sts::123456789012:assumed-role/name/session". */
  readonly assumedRoleArn: string;
}

export interface FederatedUser extends IssuedKeys {
  /** "arn:aws:sts::123456789012:federated-user/name". */
  readonly federatedUserArn: string;
}

export interface CallerIdentity {
  readonly account: string;
  readonly arn: string;
  readonly userId: string;
}

export interface StsOptions {
  readonly env: Environment;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** Every call throws `AwsError`: "aws-refused" with STS's answer explained, "aws-unreachable" naming the endpoint. */
export interface Sts {
  assumeRoleWithWebIdentity(request: WebIdentityRequest): Promise<AssumedRole>;
  assumeRoleWithSaml(request: SamlRequest): Promise<AssumedRole>;
  assumeRole(request: RoleRequest): Promise<AssumedRole>;
  getSessionToken(request: SessionRequest): Promise<IssuedKeys>;
  /** All that the user may do: STS grants what the user's policies and the session's both allow, and the latter allows all. */
  getFederationToken(request: FederationRequest): Promise<FederatedUser>;
  getCallerIdentity(keys: SigningKeys): Promise<CallerIdentity>;
}

const ALL_ALLOWED = JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "*", Resource: "*" }] });

/** STS where the profile says it is: its region, endpoint, FIPS and dual-stack settings, through the environment's proxies and CAs. */
export function openSts(profile: Profile, options: StsOptions): Sts {
  const exchange = exchangeWith(profile, options);
  const until = options.signal === undefined ? {} : { abortSignal: options.signal };
  return {
    assumeRoleWithWebIdentity: (request) =>
      exchange({ operation: "AssumeRoleWithWebIdentity", ...request }, async (client) =>
        readAssumedRole(await client.send(new AssumeRoleWithWebIdentityCommand(webIdentityInput(request)), until)),
      ),
    assumeRoleWithSaml: (request) =>
      exchange({ operation: "AssumeRoleWithSAML", ...request }, async (client) =>
        readAssumedRole(await client.send(new AssumeRoleWithSAMLCommand(samlInput(request)), until)),
      ),
    assumeRole: (request) =>
      exchange({ operation: "AssumeRole", ...request }, async (client) =>
        readAssumedRole(await client.send(new AssumeRoleCommand(roleInput(request)), until)),
      ),
    getSessionToken: (request) =>
      exchange({ operation: "GetSessionToken", ...request }, async (client) =>
        readIssuedKeys((await client.send(new GetSessionTokenCommand(sessionInput(request)), until)).Credentials),
      ),
    getFederationToken: ({ keys, ...wanted }) =>
      exchange({ operation: "GetFederationToken", keys }, async (client) =>
        readFederatedUser(await client.send(new GetFederationTokenCommand(federationInput(wanted)), until)),
      ),
    getCallerIdentity: (keys) =>
      exchange({ operation: "GetCallerIdentity", keys }, async (client) =>
        readCallerIdentity(await client.send(new GetCallerIdentityCommand({}), until)),
      ),
  };
}

type Exchange = <T>(call: Call, send: (client: STSClient) => Promise<T | undefined>) => Promise<T>;

function exchangeWith(profile: Profile, { env, clock }: StsOptions): Exchange {
  return async (call, send) => {
    const { client, endpoint } = connectSts(profile, env, call.keys);
    const answer = await send(client)
      .catch((error: unknown) => {
        throw explainFailure(readFailure(error, clock.now()), { ...call, region: profile.region }, endpoint);
      })
      .finally(() => client.destroy());
    if (answer === undefined) throw new AwsError("aws-unreachable", `${endpoint.origin} does not answer ${call.operation} as STS does`);
    return answer;
  };
}

/** What is sent; the token goes out unsigned, it is the proof. */
export function webIdentityInput(request: WebIdentityRequest): AssumeRoleWithWebIdentityCommandInput {
  return {
    RoleArn: request.roleArn,
    RoleSessionName: request.sessionName,
    DurationSeconds: request.durationSeconds.value,
    WebIdentityToken: request.token.raw.reveal(),
    ...policyInput(request.terms),
  };
}

/** Unsigned as well; the session's name is the assertion's. */
export function samlInput(request: SamlRequest): AssumeRoleWithSAMLCommandInput {
  return {
    RoleArn: request.roleArn,
    PrincipalArn: request.principalArn,
    DurationSeconds: request.durationSeconds.value,
    SAMLAssertion: request.assertion.raw.reveal(),
    ...policyInput(request.terms),
  };
}

export function roleInput(request: RoleRequest): AssumeRoleCommandInput {
  return {
    RoleArn: request.roleArn,
    RoleSessionName: request.sessionName,
    DurationSeconds: request.durationSeconds.value,
    ...(request.externalId === undefined ? {} : { ExternalId: request.externalId }),
    ...policyInput(request.terms),
    ...tagInput(request.terms),
    ...mfaInput(request.mfa),
  };
}

function sessionInput({ durationSeconds, mfa }: SessionRequest): GetSessionTokenCommandInput {
  return { DurationSeconds: durationSeconds.value, ...mfaInput(mfa) };
}

function federationInput({ name, durationSeconds }: Omit<FederationRequest, "keys">): GetFederationTokenCommandInput {
  return { Name: name, DurationSeconds: durationSeconds, Policy: ALL_ALLOWED };
}

function mfaInput(mfa: MfaProof | undefined) {
  return mfa === undefined ? {} : { SerialNumber: mfa.serialNumber, TokenCode: mfa.tokenCode.reveal() };
}

function policyInput({ policy, policyArns }: SessionTerms = {}) {
  return {
    ...(policy === undefined ? {} : { Policy: policy.value }),
    ...(policyArns === undefined ? {} : { PolicyArns: policyArns.value.map((arn) => ({ arn })) }),
  };
}

function tagInput({ tags, transitiveTags, sourceIdentity }: SessionTerms = {}) {
  return {
    ...(tags === undefined ? {} : { Tags: tags.value.map(asTag) }),
    ...(transitiveTags === undefined ? {} : { TransitiveTagKeys: [...transitiveTags.value] }),
    ...(sourceIdentity === undefined ? {} : { SourceIdentity: sourceIdentity.value }),
  };
}

function asTag(text: string): { Key: string; Value: string } {
  const equals = text.indexOf("=");
  return { Key: text.slice(0, equals), Value: text.slice(equals + 1) };
}

/** Undefined when a part is missing. */
export function readAssumedRole(output: Pick<AssumeRoleCommandOutput, "Credentials" | "AssumedRoleUser">): AssumedRole | undefined {
  const keys = readIssuedKeys(output.Credentials);
  const assumedRoleArn = output.AssumedRoleUser?.Arn;
  return keys && assumedRoleArn ? { ...keys, assumedRoleArn } : undefined;
}

/** Undefined when a part is missing. */
function readFederatedUser(output: GetFederationTokenCommandOutput): FederatedUser | undefined {
  const keys = readIssuedKeys(output.Credentials);
  const federatedUserArn = output.FederatedUser?.Arn;
  return keys && federatedUserArn ? { ...keys, federatedUserArn } : undefined;
}

/** Undefined when a part is missing. */
function readIssuedKeys(issued: AssumeRoleCommandOutput["Credentials"]): IssuedKeys | undefined {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = issued ?? {};
  if (!AccessKeyId || !SecretAccessKey || !SessionToken || !Expiration) return undefined;
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: new Secret(SecretAccessKey),
    sessionToken: new Secret(SessionToken),
    expiresAt: Expiration,
  };
}

/** Undefined when a part is missing. */
export function readCallerIdentity({
  Account,
  Arn,
  UserId,
}: Omit<GetCallerIdentityCommandOutput, "$metadata">): CallerIdentity | undefined {
  return Account && Arn && UserId ? { account: Account, arn: Arn, userId: UserId } : undefined;
}
