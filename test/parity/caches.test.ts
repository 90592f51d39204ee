/** What the Go tool keeps (reference/cli.md, section 5), row by row: the same, or different on purpose. Its cookies: cookies.test.ts. */

import { existsSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { credentialsKey } from "../../src/credentials/key.ts";
import { packCredentials, unpackCredentials, unpackToken } from "../../src/credentials/stored.ts";
import { isTokenUsable, isUsable } from "../../src/credentials/thresholds.ts";
import { setting, testProfile } from "../aws/fixtures.ts";
import { MINUTE, START, credentials, idToken, testTools } from "../credentials/fixtures.ts";
import { roleArn } from "../fakes/saml-response.ts";
import { samlStage } from "./kept-assertion.ts";
import { parityWorld } from "./parity-world.ts";

const world = parityWorld();
const { run, callsDuring, editConfig, kept, logins, code } = world;
const folder = () => world.home.file(".aws/aws-runas");
const noPassword = { env: { WEB_IDENTITY_PASSWORD: "" } };
const keyIdOf = async (argv: string[]) => JSON.parse((await run(["-O", "json", ...argv])).stdout).AccessKeyId;

/** Another profile that says the same. */
const copyProfile = (name: string, copy: string) =>
  editConfig((text) => `${text}\n[profile ${copy}]${new RegExp(`\\[profile ${name}\\]([^[]*)`).exec(text)?.[1]}`);

describe("5 the folder", () => {
  test("different on purpose: it is ~/.aws/aws-runas wherever the configuration is, because a configuration may be shared", async () => {
    mkdirSync(world.home.file("shared"));
    writeFileSync(world.home.file("shared/config"), world.sandbox.configText);
    expect(await run(["ivy", "true"], { env: { AWS_CONFIG_FILE: world.home.file("shared/config") } })).toMatchObject({ status: 0 });
    expect(kept("credentials")).toHaveLength(1);
    expect(world.files().filter((file) => file.includes("/shared/"))).toEqual([world.home.file("shared/config")]);
  });

  test("different on purpose: it is made when there is something to keep, and its owner's alone, because --version should leave nothing", async () => {
    rmSync(world.home.file(".aws"), { recursive: true });
    await run(["--version"]);
    expect(existsSync(world.home.file(".aws"))).toBe(false);
    mkdirSync(world.home.file(".aws"));
    writeFileSync(world.home.file(".aws/config"), world.sandbox.configText);
    await run(["ivy", "true"]);
    expect(statSync(folder()).mode & 0o777).toBe(0o700);
  });

  test("different on purpose: one that cannot be made is a warning, because the command works without it", async () => {
    writeFileSync(folder(), "a file where the folder should be");
    expect(await run(["ivy", "true"])).toMatchObject({ status: 0, stderr: expect.stringContaining("warning: cannot keep this login") });
  });
});

describe("5.1 credentials", () => {
  test.each([
    ["GetSessionToken", "ivy"],
    ["AssumeRole", "link-1"],
    ["AssumeRole after a jump role", "target"],
    ["AssumeRoleWithWebIdentity", "developer"],
  ])("same: those of %s are kept; different on purpose: not by the profile's name, because two may say the same", async (_, name) => {
    const first = await keyIdOf([name]);
    copyProfile(name, "copy");
    expect(await callsDuring(async () => expect(await keyIdOf(["copy"])).toBe(first))).toEqual([]);
  });

  test("same: those of AssumeRoleWithSAML are kept", async () => {
    const { get } = await samlStage();
    expect((await get()).accessKeyId).toBe("ASIA-dev");
    expect((await get()).accessKeyId).toBe("ASIA-dev");
  });

  test("same: a session is the source profile's, and serves whoever has that source; a role's ARN has that of its keys", async () => {
    await run(["link-1", "true"]);
    expect(await callsDuring(() => run(["ivy", "true"]))).toEqual([]);
    const { accessKeyId, secretAccessKey } = world.sandbox.iamUsers.ivy;
    const env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: "eu-central-1" };
    expect(await callsDuring(() => run([roleArn("link-1"), "true"], { env }))).toEqual([]);
  });

  test("same: a jump role's are kept apart, for all roles behind it", async () => {
    await run(["target", "true"]);
    expect(await callsDuring(() => run(["partner", "true"]))).toEqual(["AssumeRole"]);
  });

  test("different on purpose: roles that differ in their path alone have two, because they are two roles", async () => {
    const keyOf = (path: string) => credentialsKey(testProfile({ roleArn: setting(`arn:aws:iam::123456789012:role/${path}/dev`) }));
    expect(await keyOf("a")).not.toBe(await keyOf("b"));
  });

  test("different on purpose: a profile's name is in no path, because it may have a slash in it", async () => {
    copyProfile("ivy", "team/ivy");
    expect(await run(["team/ivy", "true"])).toMatchObject({ status: 0 });
    expect(world.files().filter((file) => file.includes("team"))).toEqual([]);
  });

  test("same: key id, secret, token and expiry are kept as they came, and what is unknown beside them is passed over", async () => {
    expect(unpackCredentials({ ...(packCredentials(credentials("a"), "login") as object), more: 1 })).toEqual(credentials("a"));
    const printed = async () => JSON.parse((await run(["-O", "json", "ivy"])).stdout);
    expect(await printed()).toEqual(await printed());
  });

  test("different on purpose: names in another case are unknown, because nobody else writes them", () => {
    expect(unpackCredentials({ ...(packCredentials(credentials("a"), "login") as object), accessKeyId: undefined, AccessKeyId: "A" })).toBe(
      undefined,
    );
  });

  test("same: a file is its owner's alone, and replaced in one step", async () => {
    await run(["ivy", "true"]);
    for (const file of kept()) expect(statSync(file).mode & 0o777).toBe(0o600);
    const tools = await testTools();
    const write = async () => {
      await tools.store.write("token", "0".repeat(64), "x", new Date(START + MINUTE));
      return statSync(`${tools.homeDir}/.aws/aws-runas/token-${"0".repeat(64)}`).ino;
    };
    expect(await write()).not.toBe(await write());
  });

  test("different on purpose: processes that want the same wait for one of them, because each would ask for a code", async () => {
    const calls = await callsDuring(() => Promise.all([1, 2, 3].map(() => run(["ivy", "true"]))));
    expect(calls).toEqual(["GetSessionToken"]);
  });

  test("different on purpose: they are encrypted, because a backup is read by others", async () => {
    const id = await keyIdOf(["ivy"]);
    for (const file of kept()) expect(readFileSync(file, "latin1")).not.toContain(id);
  });

  test("different on purpose: what has expired is removed when something is kept, because it would lie there for ever", async () => {
    const { store, clock, homeDir } = await testTools();
    await store.write("token", "0".repeat(64), "x", new Date(START + MINUTE));
    clock.advance(2 * MINUTE);
    await store.write("token", "1".repeat(64), "x", new Date(clock.now() + MINUTE));
    expect(existsSync(`${homeDir}/.aws/aws-runas/token-${"0".repeat(64)}`)).toBe(false);
  });
});

describe("5.2 validity", () => {
  test("same: a file that cannot be read counts as none; different on purpose: with a warning, because something is wrong", async () => {
    await run(["ivy", "true"]);
    for (const file of kept("credentials")) truncateSync(file, 20);
    const again = async () =>
      expect(await run(["ivy", "true"])).toMatchObject({ status: 0, stderr: expect.stringContaining("is ignored") });
    expect(await callsDuring(again)).toEqual(["GetSessionToken"]);
  });

  test.each(["accessKeyId", "secretAccessKey", "expiresAt"])("same: without %s there are none", (name) => {
    expect(unpackCredentials({ ...(packCredentials(credentials("a"), "login") as object), [name]: undefined })).toBeUndefined();
  });

  test("different on purpose: none are handed out in their last 5 minutes, or tenth, because a request may be retried for as long", () => {
    const withLeft = (lifeMinutes: number, leftMs: number) =>
      isUsable(credentials("a", lifeMinutes), START + lifeMinutes * MINUTE - leftMs);
    expect([withLeft(60, 3_000), withLeft(60, 4 * MINUTE), withLeft(60, 6 * MINUTE)]).toEqual([false, false, true]);
    expect([withLeft(15, MINUTE), withLeft(15, 2 * MINUTE)]).toEqual([false, true]);
  });

  test.each([
    ["role_arn", "link-1", [], "role/link-1", "role/link-2"],
    ["external_id", "link-1", ["-X", "contract-8"], "", ""],
    ["a duration", "link-1", ["-a", "30m"], "", ""],
    ["the session's duration", "ivy", ["-d", "1h"], "", ""],
    ["mfa_serial", "ivy", ["-M", "arn:aws:iam::123456789012:mfa/mia", "-o", "123456"], "", ""],
    ["the keys", "ivy", [], "AKIAIVY0000000000001", "AKIAIVY0000000000002"],
    ["the user", "developer", ["-U", "tess"], "", ""],
  ])("different on purpose: after a change of %s others are got, because the old ones are another's", async (_, name, flags, from, to) => {
    expect(await run([name, "true"])).toMatchObject({ status: 0 });
    expect(await callsDuring(() => run([name, "true"]))).toEqual([]);
    editConfig((text) => text.replace(from, to));
    const after = { status: 0 };
    const calls = await callsDuring(async () => Object.assign(after, await run([...flags, name, "true"], noPassword)));
    expect(calls.length > 0 || after.status === 7).toBe(true);
  });
});

describe("5.4 id tokens", () => {
  test("different on purpose: another user or client has one of its own, because the URL does not say whose it is", async () => {
    await run(["developer", "true"]);
    expect(await run(["-U", "tess", "short", "true"], noPassword)).toMatchObject({ status: 7 });
    await run(["-C", "aws-runas-two-pages", "short", "true"]);
    expect(logins()).toBe(2);
    expect(kept("token")).toHaveLength(2);
  });

  test("same: another role of the same login takes the one that is kept, in a file of its owner's alone", async () => {
    await run(["developer", "true"]);
    expect(await run(["short", "true"], noPassword)).toMatchObject({ status: 0 });
    expect(logins()).toBe(1);
    for (const file of kept("token")) expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test("different on purpose: each has a file of its own, because two processes would lose one another's", async () => {
    await Promise.all([run(["developer", "true"]), run(["two-pages", "true"])]);
    expect(kept("token")).toHaveLength(2);
  });

  test("same: one is good until a minute before it expires", () => {
    const withLeft = (leftMs: number) => isTokenUsable(idToken("t", { expiresAt: new Date(START + leftMs) }), START);
    expect([withLeft(MINUTE), withLeft(MINUTE + 1)]).toEqual([false, true]);
  });

  test("same: one that cannot be read counts as none", () => {
    expect(unpackToken({ raw: "no token" })).toBeUndefined();
  });

  test("same: nothing is kept of a token file", async () => {
    editConfig(
      (text) => `${text}\n[profile ci]\nregion = eu-central-1\nrole_arn = ${roleArn("developer")}\nweb_identity_token_file = ~/token\n`,
    );
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: world.sandbox.provider.issuer, sub: "id-of-ci", aud: "aws-runas", iat: now, exp: now + 600 };
    writeFileSync(world.home.file("token"), await world.sandbox.provider.sign(claims));
    expect(await run(["ci", "true"])).toMatchObject({ status: 0 });
    expect(kept("token")).toEqual([]);
  });
});

test("5.5 same: within one process credentials are got once, though nothing is kept on disk", async () => {
  const ask = `
    const { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri, AWS_CONTAINER_AUTHORIZATION_TOKEN: authorization } = process.env;
    const once = () => fetch(uri, { headers: { authorization } }).then((answer) => answer.json());
    once().then(once).then(({ AccessKeyId }) => process.exit(AccessKeyId.startsWith("ASIA") ? 0 : 1))`;
  const env = { AWSRUNAS_STORE: "none" };
  const asking = async () => expect(await run(["ivy", process.execPath, "-e", ask], { env })).toMatchObject({ status: 0 });
  expect(await callsDuring(asking)).toEqual(["GetSessionToken"]);
});

describe("5.6 -r", () => {
  test("different on purpose: of an IAM role it drops the session too, because a new role by an old session has old rights", async () => {
    await run(["link-1", "true"]);
    expect(await callsDuring(() => run(["-r", "link-1", "true"]))).toEqual(["GetSessionToken", "AssumeRole"]);
  });

  test.each([[["ivy"]], [["-s", "link-1"]]])("same: of %j it drops the session", async (words) => {
    await run([...words, "true"]);
    expect(await callsDuring(() => run(["-r", ...words, "true"]))).toEqual(["GetSessionToken"]);
  });

  test("same: of SAML it drops the role's; different on purpose: and the assertion, because it says the old rights", async () => {
    const { get, tools } = await samlStage();
    await get();
    await expect(get(true)).rejects.toMatchObject({ exitStatus: 4 });
    expect([await tools.store.keys("credentials"), await tools.store.keys("assertion")]).toEqual([[], []]);
  });

  test("same: of OIDC it drops the role's and the token; different on purpose: a new token is got, because the dropped one is not used", async () => {
    await run(["developer", "true"]);
    expect(await callsDuring(() => run(["-r", "developer", "true"]))).toEqual(["AssumeRoleWithWebIdentity"]);
    expect(logins()).toBe(2);
  });

  test("different on purpose: of a role behind a jump role it drops both, because both run out", async () => {
    await run(["target", "true"]);
    expect(await callsDuring(() => run(["-r", "target", "true"]))).toEqual(["AssumeRoleWithWebIdentity", "AssumeRole"]);
  });

  test("same: the provider's session and the stored password stay, and others' credentials", async () => {
    await run(["password", "developer"], { ...noPassword, stdin: `${world.sandbox.users.alice.password}\n` });
    await run(["-o", code(), "guarded", "true"]);
    await run(["developer", "true"], noPassword);
    const before = readFileSync(world.home.file(".aws/credentials"), "utf8");
    expect(await run(["-r", "developer", "true"], noPassword)).toMatchObject({ status: 0 });
    expect(world.sandbox.provider.requests.filter(({ body }) => body.includes("password="))).toHaveLength(1);
    expect(readFileSync(world.home.file(".aws/credentials"), "utf8")).toBe(before);
    expect(await callsDuring(() => run(["guarded", "true"]))).toEqual([]);
  });

  test("same: where there is nothing it drops nothing", async () => {
    expect(await run(["-r", "ivy", "true"])).toMatchObject({ status: 0, stderr: "" });
  });
});
