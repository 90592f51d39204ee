import { beforeEach, describe, expect, it } from "vitest";

import { logIn } from "../../src/login/oidc/login.ts";
import type { Clock, Terminal } from "../../src/world.ts";
import {
  challenge,
  consentRequired,
  duoFrame,
  factors,
  lockedOut,
  mfaRequired,
  ORG,
  passwordWarn,
  push,
  rateLimited,
  refused,
  STATE_TOKEN,
  stepUpSuccess,
  stuck,
  success,
  unauthenticated,
  verifyPath,
  wrongCode,
  wrongPassword,
} from "../fakes/okta-authn.ts";
import { customPage, type FakeOrg, SESSION_TOKEN, startOrg, type Step } from "../fakes/okta-org.ts";
import { json, redirect } from "./fake-provider.ts";
import { loginOf, person, toolsWith } from "./fixtures.ts";

const AUTHN = "/api/v1/authn";
const PASSWORD = "correct horse";
const given = { username: "alice", password: PASSWORD };

let org: FakeOrg;

beforeEach(async () => {
  org = await startOrg();
});

type Parts = Parameters<typeof loginOf>[1];

const attempt = (parts: Parts = {}, terminal: Terminal = person(), clock: Clock = quick()) =>
  logIn(loginOf(ORG, { ...given, ...parts }), toolsWith(org.provider.http, { terminal, clock }));

/** Sleeps take no time, but count. */
function quick(): Clock & { slept: number } {
  const clock = {
    slept: 0,
    now: () => Date.now() + clock.slept,
    sleep: async (durationMs: number) => void (clock.slept += durationMs),
  };
  return clock;
}

describe("a login at a Classic org", () => {
  it("goes by the Authentication API and makes the authorization request again with the session token", async () => {
    org.plan(AUTHN, success());
    await expect(attempt()).resolves.toMatchObject({ user: "alice", issuer: ORG });
    expect(org.bodies(AUTHN)).toEqual([{ username: "alice", password: PASSWORD }]);
    expect(org.provider.requests.filter((line) => line.endsWith("/v1/authorize"))).toHaveLength(2);
    expect(org.provider.seen.at(-3)?.url.searchParams.get("sessionToken")).toBe(SESSION_TOKEN);
  });

  it("asks for nothing while the session lasts", async () => {
    org.plan(AUTHN, success());
    const tools = toolsWith(org.provider.http);
    await logIn(loginOf(ORG, given), tools);
    await expect(logIn(loginOf(ORG, given), tools)).resolves.toMatchObject({ user: "alice" });
    expect(org.bodies(AUTHN)).toHaveLength(1);
  });
});
