/** login, logout, status, token and trust-policy, whole, against the sandbox. */

import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startSandbox } from "../../sandbox/sandbox.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { startSts } from "../../sandbox/sts.ts";
import { openStore } from "../../src/store/store.ts";
import { createHome, runas } from "./test-world.ts";
import type { Home } from "./test-world.ts";

const ROLE = "arn:aws:iam::123456789012:role/developer";

/** oidc-provider takes no POST unless it is told to: then the session's cookies say who goes, and it asks whether that is meant. */
const ENDING = ["POST /session/end", "GET /session/end", "POST /session/end/confirm", "GET /session/end/success"];

let sandbox: Sandbox;
let home: Home;

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

beforeEach(() => {
  const ci = `[profile ci]\nrole_arn = ${ROLE}\nregion = eu-central-1\nweb_identity_token_file = ~/token\n`;
  home = createHome(`${sandbox.configText}\n${ci}[profile broken]\nrole_arn = nonsense\n`);
  sandbox.provider.intercept = undefined;
  sandbox.provider.requests.length = 0;
  sandbox.sts.requests.length = 0;
  return () => home[Symbol.dispose]();
});

/** As alice, whose password is in the environment. */
const run = (argv: string[], env: Record<string, string> = {}) =>
  runas(argv, { home, env: { ...sandbox.environment, WEB_IDENTITY_PASSWORD: sandbox.users.alice.password, ...env } });
/** As somebody without a password: what is kept has to do. */
const runWithout = (argv: string[], env: Record<string, string> = {}) => run(argv, { WEB_IDENTITY_PASSWORD: "", ...env });
const asked = () => sandbox.provider.requests.map(({ method, path }) => `${method} ${path.replace(/\?.*/, "")}`);
const kinds = () =>
  existsSync(home.file(".aws/aws-runas"))
    ? readdirSync(home.file(".aws/aws-runas"))
        .map((name) => name.replace(/-[0-9a-f]{64}$/, ""))
        .filter((name) => name !== "run")
        .sort()
    : [];

function store() {
  const log = { warn: () => {}, info: () => {}, debug: () => {} };
  const clock = { now: () => Date.now(), sleep: async () => {} };
  return openStore({ env: { AWSRUNAS_STORE: "file" }, homeDir: home.path, platform: process.platform, clock, log });
}

async function putToken(claims: object = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const usual = { iss: sandbox.provider.issuer, sub: "id-of-ci", aud: "aws-runas", iat: now, exp: now + 600 };
  const token = await sandbox.provider.sign({ ...usual, ...claims });
  writeFileSync(home.file("token"), token);
  return token;
}

describe("login", () => {
  test("a store that is of no use is no obstacle at a terminal, where a refused password would be forgotten", async () => {
    rmSync(home.file(".aws/aws-runas"), { recursive: true, force: true });
    writeFileSync(home.file(".aws/aws-runas"), "a file, where the folder should be");
    const env = { ...sandbox.environment, WEB_IDENTITY_PASSWORD: sandbox.users.alice.password };
    const { status, stderr } = await runas(["login", "developer"], { home, env, answers: [] });
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining("is logged in as alice") });
  });

  test("gets token and credentials, says for whom and until when, and a run afterwards costs nothing", async () => {
    const { status, stdout, stderr } = await run(["login", "developer"]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    expect(stderr).toMatch(/developer is logged in as alice at http:\/\/127.+; the id token is good until .+ \(in (59 minutes|1 hour)\)\n/);
    expect(stderr).toMatch(/the credentials are arn:aws:sts::123456789012:assumed-role\/developer\/alice, until .+\n$/);
    const before = asked().length;
    expect(await runWithout(["developer", "true"])).toMatchObject({ status: 0, stderr: "" });
    expect(await runWithout(["login", "developer"])).toMatchObject({ status: 0, stderr });
    expect(asked()).toHaveLength(before);
    expect(sandbox.sts.actions()).toEqual(["AssumeRoleWithWebIdentity"]);
  });

  test("of a profile without a role gets the token alone", async () => {
    const { status, stderr } = await run(["login", "sandbox"]);
    expect({ status, lines: stderr.split("\n").length }).toEqual({ status: 0, lines: 2 });
    expect(sandbox.sts.actions()).toEqual([]);
  });

  test("by a person at a terminal sends a password that was refused just now again, which a run does not", async () => {
    const wrong = { ...sandbox.environment, WEB_IDENTITY_PASSWORD: "wrong" };
    const tries = async (argv: string[], answers?: []) => {
      sandbox.provider.requests.length = 0;
      expect(await runas(argv, { home, env: wrong, ...(answers && { answers }) })).toMatchObject({
        status: 4,
        stderr: expect.stringContaining("refuses"),
      });
      return asked().filter((request) => request.startsWith("POST")).length;
    };
    expect(await tries(["developer", "true"], [])).toBe(1);
    expect(await tries(["developer", "true"], [])).toBe(0);
    expect(await tries(["login", "developer"])).toBe(0);
    expect(await tries(["login", "developer"], [])).toBe(1);
    expect(await run(["login", "developer"])).toMatchObject({ status: 0 });
  });

  test("tells what is odd about a profile, with or without a role", async () => {
    const odd = "[profile odd]\nsource_profile = sandbox\nweb_identity_scope = email\n";
    writeFileSync(home.file(".aws/config"), `${sandbox.configText}\n${odd}[profile odd-role]\nsource_profile = odd\nrole_arn = ${ROLE}\n`);
    for (const argv of [
      ["login", "odd"],
      ["trust-policy", "odd-role"],
    ]) {
      const { status, stderr } = await run(argv);
      expect({ status, stderr }).toEqual({
        status: 0,
        stderr: expect.stringMatching(/warning: web_identity_scope in .* did you mean web_identity_scopes\?/),
      });
    }
  });

  test.each([[["-r", "login", "developer"]], [["login", "-r", "developer"]], [["login", "developer", "--force"]]])(
    "%j logs in again, by the session that the provider has",
    async (argv) => {
      await run(["login", "developer"]);
      sandbox.provider.requests.length = 0;
      expect(await runWithout(argv)).toMatchObject({ status: 0 });
      expect(asked().filter((request) => request.startsWith("POST"))).toEqual(["POST /token"]);
      expect(sandbox.sts.actions()).toEqual(["AssumeRoleWithWebIdentity", "AssumeRoleWithWebIdentity"]);
    },
  );

  test("by a token file says whose token it is", async () => {
    await putToken();
    const { status, stderr } = await run(["login", "ci"]);
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining("ci is logged in as id-of-ci at ") });
    expect(asked()).toEqual([]);
  });

  test("by a token file needs no password to be stored", async () => {
    const { status, stderr } = await run(["password", "ci"]);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: "aws-runas: ci logs in with id tokens that it is given, and needs no password\n",
    });
  });

  test("takes the profile that AWS_PROFILE names, and no second word", async () => {
    expect(await run(["login"], { AWS_PROFILE: "developer" })).toMatchObject({ status: 0 });
    expect(await run(["login", "developer", "secret-word"])).toMatchObject({
      status: 2,
      stderr: expect.not.stringContaining("secret-word"),
    });
    expect(await run(["login"])).toMatchObject({ status: 2, stderr: expect.stringContaining("no profile is named") });
  });
});

describe("login = never", () => {
  test("ends with 7 where a person is needed, though there is a terminal, and says where it is set", async () => {
    const startedAt = Date.now();
    const env = { ...sandbox.environment, AWSRUNAS_LOGIN: "never" };
    const outcome = await runas(["developer", "true"], { home, env, answers: [["Password", sandbox.users.alice.password]] });
    expect(outcome).toMatchObject({ status: 7, unasked: [expect.anything()] });
    expect(outcome.stderr).toContain("login = never says that there is none (the environment variable AWSRUNAS_LOGIN)\nhint: ");
    expect(Date.now() - startedAt).toBeLessThan(5_000);
  });

  test("leaves a password that is given, and the session that is kept", async () => {
    expect(await run(["developer", "true"], { AWSRUNAS_LOGIN: "never" })).toMatchObject({ status: 0 });
    expect(await runWithout(["-r", "developer", "true"], { AWSRUNAS_LOGIN: "never" })).toMatchObject({ status: 0 });
  });
});

describe("status", () => {
  test("is 1 before the login and 0 after it, and asks nobody for anything", async () => {
    expect(await run(["status", "developer"])).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/^developer: needs a login, at http/),
    });
    await run(["login", "developer"]);
    const [provider, sts] = [asked().length, sandbox.sts.requests.length];
    const { status, stdout, stderr } = await runWithout(["status", "developer"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(
      /^developer: usable now, at http:.+\n {2}credentials {2}arn:aws:sts.+\/alice, until .+\n {2}id token {5}for alice, until .+\n {2}session {6}kept\n$/,
    );
    expect([asked().length, sandbox.sts.requests.length]).toEqual([provider, sts]);
  });

  test("as JSON says the same, and no secret", async () => {
    await run(["login", "developer"]);
    const { stdout, status } = await run(["status", "--json", "developer"]);
    expect(status).toBe(0);
    const isoTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT.+Z$/);
    expect(JSON.parse(stdout)).toEqual({
      profile: "developer",
      role: ROLE,
      login: `${sandbox.provider.issuer}/`,
      usable: true,
      credentials: { arn: expect.stringContaining("assumed-role/developer/alice"), expiresAt: isoTime, secondsLeft: expect.any(Number) },
      token: {
        user: "alice",
        issuer: sandbox.provider.issuer,
        subject: "id-of-alice",
        audience: ["aws-runas"],
        expiresAt: isoTime,
        secondsLeft: expect.any(Number),
      },
      session: true,
      refreshToken: false,
    });
    const token = new URLSearchParams(sandbox.sts.requests[0]?.body).get("WebIdentityToken") ?? "";
    expect(stdout).not.toContain(token.slice(-20));
  });

  test("counts a role whose login is there, but its credentials are not: a run would need no login", async () => {
    await run(["login", "developer"]);
    expect(await run(["status", "short"])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/short: usable now.+\n {2}credentials {2}none\n/),
    });
    expect((await run(["status", "totp"])).status).toBe(1);
  });

  test("without a profile shows all of which something is kept", async () => {
    expect(await run(["status"])).toMatchObject({ status: 0, stdout: "", stderr: "aws-runas: nothing is kept for any profile\n" });
    expect(await run(["status", "--json"])).toMatchObject({ status: 0, stdout: "[]\n" });
    await run(["login", "developer"]);
    const names = async (argv: string[], env = {}) =>
      (JSON.parse((await run(argv, env)).stdout) as { profile: string }[]).map(({ profile }) => profile);
    const everyone = ["sandbox", "developer", "short", "tess-only", "target", "partner", "china"];
    expect(await names(["status", "--json"])).toEqual([
      ...everyone,
      "two-pages",
      "consent",
      "browser",
      "device-code",
      "offline",
      "unregistered",
    ]);
    expect(await names(["status", "--json", "--all"], { AWS_PROFILE: "totp" })).toContain("developer");
    expect((await run(["status"], { AWS_PROFILE: "totp" })).status).toBe(1);
    expect((await run(["status"])).stdout).toContain("\n\nshort: ");
  });

  test("of a token file says whether the token is good, and what is wrong with it", async () => {
    expect(await run(["status", "ci"])).toMatchObject({
      status: 1,
      stdout: expect.stringMatching(/id token {5}web_identity_token_file in .+ does not exist\n$/),
    });
    await putToken();
    expect(await run(["status", "ci"])).toMatchObject({ status: 0, stdout: expect.stringContaining("for id-of-ci, until") });
    await run(["ci", "true"]);
    await putToken({ exp: Math.floor(Date.now() / 1000) - 60 });
    const { status, stdout } = await run(["status", "--json", "ci"]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ usable: true, token: null, problem: expect.stringContaining("expired at") });
    expect(asked()).toEqual([]);
  });
});

describe("logout", () => {
  test("drops all roles of the login, also those that no profile names, and ends the session at the provider", async () => {
    await run(["developer", "true"]);
    await run(["-a", "2h", "developer", "true"]);
    await run(["target", "true"]);
    await run(["totp", "true"], { WEB_IDENTITY_PASSWORD: sandbox.users.tess.password, MFA_CODE: sandbox.provider.totp("tess") });
    sandbox.provider.requests.length = 0;
    const { status, stdout, stderr } = await runWithout(["logout", "short"]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    expect(stderr).toBe("aws-runas: short is logged out: dropped the id token, the provider's session, the credentials of 4 roles\n");
    expect(asked()).toEqual(ENDING);
    expect(kinds()).toEqual(["credentials", "discovery", "key", "keys", "session", "token"]);
    const asTess = await runWithout(["totp", "true"]);
    expect(asTess.status).toBe(0);
    expect((await runWithout(["developer", "true"])).status).toBe(7);
    expect((await runWithout(["status", "developer"])).status).toBe(1);
  });

  test("really ends the session: its cookies are worth nothing afterwards", async () => {
    await run(["login", "developer"]);
    const [key = ""] = await store().keys("session");
    const session = await store().read("session", key);
    await runWithout(["logout", "developer"]);
    await store().write("session", key, session, new Date(Date.now() + 60_000));
    expect((await runWithout(["developer", "true"])).status).toBe(7);
  });

  test("puts the id token into no URL and no output", async () => {
    await run(["login", "developer"]);
    sandbox.provider.requests.length = 0;
    const { stderr } = await run(["-vv", "logout", "developer"]);
    const [first] = sandbox.provider.requests;
    const hint = new URLSearchParams(first?.body).get("id_token_hint") ?? "";
    expect(hint).toMatch(/^eyJ.+\..+\..+$/);
    expect(stderr).toContain("POST ");
    expect(stderr + sandbox.provider.requests.map(({ url }) => url.href).join("")).not.toContain(hint);
  });

  test("revokes the refresh token, whatever scopes it came with", async () => {
    await run(["login", "developer"]);
    await run(["login", "developer"], { WEB_IDENTITY_SCOPES: "offline_access" });
    expect((await runWithout(["status", "developer"])).stdout).toMatch(/\n {2}refresh {6}token kept\n$/);
    sandbox.provider.requests.length = 0;
    const { stderr } = await runWithout(["logout", "developer"]);
    const dropped = "the id token, the provider's session, the refresh token, the credentials of 1 role";
    expect(stderr).toBe(`aws-runas: developer is logged out: dropped ${dropped}\n`);
    expect(asked()).toEqual(["POST /token/revocation", ...ENDING]);
    expect(Object.fromEntries(new URLSearchParams(sandbox.provider.requests[0]?.body))).toEqual({
      token: expect.stringMatching(/^[\w-]{20,}$/),
      token_type_hint: "refresh_token",
      client_id: "aws-runas",
    });
    expect(await store().keys("refresh")).toEqual([]);
  });

  test.each([
    ["cannot be reached", () => Response.error(), /logging out at 127\.0\.0\.1:\d+ did not work: cannot reach/],
    ["refuses", () => new Response("no", { status: 400 }), /logging out at 127\.0\.0\.1:\d+ did not work: 127\.0\.0\.1:\d+ answers 400/],
  ])("drops what is here, with a warning, where the provider %s", async (_, answer, warning) => {
    await run(["login", "developer"]);
    sandbox.provider.intercept = answer;
    const { status, stderr } = await runWithout(["logout", "developer"]);
    expect(status).toBe(0);
    expect(stderr).toMatch(warning);
    expect(kinds()).toEqual(["discovery", "key", "keys"]);
  });

  test("of what is not logged in asks nobody", async () => {
    expect(await run(["logout", "developer"])).toMatchObject({ status: 0, stderr: "aws-runas: nothing was kept for developer\n" });
    expect(asked()).toEqual([]);
  });

  test("of a token file drops the credentials, whoever held the token", async () => {
    await putToken();
    await run(["ci", "true"]);
    await putToken({ sub: "id-of-other" });
    await run(["ci", "true"]);
    rmSync(home.file("token"));
    expect((await run(["logout", "ci"])).stderr).toBe("aws-runas: ci is logged out: dropped the credentials of 2 roles\n");
    expect(kinds()).toEqual(["key"]);
  });

  test("with --all leaves nothing, and tells the providers", async () => {
    await run(["login", "developer"]);
    sandbox.provider.requests.length = 0;
    const { status, stderr } = await runWithout(["logout", "--all"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "aws-runas: everything that was kept of logins is gone\n" });
    expect(kinds()).toEqual([]);
    expect(asked()).toEqual(ENDING);
  });

  test("with --all works on a configuration that cannot be read, and takes no profile", async () => {
    await run(["login", "developer"]);
    writeFileSync(home.file(".aws/config"), "[broken\n");
    expect(await run(["logout", "--all"])).toMatchObject({ status: 0, stderr: expect.stringContaining("no provider is told: ") });
    expect(kinds()).toEqual([]);
    expect((await run(["logout", "--all", "developer"])).status).toBe(2);
  });
});

describe("token", () => {
  test("shows the claims, logging in where that is needed, and --raw the token itself", async () => {
    const { status, stdout } = await run(["token", "sandbox"]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      iss: sandbox.provider.issuer,
      sub: "id-of-alice",
      aud: "aws-runas",
      preferred_username: "alice",
    });
    const raw = await runWithout(["token", "--raw", "developer"]);
    expect(raw).toMatchObject({ status: 0, stdout: expect.stringMatching(/^eyJ[\w-]+\.[\w-]+\.[\w-]+\n$/) });
    const payload = Buffer.from(raw.stdout.split(".")[1] ?? "", "base64url").toString();
    expect(JSON.parse(payload)).toEqual(JSON.parse(stdout));
    expect(sandbox.sts.requests).toEqual([]);
  });

  test("shows claims that would move a cursor as escapes", async () => {
    await putToken({ sub: "a\u009b2J\u202e\u{e0001}b" });
    const { stdout } = await run(["token", "ci"]);
    expect(stdout).toContain(String.raw`"a\u009b2J\u202e\udb40\udc01b"`);
    expect(JSON.parse(stdout)).toMatchObject({ sub: "a\u009b2J\u202e\u{e0001}b" });
  });
});

describe("trust-policy", () => {
  test("prints what an STS needs to accept this user, and no other", async () => {
    const { status, stdout, stderr } = await run(["trust-policy", "developer"]);
    expect({ status, stderr }).toMatchObject({
      status: 0,
      stderr: `aws-runas: the account needs the provider too: aws iam create-open-id-connect-provider --url '${sandbox.provider.issuer}' --client-id-list 'aws-runas'\n`,
    });
    const { Statement: trust } = JSON.parse(stdout);
    const { issuer, publicKeys: keys } = sandbox.provider;
    const oidcProviders = [{ account: "123456789012", partition: "aws", issuer, audiences: ["aws-runas"], keys }];
    const sts = await startSts({ iam: { oidcProviders, roles: [{ arn: ROLE, maxSessionSeconds: 3600, trust }] } });
    try {
      const env = { AWS_ENDPOINT_URL_STS: sts.origin };
      expect(await run(["developer", "true"], env)).toMatchObject({ status: 0 });
      await putToken({ sub: "id-of-other" });
      expect(await run(["ci", "true"], env)).toMatchObject({ status: 5, stderr: expect.stringContaining("AccessDenied") });
    } finally {
      await sts.close();
    }
  });

  test("is for the jump role where there is one, and says so", async () => {
    const { stdout, stderr } = await run(["trust-policy", "--cloudformation", "target"]);
    expect(stderr).toContain("this is for the jump role arn:aws:iam::123456789012:role/jump");
    expect(JSON.parse(stdout).Resources.LoginRole.Properties.RoleName).toBe("jump");
  });

  test("for Terraform names the role, the partition is the provider's own", async () => {
    const { stdout } = await run(["trust-policy", "--terraform", "china"]);
    expect(stdout).toContain('name                 = "developer"');
    expect(stdout).toContain(`:sub" = "id-of-alice"`);
  });

  test("needs a role, and one form", async () => {
    expect(await run(["trust-policy", "sandbox"])).toMatchObject({ status: 3, stderr: expect.stringContaining("has no role_arn") });
    expect(await run(["trust-policy", "--terraform", "--cloudformation", "developer"])).toMatchObject({ status: 2 });
  });
});
