/** What the Go tool does with a SAML profile (reference/cli.md, section 6.3, and weaknesses of section 9), row by row: the same, or different on purpose. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { logIn } from "../../src/login/saml/login.ts";
import { readAssertion } from "../../src/login/saml/read-assertion.ts";
import { TestLog } from "../credentials/fixtures.ts";
import { failureOf, resolveAny } from "../config/files-of.ts";
import { startProvider } from "../login/fake-provider.ts";
import { realClock, samlLoginOf, toolsWith } from "../login/fixtures.ts";
import { makeKey, metadataXml, type SigningKey, signXml } from "../fakes/saml-signing.ts";
import { responseXml, rolePair, samlResponse } from "../fakes/saml-response.ts";
import type { More } from "./parity-world.ts";
import { parityWorld } from "./parity-world.ts";

const world = parityWorld();
const { callsDuring, lastForm } = world;
const ROLES = "arn:aws:iam::123456789012:role";
const PRINCIPAL = "arn:aws:iam::123456789012:saml-provider/sandbox";
const withPassword = () => ({ SAML_PASSWORD: world.sandbox.users.alice.password });
/** As alice, whose password is in her environment. */
const run = (argv: string[], more: More = {}) => world.run(argv, { ...more, env: { ...withPassword(), ...more.env } });
const posts = () => world.sandbox.provider.requests.filter(({ method }) => method === "POST").length;
const forms = () => world.sandbox.sts.requests.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));

const read = (response: string) => readAssertion(response, "idp", { clock: realClock, log: new TestLog() });

/** The provider answers with this response instead of its page. */
function answerWith(response: string): void {
  const page = `<form method="post" action="https://signin.aws.amazon.com/saml"><input type="hidden" name="SAMLResponse" value="${response}"></form>`;
  world.sandbox.provider.intercept = () => new Response(page, { headers: { "content-type": "text/html" } });
}

describe("6.3 without a jump role", () => {
  test("same: AssumeRoleWithSAML is not signed, and sends role, provider, duration and response", async () => {
    await run(["-a", "20m", "saml-developer", "true"]);
    const { SAMLAssertion, ...form } = lastForm();
    expect(form).toEqual({
      Action: "AssumeRoleWithSAML",
      Version: "2011-06-15",
      RoleArn: `${ROLES}/developer`,
      PrincipalArn: PRINCIPAL,
      DurationSeconds: "1200",
    });
    expect(Buffer.from(SAMLAssertion ?? "", "base64").toString()).toContain("<samlp:Response");
    expect(world.sandbox.sts.requests.at(-1)?.headers.authorization).toBeUndefined();
  });

  test("same: what is kept comes first, and a login follows where there is nothing", async () => {
    expect(await callsDuring(() => run(["saml-developer", "true"]))).toEqual(["AssumeRoleWithSAML"]);
    expect(await callsDuring(() => run(["saml-developer", "true"]))).toEqual([]);
    expect(posts()).toBe(1);
  });

  test("different on purpose: only a refusal of the response itself leads to another login, because any other would come again", async () => {
    await run(["saml-developer", "true"]);
    expect(await run(["-a", "2h", "saml-short", "true"])).toMatchObject({ status: 5 });
    expect(forms()).toHaveLength(2);
    expect(world.sandbox.provider.requests).toHaveLength(3);
  });

  test("same: role and provider are a pair in either order", () => {
    const reversed = read(samlResponse({ roles: [rolePair("dev").split(",").toReversed().join(",")] }));
    expect(reversed.roles).toEqual(read(samlResponse({ roles: [rolePair("dev")] })).roles);
  });

  test("different on purpose: a role that is not offered is an error that says so, because STS only says that something is not authorized", async () => {
    answerWith(
      world.sandbox.provider.saml.respond({ name: "aws", roles: [{ roleArn: `${ROLES}/short`, principalArn: PRINCIPAL }] }, "alice"),
    );
    expect(await run(["saml-developer", "true"])).toMatchObject({
      status: 4,
      stderr: expect.stringContaining(`does not offer ${ROLES}/developer to alice`),
    });
    expect(forms()).toEqual([]);
  });

  test.each([
    ["text that is no XML", Buffer.from("short").toString("base64")],
    ["a response without an assertion", Buffer.from(responseXml().replace(/<saml:Assertion[^]*<\/saml:Assertion>/, "")).toString("base64")],
  ])("different on purpose: %s is refused for what it is, not for its length, because the reason is what helps", async (_, response) => {
    answerWith(response);
    expect(await run(["saml-developer", "true"])).toMatchObject({
      status: 4,
      stderr: expect.stringContaining("the SAML response of 127.0.0.1"),
    });
    expect(forms()).toEqual([]);
  });

  test("different on purpose: a response is used again until half a minute before its end, not for four minutes, because it may say an earlier end", async () => {
    const soon = new Date(Date.now() + 90_000);
    expect(read(samlResponse({ notOnOrAfter: soon.toISOString() })).expiresAt.getTime()).toBe(soon.getTime());
    const issued = new Date(Date.now() - 60_000);
    const late = new Date(Date.now() + 3_600_000);
    const { expiresAt } = read(samlResponse({ issuedAt: issued.toISOString(), notOnOrAfter: late.toISOString() }));
    expect(expiresAt.getTime()).toBe(issued.getTime() + 300_000);
    await run(["saml-developer", "true"]);
    await run(["saml-short", "true"]);
    expect(posts()).toBe(1);
  });

  test("different on purpose: a profile without role_arn takes the role that is offered, because there is but one to mean", async () => {
    expect((await run(["-w", "saml-one", "true"])).stderr).toContain("assumed-role/developer/alice");
  });
});

describe("6.3 with a jump role", () => {
  test("same: the response is traded for the jump role for the time that is asked for, and the role is assumed with its credentials and external id", async () => {
    await run(["-a", "20m", "saml-partner", "true"]);
    const [jump, role] = forms();
    expect(jump).toMatchObject({ Action: "AssumeRoleWithSAML", RoleArn: `${ROLES}/jump`, DurationSeconds: "1200" });
    expect(role).toMatchObject({ Action: "AssumeRole", RoleArn: `${ROLES}/partner`, ExternalId: "contract-7" });
    expect(role).not.toHaveProperty("TokenCode");
  });

  test("different on purpose: the role is asked for as long as was asked for, not for an hour, because a shorter one was meant", async () => {
    await run(["-a", "20m", "saml-partner", "true"]);
    expect(lastForm()["DurationSeconds"]).toBe("1200");
  });

  test("different on purpose: more than an hour is an error, because the Go tool gives an hour without a word", async () => {
    expect(await run(["-a", "2h", "saml-partner", "true"])).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("1h that AWS gives"),
    });
  });

  test("different on purpose: STS is not asked who the jump role's session is, because its answer said so", async () => {
    expect(await callsDuring(() => run(["saml-target", "true"]))).toEqual(["AssumeRoleWithSAML", "AssumeRole"]);
    expect(lastForm()["RoleSessionName"]).toBe("alice");
  });

  test("different on purpose: role_session_name names the role's session, because with the Go tool the run fails", async () => {
    const outcome = await run(["-w", "saml-target", "true"], { env: { AWS_ROLE_SESSION_NAME: "deploy" } });
    expect(outcome).toMatchObject({ status: 0, stderr: expect.stringContaining("assumed-role/target/deploy") });
  });
});

describe("6.3 the user's name", () => {
  test("same: the session is called as the response has it, without a question", async () => {
    answerWith(
      world.sandbox.provider.saml.respond({ name: "aws", roles: [{ roleArn: `${ROLES}/developer`, principalArn: PRINCIPAL }] }, "tess"),
    );
    expect((await run(["-w", "-U", "someone-else", "saml-developer", "true"])).stderr).toContain("assumed-role/developer/tess");
  });
});

describe("9: different on purpose", () => {
  test("5: a mistyped profile is an error though [default] has SAML, because it would run with [default]'s role", async () => {
    const config = `[default]\nsaml_auth_url = ${world.sandbox.provider.issuer}/saml/aws\nrole_arn = ${ROLES}/developer\n`;
    writeFileSync(world.home.file(".aws/config"), config);
    expect(await run(["developre", "true"])).toMatchObject({ status: 3 });
    expect(world.sandbox.provider.requests).toEqual([]);
  });

  test("7: -vv says neither password nor response, because a log is no place for them", async () => {
    const { stderr } = await run(["-vv", "saml-developer", "true"]);
    expect(stderr).not.toContain(world.sandbox.users.alice.password);
    expect(stderr).not.toContain((lastForm()["SAMLAssertion"] ?? "none").slice(240, 300));
    expect(stderr).not.toContain("SAMLResponse=");
  });

  test("13: browserne has an end, and takes only what answers its request, because anybody can post to a port of this machine", async () => {
    const login = samlLoginOf("https://idp.example.com/sso", { provider: "browserne" });
    const { http } = await startProvider("https://idp.example.com");
    const open = (visit: (url: URL) => Promise<unknown>) => ({ isAvailable: true, open: async (url: URL) => (void visit(url), true) });
    const forgotten: (number | undefined)[] = [];
    const stranger = open(async (url) => {
      const { acs, id, relayState } = requestIn(url);
      forgotten.push((await post(acs, { SAMLResponse: samlResponse({ destination: acs, inResponseTo: id }) })).status);
      await post(acs, { SAMLResponse: samlResponse({ destination: acs, inResponseTo: "id-other" }), RelayState: relayState });
    });
    await expect(logIn(login, toolsWith(http, { browser: stranger }))).rejects.toMatchObject({
      code: "assertion-invalid",
      message: expect.stringContaining("does not answer this login's request"),
    });
    expect(forgotten).toEqual([400]);
    const nobody = toolsWith(http, { browser: open(async () => {}), clock: { ...realClock, sleep: async () => {} } });
    await expect(logIn(login, nobody)).rejects.toMatchObject({ code: "approval-refused" });
  });

  test("13: and only what is signed with a key of the provider's metadata, where there is one", async () => {
    const folder = mkdtempSync(join(tmpdir(), "metadata-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [theirs, another] = [makeKey(), makeKey()];
    writeFileSync(join(folder, "idp.xml"), metadataXml("https://idp.example.com/saml", [theirs]));
    const login = samlLoginOf("https://idp.example.com/sso", { provider: "browserne", metadata: join(folder, "idp.xml") });
    const { http } = await startProvider("https://idp.example.com");
    const signedBy = (key: SigningKey) => ({
      isAvailable: true,
      open: async (url: URL) => {
        const { acs, id, relayState } = requestIn(url);
        const xml = signXml(responseXml({ destination: acs, inResponseTo: id }), key);
        void post(acs, { SAMLResponse: Buffer.from(xml).toString("base64"), RelayState: relayState });
        return true;
      },
    });
    await expect(logIn(login, toolsWith(http, { browser: signedBy(another) }))).rejects.toThrow(
      "is not signed with a key of the provider's metadata",
    );
    expect((await logIn(login, toolsWith(http, { browser: signedBy(theirs) }))).user).toBe("jo@example.com");
  });

  test.each(["aws-cn", "aws-us-gov", "aws-eusc"])("34: roles of the partition %s count, because AWS has them", (partition) => {
    const pair = `arn:${partition}:iam::123456789012:role/a,arn:${partition}:iam::123456789012:saml-provider/idp`;
    expect(read(samlResponse({ roles: [pair] })).roles.map(({ roleArn }) => roleArn)).toEqual([pair.split(",")[0]]);
  });

  test("34: a role without its provider is not asked for with an empty one, because STS could not say what is missing", async () => {
    answerWith(samlResponse({ roles: [`${ROLES}/developer`] }));
    expect(await run(["saml-developer", "true"])).toMatchObject({ status: 4, stderr: expect.stringContaining("offers no AWS role") });
    expect(forms()).toEqual([]);
  });

  test("47: SAML's settings are known by all names that the Go tool or its documentation uses", () => {
    const config = "[profile a]\nsaml_auth_url = https://idp.example.com\n";
    const entityOf = (text: string, env = {}) => {
      const { login } = resolveAny("a", { config: `${config}${text}`, env });
      return login.kind === "saml" ? login.entityId?.value : undefined;
    };
    expect([entityOf("saml_auth_entityid = x\n"), entityOf("saml_entity_id = x\n")]).toEqual(["x", "x"]);
    expect([entityOf("", { SAML_ENTITYID: "x" }), entityOf("", { SAML_ENTITY_ID: "x" })]).toEqual(["x", "x"]);
  });

  test("49: role_arn is checked before anybody logs in, because STS's answer comes too late", () => {
    const config = "[profile a]\nsaml_auth_url = https://idp.example.com\nrole_arn = developer\n";
    expect(failureOf(() => resolveAny("a", { config })).message).toContain("role_arn");
  });
});

/** What a provider reads of the address that is opened (SAML 2.0 Bindings section 3.4.4). */
function requestIn(url: URL): { acs: string; id: string; relayState: string } {
  const xml = inflateRawSync(Buffer.from(url.searchParams.get("SAMLRequest") ?? "", "base64")).toString();
  const attribute = (name: string) => new RegExp(` ${name}="([^"]*)"`).exec(xml)?.[1] ?? "";
  return { acs: attribute("AssertionConsumerServiceURL"), id: attribute("ID"), relayState: url.searchParams.get("RelayState") ?? "" };
}

function post(acs: string, fields: Record<string, string>): Promise<Response> {
  return fetch(acs, { method: "POST", body: new URLSearchParams(fields) });
}
