/** From the login to the role's credentials against the sandbox, whose provider and STS verify what they are sent. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import type { Profile } from "../../src/config/profile.ts";
import { getCredentials } from "../../src/credentials/provider.ts";
import { AwsError } from "../../src/errors.ts";
import { Secret } from "../../src/secret.ts";
import { type OidcProfile, setting, testProfile } from "../aws/fixtures.ts";
import { idToken, seedToken, testTools, type TestTools } from "./fixtures.ts";

let sandbox: Sandbox;
let tools: TestTools;

beforeAll(async () => {
  sandbox = await startSandbox();
});

afterAll(() => sandbox.stop());

beforeEach(async () => {
  tools = await testTools();
  tools.clock.time = Date.now();
  sandbox.provider.requests.length = 0;
  sandbox.sts.requests.length = 0;
});

function profileFor(role: string, changes: Partial<Omit<Profile, "login">> = {}): OidcProfile {
  const base = testProfile({ endpoint: sandbox.sts.origin, roleArn: roleArn(role), ...changes });
  const login = {
    ...base.login,
    authUrl: setting(sandbox.provider.issuer),
    clientId: setting("aws-runas"),
    password: setting(new Secret(sandbox.users.alice.password)),
  };
  return { ...base, login };
}

const roleArn = (name: string) => setting(`arn:aws:iam::123456789012:role/${name}`);
const get = (profile: Profile, refresh = false) => getCredentials({ profile, refresh }, tools);
/** Logins the provider saw: each ends at its token endpoint. */
const logins = () => sandbox.provider.requests.filter(({ path }) => path.startsWith("/token")).length;

test("two roles wanted at once cost one login", async () => {
  const [developer, short] = await Promise.all([get(profileFor("developer")), get(profileFor("short"))]);
  expect(developer.assumedRoleArn).toBe("arn:aws:sts::123456789012:assumed-role/developer/alice");
  expect(short.assumedRoleArn).toBe("arn:aws:sts::123456789012:assumed-role/short/alice");
  expect(logins()).toBe(1);
  expect(sandbox.sts.actions()).toEqual(["AssumeRoleWithWebIdentity", "AssumeRoleWithWebIdentity"]);
});

test("a role behind a jump role takes its external id", async () => {
  const partner = await get(profileFor("partner", { jumpRoleArn: roleArn("jump"), externalId: setting("contract-7") }));
  expect(partner.assumedRoleArn).toBe("arn:aws:sts::123456789012:assumed-role/partner/alice");
  expect(sandbox.sts.actions()).toEqual(["AssumeRoleWithWebIdentity", "AssumeRole"]);
});

describe("a cached token that STS refuses", () => {
  async function seedExpired(profile: OidcProfile): Promise<void> {
    const now = Math.floor(Date.now() / 1000);
    const aud = profile.login.clientId.value;
    const raw = await sandbox.provider.sign({ iss: sandbox.provider.issuer, aud, sub: "id-of-alice", iat: now - 600, exp: now - 300 });
    await seedToken(profile, idToken(raw, { expiresAt: new Date(Date.now() + 300_000) }), tools);
  }

  test("is replaced by one new login", async () => {
    const profile = profileFor("developer");
    await seedExpired(profile);
    await get(profile);
    expect(logins()).toBe(1);
    expect(sandbox.sts.actions()).toEqual(["AssumeRoleWithWebIdentity", "AssumeRoleWithWebIdentity"]);
    expect(tools.log.lines).toContainEqual("debug: STS refuses the cached id token (ExpiredTokenException): logging in again");
  });

  test("is not replaced again when STS refuses the new one too", async () => {
    const profile = profileFor("developer");
    const stranger = { ...profile, login: { ...profile.login, clientId: setting("unregistered") } };
    await seedExpired(stranger);
    await expect(get(stranger)).rejects.toMatchObject({ awsCode: "InvalidIdentityToken" });
    expect(logins()).toBe(1);
    expect(sandbox.sts.actions()).toEqual(["AssumeRoleWithWebIdentity", "AssumeRoleWithWebIdentity"]);
  });
});

test("a user whom the role does not trust is told the subject and the policy that would, and the token is kept", async () => {
  const error = await get(profileFor("tess-only")).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(AwsError);
  expect(error).toMatchObject({ awsCode: "AccessDenied", hint: expect.stringContaining("subject   id-of-alice") });
  await get(profileFor("developer"));
  expect(logins()).toBe(1);
});

test("a duration that the role does not allow is explained", async () => {
  const answer = get(profileFor("short", { durationSeconds: setting(7200) }));
  await expect(answer).rejects.toMatchObject({ hint: expect.stringContaining("--role-name short --max-session-duration 7200") });
});

test("-r makes a new login by the provider's session, without a password", async () => {
  const profile = profileFor("developer");
  const first = await get(profile);
  const again = await get({ ...profile, login: { ...profile.login, password: undefined } }, true);
  expect(again.accessKeyId).not.toBe(first.accessKeyId);
  expect(logins()).toBe(2);
});
