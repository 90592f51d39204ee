/**
 * The whole sandbox: an OpenID provider with a SAML side, an STS that trusts it, and the AWS configuration of someone who uses both.
 *
 * Everything is on 127.0.0.1 at free ports and gone after `stop()`.
 */

import { type Iam, type IamUser, issuerHost, oidcProviderArn, type Role, type TrustStatement } from "./iam.ts";
import type { Lifetimes, SandboxClient } from "./provider-configuration.ts";
import { type SandboxProvider, type SandboxUser, startProvider } from "./provider.ts";
import { AWS_RECIPIENT, type SamlApp } from "./saml.ts";
import { type SandboxSts, startSts } from "./sts.ts";

export interface SandboxOptions {
  readonly lifetimes?: Partial<Lifetimes>;
  /** The clock of STS and SAML, in milliseconds since the epoch; OpenID Connect always goes by the machine's. */
  readonly now?: () => number;
}

export interface Sandbox {
  readonly provider: SandboxProvider;
  readonly sts: SandboxSts;
  readonly users: typeof USERS;
  readonly iamUsers: typeof IAM_USERS;
  /** For ~/.aws/config: a profile for each role and each kind of login. */
  readonly configText: string;
  /** What aws-runas and the wrapped command need to find the sandbox. */
  readonly environment: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

interface Place {
  readonly partition: string;
  readonly account: string;
}

const STANDARD: Place = { partition: "aws", account: "123456789012" };
const CHINA: Place = { partition: "aws-cn", account: "210987654321" };

/** alice has a password; tess an authenticator as well. */
const USERS = {
  alice: { name: "alice", password: "wonderland-1865" },
  tess: { name: "tess", password: "durbeyfield-1891", totpSecret: "12345678901234567890" },
} as const satisfies Record<string, SandboxUser>;

/** Users of IAM: ivy has keys alone, mia an authenticator as well. */
const IAM_USERS = {
  ivy: {
    arn: "arn:aws:iam::123456789012:user/staff/ivy",
    accessKeyId: "AKIAIVY0000000000001",
    secretAccessKey: "ivy/secret+key",
  },
  mia: {
    arn: "arn:aws:iam::123456789012:user/mia",
    accessKeyId: "AKIAMIA0000000000001",
    secretAccessKey: "mia/secret+key",
    mfa: { serialNumber: "arn:aws:iam::123456789012:mfa/mia", totpSecret: "mias-authenticator-1" },
  },
} as const satisfies Record<string, IamUser>;

/** Those that AWS knows. */
const REGISTERED: readonly SandboxClient[] = [
  { id: "aws-runas" },
  { id: "aws-runas-two-pages", isOnTwoPages: true },
  { id: "aws-runas-consent", asksConsent: true },
];

/** "aws" offers several roles, "one" a single one, and sessions of at most half an hour. */
const SAML_APPS: readonly SamlApp[] = [
  { name: "aws", roles: [...["developer", "short", "jump"].map((name) => offered(name)), offered("developer", CHINA)] },
  { name: "one", roles: [offered("developer")], sessionSeconds: 1800 },
];

const UNREGISTERED: SandboxClient = { id: "unregistered" };

export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const clients = [...REGISTERED, UNREGISTERED];
  const provider = await startProvider({
    users: Object.values(USERS),
    clients,
    lifetimes: options.lifetimes ?? {},
    samlApps: SAML_APPS,
    now: options.now,
  });
  const sts = await startSts({ iam: iamFor(provider), now: options.now });
  return {
    provider,
    sts,
    users: USERS,
    iamUsers: IAM_USERS,
    configText: configFor(provider.issuer),
    environment: { AWS_ENDPOINT_URL_STS: sts.origin, NO_PROXY: "127.0.0.1" },
    stop: async () => {
      await Promise.all([provider.close(), sts.close()]);
    },
  };
}

function iamFor({ issuer, publicKeys: keys, saml }: SandboxProvider): Iam {
  const audiences = REGISTERED.map((client) => client.id);
  const oidcProviders = [STANDARD, CHINA].map((place) => ({ ...place, issuer, audiences, keys }));
  const samlProviders = [STANDARD, CHINA].map((place) => ({ arn: samlArn(place), issuer: saml.entityId, read: saml.read }));
  return { oidcProviders, samlProviders, roles: [...rolesFor(issuer, audiences), ...rolesForUsers()], users: Object.values(IAM_USERS) };
}

function rolesFor(issuer: string, audiences: readonly string[]): Role[] {
  const anyone = fromLogin(issuer, audiences);
  const fromJump: TrustStatement = { Principal: { AWS: roleArn("jump") }, Action: "sts:AssumeRole" };
  const fromPartner = { ...fromJump, Condition: { StringEquals: { "sts:ExternalId": "contract-7" } } };
  return [
    { arn: roleArn("developer"), maxSessionSeconds: 43_200, trust: [anyone, bySaml()] },
    { arn: roleArn("short"), maxSessionSeconds: 3600, trust: [anyone, bySaml()] },
    { arn: roleArn("tess-only"), maxSessionSeconds: 3600, trust: [fromLogin(issuer, audiences, { subject: "id-of-tess" })] },
    { arn: roleArn("jump"), maxSessionSeconds: 43_200, trust: [anyone, bySaml()] },
    { arn: roleArn("target"), maxSessionSeconds: 43_200, trust: [fromJump] },
    { arn: roleArn("partner"), maxSessionSeconds: 43_200, trust: [fromPartner] },
    { arn: roleArn("developer", CHINA), maxSessionSeconds: 43_200, trust: [fromLogin(issuer, audiences, { place: CHINA }), bySaml(CHINA)] },
  ];
}

/** "guarded" asks for MFA; the links are assumed one from the other. */
function rolesForUsers(): Role[] {
  const from = (arn: string): TrustStatement => ({ Principal: { AWS: arn }, Action: "sts:AssumeRole" });
  const users = [from(IAM_USERS.ivy.arn), from(IAM_USERS.mia.arn)];
  const withMfa = { StringEquals: { "aws:MultiFactorAuthPresent": "true" } };
  return [
    { arn: roleArn("link-1"), maxSessionSeconds: 43_200, trust: users },
    { arn: roleArn("link-2"), maxSessionSeconds: 43_200, trust: [from(roleArn("link-1"))] },
    { arn: roleArn("link-3"), maxSessionSeconds: 43_200, trust: [from(roleArn("link-2"))] },
    { arn: roleArn("guarded"), maxSessionSeconds: 43_200, trust: users.map((statement) => ({ ...statement, Condition: withMfa })) },
  ];
}

function fromLogin(issuer: string, audiences: readonly string[], { subject = "id-of-*", place = STANDARD } = {}): TrustStatement {
  const host = issuerHost(issuer);
  return {
    Principal: { Federated: oidcProviderArn({ ...place, issuer }) },
    Action: "sts:AssumeRoleWithWebIdentity",
    Condition: { StringEquals: { [`${host}:aud`]: audiences }, StringLike: { [`${host}:sub`]: subject } },
  };
}

function offered(name: string, place = STANDARD): SamlApp["roles"][number] {
  return { roleArn: roleArn(name, place), principalArn: samlArn(place) };
}

function bySaml(place = STANDARD): TrustStatement {
  return {
    Principal: { Federated: samlArn(place) },
    Action: "sts:AssumeRoleWithSAML",
    Condition: { StringEquals: { "SAML:aud": AWS_RECIPIENT } },
  };
}

function samlArn({ partition, account }: Place): string {
  return `arn:${partition}:iam::${account}:saml-provider/sandbox`;
}

function roleArn(name: string, { partition, account } = STANDARD): string {
  return `arn:${partition}:iam::${account}:role/${name}`;
}

function configFor(issuer: string): string {
  const developer = { source_profile: "sandbox", role_arn: roleArn("developer") };
  const sections: Record<string, Readonly<Record<string, string>>> = {
    sandbox: {
      web_identity_auth_url: issuer,
      web_identity_provider: "oidc",
      web_identity_client_id: "aws-runas",
      web_identity_redirect_uri: "app:/callback",
      web_identity_username: "alice",
      region: "eu-central-1",
    },
    developer,
    short: { ...developer, role_arn: roleArn("short") },
    "tess-only": { ...developer, role_arn: roleArn("tess-only") },
    target: { ...developer, role_arn: roleArn("target"), jump_role_arn: roleArn("jump") },
    partner: { ...developer, role_arn: roleArn("partner"), jump_role_arn: roleArn("jump"), external_id: "contract-7" },
    china: { ...developer, role_arn: roleArn("developer", CHINA), region: "cn-north-1" },
    totp: { ...developer, web_identity_username: "tess" },
    "two-pages": { ...developer, web_identity_client_id: "aws-runas-two-pages" },
    consent: { ...developer, web_identity_client_id: "aws-runas-consent" },
    browser: { ...developer, web_identity_redirect_uri: "http://127.0.0.1/callback" },
    "device-code": { ...developer, web_identity_flow: "device" },
    offline: { ...developer, web_identity_scopes: "offline_access" },
    unregistered: { ...developer, web_identity_client_id: "unregistered" },
    saml: { saml_auth_url: `${issuer}/saml/aws`, saml_username: "alice", region: "eu-central-1" },
    "saml-developer": { source_profile: "saml", role_arn: roleArn("developer") },
    "saml-short": { source_profile: "saml", role_arn: roleArn("short") },
    "saml-target": { source_profile: "saml", role_arn: roleArn("target"), jump_role_arn: roleArn("jump") },
    "saml-partner": { source_profile: "saml", role_arn: roleArn("partner"), jump_role_arn: roleArn("jump"), external_id: "contract-7" },
    "saml-totp": { source_profile: "saml", role_arn: roleArn("developer"), saml_username: "tess" },
    "saml-one": { source_profile: "saml", saml_auth_url: `${issuer}/saml/one` },
    ivy: keysOf(IAM_USERS.ivy),
    "link-1": { source_profile: "ivy", role_arn: roleArn("link-1") },
    "link-2": { source_profile: "link-1", role_arn: roleArn("link-2") },
    "link-3": { source_profile: "link-2", role_arn: roleArn("link-3") },
    mia: { ...keysOf(IAM_USERS.mia), mfa_serial: IAM_USERS.mia.mfa.serialNumber },
    guarded: { source_profile: "mia", role_arn: roleArn("guarded") },
  };
  return Object.entries(sections).map(section).join("\n");
}

function keysOf({ accessKeyId, secretAccessKey }: IamUser): Readonly<Record<string, string>> {
  return { aws_access_key_id: accessKeyId, aws_secret_access_key: secretAccessKey, region: "eu-central-1" };
}

function section([name, settings]: [string, Readonly<Record<string, string>>]): string {
  const lines = Object.entries(settings).map(([key, value]) => `${key} = ${value}\n`);
  return `[profile ${name}]\n${lines.join("")}`;
}
