/** What the Go tool puts into the command's environment, and what its endpoint serves (reference/cli.md, 2.2 and 2.3), row by row. */

import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Refresher } from "../../src/credentials/refresher.ts";
import { unattendedTools } from "../../src/credentials/unattended.ts";
import { PersonNeededError } from "../../src/errors.ts";
import { Secret } from "../../src/secret.ts";
import { MINUTE, TestClock, TestLog, credentials, testTools } from "../credentials/fixtures.ts";
import { startEndpoint } from "./endpoint.ts";
import { parityWorld } from "./parity-world.ts";

const world = parityWorld();
const { run, environmentOf, editConfig } = world;

const ARN = "arn:aws:iam::123456789012:role/link-1";
const OWN_KEYS = "[default]\naws_access_key_id = AKIAOWN\naws_secret_access_key = own\n[other]\nregion = eu-west-3\n";
const modes = [
  { mode: "the endpoint", flags: [] },
  { mode: "-E", flags: ["-E"] },
];

/** ivy's keys, for a role's ARN. */
function withKeys(): Record<string, string> {
  const { accessKeyId, secretAccessKey } = world.sandbox.iamUsers.ivy;
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: "eu-central-1" };
}

describe.each(modes)("2.2, 2.3 the environment with $mode", ({ flags }) => {
  test("same: the user's own is inherited", async () => {
    expect(await environmentOf([...flags, "developer"], { env: { EDITOR: "ed" } })).toMatchObject({ EDITOR: "ed" });
  });

  test.each(["AWS_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_SECURITY_TOKEN"])("same: %s is not the user's", async (name) => {
    expect((await environmentOf([...flags, "developer"], { env: { [name]: "stale" } }))[name]).not.toBe("stale");
  });

  test("same: AWSRUNAS_PROFILE is the profile", async () => {
    expect(await environmentOf([...flags, "developer"], { env: { AWSRUNAS_PROFILE: "outer" } })).toMatchObject({
      AWSRUNAS_PROFILE: "developer",
    });
  });

  test("different on purpose: with a role's ARN AWSRUNAS_PROFILE is the ARN, because an outer run's would name another profile", async () => {
    expect(await environmentOf([...flags, ARN], { env: { ...withKeys(), AWSRUNAS_PROFILE: "outer" } })).toMatchObject({
      AWSRUNAS_PROFILE: ARN,
    });
  });

  test("same: a profile that AWS_PROFILE named is not left there", async () => {
    const seen = await environmentOf(flags, { env: { AWS_PROFILE: "developer", AWS_DEFAULT_PROFILE: "developer" } });
    expect(seen).not.toHaveProperty("AWS_PROFILE");
    expect(seen).not.toHaveProperty("AWS_DEFAULT_PROFILE");
  });

  test("different on purpose: nor is one that it did not name, because an SDK would take that profile's credentials", async () => {
    const seen = await environmentOf([...flags, "developer"], { env: { AWS_PROFILE: "", AWS_DEFAULT_PROFILE: "short" } });
    expect(seen).not.toHaveProperty("AWS_PROFILE");
    expect(seen).not.toHaveProperty("AWS_DEFAULT_PROFILE");
  });

  test("different on purpose: no code or password is inherited, because no command needs one", async () => {
    const secrets = { MFA_CODE: "123456", SAML_PASSWORD: "p" };
    expect(Object.keys(await environmentOf([...flags, "developer"], { env: secrets }))).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/PASSWORD|MFA_CODE/)]),
    );
  });

  test("same: no variable says which role was assumed", async () => {
    expect(JSON.stringify(await environmentOf([...flags, "developer"]))).not.toMatch(/role\/developer/);
  });

  test("same: AWS_CONFIG_FILE is inherited where nothing in it would beat our credentials", async () => {
    const own = { AWS_CONFIG_FILE: world.home.file(".aws/config") };
    expect(await environmentOf([...flags, "developer"], { env: own })).toMatchObject(own);
  });

  test("different on purpose: AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE is not inherited, because it would beat the endpoint's token", async () => {
    const stale = { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: "/stale" }; // its like: weaknesses-credentials.test.ts, 15
    expect(await environmentOf([...flags, "developer"], { env: stale })).not.toHaveProperty("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  });
});

describe("2.2 the environment with the endpoint", () => {
  test("same: the keys' variables are unset", async () => {
    const keys = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"];
    const seen = await environmentOf(["developer"], { env: Object.fromEntries(keys.map((name) => [name, "stale"])) });
    for (const name of keys) expect(seen).not.toHaveProperty(name);
  });

  test("same: the endpoint's address is that of loopback, with a port of its own each time", async () => {
    const [one, two] = [await environmentOf(["developer"]), await environmentOf(["developer"])];
    expect(one["AWS_CONTAINER_CREDENTIALS_FULL_URI"]).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/credentials$/);
    expect(two["AWS_CONTAINER_CREDENTIALS_FULL_URI"]).not.toBe(one["AWS_CONTAINER_CREDENTIALS_FULL_URI"]);
  });

  test("different on purpose: there is a token for it, because it would answer every user of the machine", async () => {
    expect(await environmentOf(["developer"])).toMatchObject({ AWS_CONTAINER_AUTHORIZATION_TOKEN: expect.stringMatching(/^[\w-]{43}$/) });
  });

  test("different on purpose: the region is there, because SDKs need one", async () => {
    expect(await environmentOf(["developer"])).toMatchObject({ AWS_REGION: "eu-central-1", AWS_DEFAULT_REGION: "eu-central-1" });
  });

  test("different on purpose: the user's files stay, but for keys of [default], because other settings count and an aws-runas inside needs them", async () => {
    writeFileSync(world.home.file(".aws/credentials"), OWN_KEYS);
    const script = `cat "$AWS_SHARED_CREDENTIALS_FILE"; test "$AWS_SHARED_CREDENTIALS_FILE" = "$AWS_CREDENTIAL_PROFILES_FILE" && echo same`;
    await run(["developer", "sh", "-c", `{ ${script}; } > ${world.home.file("seen")}`]);
    expect(readFileSync(world.home.file("seen"), "utf8")).toBe("[default]\n[other]\nregion = eu-west-3\nsame\n");
  });

  test("different on purpose: a credentials file without keys in [default] is inherited as it is, because nothing has to be hidden", async () => {
    const own = world.home.file("mine");
    expect(await environmentOf(["developer"], { env: { AWS_SHARED_CREDENTIALS_FILE: own } })).toMatchObject({
      AWS_SHARED_CREDENTIALS_FILE: own,
      AWS_CREDENTIAL_PROFILES_FILE: own,
    });
  });

  test("different on purpose: an AWS_CONFIG_FILE with credentials in [default] is replaced by a copy without, because they would win", async () => {
    editConfig((text) => `[default]\ncredential_process = false\nregion = eu-west-3\n${text}`);
    await run(["developer", "sh", "-c", `head -2 "$AWS_CONFIG_FILE" > ${world.home.file("seen")}`]);
    expect(readFileSync(world.home.file("seen"), "utf8")).toBe("[default]\nregion = eu-west-3\n");
  });
});

describe("2.2 the endpoint", () => {
  test("same: it is ready before the command starts, and gone when the command has ended", async () => {
    const ask = `
      const { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri, AWS_CONTAINER_AUTHORIZATION_TOKEN: authorization } = process.env;
      fetch(uri, { headers: { authorization } }).then(({ status }) => require("fs").writeFileSync(process.argv[1], status + " " + uri))`;
    await run(["developer", process.execPath, "-e", ask, world.home.file("answer")]);
    const [status, uri = ""] = readFileSync(world.home.file("answer"), "utf8").split(" ");
    expect(status).toBe("200");
    await expect(fetch(uri)).rejects.toThrow("fetch failed");
  });

  test("same: /credentials is JSON with AccessKeyId, SecretAccessKey, Token and Expiration", async () => {
    const { ask, authorization } = await startEndpoint();
    const answer = await ask("/credentials", { headers: { authorization } });
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(await answer.json()).toEqual({
      AccessKeyId: "ASIA-dev",
      SecretAccessKey: "secret-dev",
      Token: "session-dev",
      Expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
  });

  test("same: any other path is 404", async () => {
    const { ask, authorization } = await startEndpoint();
    expect((await ask("/other", { headers: { authorization } })).status).toBe(404);
  });

  test.each([
    ["GET", "/credentials/admin", "another profile's credentials are for another run"],
    ["GET", "/credentials/", "there is one profile, and one path to it"],
    ["POST", "/profile", "the command would run on under another profile"],
    ["PUT", "/latest/api/token", "it is EC2's metadata service's, which no SDK asks at this address"],
    ["GET", "/latest/meta-data/iam/security-credentials/", "that is EC2's as well"],
    ["GET", "/latest/meta-data/iam/security-credentials/dev", "that is EC2's as well"],
  ])("different on purpose: %s %s is 404 too, because %s", async (method, path) => {
    const { ask, authorization, timesAsked } = await startEndpoint();
    const answer = await ask(path, { method, headers: { authorization } });
    expect({ status: answer.status, asked: timesAsked() }).toEqual({ status: 404, asked: 0 });
  });

  test("same: each request gets what is good at that time", async () => {
    const { ask, authorization, timesAsked } = await startEndpoint();
    for (let request = 0; request < 3; request++) await ask("/credentials", { headers: { authorization } });
    expect(timesAsked()).toBe(3);
  });

  test("different on purpose: credentials are renewed a quarter of an hour before their end, because a request may be under way then", async () => {
    const clock = new TestClock();
    const none = async () => undefined;
    const renew = async () => credentials("new", 60, clock.now());
    const refresher = new Refresher(credentials("old"), { name: "dev", clock, log: new TestLog(), look: none, exchange: none, renew });
    clock.advance(40 * MINUTE);
    expect(await refresher.credentials()).toMatchObject({ accessKeyId: "ASIA-old" });
    clock.advance(6 * MINUTE);
    expect(await refresher.credentials()).toMatchObject({ accessKeyId: "ASIA-new" });
  });

  test("different on purpose: a renewal asks nobody, because the terminal is the command's", async () => {
    const tools = await testTools();
    const answering = { ...tools.terminal, isAvailable: true, askSecret: async () => new Secret("typed") };
    const { terminal } = unattendedTools({ ...tools, terminal: answering });
    await expect(terminal.askSecret("password")).rejects.toBeInstanceOf(PersonNeededError);
  });
});

describe("2.3 the environment with -E", () => {
  test("same: there is no endpoint, but keys, token and region", async () => {
    const seen = await environmentOf(["-E", "developer"]);
    expect(seen).toMatchObject({
      AWS_ACCESS_KEY_ID: expect.stringMatching(/^ASIA/),
      AWS_SECRET_ACCESS_KEY: expect.any(String),
      AWS_SESSION_TOKEN: expect.any(String),
      AWS_REGION: "eu-central-1",
      AWS_DEFAULT_REGION: "eu-central-1",
    });
    expect(Object.keys(seen).filter((name) => name.startsWith("AWS_CONTAINER_"))).toEqual([]);
  });

  test("different on purpose: AWS_SECURITY_TOKEN is unset, because botocore would take it before a token that the command sets itself", async () => {
    expect(await environmentOf(["-E", "developer"], { env: { AWS_SECURITY_TOKEN: "stale" } })).not.toHaveProperty("AWS_SECURITY_TOKEN");
  });

  test("same: AWS_SESSION_TOKEN is never an inherited one, as even a user's keys give a session", async () => {
    expect(await environmentOf(["-E", "ivy"], { env: { AWS_SESSION_TOKEN: "stale" } })).toMatchObject({
      AWS_ACCESS_KEY_ID: expect.stringMatching(/^ASIA/),
      AWS_SESSION_TOKEN: expect.not.stringContaining("stale"),
    });
  });

  test("same: without a region none is set", async () => {
    editConfig((text) => text.replaceAll(/^region.*\n/gm, ""));
    expect(Object.keys(await environmentOf(["-E", "ivy"])).filter((name) => name.endsWith("REGION"))).toEqual([]);
  });

  test("different on purpose: an outer run's endpoint is not inherited, because it has other credentials", async () => {
    const outer = { AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://127.0.0.1:1/credentials", AWS_CONTAINER_AUTHORIZATION_TOKEN: "t" };
    const seen = await environmentOf(["-E", "developer"], { env: outer });
    for (const name of Object.keys(outer)) expect(seen).not.toHaveProperty(name);
  });

  test("same: files with keys in [default] are left alone, because the variables win", async () => {
    writeFileSync(world.home.file("mine"), OWN_KEYS);
    const own = { AWS_SHARED_CREDENTIALS_FILE: world.home.file("mine") };
    expect(await environmentOf(["-E", "developer"], { env: own })).toMatchObject(own);
  });
});
