/**
 * The weaknesses of the Go tool (reference/cli.md, section 9), by their numbers: each with a test that shows that they are not shared.
 *
 * Those of features that are not there yet are listed at the end.
 */

import { execFileSync } from "node:child_process";
import { lstatSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { startLoopbackServer } from "../../sandbox/loopback-server.ts";
import { assumableRoles } from "../../src/aws/assumable-roles.ts";
import { expiryText } from "../../src/cli/expiry.ts";
import { editIniFile, editSection } from "../../src/config/edit.ts";
import { isUsable } from "../../src/credentials/thresholds.ts";
import { restoreOuterEnvironment } from "../../src/exec/environment.ts";
import { shellAssignments } from "../../src/exec/print.ts";
import { openSession } from "../../src/http/session.ts";
import { startContainerEndpoint } from "../../src/metadata/container.ts";
import { decodePassword } from "../../src/store/password-format.ts";
import { COMPLETE, failureOf, resolve } from "../config/files-of.ts";
import { TestClock, TestLog, credentials, testTools } from "../credentials/fixtures.ts";
import { credentials as childCredentials, profileWith } from "../exec/fixtures.ts";
import { parityWorld } from "./parity-world.ts";

const world = parityWorld();
const { run, callsDuring, lastForm, environmentOf, code } = world;
const configFile = () => world.home.file(".aws/config");
const editConfig = (edit: (text: string) => string) => writeFileSync(configFile(), edit(readFileSync(configFile(), "utf8")));

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function startEndpoint() {
  let asked = 0;
  const endpoint = await startContainerEndpoint({
    log: new TestLog(),
    credentials: async () => {
      asked += 1;
      return credentials("dev");
    },
  });
  closing.push(() => endpoint.close());
  const ask = (path: string, init?: RequestInit) => fetch(new URL(path, endpoint.uri), init);
  return { ...endpoint, ask, timesAsked: () => asked };
}

describe("9, data loss and security: different on purpose", () => {
  test("2: an aws-runas inside a command gets the user's own files, because what the command sees is recorded and put back", async () => {
    editConfig((text) => `[default]\naws_access_key_id = AKIAOWN\naws_secret_access_key = own\n${text}`);
    const seen = await environmentOf(["developer"]);
    expect(seen["AWS_CONFIG_FILE"]).not.toBe("/dev/null");
    expect(seen["AWS_SHARED_CREDENTIALS_FILE"]).not.toBe("/dev/null");
    expect(seen["AWS_CONFIG_FILE"]).toBeDefined();
    expect(restoreOuterEnvironment(seen)).not.toHaveProperty("AWS_CONFIG_FILE");
  });

  test("3: the endpoint gives nothing without its token, to another host's name, by another path or to POST, because anyone could ask", async () => {
    const { ask, token, uri, timesAsked } = await startEndpoint();
    const authorization = token.reveal();
    expect((await ask("/credentials")).status).toBe(401);
    expect((await ask("/credentials/admin", { headers: { authorization } })).status).toBe(404);
    expect((await ask("/profile", { method: "POST", body: "admin", headers: { authorization } })).status).toBe(404);
    expect(await foreignHost(uri, authorization)).toBe(403);
    expect(timesAsked()).toBe(0);
    expect((await ask("/credentials", { headers: { authorization } })).status).toBe(200);
  });

  test("4: an edited role is the one that is assumed, because credentials are kept by what decided them", async () => {
    await run(["developer", "true"]);
    editConfig((text) => text.replace(/(\[profile developer\][^[]*role\/)developer/, "$1short"));
    expect((await run(["-w", "developer", "true"])).stderr).toContain("assumed-role/short/alice");
  });

  test("4: the keys of another user do not find the session of the first, because a session is kept by its key", async () => {
    const envOf = (name: "ivy" | "mia") => {
      const { accessKeyId, secretAccessKey } = world.sandbox.iamUsers[name];
      return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: "eu-central-1" };
    };
    const arn = "arn:aws:iam::123456789012:role/link-1";
    expect((await run(["-w", arn, "true"], { env: envOf("ivy") })).stderr).toContain("link-1/ivy");
    expect((await run(["-w", arn, "true"], { env: envOf("mia") })).stderr).toContain("link-1/mia");
  });

  test("4: a session without MFA is not used where a device is asked for, because the device is a part of its key", async () => {
    editConfig((text) => text.replace(/^mfa_serial.*\n/m, ""));
    expect(await run(["mia", "true"])).toMatchObject({ status: 0 });
    expect(await run(["-M", world.sandbox.iamUsers.mia.mfa.serialNumber, "mia", "true"])).toMatchObject({ status: 7 });
  });

  test("5: a mistyped profile is an error with a login in [default] too, because it would run with [default]'s role", async () => {
    editConfig((text) => text.replace("[profile sandbox]", `[default]\nrole_arn = arn:aws:iam::123456789012:role/short`));
    expect(await run(["develper", "true"])).toMatchObject({ status: 3, stderr: expect.stringContaining("developer") });
    expect(world.sandbox.sts.actions()).toEqual([]);
  });

  test("6: nothing that is kept can be read, because the store is encrypted", async () => {
    await run(["developer", "true"]);
    const kept = world.files().filter((file) => file !== configFile());
    expect(kept.length).toBeGreaterThan(2);
    for (const file of kept) expect(readFileSync(file, "latin1")).not.toMatch(/ASIA|eyJ|_session|SecretAccessKey/);
  });

  test("7: -vv says neither code, key nor password, because logs are pasted", async () => {
    const mfaCode = code();
    const { status, stderr } = await run(["-vv", "-P", "hunter2-of-mia", "-o", mfaCode, "guarded", "true"]);
    expect(status).toBe(0);
    for (const secret of [mfaCode, "hunter2-of-mia", world.sandbox.iamUsers.mia.secretAccessKey]) expect(stderr).not.toContain(secret);
  });

  test("8: a quote in a printed value does not end it, because the line is evaluated", () => {
    const profile = profileWith({ name: "it's; echo gotcha" });
    const text = shellAssignments({ credentials: childCredentials, profile, env: {}, platform: "linux" });
    expect(execFileSync("sh", ["-c", `${text}printf %s "$AWSRUNAS_PROFILE"`], { encoding: "utf8" })).toBe("it's; echo gotcha");
  });

  test("9: no shell is between us and the command, because it would split and interpret words", async () => {
    const env = { SHELL: "/bin/bash" };
    const words = ["nosuch-alias", ";", "touch", world.home.file("gotcha")];
    expect(await run(["developer", ...words], { env })).toMatchObject({ status: 127 });
    expect(world.files()).not.toContain(world.home.file("gotcha"));
    await run(["developer", "sh", "-c", `printf %s "$1" > ${world.home.file("word")}`, "sh", "two  words; $HOME"]);
    expect(readFileSync(world.home.file("word"), "utf8")).toBe("two  words; $HOME");
  });

  test("10: a profile's name is no path, because it could be anyone's", async () => {
    editConfig((text) => text.replace("[profile developer]", "[profile ../../developer]"));
    expect(await run(["../../developer", "true"])).toMatchObject({ status: 0 });
    const folder = world.home.file(".aws/");
    expect(world.files().filter((file) => !file.startsWith(folder) || file.includes("developer"))).toEqual([]);
  });

  test("11: the command sees no password and no code, because every program in it would", async () => {
    const secrets = { RUNAS_PASSWORD: "a", SAML_PASSWORD: "b", WEB_PASSWORD: "c", MFA_CODE: "123456" };
    const seen = await environmentOf(["developer"], { env: secrets });
    for (const name of [...Object.keys(secrets), "WEB_IDENTITY_PASSWORD"]) expect(seen).not.toHaveProperty(name);
  });

  test("12: another user does not get the id token, because it is not theirs", async () => {
    await run(["developer", "true"]);
    const env = { AWSRUNAS_LOGIN: "never", WEB_IDENTITY_PASSWORD: "" };
    expect(await run(["short", "true"], { env })).toMatchObject({ status: 0 });
    expect(await run(["-U", "tess", "short", "true"], { env })).toMatchObject({ status: 7 });
  });

  test("12: another client gets a token of its own from the provider, because the kept one is not for it", async () => {
    const tokensAsked = () => world.sandbox.provider.requests.filter(({ path }) => path === "/token").length;
    await run(["developer", "true"]);
    await run(["short", "true"]);
    expect(tokensAsked()).toBe(1);
    expect(await run(["-C", "aws-runas-two-pages", "short", "true"])).toMatchObject({ status: 0 });
    expect(tokensAsked()).toBe(2);
  });
});

describe("9, wrong behaviour: different on purpose", () => {
  test("14: the command gets the region with the endpoint too, because SDKs need one", async () => {
    expect(await environmentOf(["developer"])).toMatchObject({ AWS_REGION: "eu-central-1", AWS_DEFAULT_REGION: "eu-central-1" });
  });

  test.each([[["developer"]], [["-E", "developer"]]])("15: with %j nothing is left that would beat the credentials", async (argv) => {
    const stale = {
      AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/stale",
      AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://127.0.0.1:1/stale",
      AWS_CONTAINER_AUTHORIZATION_TOKEN: "stale",
      AWS_WEB_IDENTITY_TOKEN_FILE: "/stale",
      AWS_ROLE_ARN: "stale",
    };
    const seen = await environmentOf(argv, { env: stale });
    for (const [name, value] of Object.entries(stale)) expect(seen[name]).not.toBe(value);
  });

  test("16: a session name works with a jump role on the first run", async () => {
    const { stderr } = await run(["-w", "target", "true"], { env: { AWS_ROLE_SESSION_NAME: "deploy" } });
    expect(stderr).toContain("assumed-role/target/deploy");
  });

  test("17: -r gets credentials behind a jump role anew from the start of the way, because both steps run out", async () => {
    await run(["target", "true"]);
    const again = await callsDuring(() => run(["-r", "target", "true"], { env: { WEB_IDENTITY_PASSWORD: "" } }));
    expect(again).toEqual(["AssumeRoleWithWebIdentity", "AssumeRole"]);
  });

  test("18: the role after a jump role lives as long as was asked for", async () => {
    await run(["-a", "20m", "target", "true"]);
    expect(lastForm()).toMatchObject({ DurationSeconds: "1200" });
  });

  test("19: credentials in their last minutes are not handed out, because a request may be retried for as long", () => {
    const given = credentials("dev");
    expect(isUsable(given, given.expiresAt.getTime() - 299_000)).toBe(false);
    expect(isUsable(given, given.expiresAt.getTime() - 301_000)).toBe(true);
  });

  test("20: a wrong code is asked for again and changes nothing else; a warm run calls nobody", async () => {
    const answers: [string, string][] = [
      ["Code", "000000"],
      ["Code", code()],
    ];
    const calls = await callsDuring(async () => {
      expect((await run(["-w", "guarded", "true"], { answers })).stderr).toContain("guarded/mia");
    });
    expect(calls.filter((call) => call === "GetSessionToken")).toHaveLength(2);
    expect(await callsDuring(() => run(["guarded", "true"]))).toEqual([]);
  });

  test("21: -r drops the session too, and nobody else's", async () => {
    await run(["-o", code(), "guarded", "true"]);
    await run(["link-1", "true"]);
    expect(await callsDuring(() => run(["-r", "link-1", "true"]))).toEqual(["GetSessionToken", "AssumeRole"]);
    expect(await run(["mia", "true"])).toMatchObject({ status: 0 });
  });

  test("22: -s keeps the environment's settings, goes through chains, and is an error where it can do nothing", async () => {
    expect(await environmentOf(["-s", "link-3"], { env: { AWS_REGION: "eu-west-1" } })).toMatchObject({ AWS_REGION: "eu-west-1" });
    expect(await run(["-s", "developer"])).toMatchObject({ status: 3, stderr: expect.stringContaining("no credentials before") });
  });

  test.each(["password", "passwd", "pw"])("23: `%s` takes the profile of AWS_PROFILE, whichever its name", async (command) => {
    const { status, stderr } = await run([command], { env: { AWS_PROFILE: "ivy" } });
    expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringContaining("ivy") });
  });

  test("23: a word too many behind -l is an error, because it would be taken for the profile", async () => {
    expect(await run(["-l", "ivy", "extra"])).toMatchObject({ status: 2, stderr: expect.stringContaining("a word too many") });
  });

  test("24: another profile than AWS_PROFILE's can be named, and `--` behind it is dropped", async () => {
    const seen = await environmentOf(["short", "--"], { env: { AWS_PROFILE: "developer" } });
    expect(seen).toMatchObject({ AWSRUNAS_PROFILE: "short" });
  });

  test.each([
    ["a malformed line", "[profile a]\nnonsense\n", {}, "line 2"],
    ["a source that is not there", `[profile a]\nsource_profile = b\n${COMPLETE}`, {}, "source_profile"],
    ["a bad value in the environment", `[profile a]\n${COMPLETE}`, { DURATION_SECONDS: "abc" }, "DURATION_SECONDS"],
  ])("25: %s is an error that names it, because the rest would be another configuration", (_, config, env, named) => {
    expect(failureOf(() => resolve("a", { config, env })).message).toContain(named);
  });

  test("26: bare numbers are seconds everywhere, and no duration is an error", () => {
    const withDuration = (text: string, env = {}) => resolve("a", { config: `[profile a]\n${COMPLETE}${text}`, env }).durationSeconds.value;
    expect(withDuration("credentials_duration = 3600")).toBe(3600);
    expect(withDuration("", { DURATION_SECONDS: "2h" })).toBe(7200);
    expect(failureOf(() => withDuration("credentials_duration = 7d")).message).toContain("credentials_duration");
  });

  test("27: policies of any shape are read, with wildcards and denials", () => {
    const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
    const Statement = [
      { Effect: "Allow", Action: "sts:*", Resource: [role("a"), role("b"), { Ref: "no text" }] },
      { Effect: "Deny", Action: "sts:AssumeRole", Resource: role("b") },
    ];
    expect(assumableRoles([{ Statement }]).map(({ arn }) => arn)).toEqual([role("a")]);
  });

  test("30: a password from a pipe is stored, and an empty one is an error", async () => {
    const env = { WEB_IDENTITY_PASSWORD: "" };
    expect((await run(["password", "developer"], { env, stdin: "" })).status).not.toBe(0);
    expect(world.files()).not.toContain(world.home.file(".aws/credentials"));
    const stdin = `${world.sandbox.users.alice.password}\n`;
    expect(await run(["password", "developer"], { env, stdin })).toMatchObject({ status: 0 });
    expect(await run(["developer", "true"], { env })).toMatchObject({ status: 0 });
  });

  test("31: a damaged password is not used and crashes nothing, and one given by -P is taken as it is", async () => {
    expect(await decodePassword("4$KD2HEAXLCR5U4$QXqs", "https://example.com")).toBeUndefined();
    const encoded = "4$KD2HEAXLCR5U4$QXqsVs4v7YRW4YT8ZY8e0K8WLnvBocfnj1Bqz3ib7w4";
    expect(await run(["-P", encoded, "developer", "true"])).toMatchObject({ status: 4 });
    const posts = world.sandbox.provider.requests.filter(({ method }) => method === "POST");
    expect(posts.map(({ body }) => new URLSearchParams(body).get("password"))).toContain(encoded);
  });

  test("32: a provider that is not known is an error with the known ones, and --version needs no home", async () => {
    expect(await run(["-R", "acme", "developer", "true"])).toMatchObject({ status: 3, stderr: expect.stringContaining("keycloak") });
    expect(await run(["--version"], { env: { HOME: "/dev/null/home" } })).toMatchObject({ status: 0, stderr: "" });
  });

  test("35: stdout has the credentials alone while somebody is asked", async () => {
    const answers: [string, string][] = [
      ["Code", "000000"],
      ["Code", code()],
    ];
    const { stdout } = await run(["-O", "json", "guarded"], { answers });
    expect(Object.keys(JSON.parse(stdout))).toContain("AccessKeyId");
  });

  test("36: asking for another profile's credentials changes nothing for the next request", async () => {
    const { ask, token } = await startEndpoint();
    const headers = { authorization: token.reveal() };
    const first = await (await ask("/credentials", { headers })).json();
    await ask("/credentials/other", { headers });
    expect(await (await ask("/credentials", { headers })).json()).toEqual(first);
  });

  test("38: TERM sent to aws-runas reaches the command, because it would be left alone", async () => {
    const script = `trap 'exit 9' TERM; kill -TERM ${process.pid}; while :; do sleep 0.1; done`;
    expect(await run(["developer", "sh", "-c", script])).toMatchObject({ status: 9 });
  });

  test("39: what is stored leaves the rest of the file, comments and links as they are", async () => {
    const before = "[a]\nx=1   # note\n# the end\n";
    const bytes = editSection({ label: "f", bytes: Buffer.from(before) }, { section: "b", values: { k: "v" } });
    expect(bytes.toString()).toBe(`${before}\n[b]\nk = v\n`);
    const [real, link] = [world.home.file("real"), world.home.file("link")];
    writeFileSync(real, before);
    symlinkSync(real, link);
    await editIniFile({ path: link, label: "f" }, { section: "b", values: { k: "v" } }, await testTools());
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, "utf8")).toContain("[b]\nk = v\n");
  });

  test("40: a cookie stays with its path, in a later session too", async () => {
    const clock = new TestClock();
    const server = await startCookieServer("a=1; Path=/x; Max-Age=60");
    const first = openSession({ http: server.http, clock, onRedirect: () => "stop" });
    await first.send({ method: "GET", url: new URL("http://127.0.0.1:1/x/y") });
    const later = openSession({ http: server.http, clock, cookies: first.cookies(), onRedirect: () => "stop" });
    await later.send({ method: "GET", url: new URL("http://127.0.0.1:1/x/z") });
    await later.send({ method: "GET", url: new URL("http://127.0.0.1:1/other") });
    expect(server.sent).toEqual([undefined, "a=1", undefined]);
  });

  test("41: a code that was given is used once", async () => {
    const answers: [string, string][] = [["Code", code()]];
    const { status, unasked } = await run(["-o", "000000", "guarded", "true"], { answers });
    expect({ status, unasked }).toEqual({ status: 0, unasked: [] });
    const sent = world.sandbox.sts.requests.filter(({ body }) => body.includes("TokenCode=000000"));
    expect(sent).toHaveLength(1);
  });

  test("42: a warm run asks for no user name, and the session's name is that of the configuration", async () => {
    editConfig((text) => text.replace(/^web_identity_username = alice\n/m, ""));
    const answers: [string, string][] = [["ser", "alice"]];
    const env = { AWS_ROLE_SESSION_NAME: "deploy" };
    expect((await run(["-w", "developer", "true"], { env, answers })).stderr).toContain("developer/deploy");
    expect(await run(["developer", "true"], { env: { ...env, WEB_IDENTITY_PASSWORD: "" } })).toMatchObject({ status: 0, stderr: "" });
  });

  test("44: -v says what is done, and -vv where an error comes from", async () => {
    const [done, once, twice] = [await run(["-v", "developer", "true"]), await run(["-v", "nobody"]), await run(["-vv", "nobody"])];
    expect(done.stderr).toContain("assumed-role/developer/alice until ");
    expect(once.stderr).not.toMatch(/\n +at /);
    expect(twice.stderr).toMatch(/\n +at /);
  });

  test("45: a provider that redirects for ever is an error", async () => {
    const server = await startLoopbackServer();
    closing.push(() => server.close());
    server.handle = (_request, _incoming, response) => response.writeHead(302, { location: `${server.origin}/again` }).end();
    expect(await run(["-W", server.origin, "developer", "true"])).toMatchObject({ status: 4, stdout: "" });
    expect(server.requests.length).toBeLessThan(100);
  });

  test("47: every name that the Go tool or its documentation uses is known, and --verbose is in the help", async () => {
    const names = { WEB_AUTH_URL: "https://one.example.com", WEB_IDENTITY_PASSWORD: "p" };
    const config = `[profile a]\n${COMPLETE}web_identity_callback_uri = app:/callback\n`;
    expect(resolve("a", { config, env: names }).login.authUrl.value).toBe(names.WEB_AUTH_URL);
    expect(resolve("a", { config, env: names }).login.redirectUri?.value).toBe("app:/callback");
    expect((await run(["--help"])).stdout).toContain("--verbose");
  });

  test("48: an expiry has its zone; -O json with a command and an unknown -O are errors", async () => {
    expect(expiryText(new Date("2026-11-23T10:00:00Z"), 0)).toMatch(/^2026-11-23 \d\d:\d\d:\d\d [+-]\d{4} \(/);
    expect(await run(["-O", "json", "developer", "true"])).toMatchObject({ status: 2 });
    expect(await run(["-O", "yaml", "developer"])).toMatchObject({ status: 2, stderr: expect.stringContaining("yaml") });
  });

  test.each([
    ["role_arn", "role_arn = developer\n"],
    ["mfa_type", `${COMPLETE}mfa_type = telepathy\n`],
    ["role_arn", COMPLETE.replace(/^role_arn.*\n/m, "")],
  ])("49: %s is checked before anybody logs in", (named, text) => {
    const config = `[profile a]\n${text.includes("web_identity") ? text : COMPLETE.replace(/^role_arn.*\n/m, text)}`;
    expect(failureOf(() => resolve("a", { config })).message).toContain(named);
  });
});

test("9 different on purpose: 43: a provider's name counts in any case, because an alias with a capital could never match", () => {
  expect(resolve("a", { config: `[profile a]\n${COMPLETE}web_identity_provider = KeyCloak\n` }).login.provider?.value).toBe("keycloak");
});

/** The status for a request with another Host header, as a page that rebinds its name would send. */
function foreignHost(uri: string, authorization: string): Promise<number | undefined> {
  return new Promise((done, fail) => {
    const request = httpRequest(uri, { headers: { host: "evil.example", authorization }, timeout: 5_000 }, (response) => {
      response.resume().once("end", () => done(response.statusCode));
    });
    request.once("error", fail).end();
  });
}

async function startCookieServer(cookie: string) {
  const sent: (string | undefined)[] = [];
  const http = async ({ url, headers }: { url: URL; headers?: Record<string, string> }) => {
    sent.push(headers?.["cookie"]);
    return { status: 200, url, headers: sent.length === 1 ? { "set-cookie": [cookie] } : {}, body: "" };
  };
  return { sent, http: http as never };
}

// Does not apply yet, because the feature is not there:
// 1 — no -c
// 13, 34 — no SAML
// 28 — no update
// 29 — no diagnose
// 33 — no ecr
// 37 — no serve
// 46 — no ssm
