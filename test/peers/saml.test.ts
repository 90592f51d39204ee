/**
 * SAML against a real Keycloak and moto, with the real AWS CLI as the wrapped command, on both artefacts.
 *
 * moto reads the assertion for the session's name and SessionDuration, which it takes for the credentials' life however short, and verifies nothing.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { Totp } from "../../sandbox/totp.ts";
import { type Artefact, artefacts, makeHome, run } from "../binary/artefacts.ts";
import { python } from "./install.ts";
import { createRealm, type KeycloakUser } from "./keycloak.ts";
import { endSessions } from "./keycloak-realms.ts";
import { awsRealm, type AwsClient, withRoles } from "./keycloak-saml.ts";
import { type Recorder, record } from "./recorder.ts";
import { openPane, type Pane } from "./tmux.ts";

const keycloak = { url: inject("keycloakUrl") };
const realm = "saml";
const secret = "12345678901234567890";
const aws = join(python, "bin/aws");
const form = "POST /realms/saml/login-actions/authenticate";
const page = (client = "aws") => `GET /realms/saml/protocol/saml/clients/${client}`;

const roleArn = (name: string, partition = "aws") => `arn:${partition}:iam::123456789012:role/${name}`;
const pair = (name: string, partition = "aws") => `${roleArn(name, partition)},arn:${partition}:iam::123456789012:saml-provider/keycloak`;
const roles = ["developer", "operator", "auditor"].map((name) => pair(name));
const clients: readonly AwsClient[] = [
  { name: "aws", roles },
  { name: "single", roles, single: true },
  { name: "brief", roles, lifespan: 15 },
  { name: "two-hours", roles, sessionDuration: 7200 },
  { name: "moments", roles, lifespan: 5, sessionDuration: 20 },
  { name: "china", roles: [pair("developer", "aws-cn")], signIn: "https://signin.amazonaws.cn/saml" },
  { name: "gov", roles: [pair("developer", "aws-us-gov")], signIn: "https://signin.amazonaws-us-gov.com/saml" },
];

const passwordOf = (username: string) => `${username}'s password`;
const person = (username: string, parts: Partial<KeycloakUser> = {}, has = (_role: string): boolean => true): KeycloakUser => ({
  username,
  password: passwordOf(username),
  ...parts,
  more: withRoles(clients, has),
});
const isDeveloper = (role: string) => role.includes("role/developer,");

let provider: Recorder;
let sts: Recorder;

beforeAll(async () => {
  provider = await record(keycloak.url);
  sts = await record(inject("motoUrl"));
  // A code is good for one use, so each test of each artefact has a user of its own.
  const withDevice = artefacts.flatMap((_, index) => [`otto${index}`, `oda${index}`]).map((name) => person(name, { totp: secret }));
  const people = [
    person("alice"),
    person("solo", {}, isDeveloper),
    person("nora", {}, () => false),
    person("carl", { requiredActions: ["UPDATE_PASSWORD"] }),
    ...withDevice,
  ];
  await createRealm(keycloak, realm, people, awsRealm(clients));
});

afterAll(() => Promise.all([provider.close(), sts.close()]));

describe.each(artefacts)("$name", (artefact: Artefact) => {
  const number = artefacts.indexOf(artefact);
  let home: ReturnType<typeof makeHome>;
  let pane: Pane | undefined;
  afterEach(() => {
    pane?.close();
    pane = undefined;
    home.remove();
  });

  const urlOf = (client: string) => `${provider.url}/realms/${realm}/protocol/saml/clients/${client}`;

  function freshHome(extra = ""): Record<string, string> {
    home = makeHome(`[default]
region = us-east-1
saml_auth_url = ${urlOf("aws")}
${extra}
[profile my-role]
saml_username = alice
role_arn = ${roleArn("developer")}

[profile other-role]
saml_username = alice
role_arn = ${roleArn("operator")}

[profile foreign-role]
saml_username = alice
role_arn = ${roleArn("admin")}

[profile any-role]
saml_username = alice

[profile anyone]
role_arn = ${roleArn("developer")}

[profile solo]
saml_username = solo

[profile jump]
saml_username = alice
jump_role_arn = ${roleArn("developer")}
role_arn = arn:aws:iam::210987654321:role/target
`);
    provider.take();
    sts.take();
    return { HOME: home.path, AWS_ENDPOINT_URL_STS: sts.url };
  }

  const asAlice = (env: Record<string, string>) => ({ ...env, SAML_PASSWORD: passwordOf("alice") });
  const whoAmI = [aws, "sts", "get-caller-identity", "--output", "json"];
  const cost = () => [provider.take(), sts.take()];

  function open(words: readonly string[], env: Record<string, string>): Pane {
    const line = [...artefact.command, ...words].map((word) => `'${word}'`).join(" ");
    pane = openPane(line, { ...env, PATH: process.env["PATH"] ?? "" });
    return pane;
  }

  const answer = (text: string) => {
    pane?.type(text);
    pane?.press("Enter");
  };

  test.each([
    ["detected", ""],
    ["named", "saml_provider = Keycloak"],
  ])("logs in the first time, with the provider %s, at the price of two requests and one", async (_, extra) => {
    const env = freshHome(extra);
    const outcome = await run(artefact, ["-w", "-P", passwordOf("alice"), "my-role", ...whoAmI], { env });
    expect(outcome.status).toBe(0);
    expect(JSON.parse(outcome.stdout)).toHaveProperty("Account", "123456789012");
    expect(provider.take()).toEqual([page(), form]);
    expect(sts.take()).toEqual(["AssumeRoleWithSAML", "GetCallerIdentity", "GetCallerIdentity"]);
    const said = sts.said("AssumeRoleWithSAML");
    expect([said?.get("RoleArn"), said?.get("PrincipalArn"), said?.get("DurationSeconds")]).toEqual([
      ...pair("developer").split(","),
      "3600",
    ]);
  });

  test("a second role costs no login, a warm run nothing, and -r one page by the kept session", async () => {
    const env = freshHome();
    expect(await run(artefact, ["my-role", "true"], { env: asAlice(env) })).toMatchObject({ status: 0, stderr: "" });
    expect(cost()).toEqual([[page(), form], ["AssumeRoleWithSAML"]]);
    expect(await run(artefact, ["other-role", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(cost()).toEqual([[], ["AssumeRoleWithSAML"]]);
    expect(await run(artefact, ["my-role", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(cost()).toEqual([[], []]);
    expect(await run(artefact, ["-r", "my-role", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(cost()).toEqual([[page()], ["AssumeRoleWithSAML"]]);
  });

  test("once the assertion is over, a second role costs one page by the kept session", async () => {
    const env = { ...freshHome(), SAML_AUTH_URL: urlOf("brief") };
    expect(await run(artefact, ["my-role", "true"], { env: asAlice(env) })).toMatchObject({ status: 0, stderr: "" });
    expect(cost()).toEqual([[page("brief"), form], ["AssumeRoleWithSAML"]]);
    expect(await run(artefact, ["other-role", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(cost()).toEqual([[page("brief")], ["AssumeRoleWithSAML"]]);
  });

  test("another application of the realm costs one page by the kept session", async () => {
    const env = freshHome();
    expect(await run(artefact, ["my-role", "true"], { env: asAlice(env) })).toMatchObject({ status: 0 });
    cost();
    expect(await run(artefact, ["-S", urlOf("two-hours"), "my-role", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(cost()).toEqual([[page("two-hours")], ["AssumeRoleWithSAML"]]);
  });

  test("a session that the realm has ended costs a login, and without a password exit status 7", async () => {
    const env = freshHome();
    expect(await run(artefact, ["my-role", "true"], { env: asAlice(env) })).toMatchObject({ status: 0 });
    await endSessions(keycloak, realm, "alice");
    cost();
    const outcome = await run(artefact, ["-r", "my-role", "true"], { env });
    expect(outcome).toMatchObject({ status: 7, stderr: expect.stringContaining("set SAML_PASSWORD") });
    cost();
    expect(await run(artefact, ["-r", "my-role", "true"], { env: asAlice(env) })).toMatchObject({ status: 0, stderr: "" });
    expect(cost()).toEqual([[page(), form], ["AssumeRoleWithSAML"]]);
  });

  test("a one-time code is taken from -o", async () => {
    const env = freshHome();
    const otto = `otto${number}`;
    const words = ["-U", otto, "-P", passwordOf(otto), "-o", new Totp(secret).code(), "anyone", ...whoAmI];
    expect(await run(artefact, words, { env })).toMatchObject({ status: 0, stderr: "" });
    expect(provider.take()).toEqual([page(), form, form]);
  });

  test("user name, password and code are asked for on the terminal, and a wrong code again", async () => {
    const oda = `oda${number}`;
    open(["anyone", "echo", "logged in"], freshHome());
    await pane?.shows(/user name/i);
    answer(oda);
    await pane?.shows(/password/i);
    answer(passwordOf(oda));
    await pane?.shows(/code/i);
    answer("000000");
    await pane?.shows(/refuses[\s\S]*code/i);
    answer(new Totp(secret).code());
    const screen = await pane?.shows(/ended with 0/);
    expect(screen).toContain("logged in");
    expect(screen).not.toContain(passwordOf(oda));
    expect(sts.take()).toEqual(["AssumeRoleWithSAML"]);
  });

  test("a wrong password that was given is tried once and named", async () => {
    const outcome = await run(artefact, ["-P", "not alice's", "my-role", "true"], { env: freshHome() });
    expect(outcome.status).toBe(4);
    expect(outcome.stderr).toContain("refuses the user name or password: Invalid username or password");
    expect(outcome.stderr).not.toContain("not alice's");
    expect(cost()).toEqual([[page(), form], []]);
  });

  test("a required action is named, with the address to open", async () => {
    const outcome = await run(artefact, ["-U", "carl", "-P", passwordOf("carl"), "anyone", "true"], { env: freshHome() });
    expect(outcome.status).toBe(4);
    expect(outcome.stderr).toContain("asks for a new password (UPDATE_PASSWORD)");
    expect(outcome.stderr).toContain(`open ${provider.url}/realms/${realm}/account in a browser`);
  });

  test("a role that is not offered is named, and so is a user without any", async () => {
    const env = freshHome();
    const outcome = await run(artefact, ["foreign-role", "true"], { env: asAlice(env) });
    expect(outcome.status).toBe(4);
    expect(outcome.stderr).toContain(`does not offer ${roleArn("admin")} to alice`);
    expect(outcome.stderr).toContain("aws-runas list roles foreign-role");
    const nobody = await run(artefact, ["-U", "nora", "-P", passwordOf("nora"), "anyone", "true"], { env });
    expect(nobody).toMatchObject({ status: 4, stderr: expect.stringContaining("offers no AWS role") });
    expect(sts.take()).toEqual([]);
  });

  test("the only role offered needs no role_arn", async () => {
    const env = freshHome();
    expect(await run(artefact, ["-P", passwordOf("solo"), "solo", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(sts.said("AssumeRoleWithSAML")?.get("RoleArn")).toBe(roleArn("developer"));
    expect(await run(artefact, ["solo", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(cost()).toEqual([[page(), form], ["AssumeRoleWithSAML"]]);
  });

  test("one of several roles is chosen with the arrow keys, and stands first the next time", async () => {
    const env = freshHome();
    const early = await run(artefact, ["any-role", "true"], { env: asAlice(env) });
    expect(early).toMatchObject({ status: 7, stderr: expect.stringMatching(/3 roles are offered[\s\S]*role_arn/) });
    open(["any-role", "true"], env);
    const list = await pane?.shows(/Role:[\s\S]*operator/);
    expect(list).toMatch(/Role:\n> \S+role\/auditor\n  \S+role\/developer\n  \S+role\/operator\n/);
    pane?.press("Down", "Down");
    await pane?.shows(/> \S+role\/operator/);
    pane?.press("Enter");
    expect(await pane?.shows(/ended with 0/)).toMatch(/^Role: \S+role\/operator$/m);
    expect(sts.said("AssumeRoleWithSAML")?.get("RoleArn")).toBe(roleArn("operator"));
    pane?.close();
    open(["-r", "any-role", "true"], env);
    expect(await pane?.shows(/Role:[\s\S]*developer/)).toMatch(/> \S+role\/operator\n  \S+role\/auditor\n  \S+role\/developer\n/);
    pane?.press("Enter");
    await pane?.shows(/ended with 0/);
    // Without a terminal the choice stands.
    cost();
    expect(await run(artefact, ["-r", "any-role", "true"], { env })).toMatchObject({ status: 0 });
    expect(sts.said("AssumeRoleWithSAML")?.get("RoleArn")).toBe(roleArn("operator"));
  });

  test.each([
    ["China", "china", "cn-north-1", "aws-cn"],
    ["GovCloud", "gov", "us-gov-west-1", "aws-us-gov"],
  ])("roles of %s are understood and assumed", async (_, client, region, partition) => {
    const env = { ...freshHome(), SAML_AUTH_URL: urlOf(client), AWS_REGION: region };
    const outcome = await run(artefact, ["any-role", "true"], { env: asAlice(env) });
    expect(outcome).toMatchObject({ status: 0, stderr: "" });
    const said = sts.said("AssumeRoleWithSAML");
    expect([said?.get("RoleArn"), said?.get("PrincipalArn")]).toEqual(pair("developer", partition).split(","));
  });

  test.each([
    ["one attribute each", "aws"],
    ["a single attribute", "single"],
  ])("list roles shows those of the assertion, in %s", async (_, client) => {
    const env = { ...freshHome(), SAML_AUTH_URL: urlOf(client) };
    const names = ["auditor", "developer", "operator"];
    const expected = `Available role ARNs for alice\n${names.map((name) => `  ${roleArn(name)}\n`).join("")}`;
    expect(await run(artefact, ["list", "roles", "my-role"], { env: asAlice(env) })).toEqual({ status: 0, stdout: expected, stderr: "" });
    expect(cost()).toEqual([[page(client), form], []]);
    expect(await run(artefact, ["-l", "my-role"], { env })).toEqual({ status: 0, stdout: expected, stderr: "" });
    const { stdout } = await run(artefact, ["list", "roles", "--json", "my-role"], { env });
    const principal = "arn:aws:iam::123456789012:saml-provider/keycloak";
    expect(JSON.parse(stdout)).toEqual({ user: "alice", roles: names.map((name) => ({ arn: roleArn(name), principal })) });
    expect(cost()).toEqual([[], []]);
  });

  test("the assertion's SessionDuration is the most that STS is asked for", async () => {
    const env = { ...freshHome(), SAML_AUTH_URL: urlOf("two-hours") };
    const asked = async (...flags: string[]) => {
      expect(await run(artefact, [...flags, "my-role", "true"], { env: asAlice(env) })).toMatchObject({ status: 0, stderr: "" });
      return sts.said("AssumeRoleWithSAML")?.get("DurationSeconds");
    };
    expect([await asked(), await asked("-a", "30m"), await asked("-a", "8h")]).toEqual(["3600", "1800", "7200"]);
    env.SAML_AUTH_URL = urlOf("aws");
    expect(await asked("-a", "8h")).toBe("28800");
  });

  test("a jump role is assumed by the assertion and the role by the jump role, for the same time", async () => {
    const env = freshHome();
    const outcome = await run(artefact, ["-a", "45m", "jump", ...whoAmI], { env: asAlice(env) });
    expect(outcome).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse(outcome.stdout)).toHaveProperty("Arn", "arn:aws:sts::210987654321:assumed-role/target/alice");
    expect(cost()).toEqual([
      [page(), form],
      ["AssumeRoleWithSAML", "AssumeRole", "GetCallerIdentity"],
    ]);
    const calls = ["AssumeRoleWithSAML", "AssumeRole"].map((action) => sts.said(action));
    expect(calls.map((said) => said?.get("DurationSeconds"))).toEqual(["2700", "2700"]);
    expect(calls.map((said) => said?.get("RoleArn"))).toEqual([roleArn("developer"), "arn:aws:iam::210987654321:role/target"]);
    expect(await run(artefact, ["-a", "2h", "jump", "true"], { env })).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("1h that AWS gives a role reached through a jump role"),
    });
    // The jump role's credentials are those of a profile that has it as its role.
    expect(await run(artefact, ["-a", "45m", "my-role", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(cost()).toEqual([[], []]);
  });

  test("fifty processes at once cost one login and one call of STS", async () => {
    const env = asAlice(freshHome());
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => run(artefact, ["my-role", "true"], { env, timeoutMs: 110_000 })));
    expect(outcomes.filter(({ status }) => status !== 0)).toEqual([]);
    expect(cost()).toEqual([[page(), form], ["AssumeRoleWithSAML"]]);
  });

  test("a password is stored for the SAML URL, used, and removed again", async () => {
    const env = freshHome();
    expect(await run(artefact, ["password", "my-role"], { env, input: `${passwordOf("alice")}\n` })).toMatchObject({ status: 0 });
    const stored = () => readFileSync(join(home.path, ".aws/credentials"), "utf8");
    expect(stored()).toMatch(new RegExp(`^\\[${urlOf("aws")}\\]\\nsaml_password = \\S+\\n`));
    expect(stored()).not.toContain(passwordOf("alice"));
    expect(await run(artefact, ["my-role", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(cost()).toEqual([[page(), form], ["AssumeRoleWithSAML"]]);
    expect(await run(artefact, ["password", "--delete", "my-role"], { env })).toMatchObject({ status: 0 });
    expect(stored()).not.toContain("saml_password");
  });

  test("status tells what is kept, and after a logout the next run logs in anew", async () => {
    const env = freshHome();
    expect((await run(artefact, ["status", "my-role"], { env })).status).toBe(1);
    expect(await run(artefact, ["my-role", "true"], { env: asAlice(env) })).toMatchObject({ status: 0 });
    const { status, stdout } = await run(artefact, ["status", "--json", "my-role"], { env });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ login: urlOf("aws"), usable: true, session: true });
    expect(JSON.parse(stdout).credentials.arn).toBe("arn:aws:sts::123456789012:assumed-role/developer/alice");
    cost();
    const ended = await run(artefact, ["logout", "my-role"], { env });
    expect(ended).toMatchObject({ status: 0, stderr: expect.stringContaining("my-role is logged out: dropped") });
    expect((await run(artefact, ["status", "my-role"], { env })).status).toBe(1);
    expect(await run(artefact, ["my-role", "true"], { env })).toMatchObject({ status: 7 });
    cost();
    expect(await run(artefact, ["my-role", "true"], { env: asAlice(env) })).toMatchObject({ status: 0, stderr: "" });
    expect(cost()).toEqual([[page(), form], ["AssumeRoleWithSAML"]]);
  });

  test("a command that outlives its credentials gets new ones by the kept session, without a person", async () => {
    const env = { ...freshHome(), SAML_AUTH_URL: urlOf("moments") };
    expect(await run(artefact, ["my-role", "true"], { env: asAlice(env) })).toMatchObject({ status: 0 });
    cost();
    const later = [process.execPath, join(import.meta.dirname, "programs/keys-later.mjs"), "25"];
    const outcome = await run(artefact, ["my-role", ...later], { env });
    expect(outcome).toMatchObject({ status: 0, stderr: "" });
    const { keys, secondsLeft } = JSON.parse(outcome.stdout);
    expect(keys[1]).not.toBe(keys[0]);
    expect(secondsLeft).toBeGreaterThan(0);
    const [pages, calls] = cost();
    expect([new Set(pages), new Set(calls)]).toEqual([new Set([page("moments")]), new Set(["AssumeRoleWithSAML"])]);
  });
});
