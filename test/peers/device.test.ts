/** The device flow and refresh tokens against a real Keycloak, on both artefacts. */

import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { type Artefact, artefacts, makeHome, run } from "../binary/artefacts.ts";
import { Browser } from "../sandbox/browser.ts";
import { Session } from "../terminal/session.ts";
import { administer, confidentialSecret, createRealm } from "./keycloak.ts";
import { type Recorder, record } from "./recorder.ts";

const realm = "devices";
const token = `POST /realms/${realm}/protocol/openid-connect/token`;
const alice = { username: "alice", password: "alice's password" };

let provider: Recorder;
let sts: Recorder;

beforeAll(async () => {
  const keycloak = { url: inject("keycloakUrl"), stop: async () => {} };
  provider = await record(keycloak.url);
  sts = await record(inject("motoUrl"));
  // Each refresh token is good for one use, and one used twice ends the session: a race that is lost shows.
  await createRealm(keycloak, realm, [alice], { revokeRefreshToken: true, refreshTokenMaxReuse: 0 });
});

afterAll(async () => {
  await Promise.all([provider.close(), sts.close()]);
});

describe.each(artefacts)("$name", (artefact: Artefact) => {
  let home: ReturnType<typeof makeHome>;
  afterEach(() => home.remove());

  function freshHome(settings: string, credentials = ""): Record<string, string> {
    const common = `region = us-east-1\nweb_identity_auth_url = ${provider.url}/realms/${realm}\nrole_arn = arn:aws:iam::123456789012:role/developer\n`;
    home = makeHome(`[profile dev]\n${common}${settings}`, credentials);
    provider.take();
    sts.take();
    return { HOME: home.path, AWS_ENDPOINT_URL_STS: sts.url };
  }

  /** As a person would, in a browser on another device. */
  async function approve(session: Session): Promise<void> {
    await session.sees(/^ {2}[A-Z]{4}-[A-Z]{4}\r?$/m);
    const page = /^ {2}(http:\S+)\r?$/m.exec(session.output)?.[1] ?? "";
    const code = /^ {2}([A-Z]{4}-[A-Z]{4})\r?$/m.exec(session.output)?.[1] ?? "";
    const browser = new Browser();
    const signIn = await browser.submit(await browser.get(page), { device_user_code: code });
    const consent = await browser.submit(signIn, alice);
    const done = await browser.submit(consent, { accept: "Yes" });
    expect(done.html).toContain("Device Login Successful");
  }

  async function logInByDevice(env: Record<string, string>, words: string): Promise<string> {
    const command = artefact.command.map((word) => `'${word}'`).join(" ");
    await using session = new Session(`stty cols 120 rows 50; exec ${command} ${words}`, {
      PATH: process.env["PATH"],
      LANG: "C.UTF-8",
      ...env,
    });
    await approve(session);
    expect(await session.status).toBe(0);
    return session.output;
  }

  /** All that is left of a login is the refresh token. */
  function expire(): void {
    const store = join(home.path, ".aws/aws-runas");
    for (const name of readdirSync(store)) if (/^(credentials|token|session)-/.test(name)) rmSync(join(store, name));
    provider.take();
    sts.take();
  }

  test("a person logs in on another device, to a client that has PKCE required", async () => {
    const env = freshHome("web_identity_client_id = aws-runas\n");
    const output = await logInByDevice(env, "-w dev true");
    expect(output).toContain("assumed-role/developer/alice");
    expect(output).toMatch(/[█▀▄]/);
    const seen = provider.take().filter((request) => !request.includes("/login-actions/") && !request.includes("/resources/"));
    expect(seen).toEqual(expect.arrayContaining([`POST /realms/${realm}/protocol/openid-connect/auth/device`, token]));
  });

  test("and to a client with a secret, which the refresh shows as well", async () => {
    const secret = `[dev]\nweb_identity_client_secret = ${confidentialSecret}\n`;
    const env = freshHome("web_identity_client_id = aws-runas-confidential\nweb_identity_scopes = offline_access\n", secret);
    await logInByDevice(env, "dev true");
    expire();
    expect(await run(artefact, ["dev", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(provider.take()).toEqual([token]);
  });

  test("fifty processes cost one refresh of an offline session, again and again", async () => {
    const settings =
      "web_identity_client_id = aws-runas\nweb_identity_redirect_uri = app:/callback\nweb_identity_scopes = offline_access\n";
    const env = freshHome(`${settings}web_identity_username = alice\n`);
    const asAlice = { ...env, WEB_IDENTITY_PASSWORD: alice.password };
    expect(await run(artefact, ["dev", "true"], { env: asAlice })).toMatchObject({ status: 0, stderr: "" });
    for (let round = 0; round < 3; round++) {
      expire();
      const outcomes = await Promise.all(Array.from({ length: 50 }, () => run(artefact, ["dev", "true"], { env, timeoutMs: 110_000 })));
      expect(outcomes.filter(({ status }) => status !== 0)).toEqual([]);
      expect([provider.take(), sts.take()]).toEqual([[token], ["AssumeRoleWithWebIdentity"]]);
    }
  }, 300_000);

  test("the refresh token that Keycloak gives unasked is used, and one it has revoked makes a login", async () => {
    const settings = "web_identity_client_id = aws-runas\nweb_identity_redirect_uri = app:/callback\nweb_identity_username = alice\n";
    const env = freshHome(settings);
    const asAlice = { ...env, WEB_IDENTITY_PASSWORD: alice.password };
    await run(artefact, ["dev", "true"], { env: asAlice });
    expire();
    expect(await run(artefact, ["dev", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(provider.take()).toEqual([token]);
    await administer({ url: inject("keycloakUrl") }, "POST", `/${realm}/logout-all`);
    expire();
    expect(await run(artefact, ["dev", "true"], { env: asAlice })).toMatchObject({ status: 0, stderr: "" });
    expect(provider.take().filter((request) => request === token)).toHaveLength(2);
  });
});
