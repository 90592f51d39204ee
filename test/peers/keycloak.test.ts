/** The main job against a real Keycloak and moto, with the real AWS CLI as the wrapped command, on both artefacts. */

import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { Totp } from "../../sandbox/totp.ts";
import { type Artefact, artefacts, makeHome, outcomeOf, run, start } from "../binary/artefacts.ts";
import { python } from "./install.ts";
import { createRealm } from "./keycloak.ts";
import { type Recorder, record } from "./recorder.ts";
import { openPane } from "./tmux.ts";

const secret = "12345678901234567890";
const discovery = ["GET /realms/acme/.well-known/openid-configuration"];
const keys = ["GET /realms/acme/protocol/openid-connect/certs"];
const authorize = "GET /realms/acme/protocol/openid-connect/auth";
const form = "POST /realms/acme/login-actions/authenticate";
const token = "POST /realms/acme/protocol/openid-connect/token";
const aws = join(python, "bin/aws");

let provider: Recorder;
let sts: Recorder;

beforeAll(async () => {
  const keycloak = { url: inject("keycloakUrl"), stop: async () => {} };
  provider = await record(keycloak.url);
  sts = await record(inject("motoUrl"));
  const people = ["alice", "anna", "ben"].map((username) => ({ username, password: `${username}'s password` }));
  // A code is good for one use, so each test of each artefact has a user of its own.
  const withDevice = artefacts
    .flatMap((_, index) => [`otto${index}`, `oda${index}`])
    .map((username) => ({ username, password: `${username}'s password`, totp: secret }));
  const mustChange = { username: "carl", password: "carl's password", requiredActions: ["UPDATE_PASSWORD"] };
  await createRealm(keycloak, "acme", [...people, ...withDevice, mustChange]);
});

afterAll(async () => {
  await Promise.all([provider.close(), sts.close()]);
});

describe.each(artefacts)("$name", (artefact: Artefact) => {
  let home: ReturnType<typeof makeHome>;
  afterEach(() => home.remove());

  function freshHome(extra = ""): Record<string, string> {
    home = makeHome(`[default]
region = us-east-1
web_identity_auth_url = ${provider.url}/realms/acme
web_identity_client_id = aws-runas
web_identity_redirect_uri = app:/callback
${extra}
[profile my-role]
web_identity_username = alice
role_arn = arn:aws:iam::123456789012:role/developer

[profile other-role]
web_identity_username = alice
role_arn = arn:aws:iam::123456789012:role/operator

[profile anna]
web_identity_username = anna
role_arn = arn:aws:iam::123456789012:role/developer

[profile anyone]
role_arn = arn:aws:iam::123456789012:role/developer

[profile carl]
web_identity_username = carl
role_arn = arn:aws:iam::123456789012:role/developer
`);
    provider.take();
    sts.take();
    return { HOME: home.path, AWS_ENDPOINT_URL_STS: sts.url };
  }

  const whoAmI = [aws, "sts", "get-caller-identity", "--output", "json"];

  test.each([
    ["detected", ""],
    ["named", "web_identity_provider = Keycloak"],
  ])("logs in the first time, with the provider %s, at the price of three requests and one", async (_, extra) => {
    const env = freshHome(extra);
    const outcome = await run(artefact, ["-P", "alice's password", "my-role", ...whoAmI], { env });
    expect(outcome).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse(outcome.stdout)).toMatchObject({ Arn: "arn:aws:sts::123456789012:assumed-role/developer/alice" });
    expect(provider.take()).toEqual([...discovery, authorize, form, token, ...keys]);
    expect(sts.take()).toEqual(["AssumeRoleWithWebIdentity", "GetCallerIdentity"]);
  });

  test("another cold login costs three and one, a second role one, a warm run nothing, and -r one refresh", async () => {
    const env = freshHome();
    const asAlice = { ...env, WEB_IDENTITY_PASSWORD: "alice's password" };
    expect(await run(artefact, ["my-role", "true"], { env: asAlice })).toMatchObject({ status: 0 });
    provider.take();
    sts.take();

    expect(await run(artefact, ["-P", "anna's password", "anna", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect([provider.take(), sts.take()]).toEqual([[authorize, form, token], ["AssumeRoleWithWebIdentity"]]);

    expect(await run(artefact, ["other-role", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect([provider.take(), sts.take()]).toEqual([[], ["AssumeRoleWithWebIdentity"]]);

    expect(await run(artefact, ["my-role", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect([provider.take(), sts.take()]).toEqual([[], []]);

    expect(await run(artefact, ["-r", "my-role", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect([provider.take(), sts.take()]).toEqual([[token], ["AssumeRoleWithWebIdentity"]]);
  });

  test("a one-time code is taken from -o", async () => {
    const env = freshHome();
    const otto = `otto${artefacts.indexOf(artefact)}`;
    const words = ["-U", otto, "-P", `${otto}'s password`, "-o", new Totp(secret).code(), "anyone", ...whoAmI];
    const outcome = await run(artefact, words, { env });
    expect(outcome).toMatchObject({ status: 0, stderr: "" });
    expect(outcome.stdout).toContain(`assumed-role/developer/${otto}`);
    expect(provider.take()).toEqual([...discovery, authorize, form, form, token, ...keys]);
  });

  test("user name, password and code are asked for on the terminal, and a wrong code again", async () => {
    const env = { ...freshHome(), PATH: process.env["PATH"] ?? "" };
    const oda = `oda${artefacts.indexOf(artefact)}`;
    const words = [...artefact.command, "anyone", ...whoAmI].map((word) => `'${word}'`).join(" ");
    const pane = openPane(words, env);
    const answer = (text: string) => {
      pane.type(text);
      pane.press("Enter");
    };
    try {
      await pane.shows(/user name/i);
      answer(oda);
      await pane.shows(/password/i);
      answer(`${oda}'s password`);
      await pane.shows(/code/i);
      answer("000000");
      await pane.shows(/refuses[\s\S]*code/i);
      answer(new Totp(secret).code());
      const screen = await pane.shows(/ended with/);
      expect(screen).toContain(`assumed-role/developer/${oda}`);
      expect(screen).toContain("ended with 0");
      expect(screen).not.toContain(`${oda}'s password`);
    } finally {
      pane.close();
    }
  });

  test("a wrong password that was given is tried once and named", async () => {
    const env = freshHome();
    const outcome = await run(artefact, ["-P", "not alice's", "my-role", "true"], { env });
    expect(outcome.status).toBe(4);
    expect(outcome.stderr).toMatch(/password/);
    expect(provider.take().filter((request) => request === form)).toHaveLength(1);
  });

  test("a required action is named, with the address to open", async () => {
    const env = freshHome();
    const outcome = await run(artefact, ["-P", "carl's password", "carl", "true"], { env });
    expect(outcome.status).toBe(4);
    expect(outcome.stderr).toMatch(/update.?password/i);
    expect(outcome.stderr).toContain(provider.url);
  });

  test("a hundred processes at once cost one login and one call of STS", async () => {
    const env = { ...freshHome(), WEB_IDENTITY_PASSWORD: "alice's password" };
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => run(artefact, ["my-role", "true"], { env, timeoutMs: 110_000 })));
    expect(outcomes.filter(({ status }) => status !== 0)).toEqual([]);
    expect(provider.take()).toEqual([...discovery, authorize, form, token, ...keys]);
    expect(sts.take()).toEqual(["AssumeRoleWithWebIdentity"]);
  });

  test("when the process that logs in is killed, another takes over within a second", async () => {
    const env = { ...freshHome(), WEB_IDENTITY_PASSWORD: "alice's password" };
    provider.delay = { pattern: /auth$/, ms: 3_000 };
    const first = start(artefact, ["my-role", "true"], { env });
    const ended = outcomeOf(first);
    await until(() => provider.take().includes(authorize));
    provider.delay = undefined;
    const second = run(artefact, ["my-role", "true"], { env });
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(provider.take()).toEqual([]);
    first.kill("SIGKILL");
    const killedAt = Date.now();
    await until(() => provider.take().includes(authorize));
    expect(Date.now() - killedAt).toBeLessThan(1_000);
    expect(await second).toMatchObject({ status: 0 });
    expect(await ended).toMatchObject({ status: 137 });
  });
});

async function until(condition: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error("waited 20 s in vain");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
