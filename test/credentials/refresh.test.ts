/** Refresh tokens as credentials meet them, against the sandbox: `-r`, and a command that outlives its credentials with nobody there. */

import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import type { OidcLogin, Profile } from "../../src/config/profile.ts";
import { getCredentials } from "../../src/credentials/provider.ts";
import { unattendedProfile, unattendedTools } from "../../src/credentials/unattended.ts";
import { Secret } from "../../src/secret.ts";
import { setting, testProfile } from "../aws/fixtures.ts";
import { testTools, type TestTools } from "./fixtures.ts";

let sandbox: Sandbox;
let tools: TestTools;

beforeAll(async () => {
  sandbox = await startSandbox();
});

afterAll(() => sandbox.stop());

beforeEach(async () => {
  tools = await testTools();
  tools.clock.time = Date.now();
});

function offline(changes: Partial<OidcLogin> = {}): Profile {
  const base = testProfile({ endpoint: sandbox.sts.origin, roleArn: setting("arn:aws:iam::123456789012:role/developer") });
  const login = {
    ...base.login,
    authUrl: setting(sandbox.provider.issuer),
    clientId: setting("aws-runas"),
    password: setting(new Secret(sandbox.users.alice.password)),
    scopes: ["openid", "offline_access"],
    ...changes,
  };
  return { ...base, login };
}

const get = (profile: Profile, refresh = false, by = tools) => getCredentials({ profile, refresh }, by);
function requests(): string[] {
  return sandbox.provider.requests.splice(0).map(({ method, path }) => `${method} ${path}`);
}

test("-r keeps the refresh token, which makes the new login", async () => {
  const first = await get(offline());
  requests();
  const again = await get(offline({ password: undefined }), true);
  expect(again.accessKeyId).not.toBe(first.accessKeyId);
  expect(requests()).toEqual(["POST /token"]);
});

test("a command's credentials are renewed with nobody there", async () => {
  await get(offline());
  requests();
  const unattended = unattendedProfile(offline({ password: undefined, mfaCode: setting(new Secret("123456")) }));
  const renewed = await getCredentials({ profile: unattended, refresh: true }, unattendedTools(tools));
  expect(renewed.assumedRoleArn).toBe("arn:aws:sts::123456789012:assumed-role/developer/alice");
  expect(requests()).toEqual(["POST /token"]);
});

test("with nothing kept on disk, the process that logged in goes on with its refresh token, and no other does", async () => {
  const env = { AWSRUNAS_STORE: "none" };
  const [mine, other] = [await testTools({ env }), await testTools({ env })];
  for (const each of [mine, other]) each.clock.time = Date.now();
  await get(offline(), false, mine);
  requests();
  await get(offline({ password: undefined }), true, mine);
  expect(requests()).toEqual(["POST /token"]);
  await expect(get(offline({ password: undefined }), true, other)).rejects.toMatchObject({ code: "person-needed" });
});
