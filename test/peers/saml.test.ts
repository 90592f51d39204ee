/** SAML logins at a real Keycloak, traded at moto, with the real AWS CLI as the wrapped command, on both artefacts. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Totp } from "../../sandbox/totp.ts";
import { type Artefact, artefacts, run } from "../binary/artefacts.ts";
import { python } from "./install.ts";
import { endSessions, offerEveryFactor, passkey } from "./keycloak-realms.ts";
import { type AwsClient, withRoles } from "./keycloak-saml.ts";
import { asAlice, pair, passwordOf, roles, type SamlStage, setSamlStage } from "./saml-stage.ts";

const realm = "saml";
const secret = "12345678901234567890";
const whoAmI = [join(python, "bin/aws"), "sts", "get-caller-identity", "--output", "json"];
const clients: readonly AwsClient[] = [
  { name: "aws", roles },
  { name: "other", roles },
  { name: "brief", roles, lifespan: 15 },
  { name: "moments", roles, lifespan: 5, sessionDuration: 20 },
];

let stage: SamlStage;

beforeAll(async () => {
  const person = (username: string) => ({ username, password: passwordOf(username), more: withRoles(clients, () => true) });
  // A code is good for one use, so each test of each artefact has a user of its own.
  const withDevice = artefacts.flatMap((_, index) => [`otto${index}`, `oda${index}`]).map((name) => ({ ...person(name), totp: secret }));
  stage = await setSamlStage(realm, clients, [
    person("anna"),
    { ...person("carl"), requiredActions: ["UPDATE_PASSWORD"] },
    { ...person("kay"), credentials: [passkey()] },
    ...withDevice,
  ]);
  await offerEveryFactor(stage.keycloak, realm);
});

afterAll(() => stage.close());

describe.each(artefacts)("$name", (artefact: Artefact) => {
  const number = artefacts.indexOf(artefact);
  afterEach(() => stage.clear());

  test.each([
    ["detected", ""],
    ["named", "saml_provider = Keycloak"],
  ])("logs in the first time, with the provider %s, at the price of two requests and one", async (_, extra) => {
    const env = stage.freshHome(extra);
    const outcome = await run(artefact, ["-w", "-P", passwordOf("alice"), "my-role", ...whoAmI], { env });
    expect(outcome.status).toBe(0);
    expect(JSON.parse(outcome.stdout)).toHaveProperty("Account", "123456789012");
    expect(stage.provider.take()).toEqual([stage.page(), stage.form]);
    expect(stage.sts.take()).toEqual(["AssumeRoleWithSAML", "GetCallerIdentity", "GetCallerIdentity"]);
    const said = stage.sts.said("AssumeRoleWithSAML");
    expect([said?.get("RoleArn"), said?.get("PrincipalArn"), said?.get("DurationSeconds")]).toEqual([
      ...pair("developer").split(","),
      "3600",
    ]);
  });

  test("a second role costs no login, a warm run nothing, and -r one page by the kept session", async () => {
    const env = stage.freshHome();
    expect(await run(artefact, ["my-role", "true"], { env: asAlice(env) })).toMatchObject({ status: 0, stderr: "" });
    expect(stage.cost()).toEqual([[stage.page(), stage.form], ["AssumeRoleWithSAML"]]);
    expect(await run(artefact, ["other-role", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(stage.cost()).toEqual([[], ["AssumeRoleWithSAML"]]);
    expect(await run(artefact, ["my-role", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(stage.cost()).toEqual([[], []]);
    expect(await run(artefact, ["-r", "my-role", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(stage.cost()).toEqual([[stage.page()], ["AssumeRoleWithSAML"]]);
  });

  test("an assertion in its last half minute is left alone: a second role costs one page by the kept session", async () => {
    const env = { ...stage.freshHome(), SAML_AUTH_URL: stage.urlOf("brief") };
    expect(await run(artefact, ["my-role", "true"], { env: asAlice(env) })).toMatchObject({ status: 0, stderr: "" });
    expect(stage.cost()).toEqual([[stage.page("brief"), stage.form], ["AssumeRoleWithSAML"]]);
    expect(await run(artefact, ["other-role", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(stage.cost()).toEqual([[stage.page("brief")], ["AssumeRoleWithSAML"]]);
  });

  test("another application of the realm costs one page by the kept session", async () => {
    const env = stage.freshHome();
    expect(await run(artefact, ["my-role", "true"], { env: asAlice(env) })).toMatchObject({ status: 0 });
    stage.cost();
    expect(await run(artefact, ["-S", stage.urlOf("other"), "my-role", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(stage.cost()).toEqual([[stage.page("other")], ["AssumeRoleWithSAML"]]);
  });

  test("another user's session is not used", async () => {
    const env = stage.freshHome();
    expect(await run(artefact, ["my-role", "true"], { env: asAlice(env) })).toMatchObject({ status: 0 });
    expect(await run(artefact, ["-U", "anna", "my-role", "true"], { env })).toMatchObject({ status: 7 });
    const words = ["-U", "anna", "-P", passwordOf("anna"), "my-role", "true"];
    expect(await run(artefact, words, { env })).toMatchObject({ status: 0 });
    expect(stage.cost()[0]).toEqual([stage.page(), stage.form, stage.page(), stage.page(), stage.form]);
  });

  test("a session that the realm has ended costs a login, and without a password exit status 7", async () => {
    const env = stage.freshHome();
    expect(await run(artefact, ["my-role", "true"], { env: asAlice(env) })).toMatchObject({ status: 0 });
    await endSessions(stage.keycloak, realm, "alice");
    stage.cost();
    const outcome = await run(artefact, ["-r", "my-role", "true"], { env });
    expect(outcome).toMatchObject({ status: 7, stderr: expect.stringContaining("set SAML_PASSWORD") });
    stage.cost();
    expect(await run(artefact, ["-r", "my-role", "true"], { env: asAlice(env) })).toMatchObject({ status: 0, stderr: "" });
    expect(stage.cost()).toEqual([[stage.page(), stage.form], ["AssumeRoleWithSAML"]]);
  });

  test("a one-time code is taken from -o", async () => {
    const env = stage.freshHome();
    const otto = `otto${number}`;
    const words = ["-U", otto, "-P", passwordOf(otto), "-o", new Totp(secret).code(), "anyone", ...whoAmI];
    expect(await run(artefact, words, { env })).toMatchObject({ status: 0, stderr: "" });
    expect(stage.provider.take()).toEqual([stage.page(), stage.form, stage.form]);
  });

  test("user name, password and code are asked for on the terminal, and a wrong code again", async () => {
    const oda = `oda${number}`;
    const pane = stage.open(artefact, ["anyone", "echo", "logged in"], stage.freshHome());
    const answer = (text: string) => {
      pane.type(text);
      pane.press("Enter");
    };
    await pane.shows(/user name/i);
    answer(oda);
    await pane.shows(/password/i);
    answer(passwordOf(oda));
    await pane.shows(/code/i);
    answer("000000");
    await pane.shows(/refuses[\s\S]*code/i);
    answer(new Totp(secret).code());
    const screen = await pane.shows(/ended with 0/);
    expect(screen).toContain("logged in");
    expect(screen).not.toContain(passwordOf(oda));
    expect(stage.sts.take()).toEqual(["AssumeRoleWithSAML"]);
  });

  test("a wrong password that was given is tried once and named", async () => {
    const outcome = await run(artefact, ["-P", "not alice's", "my-role", "true"], { env: stage.freshHome() });
    expect(outcome.status).toBe(4);
    expect(outcome.stderr).toContain("refuses the user name or password: Invalid username or password");
    expect(outcome.stderr).not.toContain("not alice's");
    expect(stage.cost()).toEqual([[stage.page(), stage.form], []]);
  });

  test("a required action is named, with the address to open", async () => {
    const outcome = await run(artefact, ["-U", "carl", "-P", passwordOf("carl"), "anyone", "true"], { env: stage.freshHome() });
    expect(outcome.status).toBe(4);
    expect(outcome.stderr).toContain("asks for a new password (UPDATE_PASSWORD)");
    expect(outcome.stderr).toContain(`open ${stage.provider.url}/realms/${realm}/account in a browser`);
  });

  test("a passkey is named, with the way to log in with a browser", async () => {
    const outcome = await run(artefact, ["-U", "kay", "-P", passwordOf("kay"), "anyone", "true"], { env: stage.freshHome() });
    expect(outcome.status).toBe(4);
    expect(outcome.stderr).toMatch(/asks for a passkey or security key[\s\S]*saml_provider = browser/);
  });

  test("fifty processes at once cost one login and one call of STS", async () => {
    const env = asAlice(stage.freshHome());
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => run(artefact, ["my-role", "true"], { env, timeoutMs: 110_000 })));
    expect(outcomes.filter(({ status }) => status !== 0)).toEqual([]);
    expect(stage.cost()).toEqual([[stage.page(), stage.form], ["AssumeRoleWithSAML"]]);
  });

  test("two roles at once share one login", async () => {
    const env = asAlice(stage.freshHome());
    const profiles = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? "my-role" : "other-role"));
    const outcomes = await Promise.all(profiles.map((profile) => run(artefact, [profile, "true"], { env, timeoutMs: 110_000 })));
    expect(outcomes.filter(({ status }) => status !== 0)).toEqual([]);
    expect(stage.cost()).toEqual([
      [stage.page(), stage.form],
      ["AssumeRoleWithSAML", "AssumeRoleWithSAML"],
    ]);
  });

  test("neither password nor assertion is in any output, in the command's environment, or in a file as it is", async () => {
    const env = asAlice(stage.freshHome());
    const { status, stdout, stderr } = await run(artefact, ["-vv", "my-role", "env"], { env });
    expect(status).toBe(0);
    const assertion = stage.sts.said("AssumeRoleWithSAML")?.get("SAMLAssertion") ?? "";
    expect(assertion.length).toBeGreaterThan(2_000);
    const folder = join(env.HOME, ".aws/aws-runas");
    const names = readdirSync(folder).filter((name) => name.includes("-"));
    expect(names.filter((name) => name.startsWith("assertion-"))).toHaveLength(1);
    for (const text of [stdout, stderr, ...names.map((name) => readFileSync(join(folder, name), "latin1"))]) {
      expect(text).not.toContain(assertion.slice(0, 40));
      expect(text).not.toContain(passwordOf("alice"));
    }
  });

  test("a password is stored for the SAML URL, used, and removed again", async () => {
    const env = stage.freshHome();
    expect(await run(artefact, ["password", "my-role"], { env, input: `${passwordOf("alice")}\n` })).toMatchObject({ status: 0 });
    const stored = () => readFileSync(join(env.HOME, ".aws/credentials"), "utf8");
    expect(stored()).toMatch(new RegExp(`^\\[${stage.urlOf("aws")}\\]\\nsaml_password = \\S+\\n`));
    expect(stored()).not.toContain(passwordOf("alice"));
    expect(await run(artefact, ["my-role", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(stage.cost()).toEqual([[stage.page(), stage.form], ["AssumeRoleWithSAML"]]);
    expect(await run(artefact, ["password", "--delete", "my-role"], { env })).toMatchObject({ status: 0 });
    expect(stored()).not.toContain("saml_password");
  });

  test("status tells what is kept, and after a logout the next run logs in anew", async () => {
    const env = stage.freshHome();
    expect((await run(artefact, ["status", "my-role"], { env })).status).toBe(1);
    expect(await run(artefact, ["my-role", "true"], { env: asAlice(env) })).toMatchObject({ status: 0 });
    const { status, stdout } = await run(artefact, ["status", "--json", "my-role"], { env });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ login: stage.urlOf("aws"), usable: true, session: true });
    expect(JSON.parse(stdout).credentials.arn).toBe("arn:aws:sts::123456789012:assumed-role/developer/alice");
    stage.cost();
    const ended = await run(artefact, ["logout", "my-role"], { env });
    expect(ended).toMatchObject({ status: 0, stderr: expect.stringContaining("my-role is logged out: dropped") });
    expect((await run(artefact, ["status", "my-role"], { env })).status).toBe(1);
    expect(await run(artefact, ["my-role", "true"], { env })).toMatchObject({ status: 7 });
    stage.cost();
    const again = await run(artefact, ["login", "my-role"], { env: asAlice(env) });
    expect(again).toMatchObject({ status: 0, stderr: expect.stringContaining("assumed-role/developer/alice, until") });
    expect(stage.cost()).toEqual([[stage.page(), stage.form], ["AssumeRoleWithSAML"]]);
  });

  test("a command that outlives its credentials gets new ones by the kept session, without a person", async () => {
    const env = { ...stage.freshHome(), SAML_AUTH_URL: stage.urlOf("moments") };
    expect(await run(artefact, ["my-role", "true"], { env: asAlice(env) })).toMatchObject({ status: 0 });
    stage.cost();
    const later = [process.execPath, join(import.meta.dirname, "programs/keys-later.mjs"), "25"];
    const outcome = await run(artefact, ["my-role", ...later], { env });
    expect(outcome).toMatchObject({ status: 0, stderr: "" });
    const { keys, secondsLeft } = JSON.parse(outcome.stdout);
    expect(keys[1]).not.toBe(keys[0]);
    expect(secondsLeft).toBeGreaterThan(0);
    const [pages, calls] = stage.cost();
    expect([new Set(pages), new Set(calls)]).toEqual([new Set([stage.page("moments")]), new Set(["AssumeRoleWithSAML"])]);
  });
});
