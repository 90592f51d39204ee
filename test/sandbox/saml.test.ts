/** The sandbox's SAML: its pages as a browser sees them, and an STS that takes its provider's own responses alone, while and for what they hold. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SamlApp, SamlFacts } from "../../sandbox/saml.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";

const ROLE = "arn:aws:iam::123456789012:role/developer";
const PRINCIPAL = "arn:aws:iam::123456789012:saml-provider/sandbox";
const APP: SamlApp = { name: "aws", roles: [{ roleArn: ROLE, principalArn: PRINCIPAL }] };

let nowMs: number;
let sandbox: Sandbox;
beforeEach(async () => {
  nowMs = Date.now();
  sandbox = await startSandbox({ now: () => nowMs });
});
afterEach(() => sandbox.stop());

const respond = (changes: Partial<SamlFacts> = {}, app = APP) => sandbox.provider.saml.respond(app, "alice", changes);

/** What STS answers: the session's ARN, else its code and message. */
async function assume(response: string, changes: Record<string, string> = {}): Promise<string | undefined> {
  const form = { Action: "AssumeRoleWithSAML", RoleArn: ROLE, PrincipalArn: PRINCIPAL, SAMLAssertion: response, ...changes };
  const answer = await (await fetch(sandbox.sts.origin, { method: "POST", body: new URLSearchParams(form) })).text();
  const [, code, message] = /<Code>(.*)<\/Code><Message>(.*)<\/Message>/.exec(answer) ?? [];
  return code === undefined ? /<Arn>(.*)<\/Arn>/.exec(answer)?.[1] : `${code}: ${message}`;
}

describe("STS", () => {
  it("takes a response, for the role and under the name that it says", async () => {
    expect(await assume(respond())).toBe("arn:aws:sts::123456789012:assumed-role/developer/alice");
  });

  it("takes none that was changed, or that another made", async () => {
    const changed = Buffer.from(Buffer.from(respond(), "base64").toString().replaceAll("role/developer", "role/admin0000")).toString(
      "base64",
    );
    expect(await assume(changed)).toBe("InvalidIdentityToken: Response signature invalid");
    const other = await startSandbox();
    const foreign = other.provider.saml.respond(APP, "alice");
    await other.stop();
    expect(await assume(foreign)).toBe("InvalidIdentityToken: Response signature invalid");
  });

  it.each<[string, Partial<SamlFacts>, string]>([
    ["another audience", { audience: "urn:other" }, "InvalidIdentityToken: Response does not contain the required audience."],
    ["another issuer", { issuer: "https://other.example.com" }, "InvalidIdentityToken: Issuer not present in specified provider"],
    ["another recipient", { recipient: "https://other.example.com/acs" }, "AccessDenied: Not authorized to perform sts:AssumeRoleWithSAML"],
  ])("takes none with %s", async (_, changes, refusal) => {
    expect(await assume(respond(changes))).toBe(refusal);
  });

  it("takes one for five minutes, or for as long as it says, if that is less", async () => {
    const [long, short] = [respond({ notOnOrAfterMs: nowMs + 3_600_000 }), respond({ notOnOrAfterMs: nowMs + 60_000 })];
    nowMs += 61_000;
    expect(await assume(short)).toMatch(/^ExpiredTokenException/);
    expect(await assume(long)).toMatch(/^arn:/);
    nowMs += 240_000;
    expect(await assume(long)).toBe("ExpiredTokenException: Token must be redeemed within 5 minutes of issuance");
  });

  it("takes one for no pair that it does not offer, nor for a role that does not trust the provider, nor for longer than the role allows", async () => {
    expect(await assume(respond(), { RoleArn: ROLE.replace("developer", "short") })).toMatch(/^AccessDenied/);
    expect(await assume(respond(), { PrincipalArn: `${PRINCIPAL}-2` })).toBe("InvalidIdentityToken: Specified provider doesn't exist");
    const target = ROLE.replace("developer", "target");
    const offersAll = respond({}, { name: "aws", roles: [{ roleArn: target, principalArn: PRINCIPAL }] });
    expect(await assume(offersAll, { RoleArn: target })).toMatch(/^AccessDenied/);
    const short = ROLE.replace("developer", "short");
    const forShort = respond({}, { name: "aws", roles: [{ roleArn: short, principalArn: PRINCIPAL }] });
    expect(await assume(forShort, { RoleArn: short, DurationSeconds: "7200" })).toMatch(/^ValidationError: .*MaxSessionDuration/);
  });
});

describe("the provider", () => {
  const page = (name: string) => `${sandbox.provider.origin}/saml/${name}`;
  const post = (fields: Record<string, string>) =>
    fetch(page("aws"), { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });

  it("asks for name and password, and for nothing once there is a session", async () => {
    expect(await (await fetch(page("aws"))).text()).toContain('name="password"');
    expect(await (await post({ username: "alice", password: "wrong" })).text()).toContain("Wrong user name or password");
    const { alice } = sandbox.users;
    const answer = await post({ username: alice.name, password: alice.password });
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/saml/aws"]);
    const cookie = answer.headers.getSetCookie()[0]?.split(";")[0] ?? "";
    const text = await (await fetch(page("one"), { headers: { cookie } })).text();
    const [, response = ""] = /name="SAMLResponse" value="([^"]+)"/.exec(text) ?? [];
    expect(sandbox.provider.saml.read(response)).toMatchObject({ user: "alice", app: { name: "one" } });
  });

  it("asks for the code only of somebody whose password was right", async () => {
    const { tess } = sandbox.users;
    const asked = await (await post({ username: tess.name, password: tess.password })).text();
    const [, attempt = ""] = /name="attempt" value="([^"]+)"/.exec(asked) ?? [];
    expect(await (await post({ attempt: "made-up", code: sandbox.provider.totp("tess") })).text()).toContain("Wrong user name or password");
    expect(await (await post({ attempt, code: "000000" })).text()).toContain("Wrong one-time code");
    expect((await post({ attempt, code: sandbox.provider.totp("tess") })).status).toBe(303);
  });

  it("has no other application", async () => {
    expect((await fetch(page("other"))).status).toBe(404);
  });
});
