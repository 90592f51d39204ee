/** IAM profiles as whole commands in process: users' keys, MFA devices and chains of roles, at an STS that verifies all of them. */

import { writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startSandbox } from "../../sandbox/sandbox.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { Totp } from "../../sandbox/totp.ts";
import { createHome, runas } from "./test-world.ts";
import type { Answer, Home } from "./test-world.ts";

let sandbox: Sandbox;
let home: Home;
/** mia's own device: what it showed once it does not show again. */
let device: { code(): string };

beforeEach(async () => {
  sandbox = await startSandbox();
  home = createHome(sandbox.configText);
  const totp = new Totp(sandbox.iamUsers.mia.mfa.totpSecret);
  device = {
    code: () => {
      const code = totp.code();
      totp.accept(code);
      return code;
    },
  };
});
afterEach(async () => {
  home[Symbol.dispose]();
  await sandbox.stop();
});

function run(argv: string[], more: { env?: Record<string, string>; answers?: Answer[] } = {}) {
  return runas(argv, { home, ...more, env: { ...sandbox.environment, ...more.env } });
}

/** The calls of STS that `action` makes. */
async function callsDuring(action: () => Promise<unknown>): Promise<string[]> {
  const before = sandbox.sts.actions().length;
  await action();
  return sandbox.sts.actions().slice(before);
}

/** The form of the last call. */
function lastForm(): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(sandbox.sts.requests.at(-1)?.body));
}

const arnOf = (role: string, session: string) => `arn:aws:sts::123456789012:assumed-role/${role}/${session}`;

describe("a user's keys", () => {
  test("give a session without a role: as lines, as JSON, at the endpoint and in the environment", async () => {
    const outcome = await run(["-we", "-O", "json", "ivy"]);
    expect(outcome).toMatchObject({ status: 0, stderr: expect.stringContaining("arn:aws:iam::123456789012:user/staff/ivy") });
    expect(outcome.stderr).toMatch(/expire at .+ \(in 1[12] hours/);
    expect(JSON.parse(outcome.stdout)).toMatchObject({ AccessKeyId: expect.stringMatching(/^ASIA/), SessionToken: expect.any(String) });
    expect((await run(["ivy"])).stdout).toMatch(/^export AWS_ACCESS_KEY_ID='ASIA/);
    const isSession = 'case "$AWS_ACCESS_KEY_ID" in ASIA*) exit 0;; esac; exit 1';
    expect(await run(["-E", "ivy", "sh", "-c", isSession])).toMatchObject({ status: 0 });
    const asks = `test -n "$AWS_CONTAINER_CREDENTIALS_FULL_URI" && test -z "$AWS_SECRET_ACCESS_KEY"`;
    expect(await run(["ivy", "sh", "-c", asks])).toMatchObject({ status: 0, stderr: "" });
    expect(sandbox.sts.actions()).toEqual(["GetSessionToken", "GetCallerIdentity"]);
  });

  test("assume a role by a session, named after the user; a second run costs nothing", async () => {
    const calls = await callsDuring(async () => {
      expect((await run(["-w", "link-1", "true"])).stderr).toContain(arnOf("link-1", "ivy"));
    });
    expect(calls).toEqual(["GetSessionToken", "GetCallerIdentity", "AssumeRole", "GetCallerIdentity"]);
    expect(await callsDuring(() => run(["link-1", "true"]))).toEqual([]);
    expect(await callsDuring(() => run(["-r", "link-1", "true"]))).toEqual(["GetSessionToken", "AssumeRole"]);
  });

  test("lead through a chain of three, each link shared with the profile of that role", async () => {
    const calls = await callsDuring(async () => {
      expect((await run(["-w", "link-3", "true"])).stderr).toContain(arnOf("link-3", "ivy"));
    });
    expect(calls).toEqual(["GetSessionToken", "GetCallerIdentity", "AssumeRole", "AssumeRole", "AssumeRole", "GetCallerIdentity"]);
    expect(await callsDuring(() => run(["link-2", "true"]))).toEqual([]);
    expect(await callsDuring(() => run(["link-1", "true"]))).toEqual([]);
    expect(await callsDuring(() => run(["-r", "link-3", "true"]))).toEqual(["GetSessionToken", "AssumeRole", "AssumeRole", "AssumeRole"]);
  });

  test("themselves sign for a first role of more than an hour, and a later one may not ask for that", async () => {
    expect(await callsDuring(() => run(["-a", "2h", "link-1", "true"]))).toEqual(["GetCallerIdentity", "AssumeRole"]);
    expect(await run(["-a", "2h", "link-2", "true"])).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("more than the 1h that AWS gives a role reached through another role"),
    });
  });

  test("in the environment are for a role ARN in the profile's place", async () => {
    const { accessKeyId, secretAccessKey } = sandbox.iamUsers.ivy;
    const env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: "eu-central-1" };
    const arn = "arn:aws:iam::123456789012:role/link-1";
    expect((await run(["-w", arn, "true"], { env })).stderr).toContain(arnOf("link-1", "ivy"));
    expect(await run([arn, "true"])).toMatchObject({ status: 3, stderr: expect.stringContaining("no AWS keys") });
  });

  test("that are temporary assume the role without a session of their own", async () => {
    const session = JSON.parse((await run(["-O", "json", "ivy"])).stdout);
    writeFileSync(
      home.file(".aws/credentials"),
      `[temporary]\naws_access_key_id = ${session.AccessKeyId}\naws_secret_access_key = ${session.SecretAccessKey}\naws_session_token = ${session.SessionToken}\n`,
    );
    writeFileSync(
      home.file(".aws/config"),
      "[profile t]\nregion = eu-central-1\nsource_profile = temporary\nrole_arn = arn:aws:iam::123456789012:role/link-1\n",
    );
    expect(await callsDuring(() => run(["t", "true"]))).toEqual(["GetCallerIdentity", "AssumeRole"]);
  });

  test("that a program prints are taken like others", async () => {
    const { accessKeyId, secretAccessKey } = sandbox.iamUsers.ivy;
    const printed = JSON.stringify({ Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey });
    writeFileSync(home.file("keys.json"), printed);
    const role = "role_arn = arn:aws:iam::123456789012:role/link-1\nsource_profile = vault\nregion = eu-central-1\n";
    writeFileSync(home.file(".aws/config"), `[profile vault]\ncredential_process = cat ${home.file("keys.json")}\n[profile p]\n${role}`);
    expect(await callsDuring(async () => expect(await run(["p", "true"])).toMatchObject({ status: 0, stderr: "" }))).toEqual([
      "GetSessionToken",
      "GetCallerIdentity",
      "AssumeRole",
    ]);
    writeFileSync(home.file(".aws/config"), `[profile vault]\ncredential_process = exit 3 ${home.file("x")}\n[profile p]\n${role}`);
    expect(await run(["-r", "p", "true"])).toMatchObject({
      status: 4,
      stderr: expect.stringContaining("credential_process in [profile vault]"),
    });
  });
});

describe("an MFA device", () => {
  test("vouches once for all roles of a session, wrong codes being asked for again", async () => {
    const answers: Answer[] = [
      ["Code of the MFA device arn:aws:iam::123456789012:mfa/mia", "nonsense"],
      ["Code", "000000"],
      ["Code", device.code()],
    ];
    const outcome = await run(["-w", "guarded", "true"], { answers });
    expect(outcome).toMatchObject({ status: 0, unasked: [], stderr: expect.stringContaining(arnOf("guarded", "mia")) });
    expect(await callsDuring(() => run(["guarded", "true"], { env: { AWS_REGION: "eu-west-1" } }))).toEqual(["AssumeRole"]);
  });

  test("three wrong codes are enough", async () => {
    const answers: Answer[] = [...Array(3)].map(() => ["Code", "000000"]);
    const outcome = await run(["guarded", "true"], { answers });
    expect(outcome).toMatchObject({ status: 5, unasked: [] });
    expect(outcome.stderr).toContain("MultiFactorAuthentication failed");
    expect(outcome.stderr).toContain("a code works once");
    expect(outcome.stderr).not.toContain("000000");
  });

  test("whose code was given by -o needs nobody; a wrong one is an error where nobody is", async () => {
    expect(await run(["-o", "000000", "guarded", "true"])).toMatchObject({ status: 5 });
    expect(await run(["guarded", "true"], { env: { MFA_CODE: device.code() } })).toMatchObject({ status: 0, stderr: "" });
    expect(await run(["-o", "12", "guarded", "true"])).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("the flag -o is not a code"),
    });
  });

  test("and nobody to ask: exit status 7, as with login = never", async () => {
    expect(await run(["guarded", "true"])).toMatchObject({
      status: 7,
      stderr: expect.stringContaining("nobody can be asked for its code"),
    });
    const never = await run(["guarded", "true"], { env: { AWSRUNAS_LOGIN: "never" }, answers: [] });
    expect(never).toMatchObject({ status: 7, stderr: expect.stringContaining("login = never") });
  });

  test("vouches for the call itself where a role is to live longer than an hour", async () => {
    const calls = await callsDuring(() => run(["-a", "2h", "-o", device.code(), "guarded", "true"]));
    expect(calls).toEqual(["GetCallerIdentity", "AssumeRole"]);
    expect(lastForm()).toMatchObject({ SerialNumber: "arn:aws:iam::123456789012:mfa/mia", DurationSeconds: "7200" });
    expect(await run(["guarded", "true"])).toMatchObject({ status: 7 });
  });

  test("may be named by -M, for a session that -d sets the life of", async () => {
    expect(await run(["-M", sandbox.iamUsers.mia.mfa.serialNumber, "-d", "36h", "-o", device.code(), "mia", "true"])).toMatchObject({
      status: 0,
    });
    expect(lastForm()).toMatchObject({ DurationSeconds: "129600", SerialNumber: sandbox.iamUsers.mia.mfa.serialNumber });
    expect(await run(["-d", "37h", "mia"])).toMatchObject({ status: 3, stderr: expect.stringContaining("15m to 36h") });
  });
});

describe("-s", () => {
  test("gives the session of an IAM profile, and the jump role of another", async () => {
    expect((await run(["-sw", "link-3", "true"])).stderr).toContain("arn:aws:iam::123456789012:user/staff/ivy");
    const env = { WEB_IDENTITY_PASSWORD: sandbox.users.alice.password, RUNAS_SESSION_CREDENTIALS: "true" };
    expect((await run(["-w", "target", "true"], { env })).stderr).toContain(arnOf("jump", "alice"));
    expect(await run(["-s", "developer"])).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("no credentials before those of its role"),
    });
  });
});

describe("session policies and tags", () => {
  test("go with the last role alone", async () => {
    writeFileSync(home.file("policy.json"), '{\n  "Version": "2012-10-17",\n  "Statement": []\n}\n');
    const flags = ["--read-only", "--session-tags", "team=blue, cost=a=b", "--transitive-session-tags=team", "--source-identity", "Ivy"];
    await run([...flags, `--session-policy=file://${home.file("policy.json")}`, "link-2", "true"]);
    const forms = sandbox.sts.requests.map(({ body }) => Object.fromEntries(new URLSearchParams(body))).filter(({ RoleArn }) => RoleArn);
    expect(forms[0]).not.toHaveProperty("Policy");
    expect(forms[1]).toMatchObject({
      Policy: '{"Version":"2012-10-17","Statement":[]}',
      "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/ReadOnlyAccess",
      "Tags.member.1.Key": "team",
      "Tags.member.1.Value": "blue",
      "Tags.member.2.Value": "a=b",
      "TransitiveTagKeys.member.1": "team",
      SourceIdentity: "Ivy",
    });
    expect(await callsDuring(() => run(["link-2", "true"]))).toEqual(["AssumeRole"]);
  });

  test("where no role takes them are an error, not left out", async () => {
    const env = { WEB_IDENTITY_PASSWORD: sandbox.users.alice.password };
    const refused = (words: string[]) => run(words, { env });
    expect(await refused(["--read-only", "ivy"])).toMatchObject({ status: 3, stderr: expect.stringContaining("assumes no role") });
    expect(await refused(["-s", "--read-only", "link-1"])).toMatchObject({ status: 3 });
    expect(await refused(["-s", "--session-tags", "a=b", "link-1"])).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("the flag --session-tags is for the role, which -s leaves out"),
    });
    expect(await refused(["--session-tags", "a=b", "developer"])).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("AssumeRoleWithWebIdentity takes no tags"),
    });
    expect(await refused(["--read-only", "developer", "true"])).toMatchObject({ status: 0 });
    expect(lastForm()).toMatchObject({ "PolicyArns.member.1.arn": "arn:aws:iam::aws:policy/ReadOnlyAccess" });
  });
});

describe("the commands about a login", () => {
  test("know a session", async () => {
    expect((await run(["status", "guarded"])).status).toBe(1);
    expect((await run(["login", "guarded"], { answers: [["Code", device.code()]] })).stderr).toContain(arnOf("guarded", "mia"));
    expect(await run(["status", "guarded"])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/key AKIAMIA.*\n.*guarded\/mia.*\n {2}session +kept/),
    });
    expect(JSON.parse((await run(["status", "--json", "mia"])).stdout)).toMatchObject({ role: null, credentials: { arn: null } });
    expect(await run(["logout", "guarded"])).toMatchObject({ status: 0, stderr: expect.stringContaining("dropped 2 sets of credentials") });
    expect((await run(["status", "guarded"])).status).toBe(1);
    expect(await run(["token", "ivy"])).toMatchObject({ status: 2, stderr: expect.stringContaining("no id token is involved") });
    expect(await run(["password", "ivy"])).toMatchObject({ status: 2, stderr: expect.stringContaining("needs no password") });
  });
});

describe("list", () => {
  test("profiles asks nobody, and shows kind, role, source, and what is kept", async () => {
    await run(["link-1", "true"]);
    writeFileSync(home.file(".aws/credentials"), "[broken]\naws_access_key_id = AKIA1\n");
    const calls = await callsDuring(async () => {
      const { status, stdout } = await run(["list", "profiles"]);
      expect(status).toBe(0);
      expect(stdout).toMatch(/^PROFILE +KIND +ACCOUNT +ROLE +SOURCE +CACHED$/m);
      expect(stdout).toMatch(/^link-1 +iam +123456789012 +link-1 +ivy +yes$/m);
      expect(stdout).toMatch(/^link-2 +iam +123456789012 +link-2 +link-1 +no$/m);
      expect(stdout).toMatch(/^developer +oidc +123456789012 +developer +sandbox +no$/m);
      expect(stdout).toMatch(/^broken +not usable: aws_access_key_id in \[broken\] .* is half of a pair/m);
    });
    expect(calls).toEqual([]);
    expect(JSON.parse((await run(["ls", "profiles", "--json"])).stdout)).toContainEqual({
      profile: "ivy",
      kind: "iam",
      account: null,
      role: null,
      source: null,
      cached: true,
      expiresAt: expect.any(String),
    });
  });

  test.each([
    [["list", "roles", "developer"], "no call lists them"],
    [["-m", "developer"], "AWS does not know them"],
    [["list"], "list what?"],
    [["list", "secrets"], "does not know this word"],
    [["-l", "ivy", "extra"], "a word too many"],
  ])("%j is an error that says why", async (argv, expected) => {
    expect(await run(argv)).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining(expected) });
  });
});
