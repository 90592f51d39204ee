/**
 * SAML at a real OpenAM 16 with moto as AWS, on both artefacts: realms and addresses, one-time codes, refusals, the kept session, the roles.
 *
 * moto takes no attribute of several values, as OpenAM writes the roles, so who trades an assertion has one role; it verifies nothing.
 */

import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { Totp } from "../../sandbox/totp.ts";
import { type Artefact, artefacts, makeHome, run } from "../binary/artefacts.ts";
import { python } from "./install.ts";
import { type OpenAm, startOpenAm } from "./openam.ts";
import { openPane, type Pane } from "./tmux.ts";

const secret = "12345678901234567890";
const password = "the user's password";
const roleArn = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
const roleOf = (name: string) => `${roleArn(name)},arn:aws:iam::123456789012:saml-provider/openam`;
const aws = "spEntityID=urn:amazon:webservices";

let openam: OpenAm;

beforeAll(async () => {
  openam = await startOpenAm();
  for (const [realm, name] of [
    ["", "saml-idp"],
    ["corp", "saml-idp"],
    ["corp/staff", "saml-idp"],
    ["mfa", "idp"],
  ] as const) {
    await openam.offerAws({ realm, name });
  }
  await openam.createUser({ username: "alice", password, roles: [roleOf("developer")] });
  await openam.createUser({ username: "several", password, roles: ["operator", "auditor", "developer"].map(roleOf) });
  await openam.createUser({ username: "nobody", password });
  for (const index of artefacts.keys()) {
    // A code is good for one use in its 30 seconds, so each test of each artefact has a user of its own.
    for (const name of ["oath", "typed", "device", "again", "mfa", "wrong"]) {
      await openam.createUser({ username: `${name}${index}`, password, totp: secret, roles: [roleOf("developer")] });
    }
  }
});

afterAll(() => openam?.stop());

describe.each(artefacts)("$name", (artefact: Artefact) => {
  const own = (name: string) => `${name}${artefacts.indexOf(artefact)}`;
  let home: ReturnType<typeof makeHome> | undefined;
  let pane: Pane | undefined;
  afterEach(() => {
    pane?.close();
    pane = undefined;
    home?.remove();
  });

  /** A new HOME. `path` is under the server's own. */
  function environment(path: string, settings: Record<string, string> = {}): Record<string, string> {
    home?.remove();
    const all = {
      region: "us-east-1",
      saml_auth_url: `${openam.url}${path}`,
      saml_username: "alice",
      role_arn: roleArn("developer"),
      ...settings,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
    home = makeHome(`[profile my-role]\n${lines.join("\n")}\n`);
    return { HOME: home.path, AWS_ENDPOINT_URL_STS: inject("motoUrl"), SAML_PASSWORD: password };
  }

  const corp = "/json/realms/corp/authenticate";
  const arn = (user: string) => `arn:aws:sts::123456789012:assumed-role/developer/${user}`;
  /** What the credentials are for, which the session's name tells. */
  const whoAmI = [join(python, "bin/aws"), "sts", "get-caller-identity", "--query", "Arn", "--output", "text"];

  test.each([
    corp,
    "/json/realms/root/realms/corp/authenticate",
    "/json/realms/root/realms/corp/realms/staff/authenticate",
    "/json/corp/authenticate/",
    "/json/realms/root/authenticate",
    "/json/authenticate?realm=/corp",
    "/XUI/?realm=/corp#login",
    `/idpssoinit?metaAlias=/corp/saml-idp&${aws}`,
    `/idpssoinit?metaAlias=/saml-idp&${aws}`,
    `/saml2/jsp/idpSSOInit.jsp?metaAlias=/corp/saml-idp&${aws}`,
  ])("logs in with name and password at %s", async (path) => {
    const env = environment(path);
    expect(await run(artefact, ["my-role", ...whoAmI], { env })).toMatchObject({ status: 0, stderr: "", stdout: `${arn("alice")}\n` });
  });

  test("uses the kept session for another login, with no password", async () => {
    const env = environment(corp, { saml_provider: "openam" });
    expect(await run(artefact, ["my-role", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    const withoutPassword = { ...env, SAML_PASSWORD: "" };
    expect(await run(artefact, ["-r", "my-role", "true"], { env: withoutPassword })).toMatchObject({ status: 0, stderr: "" });
  });

  test("lists the roles that the assertion offers, and says when there is none", async () => {
    const env = environment(corp, { saml_username: "several" });
    const expected = ["auditor", "developer", "operator"].map((name) => `  ${roleArn(name)}\n`).join("");
    const listed = await run(artefact, ["list", "roles", "my-role"], { env });
    expect(listed).toEqual({ status: 0, stdout: `Available role ARNs for several\n${expected}`, stderr: "" });
    const none = await run(artefact, ["my-role", "true"], { env: environment(corp, { saml_username: "nobody" }) });
    expect(none).toMatchObject({ status: 4, stderr: expect.stringContaining("offers no AWS role") });
  });

  test.each([corp, `/idpssoinit?metaAlias=/mfa/idp&${aws}`])("names a wrong password at %s", async (path) => {
    const outcome = await run(artefact, ["my-role", "true"], { env: { ...environment(path), SAML_PASSWORD: "not the user's" } });
    expect(outcome.status).toBe(4);
    expect(outcome.stderr).toMatch(/refuses the user name or password: Authentication Failed\nhint: .*SAML_PASSWORD; it was tried once/);
    expect(outcome.stderr).not.toContain("not the user's");
  });

  test("names an identity provider, an application and a service that are not there", async () => {
    const refused = async (path: string, settings = {}) => {
      const { status, stderr } = await run(artefact, ["my-role", "true"], { env: environment(path, settings) });
      expect(status).toBe(4);
      return stderr;
    };
    expect(await refused("/json/realms/mfa/authenticate")).toMatch(/Error retrieving meta data\nhint: .*identity provider \/mfa\/saml-idp/);
    expect(await refused(corp, { saml_auth_entityid: "urn:nope" })).toMatch(/not valid or not trusted\nhint: .*application urn:nope/);
    expect(await refused(corp, { saml_auth_service: "nope" })).toMatch(
      /"nope": No Configuration found\nhint: saml_auth_service .*realm \/corp/,
    );
  });

  test.each([
    ["of the module OATH, by saml_auth_service", "oath", corp, { saml_auth_service: "otp" }],
    ["of the module Authenticator (OATH), by saml_auth_service", "device", corp, { saml_auth_service: "otp_fr" }],
    ["of the service that mfa_type means", "again", "/json/realms/root/authenticate", { mfa_type: "code" }],
  ])("takes the one-time code %s from -o, once", async (_title, name, path, settings) => {
    const env = environment(path, { saml_username: own(name), ...settings });
    const code = new Totp(secret).code();
    const outcome = await run(artefact, ["-o", code, "my-role", ...whoAmI], { env });
    expect(outcome).toMatchObject({ status: 0, stderr: "", stdout: `${arn(own(name))}\n` });
    const fresh = environment(path, { saml_username: own(name), ...settings });
    const used = await run(artefact, ["-o", code, "my-role", "true"], { env: fresh });
    expect(used.status).toBe(4);
    expect(used.stderr).toMatch(/refuses the one-time code/);
    expect(used.stderr).not.toContain(code);
  });

  test.each([
    ["OATH", "typed", corp, { saml_auth_service: "otp" }, /Authentication Failed/],
    ["Authenticator (OATH)", "wrong", corp, { saml_auth_service: "otp_fr" }, /Attempt 2 of 3/],
    ["the realm's own chain", "mfa", `/idpssoinit?metaAlias=/mfa/idp&${aws}`, {}, /Attempt 2 of 3/],
  ])("asks again for a code that %s refuses, and not for the password", async (_module, name, path, settings, words) => {
    const env = { ...environment(path, { saml_username: own(name), ...settings }), PATH: process.env["PATH"] ?? "" };
    const opened = openPane([...artefact.command, "my-role", ...whoAmI].map((word) => `'${word}'`).join(" "), env);
    pane = opened;
    const answer = (text: string) => {
      opened.type(text);
      opened.press("Enter");
    };
    await opened.shows(/code for/i);
    answer("000000");
    await opened.shows(words);
    answer(new Totp(secret).code());
    const screen = await opened.shows(/ended with/);
    expect(screen).toContain(arn(own(name)));
    expect(screen).not.toMatch(/password for/i);
  });
});
