/** Whole commands in process against the sandbox: a real OpenID provider and an STS that verifies. */

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startSandbox } from "../../sandbox/sandbox.ts";
import type { Sandbox } from "../../sandbox/sandbox.ts";
import { createHome, runas } from "./test-world.ts";
import type { Answer, Home } from "./test-world.ts";

let sandbox: Sandbox;
let home: Home;
let env: Record<string, string>;

beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.stop());

beforeEach(() => {
  home = createHome(sandbox.configText);
  env = { ...sandbox.environment, WEB_IDENTITY_PASSWORD: sandbox.users.alice.password };
  return () => home[Symbol.dispose]();
});

/** Runs aws-runas as alice, who has a password in her environment. */
function run(argv: string[], more: { env?: Record<string, string>; answers?: Answer[]; stdin?: string } = {}) {
  return runas(argv, { home, ...more, env: { ...env, ...more.env } });
}

/** What the provider and STS were asked for while `action` ran. */
async function requestsDuring(action: () => Promise<unknown>): Promise<{ provider: string[]; sts: string[] }> {
  const before = { provider: sandbox.provider.requests.length, sts: sandbox.sts.actions().length };
  await action();
  return {
    provider: sandbox.provider.requests
      .slice(before.provider)
      .map(({ method, path }) => `${method} ${path.replace(/\?.*/, "").replace(/\/interaction\/[^/]+/, "/interaction/…")}`),
    sts: sandbox.sts.actions().slice(before.sts),
  };
}

/** A wrapped command that writes its environment to a file. */
function dumpEnvironment(): string[] {
  return [process.execPath, "-e", `require("fs").writeFileSync(process.argv[1], JSON.stringify(process.env))`, home.file("env.json")];
}

function dumped(): Record<string, string> {
  return JSON.parse(readFileSync(home.file("env.json"), "utf8"));
}

describe("a wrapped command", () => {
  test("gets credentials from an endpoint that lives as long as it does, and nothing else that an SDK would take them from", async () => {
    const ask = `
      const { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri, AWS_CONTAINER_AUTHORIZATION_TOKEN: authorization } = process.env;
      fetch(uri, { headers: { authorization } }).then((answer) => answer.json()).then((body) =>
        require("fs").writeFileSync(process.argv[1], JSON.stringify({ body, env: process.env })))`;
    const outcome = await run(["developer", process.execPath, "-e", ask, home.file("out.json")], {
      env: { AWS_ACCESS_KEY_ID: "AKIASTALE" },
    });
    expect(outcome).toMatchObject({ status: 0, stdout: "", stderr: "" });
    const { body, env: seen } = JSON.parse(readFileSync(home.file("out.json"), "utf8"));
    expect(body).toMatchObject({
      AccessKeyId: expect.stringMatching(/^ASIA/),
      SecretAccessKey: expect.any(String),
      Token: expect.any(String),
    });
    expect(seen).toMatchObject({ AWSRUNAS_PROFILE: "developer", AWS_REGION: "eu-central-1", AWS_DEFAULT_REGION: "eu-central-1" });
    for (const name of ["AWS_ACCESS_KEY_ID", "AWS_PROFILE", "WEB_IDENTITY_PASSWORD"]) expect(seen).not.toHaveProperty(name);
    await expect(fetch(seen.AWS_CONTAINER_CREDENTIALS_FULL_URI)).rejects.toThrow("fetch failed");
  });

  test("gets them as variables with -E", async () => {
    expect(await run(["-E", "developer", "--", ...dumpEnvironment()])).toMatchObject({ status: 0 });
    expect(dumped()).toMatchObject({
      AWS_ACCESS_KEY_ID: expect.stringMatching(/^ASIA/),
      AWS_SESSION_TOKEN: expect.any(String),
      AWS_REGION: "eu-central-1",
    });
    expect(dumped()).not.toHaveProperty("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  });

  test("is found with AWS_PROFILE too, which it does not see", async () => {
    const names = { AWS_PROFILE: "developer", AWS_DEFAULT_PROFILE: "short" };
    expect(await run(["-E", ...dumpEnvironment()], { env: names })).toMatchObject({ status: 0 });
    expect(dumped()).toMatchObject({ AWSRUNAS_PROFILE: "developer" });
    expect(Object.keys(dumped()).filter((name) => name.startsWith("AWS_") && name.endsWith("PROFILE"))).toEqual([]);
  });

  test("that AWS_PROFILE makes of a mistyped profile is an error that says so", async () => {
    const mistyped = await run(["develper", "true"], { env: { AWS_PROFILE: "developer" } });
    expect(mistyped).toMatchObject({ status: 127, stderr: expect.stringContaining("AWS_PROFILE names the profile") });
    expect((await run(["--", "develper"], { env: { AWS_PROFILE: "developer" } })).stderr).not.toContain("AWS_PROFILE names");
  });

  test.each([
    ["exit 3", 3],
    ["exit 0", 0],
    ["kill -TERM $$", 143],
    ["kill -KILL $$", 137],
  ])("that does `%s` ends aws-runas with %i", async (script, status) => {
    expect(await run(["developer", "sh", "-c", script])).toMatchObject({ status });
  });

  test("that does not exist is told before anyone has to log in", async () => {
    const requests = await requestsDuring(async () => {
      expect(await run(["developer", "nosuch-program"])).toMatchObject({ status: 127, stderr: expect.stringContaining("nosuch-program") });
    });
    expect(requests).toEqual({ provider: [], sts: [] });
  });
});

describe("printed credentials", () => {
  test("are lines that a shell evaluates", async () => {
    const { status, stdout } = await run(["developer"]);
    expect(status).toBe(0);
    const seen = execFileSync("sh", ["-c", `${stdout}\necho "$AWS_ACCESS_KEY_ID $AWS_REGION $AWSRUNAS_PROFILE"`], { encoding: "utf8" });
    expect(seen).toMatch(/^ASIA\S+ eu-central-1 developer\n$/);
  });

  test("are one line of JSON with -O json, and nothing else is on stdout while a person is asked", async () => {
    const outcome = await run(["-we", "-O", "json", "developer"], {
      env: { WEB_IDENTITY_PASSWORD: "" },
      answers: [["assword", sandbox.users.alice.password]],
    });
    expect(outcome).toMatchObject({ status: 0, unasked: [] });
    expect(outcome.stdout).toMatch(/^\{[^\n]+\}\n$/);
    expect(JSON.parse(outcome.stdout)).toMatchObject({
      Version: 1,
      AccessKeyId: expect.stringMatching(/^ASIA/),
      Expiration: expect.stringMatching(/Z$/),
    });
    expect(outcome.stderr).toMatch(/arn:aws:sts::123456789012:assumed-role\/developer\/alice/);
    expect(outcome.stderr).toMatch(/expire at .+ [+-]\d{4} \(in (59 minutes|1 hour)\)/);
  });
});

describe("what is asked for", () => {
  test("once only: a second run costs nothing, another role one call, -r a login without a question", async () => {
    expect((await requestsDuring(() => run(["developer"]))).sts).toEqual(["AssumeRoleWithWebIdentity"]);
    expect(await requestsDuring(() => run(["developer"]))).toEqual({ provider: [], sts: [] });
    expect(await requestsDuring(() => run(["short"]))).toEqual({ provider: [], sts: ["AssumeRoleWithWebIdentity"] });
    const again = await requestsDuring(() => run(["-r", "developer"], { env: { WEB_IDENTITY_PASSWORD: "" } }));
    expect(again.sts).toEqual(["AssumeRoleWithWebIdentity"]);
    expect(again.provider.filter((request) => request.startsWith("POST"))).toEqual(["POST /token"]);
  });

  test("a jump role on the way, with the flag's external id", async () => {
    const requests = await requestsDuring(async () =>
      expect(await run(["-w", "target"])).toMatchObject({ status: 0, stderr: expect.stringContaining("assumed-role/target/alice") }),
    );
    expect(requests.sts).toEqual(["AssumeRoleWithWebIdentity", "AssumeRole", "GetCallerIdentity"]);
    expect(await run(["-X", "wrong", "partner"])).toMatchObject({ status: 5, stdout: "" });
    expect(
      await run(["-X", "contract-7", "-J", "arn:aws:iam::123456789012:role/jump", "arn:aws:iam::123456789012:role/partner"], {
        env: login(),
      }),
    ).toMatchObject({ status: 0 });
  });
});

describe("a login", () => {
  test("with a one-time code, typed or given", async () => {
    const { name, password } = sandbox.users.tess;
    const typed = await run(["totp"], { env: { WEB_IDENTITY_PASSWORD: password }, answers: [["code", sandbox.provider.totp(name)]] });
    expect(typed).toMatchObject({ status: 0, unasked: [] });
  });

  test("with a wrong password that was given is tried once", async () => {
    const requests = await requestsDuring(async () => {
      const outcome = await run(["-P", "hunter2", "developer", "true"]);
      expect(outcome).toMatchObject({ status: 4, stdout: "" });
      expect(outcome.stderr).not.toContain("hunter2");
    });
    expect(requests.provider.filter((request) => request.startsWith("POST"))).toHaveLength(1);
    expect(requests.sts).toEqual([]);
  });

  test("that needs a person where there is none ends with 7", async () => {
    expect(await run(["developer", "true"], { env: { WEB_IDENTITY_PASSWORD: "" } })).toMatchObject({ status: 7, stdout: "" });
  });

  test("uses the password that `password` stored", async () => {
    const stored = await run(["password", "developer"], { env: { WEB_IDENTITY_PASSWORD: "" }, stdin: `${sandbox.users.alice.password}\n` });
    expect(stored).toMatchObject({ status: 0, stdout: "" });
    expect(await run(["developer", "true"], { env: { WEB_IDENTITY_PASSWORD: "" } })).toMatchObject({ status: 0 });
  });
});

describe("what is wrong", () => {
  test("a profile that does not exist is an error with the nearest names", async () => {
    expect(await run(["develper", "true"])).toMatchObject({ status: 3, stderr: expect.stringContaining("developer") });
  });

  test.each([
    ["-a", ["-a", "2h"], {}],
    ["CREDENTIALS_DURATION", [], { CREDENTIALS_DURATION: "2h" }],
  ])("a duration by %s that the role does not allow is STS's to refuse, and the message says what allows it", async (name, flags, more) => {
    const { status, stdout, stderr } = await run([...flags, "short", "true"], { env: more });
    expect({ status, stdout }).toEqual({ status: 5, stdout: "" });
    expect(stderr).toMatch(new RegExp(`7200 seconds \\(.*${name}\\) is more than the role's MaxSessionDuration.*--role-name short`));
  });

  test("a duration outside of 15m to 12h is refused before anyone logs in", async () => {
    const requests = await requestsDuring(async () => {
      for (const text of ["899", "43201", "14m59s"])
        expect(await run(["-a", text, "developer", "true"])).toMatchObject({ status: 3, stdout: "" });
    });
    expect(requests).toEqual({ provider: [], sts: [] });
  });

  test("no secret is in the output at -vv", async () => {
    const { stdout, stderr, status } = await run(["-vv", "developer", ...dumpEnvironment()]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    expect(stderr).not.toBe("");
    for (const secret of [sandbox.users.alice.password, dumped()["AWS_CONTAINER_AUTHORIZATION_TOKEN"] ?? "", "eyJ"])
      expect(stderr).not.toContain(secret);
  });

  test("nothing is kept with AWSRUNAS_STORE=none", async () => {
    expect(await run(["developer", "true"], { env: { AWSRUNAS_STORE: "none" } })).toMatchObject({ status: 0 });
    const folder = home.file(".aws/aws-runas");
    expect(
      existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()) : [],
    ).toEqual([]);
  });
});

/** The sandbox's login for a role ARN, which inherits from no profile. */
function login(): Record<string, string> {
  return {
    WEB_IDENTITY_AUTH_URL: sandbox.provider.issuer,
    WEB_IDENTITY_CLIENT_ID: "aws-runas",
    WEB_IDENTITY_REDIRECT_URI: "app:/callback",
    WEB_IDENTITY_USERNAME: "alice",
    WEB_IDENTITY_PROVIDER: "oidc",
    AWS_REGION: "eu-central-1",
  };
}
