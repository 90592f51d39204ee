import {
  AssumeRoleCommand,
  type AssumeRoleCommandInput,
  AssumeRoleWithWebIdentityCommand,
  type AssumeRoleWithWebIdentityCommandInput,
  type Credentials,
  GetCallerIdentityCommand,
  STSClient,
} from "@aws-sdk/client-sts";
import * as jose from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { Iam, TrustStatement } from "../../sandbox/iam.ts";
import { type SandboxSts, startSts } from "../../sandbox/sts.ts";

const ISSUER = "https://login.example/realm";
const DEVELOPER = "arn:aws:iam::123456789012:role/developer";
const SHORT = "arn:aws:iam::123456789012:role/some/path/short";
const TARGET = "arn:aws:iam::123456789012:role/target";
const PARTNER = "arn:aws:iam::123456789012:role/partner";
const CHINESE = "arn:aws-cn:iam::210987654321:role/developer";
const MINUTE_MS = 60_000;

let sts: SandboxSts;
let key: jose.CryptoKey;
/** By how much STS's clock is ahead of this machine's. */
let aheadMs = 0;

beforeAll(async () => {
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
  const pair = await jose.generateKeyPair("ES256");
  key = pair.privateKey;
  const publicKey = { ...(await jose.exportJWK(pair.publicKey)), kid: "first" };
  sts = await startSts({ iam: iamWith({ keys: [publicKey] }), now: () => Date.now() + aheadMs });
});

beforeEach(() => {
  aheadMs = 0;
});

afterAll(() => sts.close());

function iamWith(keys: jose.JSONWebKeySet): Iam {
  const web = (Condition: TrustStatement["Condition"] & object, provider = "arn:aws:iam::123456789012"): TrustStatement => ({
    Principal: { Federated: `${provider}:oidc-provider/login.example/realm` },
    Action: "sts:AssumeRoleWithWebIdentity",
    Condition,
  });
  const everyone = {
    StringEquals: { "login.example/realm:aud": ["app", "other-app"] },
    StringLike: { "login.example/realm:sub": "user-*" },
  };
  const jump: TrustStatement = { Principal: { AWS: DEVELOPER }, Action: "sts:AssumeRole" };
  const registered = { issuer: ISSUER, audiences: ["app", "other-app", "untrusted-app"], keys };
  return {
    oidcProviders: [
      { ...registered, partition: "aws", account: "123456789012" },
      { ...registered, partition: "aws-cn", account: "210987654321" },
    ],
    roles: [
      { arn: DEVELOPER, maxSessionSeconds: 43_200, trust: [web(everyone)] },
      { arn: SHORT, maxSessionSeconds: 3600, trust: [web(everyone)] },
      { arn: TARGET, maxSessionSeconds: 43_200, trust: [jump] },
      { arn: PARTNER, maxSessionSeconds: 43_200, trust: [{ ...jump, Condition: { StringEquals: { "sts:ExternalId": "contract" } } }] },
      { arn: CHINESE, maxSessionSeconds: 3600, trust: [web(everyone, "arn:aws-cn:iam::210987654321")] },
    ],
  };
}

function idToken(claims: jose.JWTPayload = {}, signWith: { key?: jose.CryptoKey; kid?: string } = {}): Promise<string> {
  const seconds = Math.floor(Date.now() / 1000);
  const payload = { iss: ISSUER, sub: "user-1", aud: "app", iat: seconds, exp: seconds + 600, ...claims };
  return new jose.SignJWT(payload).setProtectedHeader({ alg: "ES256", kid: signWith.kid ?? "first" }).sign(signWith.key ?? key);
}

function clientWith(credentials?: Credentials, region = "eu-central-1"): STSClient {
  const identity = {
    accessKeyId: credentials?.AccessKeyId ?? "none",
    secretAccessKey: credentials?.SecretAccessKey ?? "none",
    ...(credentials?.SessionToken === undefined ? {} : { sessionToken: credentials.SessionToken }),
  };
  return new STSClient({ endpoint: sts.origin, region, credentials: identity, maxAttempts: 1 });
}

async function logIn(input: Partial<AssumeRoleWithWebIdentityCommandInput> = {}) {
  const token = input.WebIdentityToken ?? (await idToken());
  const command = new AssumeRoleWithWebIdentityCommand({ RoleArn: DEVELOPER, RoleSessionName: "alice", ...input, WebIdentityToken: token });
  return clientWith().send(command);
}

async function loggedIn(input: Partial<AssumeRoleWithWebIdentityCommandInput> = {}): Promise<Credentials> {
  return (await logIn(input)).Credentials!;
}

function chain(credentials: Credentials, input: Partial<AssumeRoleCommandInput> = {}) {
  return clientWith(credentials).send(new AssumeRoleCommand({ RoleArn: TARGET, RoleSessionName: "alice", ...input }));
}

function whoIs(credentials: Credentials, region?: string) {
  return clientWith(credentials, region).send(new GetCallerIdentityCommand({}));
}

describe("AssumeRoleWithWebIdentity", () => {
  it("gives credentials for a token its provider signed, without any signature of ours", async () => {
    const { Credentials: credentials, ...rest } = await logIn();
    expect(rest).toMatchObject({
      SubjectFromWebIdentityToken: "user-1",
      Audience: "app",
      Provider: "arn:aws:iam::123456789012:oidc-provider/login.example/realm",
      AssumedRoleUser: {
        Arn: "arn:aws:sts::123456789012:assumed-role/developer/alice",
        AssumedRoleId: expect.stringMatching(/^AROA[0-9A-Z]{17}:alice$/),
      },
    });
    expect(credentials).toMatchObject({
      AccessKeyId: expect.stringMatching(/^ASIA[A-Z2-7]{16}$/),
      SecretAccessKey: expect.stringMatching(/^[\w+/]{40}$/),
      SessionToken: expect.stringMatching(/^[\w+/=]{600,}$/),
    });
    expect(credentials!.Expiration!.getTime() - Date.now()).toBeLessThanOrEqual(60 * MINUTE_MS);
    expect(credentials!.Expiration!.getTime() - Date.now()).toBeGreaterThan(59 * MINUTE_MS);
    expect(sts.requests.at(-1)?.headers.authorization).toBeUndefined();
  });

  it.each([
    ["another audience", { aud: "foreign" }, "InvalidIdentityTokenException", "Incorrect token audience"],
    [
      "another issuer",
      { iss: "https://else.example" },
      "InvalidIdentityTokenException",
      "No OpenIDConnect provider found in your account for",
    ],
    ["an expiry in the past", { exp: 1_600_000_000 }, "ExpiredTokenException", "must be before the expiration date/time 1600000000"],
    ["no expiry", { exp: undefined }, "InvalidIdentityTokenException", "could not be validated"],
    ["a subject the role does not trust", { sub: "robot-1" }, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"],
    ["an audience the role does not trust", { aud: "untrusted-app" }, "AccessDenied", "Not authorized to perform"],
  ])("refuses a token with %s", async (_what, claims, name, message) => {
    const token = await idToken(claims as jose.JWTPayload);
    await expect(logIn({ WebIdentityToken: token })).rejects.toMatchObject({ name, message: expect.stringContaining(message) });
  });

  it("refuses a token that another key signed, under its own name or the provider's", async () => {
    const { privateKey } = await jose.generateKeyPair("ES256");
    for (const kid of ["first", "second"]) {
      const token = await idToken({}, { key: privateKey, kid });
      await expect(logIn({ WebIdentityToken: token })).rejects.toMatchObject({ name: "InvalidIdentityTokenException" });
    }
  });

  it("refuses what is no token, and one without a signature", async () => {
    const unsigned = new jose.UnsecuredJWT({ iss: ISSUER, sub: "user-1", aud: "app" }).setIssuedAt().setExpirationTime("1h").encode();
    await expect(logIn({ WebIdentityToken: "opaque" })).rejects.toMatchObject({ message: expect.stringContaining("not a valid JWT") });
    await expect(logIn({ WebIdentityToken: unsigned })).rejects.toMatchObject({ name: "InvalidIdentityTokenException" });
  });

  it("refuses a role that is not there, and one that trusts only other roles, alike", async () => {
    for (const RoleArn of [`${DEVELOPER}s`, TARGET]) await expect(logIn({ RoleArn })).rejects.toMatchObject({ name: "AccessDenied" });
  });

  it("names a role in a path without the path", async () => {
    const { AssumedRoleUser } = await logIn({ RoleArn: SHORT });
    expect(AssumedRoleUser?.Arn).toBe("arn:aws:sts::123456789012:assumed-role/short/alice");
  });

  it.each([
    [
      { DurationSeconds: 899 },
      "Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900",
    ],
    [{ DurationSeconds: 43_201 }, "Member must have value less than or equal to 43200"],
    [{ DurationSeconds: 3601, RoleArn: SHORT }, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."],
    [{ RoleSessionName: "a b" }, "Member must satisfy regular expression pattern: [\\w+=,.@-]*"],
    [{ RoleSessionName: "a" }, "1 validation error detected: Value 'a' at 'roleSessionName'"],
    [{ RoleSessionName: "a".repeat(65), DurationSeconds: 1 }, "2 validation errors detected"],
    [{ RoleArn: "arn:aws:iam::123456789012:user/alice" }, "arn:aws:iam::123456789012:user/alice is invalid"],
  ])("refuses %j", async (input, message) => {
    await expect(logIn(input)).rejects.toMatchObject({ name: "ValidationError", message: expect.stringContaining(message) });
  });

  it.each([900, 43_200])("gives %i seconds when asked to", async (DurationSeconds) => {
    const { Expiration } = await loggedIn({ DurationSeconds });
    expect(Math.abs(Expiration!.getTime() - Date.now() - DurationSeconds * 1000)).toBeLessThan(10_000);
  });
});

describe("AssumeRole", () => {
  it("goes on from one role to another that trusts it", async () => {
    const { Credentials: credentials } = await chain(await loggedIn(), { DurationSeconds: 3600 });
    expect((await whoIs(credentials!)).Arn).toBe("arn:aws:sts::123456789012:assumed-role/target/alice");
  });

  it("says who may not assume what", async () => {
    await expect(chain(await loggedIn({ RoleArn: SHORT }))).rejects.toMatchObject({
      name: "AccessDenied",
      message: `User: arn:aws:sts::123456789012:assumed-role/short/alice is not authorized to perform: sts:AssumeRole on resource: ${TARGET}`,
    });
  });

  it("asks for the external id where the role does", async () => {
    const credentials = await loggedIn();
    await expect(chain(credentials, { RoleArn: PARTNER })).rejects.toMatchObject({ name: "AccessDenied" });
    await expect(chain(credentials, { RoleArn: PARTNER, ExternalId: "wrong" })).rejects.toMatchObject({ name: "AccessDenied" });
    const { AssumedRoleUser } = await chain(credentials, { RoleArn: PARTNER, ExternalId: "contract" });
    expect(AssumedRoleUser?.Arn).toContain("assumed-role/partner/");
  });

  it("gives a chained role no more than an hour", async () => {
    await expect(chain(await loggedIn(), { DurationSeconds: 3601 })).rejects.toMatchObject({
      name: "ValidationError",
      message: "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
    });
  });
});

describe("a signed request", () => {
  it("shows who its credentials belong to", async () => {
    expect(await whoIs(await loggedIn())).toMatchObject({
      Account: "123456789012",
      Arn: "arn:aws:sts::123456789012:assumed-role/developer/alice",
      UserId: expect.stringMatching(/:alice$/),
    });
  });

  it.each([
    ["the secret key", "SecretAccessKey", "SignatureDoesNotMatch"],
    ["the access key id", "AccessKeyId", "InvalidClientTokenId"],
    ["the session token", "SessionToken", "InvalidClientTokenId"],
  ])("is refused with a letter more in %s", async (_what, part, name) => {
    const credentials = await loggedIn();
    const changed = { ...credentials, [part]: `${credentials[part as "SessionToken"]}A` } as Credentials;
    await expect(whoIs(changed)).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 403 } });
  });

  it("is refused when the credentials have expired", async () => {
    aheadMs = -60 * MINUTE_MS;
    const token = await idToken({ iat: 1, nbf: 1 });
    const credentials = await loggedIn({ DurationSeconds: 900, WebIdentityToken: token });
    aheadMs = 0;
    await expect(whoIs(credentials)).rejects.toMatchObject({ name: "ExpiredToken" });
  });

  it("is refused when its date is more than five minutes from STS's", async () => {
    const credentials = await loggedIn();
    aheadMs = 4 * MINUTE_MS;
    expect(await whoIs(credentials)).toHaveProperty("Arn");
    aheadMs = 6 * MINUTE_MS;
    const expired = {
      name: "SignatureDoesNotMatch",
      message: expect.stringMatching(/^Signature expired: \d{8}T\d{6}Z is now earlier than/),
    };
    await expect(whoIs(credentials)).rejects.toMatchObject(expired);
    aheadMs = -6 * MINUTE_MS;
    await expect(whoIs(credentials)).rejects.toMatchObject({ message: expect.stringContaining("Signature not yet current") });
  });

  it("must be signed for the partition of its credentials", async () => {
    const credentials = await loggedIn({ RoleArn: CHINESE, WebIdentityToken: await idToken() });
    expect((await whoIs(credentials, "cn-north-1")).Arn).toBe("arn:aws-cn:sts::210987654321:assumed-role/developer/alice");
    await expect(whoIs(credentials, "eu-central-1")).rejects.toMatchObject({ name: "InvalidClientTokenId" });
  });

  it("holds for the bytes and headers it was made for, and no others", async () => {
    await whoIs(await loggedIn());
    const { headers, body, url } = sts.requests.at(-1)!;
    const replay = (changes: { headers?: Record<string, string>; body?: string; path?: string }) => {
      const kept = Object.entries({ ...headers, ...changes.headers }).filter(([name]) => !["connection", "content-length"].includes(name));
      return post(new URL(changes.path ?? "/", url), Object.fromEntries(kept) as Record<string, string>, changes.body ?? body);
    };
    expect(await replay({})).toContain("<GetCallerIdentityResult>");
    for (const changes of [
      { body: `${body}&X=1` },
      { path: "/?X=1" },
      { path: "/x" },
      { headers: { "content-type": "application/x-www-form-urlencoded; x" } },
    ]) {
      expect(await replay(changes)).toContain("<Code>SignatureDoesNotMatch</Code>");
    }
    const unsignedDate = headers.authorization!.replace(";x-amz-date", "");
    expect(await replay({ headers: { authorization: unsignedDate } })).toContain(
      "must be a &apos;SignedHeader&apos;".replaceAll("&apos;", "'"),
    );
    expect(await replay({ headers: { authorization: "Bearer x" } })).toContain("<Code>IncompleteSignature</Code>");
  });

  it("is asked for", async () => {
    const body = await post(new URL(sts.origin), {}, "Action=GetCallerIdentity&Version=2011-06-15");
    expect(body).toMatch(/^<ErrorResponse xmlns=.*<Code>MissingAuthenticationToken<\/Code>.*<RequestId>[\w-]{36}<\/RequestId>/);
  });
});

describe("the record", () => {
  it("lists the actions in order", async () => {
    const before = sts.requests.length;
    await whoIs(await loggedIn());
    expect(sts.actions().slice(before)).toEqual(["AssumeRoleWithWebIdentity", "GetCallerIdentity"]);
    expect(sts.requests.slice(before).map((request) => request.status)).toEqual([200, 200]);
  });

  it("knows no other action", async () => {
    expect(await post(new URL(sts.origin), {}, "Action=GetAccessKeyInfo")).toContain("<Code>InvalidAction</Code>");
  });
});

async function post(url: URL, headers: Readonly<Record<string, string>>, body: string): Promise<string> {
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded", ...headers }, body });
  return response.text();
}
