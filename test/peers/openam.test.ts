/** Logins at a real OpenAM 16 with moto as AWS, on both artefacts: realms, one-time codes of both kinds, refusals, consent. */

import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { Totp } from "../../sandbox/totp.ts";
import { type Artefact, artefacts, makeHome, run } from "../binary/artefacts.ts";
import { python } from "./install.ts";
import { type OpenAm, startOpenAm } from "./openam.ts";
import { openPane, type Pane } from "./tmux.ts";

const secret = "12345678901234567890";
const password = "the user's password";
const role = "arn:aws:iam::123456789012:role/developer";

let openam: OpenAm;

beforeAll(async () => {
  openam = await startOpenAm();
  await openam.createUser({ username: "alice", password });
  for (const index of artefacts.keys()) {
    await openam.createUser({ username: `nina${index}`, password });
    // A code is good for one use in its 30 seconds, so each test of each artefact has a user of its own.
    for (const name of ["oath", "typed", "device", "again", "mfa", "wrong"]) {
      await openam.createUser({ username: `${name}${index}`, password, totp: secret });
    }
  }
});

afterAll(() => openam?.stop());

describe.each(artefacts)("$name", (artefact: Artefact) => {
  const own = (name: string) => `${name}${artefacts.indexOf(artefact)}`;
  let home: ReturnType<typeof makeHome>;
  let pane: Pane | undefined;
  afterEach(() => {
    pane?.close();
    pane = undefined;
    home.remove();
  });

  function environment(settings: Record<string, string>): Record<string, string> {
    const all = {
      region: "us-east-1",
      web_identity_auth_url: `${openam.url}/oauth2/realms/root`,
      web_identity_client_id: "aws",
      web_identity_redirect_uri: "app:/callback",
      role_arn: role,
      ...settings,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}`);
    home = makeHome(`[profile my-role]\n${lines.join("\n")}\n`);
    return { HOME: home.path, AWS_ENDPOINT_URL_STS: inject("motoUrl"), WEB_IDENTITY_PASSWORD: password };
  }

  const realm = (path: string) => ({ web_identity_auth_url: `${openam.url}${path}`, web_identity_username: "alice" });
  const arn = (user: string) => `arn:aws:sts::123456789012:assumed-role/developer/${user}`;
  /** What the credentials are for, which the session's name tells. */
  const whoAmI = [join(python, "bin/aws"), "sts", "get-caller-identity", "--query", "Arn", "--output", "text"];

  test.each([
    "/oauth2",
    "/oauth2/realms/root",
    "/oauth2/realms/corp",
    "/oauth2/realms/root/realms/corp",
    "/oauth2/corp/",
    "/oauth2?realm=/corp",
    "/oauth2/authorize?realm=/corp",
    "/XUI/?realm=/corp#login",
  ])("logs in with name and password at %s", async (path) => {
    const env = environment(realm(path));
    expect(await run(artefact, ["my-role", ...whoAmI], { env })).toMatchObject({ status: 0, stderr: "", stdout: `${arn("alice")}\n` });
  });

  test("uses the kept session for another login, with no password", async () => {
    const env = environment(realm("/oauth2/realms/corp"));
    expect(await run(artefact, ["my-role", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    const withoutPassword = { ...env, WEB_IDENTITY_PASSWORD: "" };
    expect(await run(artefact, ["-r", "my-role", "true"], { env: withoutPassword })).toMatchObject({ status: 0, stderr: "" });
  });

  test("agrees to what the client asks for", async () => {
    const env = environment({ ...realm("/oauth2/realms/corp"), web_identity_client_id: "asking" });
    expect(await run(artefact, ["my-role", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
  });

  test.each(["/oauth2/realms/root", "/oauth2/realms/corp", "/oauth2/realms/mfa"])("names a wrong password at %s", async (path) => {
    const env = { ...environment(realm(path)), WEB_IDENTITY_PASSWORD: "not the user's" };
    const outcome = await run(artefact, ["my-role", "true"], { env });
    expect(outcome.status).toBe(4);
    expect(outcome.stderr).toMatch(/refuses the user name or password: Authentication Failed\nhint: .*it was tried once/);
    expect(outcome.stderr).not.toContain("not the user's");
  });

  test("names a realm, a client and a service that are not there", async () => {
    const noRealm = await run(artefact, ["my-role", "true"], { env: environment(realm("/oauth2/realms/nope")) });
    expect(noRealm).toMatchObject({ status: 4, stderr: expect.stringMatching(/realms\/nope.* answers 404/) });
    home.remove();
    const noClient = await run(artefact, ["my-role", "true"], {
      env: environment({ ...realm("/oauth2/realms/corp"), web_identity_client_id: "nope" }),
    });
    expect(noClient).toMatchObject({
      status: 4,
      stderr: expect.stringMatching(/invalid_client: Client authentication failed\nhint: web_identity_client_id/),
    });
    home.remove();
    const noService = await run(artefact, ["my-role", "true"], {
      env: environment({ ...realm("/oauth2/realms/corp"), web_identity_auth_service: "nope" }),
    });
    expect(noService).toMatchObject({ status: 4, stderr: expect.stringMatching(/"nope": No Configuration found\nhint: .*realm \/corp/) });
  });

  test.each([
    ["of the module OATH, by web_identity_auth_service", "oath", "corp", { web_identity_auth_service: "otp" }],
    ["of the module Authenticator (OATH), by web_identity_auth_service", "device", "corp", { web_identity_auth_service: "otp_fr" }],
    ["of the service that mfa_type means", "again", "root", { mfa_type: "code" }],
  ])("takes the one-time code %s from -o, once", async (_title, name, realmName, settings) => {
    const env = environment({ ...realm(`/oauth2/realms/${realmName}`), web_identity_username: own(name), ...settings });
    const code = new Totp(secret).code();
    const outcome = await run(artefact, ["-o", code, "my-role", ...whoAmI], { env });
    expect(outcome).toMatchObject({ status: 0, stderr: "", stdout: `${arn(own(name))}\n` });
    home.remove();
    const fresh = environment({ ...realm(`/oauth2/realms/${realmName}`), web_identity_username: own(name), ...settings });
    const used = await run(artefact, ["-o", code, "my-role", "true"], { env: fresh });
    expect(used.status).toBe(4);
    expect(used.stderr).toMatch(/refuses the one-time code/);
    expect(used.stderr).not.toContain(code);
  });

  function atTerminal(settings: Record<string, string>): (text: string) => void {
    const env = { ...environment(settings), PATH: process.env["PATH"] ?? "" };
    const words = [...artefact.command, "my-role", ...whoAmI].map((word) => `'${word}'`).join(" ");
    const opened = openPane(words, env);
    pane = opened;
    return (text) => {
      opened.type(text);
      opened.press("Enter");
    };
  }

  test.each([
    ["OATH", "typed", "corp", { web_identity_auth_service: "otp" }, /Authentication Failed/],
    ["Authenticator (OATH)", "wrong", "corp", { web_identity_auth_service: "otp_fr" }, /Attempt 2 of 3/],
    ["the realm's own chain", "mfa", "mfa", {}, /Attempt 2 of 3/],
  ])("asks again for a code that %s refuses, and not for the password", async (_module, name, realmName, settings, words) => {
    const answer = atTerminal({ ...realm(`/oauth2/realms/${realmName}`), web_identity_username: own(name), ...settings });
    await pane?.shows(/code for/i);
    answer("000000");
    await pane?.shows(words);
    answer(new Totp(secret).code());
    const screen = await pane?.shows(/ended with/);
    expect(screen).toContain(arn(own(name)));
    expect(screen).not.toMatch(/password for/i);
  });

  test("names a device that has to be set up, or goes on without, as the person says", async () => {
    const settings = { ...realm("/oauth2/realms/mfa"), web_identity_username: own("nina") };
    const alone = await run(artefact, ["my-role", "true"], { env: environment(settings) });
    expect(alone).toMatchObject({ status: 7, stderr: expect.stringContaining("Register device, Skip this step") });
    home.remove();

    atTerminal(settings);
    await pane?.shows(/Skip this step/);
    pane?.press("Enter");
    expect(await pane?.shows(/ended with/)).toMatch(/an authenticator app to be set up[\s\S]*ended with 4/);
    pane?.close();
    home.remove();

    atTerminal(settings);
    await pane?.shows(/Skip this step/);
    pane?.press("Down", "Enter");
    expect(await pane?.shows(/ended with/)).toContain(arn(own("nina")));
  });
});
