import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSts, readAssumedRole, readCallerIdentity, roleInput, samlInput, type Sts, webIdentityInput } from "../../src/aws/sts.ts";
import type { Profile } from "../../src/config/profile.ts";
import { AwsError, ConfigError } from "../../src/errors.ts";
import { Secret } from "../../src/secret.ts";
import { type FakeSts, grant, identity, refusal, startFakeSts, type StsRequest } from "./fake-sts.ts";
import { KEYS, setting, testProfile, TOKEN } from "./fixtures.ts";

const ROLE = "arn:aws:iam::123456789012:role/teams/Dev";

let sts: FakeSts;

beforeEach(async () => {
  sts = await startFakeSts();
});

afterEach(async () => {
  await sts.finish();
});

function connect(changes: Partial<Profile> & { endpoint?: string } = {}): Sts {
  const clock = { now: () => Date.now(), sleep: () => Promise.resolve() };
  return openSts(testProfile({ endpoint: sts.endpoint, ...changes }), { env: {}, clock });
}

function webIdentity(target: Sts) {
  return target.assumeRoleWithWebIdentity({ roleArn: ROLE, sessionName: "alice", durationSeconds: setting(1800), token: TOKEN });
}

describe("AssumeRoleWithWebIdentity", () => {
  test("sends the token unsigned, with the role, the session's name and the duration", async () => {
    sts.plan(grant());
    const role = await webIdentity(connect());
    expect(sts.requests[0]?.form).toEqual({
      Action: "AssumeRoleWithWebIdentity",
      Version: "2011-06-15",
      RoleArn: ROLE,
      RoleSessionName: "alice",
      DurationSeconds: "1800",
      WebIdentityToken: TOKEN.raw.reveal(),
    });
    expect(sts.requests[0]?.headers.authorization).toBeUndefined();
    expect(role).toMatchObject({ accessKeyId: "ASIA-Dev", assumedRoleArn: "arn:aws:sts::123456789012:assumed-role/Dev/alice" });
    expect(role.secretAccessKey.reveal()).toBe("secret-Dev");
    expect(role.sessionToken.reveal()).toBe("session-Dev");
  });

  test("a refusal carries STS's code and request id and the trust policy that would do", async () => {
    sts.plan(refusal("InvalidIdentityToken", "Incorrect token audience"));
    const error = await failure(webIdentity(connect()));
    expect(error).toMatchObject({ code: "aws-refused", awsCode: "InvalidIdentityToken", requestId: "req-1" });
    expect(error.message).toBe(`STS refuses AssumeRoleWithWebIdentity for ${ROLE}: Incorrect token audience (InvalidIdentityToken)`);
    expect(error.hint).toContain("arn:aws:iam::123456789012:oidc-provider/id.example.com/realms/main");
  });

  test("leaves no connection open", async () => {
    sts.plan(grant());
    await webIdentity(connect());
    await expect.poll(() => sts.connections()).toBe(0);
  });

  test("names a clock that is behind when the token is refused as expired", async () => {
    const date = new Date(Date.now() + 7 * 60_000).toUTCString();
    sts.plan((request) => ({ ...refusal("ExpiredTokenException", "Token expired")(request), headers: { date } }));
    const error = await failure(webIdentity(connect()));
    expect(error.hint).toContain("this machine's clock is 7 minutes behind");
  });
});

describe("AssumeRoleWithSAML", () => {
  const response = "PHNhbWxwOlJlc3BvbnNlLz4=";
  const request = {
    roleArn: ROLE,
    principalArn: "arn:aws:iam::123456789012:saml-provider/idp",
    durationSeconds: setting(1800),
    assertion: { raw: new Secret(response), issuer: "https://id.example.com/saml" },
  };

  test("sends the response unsigned, with role, provider, duration and policies, and no session name: the response has it", async () => {
    sts.plan(grant());
    const policyArns = setting(["arn:aws:iam::aws:policy/ReadOnlyAccess"]);
    const role = await connect().assumeRoleWithSaml({ ...request, terms: { policy: setting("{}"), policyArns } });
    expect(sts.requests[0]?.form).toEqual({
      Action: "AssumeRoleWithSAML",
      Version: "2011-06-15",
      RoleArn: ROLE,
      PrincipalArn: request.principalArn,
      SAMLAssertion: response,
      DurationSeconds: "1800",
      Policy: "{}",
      "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
    });
    expect(sts.requests[0]?.headers.authorization).toBeUndefined();
    expect(role).toMatchObject({ accessKeyId: "ASIA-Dev" });
  });

  test("a refusal names role and code, and not the response", async () => {
    sts.plan(refusal("InvalidIdentityToken", `Response signature invalid: ${response}`));
    const error = await failure(connect().assumeRoleWithSaml(request));
    expect(error.message).toBe(`STS refuses AssumeRoleWithSAML for ${ROLE}: Response signature invalid: [secret] (InvalidIdentityToken)`);
    expect(error.hint).toContain(request.principalArn);
  });

  test("the response is revealed for STS alone", () => {
    expect(samlInput(request).SAMLAssertion).toBe(response);
    expect(JSON.stringify(request)).not.toContain(response);
  });
});

describe("signed calls", () => {
  test("AssumeRole is signed with the given keys for the profile's region and sends the external id", async () => {
    sts.plan(grant());
    const target = connect({ region: setting("eu-west-1") });
    await target.assumeRole({ roleArn: ROLE, sessionName: "alice", durationSeconds: setting(900), externalId: "x-1", keys: KEYS });
    const [{ form, headers }] = sts.requests as [StsRequest];
    expect(form).toMatchObject({ Action: "AssumeRole", RoleArn: ROLE, DurationSeconds: "900", ExternalId: "x-1" });
    expect(headers.authorization).toMatch(/Credential=ASIA-jump\/\d{8}\/eu-west-1\/sts\/aws4_request/);
    expect(headers["x-amz-security-token"]).toBe("session-jump");
  });

  test.each([
    ["arn:aws:iam::1:role/a", "us-east-1"],
    ["arn:aws-cn:iam::1:role/a", "cn-north-1"],
    ["arn:aws-us-gov:iam::1:role/a", "us-gov-west-1"],
  ])("without a region, %s is asked for in %s", async (roleArn, region) => {
    sts.plan(identity);
    const caller = await connect({ roleArn: setting(roleArn) }).getCallerIdentity(KEYS);
    expect(sts.requests[0]?.headers.authorization).toContain(`/${region}/sts/`);
    expect(caller).toEqual({ account: "1", arn: "arn:aws:sts::1:assumed-role/r/s", userId: "AROA:s" });
  });
});

describe("failures on the way", () => {
  test("three attempts are made at a server that fails, and no more", async () => {
    const broken = () => ({ status: 503, body: "" });
    sts.plan(broken, broken, broken);
    const error = await failure(webIdentity(connect()));
    expect(error).toMatchObject({ code: "aws-unreachable", message: expect.stringContaining("status 503") });
    expect(sts.requests).toHaveLength(3);
  });

  test("a closed port is named", async () => {
    const error = await failure(webIdentity(connect({ endpoint: "http://127.0.0.1:9" })));
    expect(error.code).toBe("aws-unreachable");
    expect(error.message).toContain("http://127.0.0.1:9: connect ECONNREFUSED");
  });

  test("a page instead of STS's answer is said to be one", async () => {
    sts.plan(() => ({
      status: 200,
      body: "<html><body>sign in to the guest network</body></html>",
      headers: { "content-type": "text/html" },
    }));
    const error = await failure(webIdentity(connect()));
    expect(error).toMatchObject({ code: "aws-unreachable", message: expect.stringContaining("does not answer AssumeRoleWithWebIdentity") });
  });

  test("an endpoint of one's own and FIPS exclude each other", async () => {
    const profile = testProfile({ sts: { endpoint: setting(sts.endpoint), useFips: true, useDualstack: false } });
    await expect(webIdentity(connect(profile))).rejects.toBeInstanceOf(ConfigError);
  });
});

describe("without a network", () => {
  const durationSeconds = setting(900);

  test("the token is revealed for STS alone", () => {
    const input = webIdentityInput({ roleArn: ROLE, sessionName: "alice", durationSeconds, token: TOKEN });
    expect(input.WebIdentityToken).toBe(TOKEN.raw.reveal());
  });

  test("an external id is sent only when there is one", () => {
    const request = { roleArn: ROLE, sessionName: "alice", durationSeconds, keys: KEYS };
    expect(roleInput(request)).not.toHaveProperty("ExternalId");
    expect(roleInput({ ...request, externalId: "x" })).toHaveProperty("ExternalId", "x");
  });

  test("an answer without a session token is none", () => {
    const whole = { AccessKeyId: "a", SecretAccessKey: "b", SessionToken: "c", Expiration: new Date() };
    const user = { Arn: "arn", AssumedRoleId: "id" };
    expect(readAssumedRole({ Credentials: whole, AssumedRoleUser: user })).toBeDefined();
    expect(readAssumedRole({ Credentials: { ...whole, SessionToken: undefined }, AssumedRoleUser: user })).toBeUndefined();
  });

  test("an identity without an account is none", () => {
    expect(readCallerIdentity({ Account: "1", Arn: "arn", UserId: "id" })).toEqual({ account: "1", arn: "arn", userId: "id" });
    expect(readCallerIdentity({ Arn: "arn", UserId: "id" })).toBeUndefined();
  });
});

async function failure(promise: Promise<unknown>): Promise<AwsError> {
  const error = await promise.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(AwsError);
  return error as AwsError;
}
