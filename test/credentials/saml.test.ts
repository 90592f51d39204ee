/** From a SAML login to credentials that last as long as a command does, against the sandbox, whose STS takes what its provider made alone. */

import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { AWS_AUDIENCE } from "../../sandbox/saml.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import type { Profile, SamlLogin } from "../../src/config/profile.ts";
import { getCredentials, renewCredentials } from "../../src/credentials/provider.ts";
import { KEPT_ASSERTION } from "../../src/credentials/kept-assertion.ts";
import { remember } from "../../src/credentials/kept.ts";
import { keepFresh } from "../../src/credentials/refresher.ts";
import { unattendedProfile, unattendedTools } from "../../src/credentials/unattended.ts";
import { PersonNeededError } from "../../src/errors.ts";
import { readAssertion } from "../../src/login/saml/read-assertion.ts";
import { Secret } from "../../src/secret.ts";
import type { Terminal } from "../../src/world.ts";
import { setting, testProfile } from "../aws/fixtures.ts";
import { MINUTE, testTools, type TestTools } from "./fixtures.ts";

let sandbox: Sandbox;
let tools: TestTools;

beforeEach(async () => {
  tools = await testTools();
  sandbox = await startSandbox({ now: () => tools.clock.now() });
  onTestFinished(() => sandbox.stop());
});

const arn = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
const sessionArn = (name: string) => `arn:aws:sts::123456789012:assumed-role/${name}/alice`;

type SamlProfile = Profile & { readonly login: SamlLogin };

function profileFor(role: string | undefined, changes: Partial<Omit<Profile, "login">> = {}, login: Partial<SamlLogin> = {}): SamlProfile {
  return {
    ...testProfile({ endpoint: sandbox.sts.origin, ...changes }),
    roleArn: role === undefined ? undefined : setting(arn(role)),
    login: {
      kind: "saml",
      authUrl: setting(`${sandbox.provider.issuer}/saml/aws`),
      username: setting("alice"),
      password: setting(new Secret(sandbox.users.alice.password)),
      ...login,
    },
  };
}

const withoutPassword = (profile: SamlProfile): SamlProfile => ({ ...profile, login: { ...profile.login, password: undefined } });
const get = (profile: Profile, refresh = false, by: TestTools = tools) => getCredentials({ profile, refresh }, by);
const renew = (profile: Profile) => renewCredentials(unattendedProfile(profile), unattendedTools(tools));
const asked = () => sandbox.provider.requests.map(({ method, path }) => `${method} ${path}`);
const sessions = () => tools.store.keys("session");

/** Leaves a response of ten minutes ago in the store, as one that is good for a while. */
async function seedOld(profile: SamlProfile, names: readonly string[]): Promise<void> {
  const roles = names.map((name) => ({ roleArn: arn(name), principalArn: "arn:aws:iam::123456789012:saml-provider/sandbox" }));
  const issuedAtMs = tools.clock.now() - 10 * MINUTE;
  const old = sandbox.provider.saml.respond({ name: "aws", roles }, "alice", { issuedAtMs });
  const then = { ...tools.clock, now: () => issuedAtMs, sleep: () => Promise.resolve() };
  const assertion = { ...readAssertion(old, "id", { clock: then, log: tools.log }), expiresAt: new Date(tools.clock.now() + 4 * MINUTE) };
  await remember(KEPT_ASSERTION, async () => assertion, tools.store)(profile);
}

/** Somebody who takes this role when asked. */
function chooser(role: string): Terminal {
  return {
    ...tools.terminal,
    isAvailable: true,
    choose: async (_, options) => {
      const found = options.find(({ label }) => label === role);
      if (found === undefined) throw new Error(`${role} is not offered`);
      return found.value;
    },
  };
}

test("two roles wanted at once cost one login", async () => {
  const [developer, short] = await Promise.all([get(profileFor("developer")), get(profileFor("short"))]);
  expect([developer.assumedRoleArn, short.assumedRoleArn]).toEqual([sessionArn("developer"), sessionArn("short")]);
  expect(asked()).toEqual(["GET /saml/aws", "POST /saml/aws", "GET /saml/aws"]);
  expect(sandbox.sts.actions()).toEqual(["AssumeRoleWithSAML", "AssumeRoleWithSAML"]);
});

describe("a kept assertion that STS refuses", () => {
  test("is dropped, and one new login made in its place", async () => {
    const profile = profileFor("developer");
    await seedOld(profile, ["developer"]);
    await get(profile);
    expect(sandbox.sts.actions()).toEqual(["AssumeRoleWithSAML", "AssumeRoleWithSAML"]);
    expect(asked().filter((request) => request.startsWith("POST"))).toHaveLength(1);
    expect(tools.log.lines).toContainEqual("debug: STS refuses the cached assertion (ExpiredTokenException): logging in again");
    await get(profileFor("short"));
    expect(asked()).toHaveLength(3);
  });

  test("is not replaced again when STS refuses the new one too", async () => {
    const profile = profileFor("developer");
    await seedOld(profile, ["developer"]);
    const { handle } = sandbox.sts;
    sandbox.sts.handle = (request, incoming, response) => {
      tools.clock.advance(6 * MINUTE);
      return handle(request, incoming, response);
    };
    await expect(get(profile)).rejects.toMatchObject({ awsCode: "ExpiredTokenException" });
    expect(sandbox.sts.actions()).toHaveLength(2);
    expect(asked().filter((request) => request.startsWith("POST"))).toHaveLength(1);
  });

  test("for anything but itself stays, and no login is made", async () => {
    await get(profileFor("short"));
    const before = asked().length;
    await expect(get(profileFor("short", { durationSeconds: setting(7200) }))).rejects.toMatchObject({ awsCode: "ValidationError" });
    await get(profileFor("developer"));
    expect(asked()).toHaveLength(before);
  });
});

test("a response for another audience is refused by STS with what to look at, and is in no message", async () => {
  const app = { name: "aws", roles: [{ roleArn: arn("developer"), principalArn: "arn:aws:iam::123456789012:saml-provider/sandbox" }] };
  const wrong = sandbox.provider.saml.respond(app, "alice", { audience: `${AWS_AUDIENCE}:other` });
  const page = `<form method="post" action="https://signin.aws.amazon.com/saml"><input type="hidden" name="SAMLResponse" value="${wrong}"></form>`;
  sandbox.provider.intercept = () => new Response(page, { headers: { "content-type": "text/html" } });
  const error = await get(profileFor("developer")).catch((caught: unknown) => caught);
  expect(error).toMatchObject({ awsCode: "InvalidIdentityToken", hint: expect.stringContaining("urn:amazon:webservices") });
  expect(`${String(error)} ${JSON.stringify(error)} ${tools.log.lines.join()}`).not.toContain(wrong.slice(0, 60));
});

describe("while a command runs", () => {
  test("new credentials come by the provider's session, without the password", async () => {
    const profile = withoutPassword(profileFor("developer"));
    await get(profileFor("developer"));
    tools.clock.advance(55 * MINUTE);
    const renewed = await renew(profile);
    expect(renewed.expiresAt.getTime()).toBe(tools.clock.now() + 60 * MINUTE);
    expect(asked()).toEqual(["GET /saml/aws", "POST /saml/aws", "GET /saml/aws", "GET /saml/aws"]);
  });

  test("or by the password, where the session is over", async () => {
    await get(profileFor("developer"));
    tools.clock.advance(55 * MINUTE);
    for (const key of await sessions()) await tools.store.remove("session", key);
    expect((await renew(profileFor("developer"))).assumedRoleArn).toBe(sessionArn("developer"));
  });

  test("or not at all, where a person would be asked: nothing is posted", async () => {
    await get(profileFor("developer"));
    tools.clock.advance(55 * MINUTE);
    for (const key of await sessions()) await tools.store.remove("session", key);
    await expect(renew(withoutPassword(profileFor("developer")))).rejects.toBeInstanceOf(PersonNeededError);
    expect(asked().filter((request) => request.startsWith("POST"))).toHaveLength(1);
  });

  test("through a jump role all steps are made again, as long as it lasts, in its names", async () => {
    const profile = profileFor("target", { jumpRoleArn: setting(arn("jump")) });
    await get(profile);
    for (let hour = 0; hour < 3; hour++) {
      tools.clock.advance(55 * MINUTE);
      expect((await renew(withoutPassword(profile))).assumedRoleArn).toBe(sessionArn("target"));
    }
    // A signature that is refused for the time that the test made up is made again.
    const granted = sandbox.sts.actions().filter((_, index) => sandbox.sts.requests[index]?.status === 200);
    expect(granted).toEqual(Array.from({ length: 4 }, () => ["AssumeRoleWithSAML", "AssumeRole"]).flat());
  });

  test.each(["browser", "browserne"])("no browser appears by itself, by saml_provider = %s", async (provider) => {
    const profile = profileFor("developer", {}, { provider: setting(provider) });
    await expect(renew(profile)).rejects.toMatchObject({ code: "person-needed", message: "a login with a browser needs a person" });
    expect(asked()).toEqual([]);
  });
});

describe("a role that was chosen", () => {
  test("stays the role of the command that runs with it, though another process chooses another meanwhile", async () => {
    const profile = profileFor(undefined);
    const first = await get(profile, false, { ...tools, terminal: chooser(arn("developer")) });
    const fresh = keepFresh(profile, first, tools);
    const other = await get(profile, true, { ...tools, terminal: chooser(arn("short")) });
    expect(other.assumedRoleArn).toBe(sessionArn("short"));
    tools.clock.advance(50 * MINUTE);
    const refreshed = await fresh();
    await expect.poll(async () => (await fresh()).accessKeyId).not.toBe(first.accessKeyId);
    expect(refreshed.assumedRoleArn).toBe(sessionArn("developer"));
    expect((await fresh()).assumedRoleArn).toBe(sessionArn("developer"));
  });

  test("after more minutes than AWS takes the assertion for is assumed by a new one", async () => {
    const { choose } = chooser(arn("short"));
    const terminal: Terminal = {
      ...chooser(arn("short")),
      choose: (message, options) => {
        tools.clock.advance(6 * MINUTE);
        return choose(message, options);
      },
    };
    const chosen = await get(profileFor(undefined), false, { ...tools, terminal });
    expect(chosen.assumedRoleArn).toBe(sessionArn("short"));
    expect(asked()).toEqual(["GET /saml/aws", "POST /saml/aws", "GET /saml/aws", "GET /saml/aws"]);
    expect(sandbox.sts.actions()).toEqual(["AssumeRoleWithSAML"]);
  });

  test("by another process meanwhile is none for -r, which asks", async () => {
    const profile = profileFor(undefined);
    await get(profile, false, { ...tools, terminal: chooser(arn("developer")) });
    const store = { ...tools.store, remove: async () => {} }; // the other one puts it back at once
    const own = await get(profile, true, { ...tools, store, terminal: chooser(arn("short")) });
    expect(own.assumedRoleArn).toBe(sessionArn("short"));
    expect((await get(profile, true, { ...tools, store })).assumedRoleArn).toBe(sessionArn("short"));
  });

  test("goes on when a person has logged in again, whatever role they chose there", async () => {
    const profile = profileFor(undefined);
    const first = await get(profile, false, { ...tools, terminal: chooser(arn("developer")) });
    const fresh = keepFresh(withoutPassword(profile), first, tools);
    for (const key of await sessions()) await tools.store.remove("session", key);
    tools.clock.advance(61 * MINUTE);
    await expect.poll(() => fresh().catch((error: unknown) => error)).toBeInstanceOf(PersonNeededError);
    const elsewhere = await get(profile, false, { ...tools, terminal: chooser(arn("short")) });
    expect(elsewhere.assumedRoleArn).toBe(sessionArn("short"));
    tools.clock.advance(MINUTE);
    await expect.poll(async () => (await fresh().catch(() => undefined))?.assumedRoleArn).toBe(sessionArn("developer"));
  });

  test("is not asked for again when the kept assertion it was chosen from is refused", async () => {
    const profile = profileFor(undefined);
    await seedOld(profile, ["developer", "short"]);
    let questions = 0;
    const { choose } = chooser(arn("short"));
    const terminal: Terminal = {
      ...chooser(arn("short")),
      choose: (message, options) => {
        questions += 1;
        return choose(message, options);
      },
    };
    expect((await get(profile, false, { ...tools, terminal })).assumedRoleArn).toBe(sessionArn("short"));
    expect({ questions, calls: sandbox.sts.actions() }).toEqual({ questions: 1, calls: ["AssumeRoleWithSAML", "AssumeRoleWithSAML"] });
  });

  test("is kept with its path, which the session's ARN does not have", async () => {
    const chosen = await get(profileFor(undefined), false, { ...tools, terminal: chooser(arn("short")) });
    expect(chosen.chosenRoleArn).toBe(arn("short"));
    expect((await get(profileFor(undefined))).chosenRoleArn).toBe(arn("short"));
    expect((await get(profileFor("short"))).chosenRoleArn).toBeUndefined();
  });

  test("needs somebody to choose, also where login = never says that nobody is there", async () => {
    const never = profileFor(undefined, {}, { attendance: setting("never") });
    await expect(get(never, false, { ...tools, terminal: chooser(arn("short")) })).rejects.toMatchObject({ exitStatus: 7 });
  });
});
