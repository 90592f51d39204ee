/** IAM's credentials while a command runs: refreshed without a person as long as the session lives, and not after that. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { IamLogin, Profile } from "../../src/config/profile.ts";
import { getCredentials, renewCredentials } from "../../src/credentials/provider.ts";
import { unattendedProfile, unattendedTools } from "../../src/credentials/unattended.ts";
import { userOf } from "../../src/credentials/identity.ts";
import { PersonNeededError } from "../../src/errors.ts";
import { Secret } from "../../src/secret.ts";
import { type FakeSts, grant, startFakeSts } from "../aws/fake-sts.ts";
import { setting, testProfile } from "../aws/fixtures.ts";
import { MINUTE, type TestTools, testTools } from "./fixtures.ts";

const HOUR = 60 * MINUTE;

let sts: FakeSts;
let tools: TestTools;
let profile: Profile;

beforeEach(async () => {
  sts = await startFakeSts();
  tools = await testTools();
  const login: IamLogin = {
    kind: "iam",
    base: { kind: "keys", accessKeyId: setting("AKIA1"), secretAccessKey: setting(new Secret("s")) },
    hops: [],
    warnings: [],
    partition: "aws",
    mfaSerial: setting("arn:aws:iam::123456789012:mfa/alice"),
    mfaCode: setting(new Secret("123456")),
    sessionSeconds: setting(2 * 3600),
  };
  profile = { ...testProfile({ endpoint: sts.endpoint, roleSessionName: setting("alice") }), login };
});
afterEach(() => sts.finish());

/** Good for so long by the test's clock. */
const good = (lifeMs: number, id: string) => grant({ id, expiresAt: new Date(tools.clock.now() + lifeMs) });

describe("while the session lives", () => {
  test("a role's credentials are renewed by it, without the code", async () => {
    sts.plan(good(2 * HOUR, "session"), good(HOUR, "first"));
    await getCredentials({ profile, refresh: false }, tools);
    tools.clock.advance(55 * MINUTE);
    sts.plan(good(HOUR, "second"));
    const renewed = await renewCredentials(unattendedProfile(profile), unattendedTools(tools));
    expect(renewed.accessKeyId).toBe("ASIA-second");
    expect(sts.requests.map(({ form }) => [form["Action"], form["TokenCode"]])).toEqual([
      ["GetSessionToken", "123456"],
      ["AssumeRole", undefined],
      ["AssumeRole", undefined],
    ]);
  });
});

describe("when it is over", () => {
  test("a person is needed, and nothing is sent", async () => {
    sts.plan(good(2 * HOUR, "session"), good(HOUR, "first"));
    await getCredentials({ profile, refresh: false }, tools);
    tools.clock.advance(3 * HOUR);
    await expect(renewCredentials(unattendedProfile(profile), unattendedTools(tools))).rejects.toBeInstanceOf(PersonNeededError);
    expect(sts.requests).toHaveLength(2);
  });
});

test("a user is called by the last part of the ARN", () => {
  expect(userOf("arn:aws:iam::123456789012:user/path/alice")).toBe("alice");
  expect(userOf("arn:aws:sts::123456789012:assumed-role/Admin/a@example.com")).toBe("a@example.com");
  expect(userOf("arn:aws:iam::123456789012:root")).toBe("root");
});
