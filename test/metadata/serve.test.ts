import { chown, mkdir, readFile, rename, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import type { Credentials } from "../../src/credentials/credentials.ts";
import { LoginError, PersonNeededError } from "../../src/errors.ts";
import type { LocalRequest, LocalResponse } from "../../src/metadata/listen.ts";
import { type AccessRules, type Audience, refuseForeign, refuseUnknown } from "../../src/metadata/serve/access.ts";
import { createAsker } from "../../src/metadata/serve/asker.ts";
import { openConfiguration } from "../../src/metadata/serve/configuration.ts";
import { credentialRoutes } from "../../src/metadata/serve/credential-routes.ts";
import { createPool, type Pool } from "../../src/metadata/serve/pool.ts";
import { startServer } from "../../src/metadata/serve/server.ts";
import { tokenFile } from "../../src/metadata/serve/token-file.ts";
import { createTokens } from "../../src/metadata/serve/tokens.ts";
import { Secret } from "../../src/secret.ts";
import { type FakeSts, grant, refusal, startFakeSts, type StsRequest } from "../aws/fake-sts.ts";
import { idToken, MINUTE, seedToken, START, TestClock, TestLog, testHome, type TestTools, testTools } from "../credentials/fixtures.ts";

const HOST = "127.0.0.1:12319";

function request(headers: Readonly<Record<string, string>> = {}): LocalRequest {
  const all: Readonly<Record<string, string | undefined>> = { host: HOST, ...headers };
  return {
    method: "GET",
    target: "/credentials",
    host: all["host"],
    authorization: all["authorization"],
    header: (name) => all[name],
    body: async () => "",
    peer: () => "127.0.0.1",
    peerPort: () => undefined,
  };
}

describe("who may ask", () => {
  const rules: AccessRules = { hosts: new Set([HOST, "localhost:12319"]), tokens: undefined };
  test.each<[string, Audience, Record<string, string>, string | undefined]>([
    ["a program", "program", {}, undefined],
    ["a program under another spelling", "program", { host: "LocalHost:12319" }, undefined],
    ["a rebound name", "program", { host: "evil.example:12319" }, "foreign-host"],
    ["another port", "program", { host: "127.0.0.1:80" }, "foreign-host"],
    ["what was passed on", "program", { "x-forwarded-for": "10.0.0.1" }, "forwarded"],
    ["another origin", "own", { origin: "http://evil.example" }, "foreign-origin"],
    ["no origin at all", "own", { origin: "null" }, "foreign-origin"],
    ["the page itself", "own", { origin: `http://${HOST}`, "sec-fetch-site": "same-origin" }, undefined],
    ["the page itself at the credentials", "program", { origin: `http://${HOST}` }, "foreign-origin"],
    ["the page under https", "own", { origin: `https://${HOST}` }, "foreign-origin"],
    ["a link of another site", "own", { "sec-fetch-site": "cross-site" }, "foreign-origin"],
    ["an address that was typed", "own", { "sec-fetch-site": "none" }, undefined],
  ])("%s, where %s may: %o → %s", (_, audience, headers, code) => {
    const answer = refuseForeign(request(headers), audience, rules);
    expect(answer && JSON.parse(answer.body).code).toBe(code);
  });

  test("no token and a wrong one get the same answer", () => {
    const tokens = createTokens(new TestClock(), new Secret("right"));
    const refusals = [{}, { authorization: "wrong" }, { authorization: "Bearer right" }, { authorization: "rïght" }].map((headers) =>
      refuseUnknown(request(headers), "program", { ...rules, tokens }),
    );
    expect(refusals[0]?.status).toBe(401);
    expect(new Set(refusals.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(refuseUnknown(request({ authorization: "right" }), "program", { ...rules, tokens })).toBeUndefined();
  });
});

test("two Host headers are no host, whichever comes first", async () => {
  const answer = () => ({ status: 200, headers: {}, body: "" });
  const route = { path: "/credentials", audience: "program", needsToken: false, methods: ["GET"], answer } as const;
  const access = (authority: string): AccessRules => ({ hosts: new Set([authority]), tokens: undefined });
  const server = await startServer({ routes: [route], access, now: () => START });
  onTestFinished(() => server.close());
  const own = server.authority;
  const statusFor = async (...hosts: string[]) => {
    const socket = connect(Number(own.split(":")[1]), "127.0.0.1");
    socket.end(`GET /credentials HTTP/1.1\r\n${hosts.map((host) => `Host: ${host}\r\n`).join("")}Connection: close\r\n\r\n`);
    return (await textOf(socket)).slice(9, 12);
  };
  expect([await statusFor(own), await statusFor(own, "evil.example"), await statusFor("evil.example", own)]).toEqual(["200", "403", "403"]);
});

describe("the token's file", () => {
  afterEach(() => void vi.useRealTimers());

  test("has a new token each hour; the one before is taken for five minutes more", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const [clock, path] = [new TestClock(), join(await testHome(), "token")];
    const tokens = createTokens(clock);
    const file = await tokenFile(path, tokens, { log: new TestLog() });
    const first = await readFile(path, "utf8");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    clock.advance(59 * MINUTE);
    vi.advanceTimersByTime(20_000);
    expect(tokens.current.reveal()).toBe(first);
    clock.advance(MINUTE);
    vi.advanceTimersByTime(20_000);
    await vi.waitFor(async () => expect(await readFile(path, "utf8")).not.toBe(first));
    const second = await readFile(path, "utf8");
    expect([first, second].map((token) => tokens.accepts(token))).toEqual([true, true]);
    clock.advance(5 * MINUTE);
    expect([first, second].map((token) => tokens.accepts(token))).toEqual([false, true]);
    await file.end();
    await expect(stat(path)).rejects.toThrow("ENOENT");
  });

  test("a clock that was set back kept the token before the current one alive, and the current one past its hour", async () => {
    const clock = new TestClock();
    const tokens = createTokens(clock);
    const [first, publish] = [tokens.current.reveal(), async () => {}];
    clock.advance(60 * MINUTE);
    await tokens.rotate(publish);
    clock.advance(-24 * 60 * MINUTE);
    expect(tokens.accepts(first)).toBe(false);
    expect(tokens.rotate(publish)).toBeDefined();
  });

  test("a link in place of the token's file led the token into another file", async () => {
    const [home, clock] = [await testHome(), new TestClock()];
    await writeFile(join(home, "precious"), "mine");
    await symlink("precious", join(home, "token"));
    const attempt = tokenFile(join(home, "token"), createTokens(clock), { log: new TestLog() });
    await expect(attempt).rejects.toMatchObject({ code: "store-unusable", message: expect.stringContaining("not a regular file") });
    expect(await readFile(join(home, "precious"), "utf8")).toBe("mine");
  });

  test.skipIf(process.getuid?.() !== 0)(
    "another user's file in place of root's token's file kept its owner, who could read the token",
    async () => {
      const [path, clock] = [join(await testHome(), "token"), new TestClock()];
      await writeFile(path, "");
      await chown(path, 65_534, 65_534);
      const file = await tokenFile(path, createTokens(clock), { log: new TestLog() });
      expect(await stat(path)).toMatchObject({ uid: 0, gid: process.getgid?.() });
      await file.end();
    },
  );

  test("a token's file that cannot be replaced leaves its clients the token they read there, and is replaced when it can be", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const clock = new TestClock();
    const tokens = createTokens(clock);
    const folder = join(await testHome(), "run");
    await mkdir(folder);
    const path = join(folder, "token");
    const log = new TestLog();
    const file = await tokenFile(path, tokens, { log });
    const first = await readFile(path, "utf8");
    await rename(folder, `${folder}-away`);
    clock.advance(60 * MINUTE);
    vi.advanceTimersByTime(20_000);
    await vi.waitFor(() => expect(log.lines.join()).toContain("the token's file was not replaced"));
    clock.advance(6 * MINUTE);
    expect(tokens.accepts(first)).toBe(true);
    await rename(`${folder}-away`, folder);
    await vi.waitFor(async () => {
      vi.advanceTimersByTime(20_000);
      expect(await readFile(path, "utf8")).not.toBe(first);
    });
    expect(tokens.accepts(await readFile(path, "utf8"))).toBe(true);
    await file.end();
    await expect(stat(path)).rejects.toThrow("ENOENT");
  });
});

describe("the pool", () => {
  let sts: FakeSts;
  let tools: TestTools;
  let pool: Pool;
  let configPath: string;
  let edits = 0;
  beforeEach(async () => {
    sts = await startFakeSts();
    const homeDir = await testHome();
    await mkdir(join(homeDir, ".aws"));
    configPath = join(homeDir, ".aws/config");
    tools = await testTools({ homeDir, env: { AWSRUNAS_STORE: "file", AWS_ENDPOINT_URL_STS: sts.endpoint } });
    await write(role("dev") + role("ops") + PERSON);
    const configuration = openConfiguration(tools, {});
    await seedToken(configuration.resolve("dev"), idToken("t1", { expiresAt: new Date(START + 24 * 60 * MINUTE) }), tools);
    pool = createPool({ configuration, tools });
  });
  afterEach(async () => {
    pool.close();
    await sts.finish();
  });

  const LOGIN =
    "web_identity_auth_url = https://id.example.com/realms/main\nweb_identity_client_id = aws\nweb_identity_provider = oidc\n" +
    "web_identity_redirect_uri = app:/callback\nregion = eu-central-1\n";
  const PERSON = `[profile person]\nrole_arn = arn:aws:iam::123456789012:role/x\nweb_identity_username = bob\nlogin = never\n${LOGIN}`;
  const role = (name: string, arn = name) => `[profile ${name}]\nrole_arn = arn:aws:iam::123456789012:role/${arn}\n${LOGIN}`;
  async function write(text: string): Promise<void> {
    await writeFile(configPath, text);
    await utimes(configPath, new Date(), new Date(1_000_000 * (edits += 1)));
    tools.clock.advance(1_000);
  }
  const until = (minutes: number) => grant({ expiresAt: new Date(tools.clock.now() + minutes * MINUTE) });
  const id = async (name: string) => (await pool.credentials(name)).accessKeyId;

  test("gets a profile once for a thousand requests at a time", async () => {
    sts.plan(until(60));
    const all = await Promise.all(Array.from({ length: 1_000 }, () => id("dev")));
    expect(new Set(all)).toEqual(new Set(["ASIA-dev"]));
    expect(sts.requests).toHaveLength(1);
  });

  test("lets nobody wait for another profile", async () => {
    sts.plan((asked) => ({ ...until(60)(asked), delayMs: 1_500 }), until(60));
    const slow = id("dev");
    await vi.waitFor(() => expect(sts.requests).toHaveLength(1));
    const began = performance.now();
    expect(await id("ops")).toBe("ASIA-ops");
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(await slow).toBe("ASIA-dev");
  });

  test("a profile that changed during its first attempt is refreshed by one, not by two from then on", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    sts.plan((asked) => ({ ...until(60)(asked), delayMs: 500 }), until(60));
    const slow = id("dev");
    await vi.waitFor(() => expect(sts.requests).toHaveLength(1));
    await write(role("dev", "other"));
    expect(await id("dev")).toBe("ASIA-other");
    await slow;
    expect(vi.getTimerCount()).toBe(1);
    vi.useRealTimers();
  });

  test("remembers a failure for five seconds", async () => {
    sts.plan(refusal("AccessDenied", "no", 403), until(60));
    for (let count = 0; count < 100; count++) await expect(id("dev")).rejects.toMatchObject({ code: "aws-refused" });
    expect(sts.requests).toHaveLength(1);
    tools.clock.advance(5_000);
    expect(await id("dev")).toBe("ASIA-dev");
  });

  test("a clock that was set back does not make a failure last until it has caught up", async () => {
    sts.plan(refusal("AccessDenied", "no", 403), until(60));
    await expect(id("dev")).rejects.toMatchObject({ code: "aws-refused" });
    tools.clock.advance(-60 * MINUTE);
    expect(await id("dev")).toBe("ASIA-dev");
  });

  test("of credentials of a quarter of an hour none is handed out expired, and each period costs one call", async () => {
    sts.plan(until(15));
    let last: Credentials = await pool.credentials("dev");
    for (let count = 0; count < 10_000; count++) {
      tools.clock.advance(200); // half an hour and three minutes in all
      const isDue = last.expiresAt.getTime() - tools.clock.now() <= 7.5 * MINUTE;
      const before = sts.requests.length;
      if (isDue) sts.plan(until(15));
      last = pool.atHand("dev") ?? (await pool.credentials("dev"));
      expect(last.expiresAt.getTime() - tools.clock.now()).toBeGreaterThan(1.5 * MINUTE);
      expect(sts.requests.length - before).toBe(isDue ? 1 : 0);
    }
    expect(sts.requests).toHaveLength(1 + Math.floor((10_000 * 200) / (7.5 * MINUTE)));
  });

  test("asked by 10,000 requests over HTTP, 100 at once, it is the same", async () => {
    const tokens = createTokens(tools.clock, new Secret("right"));
    const server = await startServer({
      routes: credentialRoutes({ pool, active: { name: "dev" }, log: new TestLog() }),
      access: (authority) => ({ hosts: new Set([authority]), tokens }),
      note: () => {},
      now: () => tools.clock.now(),
    });
    const ask = async () => (await fetch(`http://${server.authority}/credentials`, { headers: { authorization: "right" } })).json();
    const soon = (asked: StsRequest) => ({ ...until(15)(asked), delayMs: 20 });
    sts.plan(...Array.from({ length: 1 + Math.floor(2_000 / 460) }, () => soon)); // 7.5 minutes, in steps of 20 seconds
    for (let step = 0; step < 100; step++) {
      for (const answer of await Promise.all(Array.from({ length: 100 }, ask))) {
        expect(Date.parse(answer.Expiration) - tools.clock.now()).toBeGreaterThan(1.5 * MINUTE);
      }
      tools.clock.advance(20_000);
    }
    await server.close();
  });

  test("reads a changed file anew within a second, and keeps what it does not concern", async () => {
    sts.plan(until(60), until(60));
    await Promise.all([id("dev"), id("ops")]);
    sts.plan(until(60));
    await write(`# a line more\n${role("dev", "other")}${role("ops")}`);
    expect([await id("dev"), await id("ops")]).toEqual(["ASIA-other", "ASIA-ops"]);
    expect(sts.requests).toHaveLength(3);
  });

  test("a profile that is gone is no longer served; a file that is broken takes nothing away", async () => {
    sts.plan(until(60), until(60));
    await Promise.all([id("dev"), id("ops")]);
    await write(role("ops"));
    await expect(id("dev")).rejects.toMatchObject({ code: "profile-not-found" });
    await write("[profile ops\n");
    expect(await id("ops")).toBe("ASIA-ops");
    await expect(id("dev")).rejects.toMatchObject({ code: "config-syntax" });
  });

  test("a role of the same length, in a file whose time its writer kept, was not noticed", async () => {
    sts.plan(until(60), until(60));
    await write(role("dev", "one"));
    expect(await id("dev")).toBe("ASIA-one");
    const { atime, mtime } = await stat(configPath);
    await writeFile(configPath, role("dev", "two"));
    await utimes(configPath, atime, mtime);
    tools.clock.advance(1_000);
    expect(await id("dev")).toBe("ASIA-two");
  });

  test("a config that became a link to itself failed every request, and ended the server on Node", async () => {
    sts.plan(until(60));
    await id("dev");
    await rm(configPath);
    await symlink("config", configPath);
    tools.clock.advance(1_000);
    expect(pool.atHand("dev")).toBeUndefined();
    expect(await id("dev")).toBe("ASIA-dev");
    await expect(id("ops")).rejects.toMatchObject({ code: "config-unreadable" });
  });

  test("credentials that were over when STS gave them were handed out once", async () => {
    sts.plan(until(-60), until(60));
    await expect(id("dev")).rejects.toMatchObject({ code: "aws-refused", message: expect.stringContaining("ended at") });
    expect(pool.atHand("dev")).toBeUndefined();
    tools.clock.advance(5_000);
    expect(await id("dev")).toBe("ASIA-dev");
  });

  describe("behind the routes", () => {
    const routesOf = (name: string | undefined, failed?: (name: string, error: unknown) => void) => {
      const [own, below] = credentialRoutes({ pool, active: { name }, log: tools.log, failed });
      const bodyOf = async (answer: LocalResponse | Promise<LocalResponse> | undefined) => {
        const { status = 0, body = "{}" } = (await answer) ?? {};
        return { status, ...JSON.parse(body) };
      };
      return { own: () => bodyOf(own?.answer(request(), "")), named: (rest: string) => bodyOf(below?.answer(request(), rest)) };
    };

    test("another profile is served without changing the active one", async () => {
      const routes = routesOf("dev");
      sts.plan(until(60), until(60));
      expect(await routes.own()).toMatchObject({ status: 200, AccessKeyId: "ASIA-dev" });
      expect(await routes.named("ops")).toMatchObject({ status: 200, AccessKeyId: "ASIA-ops" });
      expect(await routes.own()).toMatchObject({ status: 200, AccessKeyId: "ASIA-dev" });
    });

    test("no profile, no name, and a name that nobody has", async () => {
      const routes = routesOf(undefined);
      expect(await routes.own()).toMatchObject({ status: 404, code: "no-profile" });
      for (const rest of ["", "%", "%E0%A4%A"]) expect(await routes.named(rest)).toMatchObject({ status: 404, code: "not-found" });
      expect(await routes.named("nobody")).toMatchObject({ status: 404, code: "profile-not-found" });
    });

    test("a failure is said once, and told each time", async () => {
      const failed = vi.fn<(name: string, error: unknown) => void>();
      const routes = routesOf("person", failed);
      for (let count = 0; count < 3; count++)
        expect(await routes.own()).toMatchObject({ status: expect.any(Number), code: expect.any(String) });
      expect(tools.log.lines.filter((line) => line.startsWith("warning: no credentials for person"))).toHaveLength(1);
      expect(failed).toHaveBeenCalledTimes(3);
    });

    test("a failure was not said again where a login on the page had ended it and nobody had asked shortly before the next", async () => {
      const routes = routesOf("dev");
      const said = () => tools.log.lines.filter((line) => line.startsWith("warning: no credentials for dev"));
      sts.plan(refusal("AccessDenied", "no", 403), until(60), refusal("AccessDenied", "no", 403));
      expect(await routes.own()).toMatchObject({ status: 403 });
      await pool.open("dev", tools);
      expect(await routes.own()).toMatchObject({ status: 200 });
      tools.clock.advance(61 * MINUTE);
      expect(await routes.own()).toMatchObject({ status: 403 });
      expect(said()).toHaveLength(2);
      expect(said()[0]).toBe(said()[1]);
    });
  });
});

describe("asking on the terminal", () => {
  const needed = new PersonNeededError("a code is needed");
  function stage() {
    const [clock, log] = [new TestClock(), new TestLog()];
    const pending: { name: string; end: (error?: unknown) => void }[] = [];
    const open = (name: string) =>
      new Promise<void>((resolve, reject) => pending.push({ name, end: (error) => (error === undefined ? resolve() : reject(error)) }));
    return { clock, pending, asker: createAsker({ open, clock, log }), names: () => pending.map(({ name }) => name) };
  }
  const settle = () => new Promise((resolve) => setImmediate(resolve));

  test("is one profile at a time, and each once however many ask", async () => {
    const { asker, pending, names } = stage();
    for (const name of ["a", "b", "a", "b"]) asker.failed(name, needed);
    await settle();
    expect(names()).toEqual(["a"]);
    pending[0]?.end();
    await settle();
    expect(names()).toEqual(["a", "b"]);
  });

  test("comes again a minute after a person said no, at the first request", async () => {
    const { asker, pending, names, clock } = stage();
    asker.failed("a", needed);
    await settle();
    pending[0]?.end(new Error("cancelled"));
    await settle();
    clock.advance(59_000);
    asker.failed("a", needed);
    await settle();
    expect(names()).toEqual(["a"]);
    clock.advance(1_000);
    asker.failed("a", needed);
    await settle();
    expect(names()).toEqual(["a", "a"]);
  });

  test("a clock that was set back kept a person from being asked until it had caught up", async () => {
    const { asker, pending, names, clock } = stage();
    asker.failed("a", needed);
    await settle();
    pending[0]?.end(new Error("cancelled"));
    await settle();
    clock.advance(-60 * MINUTE);
    asker.failed("a", needed);
    await settle();
    expect(names()).toEqual(["a", "a"]);
  });

  test("is not for a password that was refused, nor for what no answer mends", async () => {
    const { asker, names } = stage();
    const refused = new LoginError("credentials-refused", "wrong", { provider: "p", step: "s" });
    for (const error of [refused, new PersonNeededError("ran out", { cause: refused }), new Error("a bug")]) asker.failed("a", error);
    asker.failed("b", new PersonNeededError("ran out", { cause: needed }));
    await settle();
    expect(names()).toEqual(["b"]);
  });
});
