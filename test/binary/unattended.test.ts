/** Logging in without a person, and the commands about a login, on both built programs. Neither has a terminal here. */

import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { decodeJwt } from "jose";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { grant, startFakeSts, type StsRequest } from "../aws/fake-sts.ts";
import { artefacts, type Outcome, outcomeOf, run, start as begin } from "./artefacts.ts";
import { type Stage, setStage } from "./stage.ts";

const ROLE = "role_arn = arn:aws:iam::123456789012:role/developer\nregion = eu-central-1\n";
const profile = (name: string, text: string) => `\n[profile ${name}]\n${ROLE}${text}\n`;
const CONFIG = [
  profile("file", "web_identity_token_file = ~/token"),
  profile("command", `web_identity_token_command = sh -c 'cat "$HOME/token"; echo fetched >&2'`),
  profile("failing", `web_identity_token_command = sh -c "echo not today >&2; exit 9"`),
  profile("waiting", `web_identity_token_command = sh -c "trap : TERM; echo $$ >&2; exec sleep 60"`),
  profile("variable", "web_identity_token_variable = GITLAB_OIDC_TOKEN"),
  profile("github", "web_identity_token_source = github\nweb_identity_token_audience = aws-runas"),
  profile("never", "source_profile = sandbox\nlogin = never"),
  profile("cluster", ""),
].join("");

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Each test has a job of its own. */
let serial = 0;

describe.each(artefacts)("$name", (artefact) => {
  let stage: Stage;
  let server: Server;
  let requests: string[];
  let token: string;

  beforeAll(async () => {
    stage = await setStage(CONFIG);
    await run(artefact, ["sandbox"], { env: stage.env }); // finds the provider, so that later runs need no discovery
  });
  afterAll(() => stage.close());

  beforeEach(async () => {
    requests = [];
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: stage.sandbox.provider.issuer, aud: "aws-runas", iat: now, exp: now + 600 };
    token = await stage.sandbox.provider.sign({ ...claims, sub: `id-of-job-${(serial += 1)}` });
    writeFileSync(join(stage.home, "token"), `${token}\n`);
    server = createServer((request, response) => {
      requests.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      response.end(JSON.stringify({ value: token }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    stage.cost();
  });
  afterEach(() => void server.close());

  const start = (words: readonly string[], env: Record<string, string> = {}): Promise<Outcome> =>
    run(artefact, words, { env: { ...stage.env, ...env } });
  const whoAmI = ["-w"];

  test("a token file", async () => {
    const { status, stderr } = await start([...whoAmI, "file", "true"]);
    expect({ status, stderr }).toMatchObject({ status: 0, stderr: expect.stringContaining(`assumed-role/developer/id-of-job-${serial} `) });
    expect(await start(["file", "true"])).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(stage.cost()).toEqual({ provider: [], sts: ["AssumeRoleWithWebIdentity", "GetCallerIdentity"] });
  });

  test("a token file is read again while a command runs", async () => {
    const [sts, file] = [await startFakeSts(), join(stage.home, "token")];
    const soon = (id: string) => (request: StsRequest) => grant({ id, expiresAt: new Date(Date.now() + 6_000) })(request);
    sts.plan(soon("first"), soon("second"));
    const next = await stage.sandbox.provider.sign({ ...decodeJwt(token), jti: "next" });
    const env = { AWS_ENDPOINT_URL_STS: sts.endpoint, AWSRUNAS_STORE: "none", NEXT: next, FILE: file };
    const outcome = await start(["file", process.execPath, join(import.meta.dirname, "programs/replace-token.mjs")], env);
    expect(outcome).toEqual({ status: 0, stdout: "ASIA-first\nASIA-second\n", stderr: "" });
    expect(sts.requests.map(({ form }) => form["WebIdentityToken"])).toEqual([token, next]);
    await sts.finish();
  });

  test("a token file that is not there", async () => {
    const { status, stderr } = await start(["file", "true"], { AWS_WEB_IDENTITY_TOKEN_FILE: "/nowhere/token" });
    expect({ status, stderr }).toEqual({
      status: 4,
      stderr: "aws-runas: the environment variable AWS_WEB_IDENTITY_TOKEN_FILE: /nowhere/token does not exist\n",
    });
  });

  test("a cluster's token file, which the wrapped command is not led to", async () => {
    const env = { AWS_WEB_IDENTITY_TOKEN_FILE: join(stage.home, "token"), AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/short" };
    const { status, stdout } = await start(["cluster", "env"], env);
    expect(status).toBe(0);
    expect(stdout).toContain("AWSRUNAS_PROFILE=cluster\n");
    expect(stdout).not.toMatch(/TOKEN_FILE|AWS_ROLE_ARN/);
  });

  test("a command, whose words on stderr come through", async () => {
    const { status, stderr } = await start(["command", "true"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "aws-runas: sh: fetched\n" });
    expect(await start(["-r", "failing", "true"])).toMatchObject({
      status: 4,
      stderr: expect.stringMatching(/^aws-runas: sh: not today\naws-runas: web_identity_token_command in .+: sh ended with status 9\n$/),
    });
  });

  test.each(["SIGTERM", "SIGHUP", "SIGINT"] as const)("a command does not outlive us when %s ends us", async (signal) => {
    const child = begin(artefact, ["waiting", "true"], { env: stage.env });
    const outcome = outcomeOf(child);
    const pid = Number(await new Promise((resolve) => child.stderr?.once("data", (line) => resolve(/\d+/.exec(String(line))?.[0]))));
    expect(pid).toBeGreaterThan(1);
    child.kill(signal);
    expect(await outcome).toMatchObject({ status: { SIGTERM: 143, SIGHUP: 129, SIGINT: 130 }[signal] });
    await expect.poll(() => isRunning(pid), { timeout: 3_000 }).toBe(false);
  });

  test("a variable, which the wrapped command does not get", async () => {
    const { status, stdout } = await start(["variable", "env"], { GITLAB_OIDC_TOKEN: token });
    expect(status).toBe(0);
    expect(stdout).not.toContain(token);
    expect((await start(["-E", "variable", "env"], { GITLAB_OIDC_TOKEN: token })).stdout).not.toContain(token);
    expect((await start(["variable", "true"])).status).toBe(4);
  });

  test("GitHub Actions, one request for one job", async () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/idtoken?api-version=2.0`;
    const job = { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: `of-job-${serial}` };
    for (const _ of [1, 2]) expect(await start(["github", "true"], job)).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(requests).toEqual([`GET /idtoken?api-version=2.0&audience=aws-runas bearer of-job-${serial}`]);
    expect(await start(["github", "true"])).toMatchObject({ status: 4, stderr: expect.stringContaining("permissions: id-token: write") });
  });

  test("login = never ends with 7 within a second, and works with a password that is given", async () => {
    const times = [];
    for (const _ of [1, 2, 3]) {
      const startedAt = Date.now();
      const { status, stderr } = await start(["never", "true"]);
      times.push(Date.now() - startedAt);
      expect({ status, stderr }).toMatchObject({ status: 7, stderr: expect.stringContaining("login = never") });
    }
    expect(Math.min(...times)).toBeLessThan(1_000);
    expect((await run(artefact, ["never", "true"], { env: stage.asAlice })).status).toBe(0);
    expect((await start(["logout", "never"])).status).toBe(0);
  });

  test("without a terminal a person is missed at once", async () => {
    const { status, stderr } = await start(["developer", "true"]);
    expect({ status, stderr }).toMatchObject({ status: 7, stderr: expect.stringContaining("there is no terminal to ask on") });
  });

  test("login, status, token, trust-policy and logout", async () => {
    expect((await start(["status", "developer"])).status).toBe(1);
    expect((await run(artefact, ["login", "developer"], { env: stage.asAlice })).status).toBe(0);
    expect(await start(["status", "--json", "developer"])).toMatchObject({ status: 0, stdout: expect.stringContaining('"usable": true') });
    const raw = (await start(["token", "--raw", "developer"])).stdout.trim();
    expect(raw).toMatch(/^eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
    expect(JSON.parse((await start(["token", "developer"])).stdout)).toMatchObject({ sub: "id-of-alice" });
    expect(JSON.parse((await start(["trust-policy", "developer"])).stdout)).toMatchObject({ Version: "2012-10-17" });
    expect((await start(["trust-policy", "--terraform", "developer"])).stdout).toContain('resource "aws_iam_role" "login" {');
    const shown = await start(["-vv", "logout", "developer"]);
    expect(shown.status).toBe(0);
    expect(shown.stdout + shown.stderr).not.toContain(raw);
    expect((await start(["status", "developer"])).status).toBe(1);
    expect(await start(["logout", "--all"])).toMatchObject({ status: 0 });
  });
});
