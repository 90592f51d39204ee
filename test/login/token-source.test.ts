/** Where id tokens come from when somebody else logged in: each source as it gives one, and as it does not. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Setting, TokenSource } from "../../src/config/profile.ts";
import { LoginError } from "../../src/errors.ts";
import { createHttp } from "../../src/http/client.ts";
import { runTokenCommand } from "../../src/login/sources/command.ts";
import { identifyHolder, takeToken } from "../../src/login/token-source.ts";
import type { Environment } from "../../src/world.ts";

const NOW = Date.parse("2026-11-23T08:00:00Z");
const seconds = (fromNow: number) => NOW / 1000 + fromNow;
const CLAIMS = { iss: "https://id.example.com", sub: "system:serviceaccount:ci:deployer", aud: ["sts.amazonaws.com"], exp: seconds(600) };

let home: string;
let lines: string[];

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "aws-runas-source-"));
  lines = [];
  return () => rmSync(home, { recursive: true, force: true });
});

const said = <T>(value: T): Setting<T> => ({ value, origin: { layer: "environment", variable: "SAID" } });
const file = (path: string): TokenSource => ({ kind: "file", path: said(path) });
const command = (...words: string[]): TokenSource => ({ kind: "command", words: said(words) });
const node = (script: string, ...args: string[]): TokenSource => command(process.execPath, "-e", script, ...args);
const variable: TokenSource = { kind: "variable", variable: said("GITLAB_OIDC_TOKEN") };
const github: TokenSource = { kind: "github", name: said("github"), audience: said("sts.amazonaws.com") };

function jwt(claims: object = CLAIMS): string {
  return [{ alg: "RS256" }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".") + ".c2lnbmF0dXJl";
}

function tools(env: Environment = {}) {
  const note = (message: string) => void lines.push(message);
  return {
    env: { PATH: process.env["PATH"], ...env },
    homeDir: home,
    clock: { now: () => NOW, sleep: async () => {} },
    log: { warn: note, info: note, debug: note },
    process,
    openHttp: async () => createHttp({ env: {} }),
  };
}

const take = (source: TokenSource, env?: Environment) => takeToken({ kind: "token", source }, tools(env));

async function failure(action: Promise<unknown>): Promise<LoginError> {
  const thrown = await action.catch((error: unknown) => error);
  if (!(thrown instanceof LoginError)) throw new Error(`no LoginError but ${String(thrown)}`);
  expect(thrown).toMatchObject({ code: "token-unavailable", exitStatus: 4 });
  return thrown;
}

function write(text: string, name = "token"): string {
  writeFileSync(join(home, name), text);
  return join(home, name);
}

describe("a file", () => {
  test("is read again each time, without the blanks around the token", async () => {
    const path = write(`\n  ${jwt()}\n`);
    expect(await take(file(path))).toMatchObject({
      issuer: CLAIMS.iss,
      subject: CLAIMS.sub,
      audience: CLAIMS.aud,
      user: CLAIMS.sub,
      expiresAt: new Date(NOW + 600_000),
    });
    write(jwt({ ...CLAIMS, preferred_username: "bob", aud: "one" }));
    expect(await take(file(path))).toMatchObject({ user: "bob", audience: ["one"] });
  });

  test("below the home folder may be written with ~/", async () => {
    write(jwt());
    expect((await take(file("~/token"))).raw.reveal()).toBe(jwt());
  });

  test.each([
    ["that does not exist", () => join(home, "nothing"), "/nothing does not exist"],
    ["that is a folder", () => (mkdirSync(join(home, "folder")), join(home, "folder")), "/folder is no plain file"],
    ["that has no end", () => "/dev/zero", "/dev/zero is no plain file"],
    ["that is empty", () => write(" \n"), "/token is empty"],
    ["that is too long", () => write("x".repeat(65_537)), "/token is longer than 64 KiB: it is no id token"],
  ])("%s is named, with the setting", async (_, path, problem) => {
    const { message } = await failure(take(file(path())));
    expect(message).toContain("the environment variable SAID: /");
    expect(message.endsWith(problem)).toBe(true);
  });

  test.each([
    ["no JWT", "s3cr3t-password"],
    ["two parts", jwt().split(".").slice(0, 2).join(".")],
    ["a JWE's five parts", "a.b.c.d.e"],
    ["claims that are no object", `e30.${Buffer.from("[1]").toString("base64url")}.x`],
    ["claims that are no JSON", "e30.e30x.x"],
    ["a header that is no object", jwt().replace(/^[^.]+/, "W10x")],
  ])("that holds %s is refused, and not shown", async (_, text) => {
    const { message } = await failure(take(file(write(text))));
    expect(message).toBe("the environment variable SAID: what it gives is no id token (a JWT)");
  });

  test.each(["iss", "sub", "aud", "exp"])("whose token has no %s is refused", async (name) => {
    const { message } = await failure(take(file(write(jwt({ ...CLAIMS, [name]: undefined })))));
    expect(message).toContain("lacks one of iss, sub, aud and exp");
  });

  test.each([
    [seconds(0), "expired at 2026-11-23T08:00:00.000Z"],
    [seconds(-300), "expired at 2026-11-23T07:55:00.000Z"],
    [1e300, "expired at an impossible time"],
  ])("whose token is over is refused at once: %d", async (exp, problem) => {
    expect((await failure(take(file(write(jwt({ ...CLAIMS, exp })))))).message).toContain(problem);
  });
});

describe("a command", () => {
  test("prints the token; it gets the user's environment, its words as they are, and nothing to read", async () => {
    const script = `
      const input = require("fs").readFileSync(0, "utf8");
      if (input === "" && process.env.MINE === "yes" && process.argv[1] === "$HOME; exit 1") console.log("\\n " + process.argv[2]);`;
    expect(await take(node(script, "$HOME; exit 1", jwt()), { MINE: "yes" })).toMatchObject({ subject: CLAIMS.sub });
  });

  test("that fails is told by its status, and what it says reaches the user line by line", async () => {
    const { message } = await failure(take(node(`console.error("not\\u001b logged in"); process.stderr.write("at all"); process.exit(3)`)));
    expect(message).toBe(`the environment variable SAID: ${process.execPath} ended with status 3`);
    expect(lines).toEqual([`${process.execPath}: not\u001b logged in`, `${process.execPath}: at all`]);
  });

  test("that says a lot is cut short", async () => {
    await take(node(`process.stderr.write("x".repeat(100000)); console.log(process.argv[1])`, jwt()));
    expect(lines.join("").length).toBeLessThan(8_192 + 1_000);
  });

  test.each([
    ["is ended by a signal", node(`process.kill(process.pid, "SIGTERM")`), "was ended by SIGTERM"],
    ["prints nothing", node(`console.log(" ")`), "printed nothing"],
    ["prints without end", node(`setInterval(() => process.stdout.write("x".repeat(60000)), 1)`), "printed more than 64 KiB"],
    ["does not exist", command("no-such-program-here"), "no-such-program-here is no program that PATH leads to"],
    ["may not be run", command("/etc/passwd"), "/etc/passwd cannot be started"],
  ])("that %s is an error", async (_, source, problem) => {
    expect((await failure(take(source))).message).toContain(problem);
  });

  test("that prints something else is refused, and what it printed is not shown", async () => {
    expect((await failure(take(node(`console.log("hunter2")`)))).message).not.toContain("hunter2");
  });

  test("that hangs is killed, with those of its children not waited for that hold its output", async () => {
    const marker = join(home, "pid");
    const words = said(["sh", "-c", `echo $$ > ${marker}; sleep 30 & sleep 30`]);
    const startedAt = Date.now();
    const { message } = await failure(runTokenCommand(words, tools(), 300));
    expect(message).toBe("the environment variable SAID: sh printed no token within 0.3 s");
    expect(Date.now() - startedAt).toBeLessThan(5_000);
    const { readFileSync } = await import("node:fs");
    await expect.poll(() => isRunning(Number(readFileSync(marker, "utf8")))).toBe(false);
  });

  test("that leaves a child with its output open is not waited for", async () => {
    const startedAt = Date.now();
    expect(await take(command("sh", "-c", `sleep 10 & echo ${jwt()}`))).toMatchObject({ subject: CLAIMS.sub });
    expect(Date.now() - startedAt).toBeLessThan(5_000);
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("a variable", () => {
  test("holds the token", async () => {
    expect(await take(variable, { GITLAB_OIDC_TOKEN: `${jwt()}\n` })).toMatchObject({ subject: CLAIMS.sub });
  });

  test.each([
    ["not set", {}],
    ["empty", { GITLAB_OIDC_TOKEN: " " }],
  ])("that is %s is named, with what sets it", async (problem, env) => {
    const { message, hint } = await failure(take(variable, env));
    expect(message).toBe(`the environment variable SAID: the environment variable GITLAB_OIDC_TOKEN is ${problem}`);
    expect(hint).toContain("id_tokens");
  });
});

/** Answers as https://docs.github.com/en/actions/reference/security/oidc describes: {"value": "<jwt>"} for the audience in the query. */
describe("GitHub Actions", () => {
  let server: Server;
  let asked: string[];
  let answer: { status: number; body: string };
  let env: Record<string, string>;

  beforeEach(async () => {
    asked = [];
    answer = { status: 200, body: JSON.stringify({ count: 1, value: jwt() }) };
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization}`);
      response.writeHead(answer.status, { "content-type": "application/json" }).end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    env = {
      ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "request-secret",
    };
  });
  afterEach(() => void server.close());

  test("is asked for the audience, with the job's own token", async () => {
    expect(await take(github, env)).toMatchObject({ subject: CLAIMS.sub });
    expect(asked).toEqual(["GET /token?api-version=2.0&audience=sts.amazonaws.com bearer request-secret"]);
  });

  test.each(["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"])("without %s the job lacks a permission", async (name) => {
    const { message, hint } = await failure(take(github, { ...env, [name]: undefined }));
    expect(message).toBe("no id token from GitHub Actions: ACTIONS_ID_TOKEN_REQUEST_URL and its _TOKEN are not set");
    expect(hint).toContain("the job needs `permissions: id-token: write`");
    expect(asked).toEqual([]);
  });

  test.each([
    ["a refusal", { status: 403, body: "request-secret" }, "answers 403"],
    ["a server's failure", { status: 500, body: "" }, "answers 500"],
    ["no JSON", { status: 200, body: "<html>" }, "answers something without a token"],
    ["JSON without a token", { status: 200, body: '{"value":""}' }, "answers something without a token"],
    ["null", { status: 200, body: "null" }, "answers something without a token"],
    ["an endless answer", { status: 200, body: "x".repeat(70_000) }, "is longer than 65536 bytes"],
    ["something that is no JWT", { status: 200, body: '{"value":"request-secret"}' }, "no id token (a JWT)"],
  ])("%s is an error without a secret", async (_, given, problem) => {
    answer = given;
    const { message } = await failure(take(github, env));
    expect(message).toContain(problem);
    expect(message).not.toContain("request-secret");
  });

  test("is not asked over plain http elsewhere than on this machine, nor at what is no URL", async () => {
    for (const url of ["http://192.0.2.1/token", "nonsense"]) await failure(take(github, { ...env, ACTIONS_ID_TOKEN_REQUEST_URL: url }));
    expect(asked).toEqual([]);
  });
});

describe("the holder", () => {
  const holderOf = async (claims: object) => (await identifyHolder(file(write(jwt(claims))), tools())).holder;

  test("is the same for the next token of the same holder, though its times and number differ", async () => {
    const next = { ...CLAIMS, exp: seconds(9_000), iat: seconds(8_000), nbf: seconds(8_000), jti: "2" };
    expect(await holderOf(next)).toBe(await holderOf(CLAIMS));
  });

  test.each([
    ["issuer", { iss: "https://other" }],
    ["subject", { sub: "somebody" }],
    ["audience", { aud: ["other"] }],
    ["any claim", { "https://aws.amazon.com/tags": { principal_tags: { team: ["b"] } } }],
  ])("is another for another %s", async (_, change) => {
    expect(await holderOf({ ...CLAIMS, ...change })).not.toBe(await holderOf(CLAIMS));
  });

  test("is told of a token that has expired, too: what was kept for it may still be good", async () => {
    expect(await holderOf({ ...CLAIMS, exp: seconds(-600) })).toBe(await holderOf(CLAIMS));
  });

  test("of GitHub's tokens is the job, and nothing is requested", async () => {
    const holder = async (token: string) =>
      (await identifyHolder(github, tools({ ACTIONS_ID_TOKEN_REQUEST_URL: "https://x", ACTIONS_ID_TOKEN_REQUEST_TOKEN: token }))).holder;
    expect(await holder("job-1")).not.toBe(await holder("job-2"));
    expect(await holder("job-1")).not.toContain("job-1");
  });

  test("of a command's is not told: the command does not run for that", async () => {
    expect(await identifyHolder(node(`require("fs").writeFileSync("/nonexistent/x", "")`), tools())).toEqual({});
  });
});
