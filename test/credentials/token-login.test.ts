/** Credentials by id tokens that are read, not logged in for: whose they are, what is kept, and a long run without a person. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Profile, TokenSource } from "../../src/config/profile.ts";
import { getCredentials, renewCredentials } from "../../src/credentials/provider.ts";
import { keepFresh } from "../../src/credentials/refresher.ts";
import { type FakeSts, grant, refusal, startFakeSts } from "../aws/fake-sts.ts";
import { setting, testProfile } from "../aws/fixtures.ts";
import { MINUTE, testTools, type TestTools } from "./fixtures.ts";

let sts: FakeSts;
let tools: TestTools;
let folder: string;
let granted = 0;

beforeEach(async () => {
  sts = await startFakeSts();
  tools = await testTools();
  folder = mkdtempSync(join(tmpdir(), "aws-runas-token-"));
});
afterEach(async () => {
  rmSync(folder, { recursive: true, force: true });
  await sts.finish();
});

const path = () => join(folder, "token");
const file = (): TokenSource => ({ kind: "file", path: setting(path()) });
const profileWith = (source: TokenSource, changes: Partial<Profile> = {}): Profile => ({
  ...testProfile({ endpoint: sts.endpoint, ...changes }),
  login: { kind: "token", source },
});
const get = (profile = profileWith(file()), refresh = false) => getCredentials({ profile, refresh }, tools);
/** Credentials that no other grant gives, for an hour. */
const fresh = (minutes = 60) => grant({ expiresAt: new Date(tools.clock.now() + minutes * MINUTE), id: `n${(granted += 1)}` });
const sent = () => sts.requests.map(({ form }) => form["WebIdentityToken"]);

function jwt(subject: string, more: object = {}): string {
  const claims = { iss: "https://ci.example.com", sub: subject, aud: "aws", exp: tools.clock.now() / 1000 + 600, ...more };
  return ["{}", JSON.stringify(claims)].map((part) => Buffer.from(part).toString("base64url")).join(".") + ".eA";
}

function put(subject: string, more: object = {}): string {
  const token = jwt(subject, more);
  writeFileSync(path(), token);
  return token;
}

test("the token goes to STS as it is, under a session named after its holder; it is not kept, the credentials are", async () => {
  const token = put("repo:acme/app:ref:refs/heads/main");
  sts.plan(fresh());
  const first = await get();
  expect(sts.requests[0]?.form).toMatchObject({ WebIdentityToken: token, RoleSessionName: "repo-acme-app-ref-refs-heads-main" });
  expect((await get()).accessKeyId).toBe(first.accessKeyId);
  expect(sts.requests).toHaveLength(1);
});

test("the session's name is the profile's where it has one", async () => {
  put("x");
  sts.plan(fresh());
  await get(profileWith(file(), { roleSessionName: setting("deploy") }));
  expect(sts.requests[0]?.form).toMatchObject({ RoleSessionName: "deploy" });
});

test("a new token of the same holder finds the credentials, that of another does not", async () => {
  put("a");
  sts.plan(fresh(), fresh());
  const first = await get();
  put("a", { exp: tools.clock.now() / 1000 + 6_000, jti: "2" });
  expect((await get()).accessKeyId).toBe(first.accessKeyId);
  const other = put("b");
  expect((await get()).accessKeyId).not.toBe(first.accessKeyId);
  expect(sent()[1]).toBe(other);
});

test("credentials outlive their token, and are not handed out once it has gone", async () => {
  put("a");
  sts.plan(fresh());
  const first = await get();
  tools.clock.advance(20 * MINUTE);
  expect((await get()).accessKeyId).toBe(first.accessKeyId);
  rmSync(path());
  await expect(get()).rejects.toMatchObject({ code: "token-unavailable", message: expect.stringContaining("does not exist") });
});

test("an expired token is named before STS is asked", async () => {
  put("a", { exp: tools.clock.now() / 1000 - 1 });
  await expect(get()).rejects.toMatchObject({
    code: "token-unavailable",
    message: expect.stringContaining("expired at 2026-11-23T07:59:59"),
  });
});

test("-r gets new ones, with the token that is there", async () => {
  put("a");
  sts.plan(fresh(), fresh());
  const first = await get();
  expect((await get(profileWith(file()), true)).accessKeyId).not.toBe(first.accessKeyId);
});

test("a token that STS refuses is an error with its claims, and is not tried again", async () => {
  put("a");
  sts.plan(refusal("InvalidIdentityToken", "No OpenIDConnect provider found in your account", 400));
  await expect(get()).rejects.toMatchObject({ awsCode: "InvalidIdentityToken", hint: expect.stringContaining("subject   a") });
});

test("a jump role is assumed with the token, and shared by what is behind it", async () => {
  put("a");
  const jumpRoleArn = setting("arn:aws:iam::123456789012:role/Jump");
  sts.plan(fresh(), fresh(), fresh());
  await get(profileWith(file(), { jumpRoleArn }));
  await get(profileWith(file(), { jumpRoleArn, roleArn: setting("arn:aws:iam::123456789012:role/Other") }));
  expect(sts.requests.map(({ form }) => form["Action"])).toEqual(["AssumeRoleWithWebIdentity", "AssumeRole", "AssumeRole"]);
});

test("the variables of two jobs do not share", async () => {
  const source: TokenSource = { kind: "variable", variable: setting("CI_TOKEN") };
  const as = (subject: string) =>
    getCredentials({ profile: profileWith(source), refresh: false }, { ...tools, env: { ...tools.env, CI_TOKEN: jwt(subject) } });
  sts.plan(fresh(), fresh());
  expect((await as("job-1")).accessKeyId).not.toBe((await as("job-2")).accessKeyId);
  await as("job-1");
});

test("a command runs again for each token, and not while credentials are kept", async () => {
  const counter = join(folder, "runs");
  const script = `require("fs").appendFileSync(${JSON.stringify(counter)}, "x"); console.log(${JSON.stringify(jwt("a"))})`;
  const profile = profileWith({ kind: "command", words: setting([process.execPath, "-e", script]) });
  sts.plan(fresh(), fresh());
  await get(profile);
  await get(profile);
  await get({ ...profile, roleArn: setting("arn:aws:iam::123456789012:role/Other") });
  const { readFileSync } = await import("node:fs");
  expect(readFileSync(counter, "utf8")).toBe("xx");
});

describe("while a command runs", () => {
  test("the file is read again: a token that was replaced gives the next credentials", async () => {
    put("a");
    sts.plan(fresh(), fresh(110));
    const first = await get();
    const profile = profileWith(file());
    const current = keepFresh(profile, first, tools);
    expect((await current()).accessKeyId).toBe(first.accessKeyId);
    tools.clock.advance(50 * MINUTE);
    const later = put("a");
    await expect.poll(async () => (await current()).accessKeyId).not.toBe(first.accessKeyId);
    expect(sent()[1]).toBe(later);
  });

  test("a token that is over is no end: the next one is taken when it comes", async () => {
    put("a");
    sts.plan(fresh());
    const profile = profileWith(file());
    const first = await get();
    tools.clock.advance(50 * MINUTE);
    await expect(renewCredentials(profile, tools)).rejects.toMatchObject({ code: "token-unavailable" });
    const current = keepFresh(profile, first, tools);
    expect((await current()).accessKeyId).toBe(first.accessKeyId);
    tools.clock.advance(MINUTE);
    put("a");
    sts.plan(fresh());
    await expect.poll(async () => (await current()).accessKeyId).not.toBe(first.accessKeyId);
  });
});
