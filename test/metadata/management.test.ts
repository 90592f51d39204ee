import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { LoginError } from "../../src/errors.ts";
import type { Secret } from "../../src/secret.ts";
import { refuseUnknown } from "../../src/metadata/serve/access.ts";
import { openapi } from "../../src/metadata/serve/openapi.ts";
import type { CredentialTools } from "../../src/credentials/provider.ts";
import { CONFIG, manage, type ManagementStage } from "./management-stage.ts";

const ROUTES = Object.entries(openapi.paths).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => [method.toUpperCase(), path] as const),
);
const MINUTE = 60_000;

/** Asks as a form login does: first the name, where none is known, then the password. */
async function askBoth({ terminal }: CredentialTools): Promise<readonly [string, string]> {
  const recipient = "id.example.com";
  const username = await terminal.ask(`User name for ${recipient}`, undefined, undefined, { what: "username", recipient });
  const password = await terminal.askSecret(`Password for ${username} at ${recipient}`, { what: "password", recipient, username });
  return [username, password.reveal()];
}

function askPassword({ terminal }: CredentialTools): Promise<Secret> {
  return terminal.askSecret("Password", { what: "password", recipient: "id.example.com", username: "alice" });
}

function askCode({ terminal }: CredentialTools): Promise<string> {
  return terminal.ask("One-time code", undefined, undefined, { what: "code", recipient: "id.example.com" });
}

/** More time than a request waits for. */
function passSoon({ tools }: ManagementStage): void {
  setTimeout(() => tools.clock.advance(5_000), 20);
}

describe("who may ask", () => {
  it.each(ROUTES)("%s %s wants the token", async (method, path) => {
    const stage = await manage();
    for (const token of [null, "", "wrong", "Bearer the-token-of-this-server"]) {
      const { status, json, headers } = await stage.ask(method, path, { token });
      expect({ status, json }).toEqual({ status: 401, json: { code: "unauthorized", message: expect.any(String) } });
      expect(headers["x-awsrunas-authentication-type"]).toBeUndefined();
    }
  });

  it.each(ROUTES)("%s %s is not for other pages, names and proxies, even with the token", async (method, path) => {
    const stage = await manage();
    const foreign = [
      { host: "evil.example.com" },
      { origin: "https://evil.example.com" },
      { origin: "null" },
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { "x-forwarded-for": "10.0.0.1" },
    ];
    for (const headers of foreign) expect((await stage.ask(method, path, { headers })).status).toBe(403);
    expect(stage.opened).toEqual([]);
  });

  it("answers the server's own page, without a header of CORS and without anything to be kept", async () => {
    const stage = await manage();
    const { headers } = await stage.ask("GET", "/state");
    const own = { "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors" };
    const answer = await stage.ask("GET", "/state", { headers: own });
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
    expect(headers["cache-control"]).toBe("no-store");
  });

  it("is nobody where the server has no token", () => {
    const request = {
      method: "GET",
      target: "/state",
      host: "",
      authorization: undefined,
      header: () => undefined,
      body: async () => "",
      peer: () => "::1",
      peerPort: () => undefined,
    };
    expect(refuseUnknown(request, { hosts: new Set(), tokens: undefined })).toMatchObject({ status: 401 });
  });

  it("refuses a preflight", async () => {
    const stage = await manage();
    const headers = { origin: "https://evil.example.com", "access-control-request-method": "POST" };
    expect((await stage.ask("OPTIONS", "/profile", { headers })).status).toBe(403);
    expect((await stage.ask("OPTIONS", "/profile")).status).toBe(405);
  });

  it.each(["/auth?username=alice&password=pw", "/mfa?mfa=123456", "/refresh", "/cancel", "/answer", "/profile/custom"])(
    "does nothing for GET %s",
    async (path) => {
      const stage = await manage();
      stage.scripts.set("dev", askPassword);
      await stage.switchTo("dev");
      expect((await stage.ask("GET", path)).status).toBe(405);
      expect((await stage.state()).login?.question).toMatchObject({ kind: "credentials" });
    },
  );

  it("changes nothing and begins no login by any GET", async () => {
    const stage = await manage();
    await stage.switchTo("dev");
    const gets = ROUTES.filter(([method]) => method === "GET");
    for (const [method, path] of gets) expect((await stage.ask(method, path)).status).toBe(200);
    expect(stage.opened).toEqual(["dev"]);
    expect(stage.active.name).toBe("dev");
    expect(await stage.config()).toBe(CONFIG);
  });
});

describe("bodies", () => {
  it.each([
    ["a name that is too long", "POST", "/profile", { contentType: "text/plain", body: "a".repeat(3_000) }, 413],
    ["no name", "POST", "/profile", { contentType: "text/plain", body: " " }, 400],
    ["a name with a control character", "POST", "/profile", { contentType: "text/plain", body: "a\u0007b" }, 400],
    ["a name without its type", "POST", "/profile", { body: "dev" }, 415],
    ["a name as JSON", "POST", "/profile", { contentType: "application/json", body: '"dev"' }, 415],
    ["a form as text", "POST", "/auth", { contentType: "text/plain", body: "password=pw" }, 415],
    ["a form with a field twice", "POST", "/mfa", { contentType: "application/x-www-form-urlencoded", body: "mfa=1&mfa=2" }, 400],
    ["a form with another field", "POST", "/mfa", { contentType: "application/x-www-form-urlencoded", body: "mfa=1&x=2" }, 400],
    ["a password with a line feed", "POST", "/auth", { contentType: "application/x-www-form-urlencoded", body: "password=a%0Ab" }, 400],
    ["JSON as text", "POST", "/answer", { contentType: "text/plain", body: '{"answer":"a"}' }, 415],
    ["JSON that is none", "POST", "/answer", { contentType: "application/json", body: '{"answer":"hunter2"' }, 400],
    ["JSON that is a list", "POST", "/answer", { contentType: "application/json", body: '["a"]' }, 400],
    ["an answer and a choice", "POST", "/answer", { contentType: "application/json", body: '{"answer":"a","choice":1}' }, 400],
    ["an answer of two lines", "POST", "/answer", { contentType: "application/json", body: '{"answer":"a\\nb"}' }, 400],
    ["a body of 9 KB", "POST", "/answer", { contentType: "application/json", body: `{"answer":"${"a".repeat(9_000)}"}` }, 413],
  ])("refuses %s", async (_, method, path, ask, status) => {
    const answer = await (await manage()).ask(method, path, ask);
    expect(answer.status).toBe(status);
    expect(answer.text).not.toMatch(/hunter2|aaaa/);
  });

  it("takes a type with a charset", async () => {
    const stage = await manage();
    expect((await stage.ask("POST", "/profile", { contentType: "text/plain;charset=UTF-8", body: "dev\n" })).status).toBe(200);
  });
});

describe("profiles", () => {
  it("are listed with and without a role, sorted", async () => {
    const stage = await manage(`${CONFIG}\n[profile Alpha]\nrole_arn = arn:aws:iam::123456789012:role/a\n[sso-session x]\n[services y]\n`);
    expect((await stage.ask("GET", "/list-roles")).json).toEqual(["Alpha", "dev"]);
    expect((await stage.ask("GET", "/list-profiles")).json).toEqual(["default", "login"]);
  });

  it("are listed all with what is known of them", async () => {
    const stage = await manage(`${CONFIG}\n[profile broken]\nrole_arn = no\n`);
    const rows = (await stage.ask("GET", "/profiles")).json as { name: string }[];
    const empty = { cached: false, expiresAt: null, problem: null };
    const role = "arn:aws:iam::123456789012:role/dev";
    expect(rows.find(({ name }) => name === "dev")).toEqual({
      name: "dev",
      kind: "oidc",
      source: "login",
      account: "123456789012",
      role,
      ...empty,
    });
    expect(rows.find(({ name }) => name === "broken")).toMatchObject({
      kind: null,
      problem: expect.stringContaining("says nowhere how to log in"),
    });
  });

  it("are listed by thousands while others are answered", async () => {
    const many = Array.from(
      { length: 3_000 },
      (_, index) => `[profile p${index}]\nsource_profile = login\nrole_arn = arn:aws:iam::123456789012:role/r\n`,
    );
    const stage = await manage(`${CONFIG}\n${many.join("")}`);
    const order: string[] = [];
    const list = stage.ask("GET", "/profiles").then(({ json }) => order.push(`${(json as unknown[]).length} profiles`));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await stage.state().then(() => order.push("state"));
    await list;
    expect(order).toEqual(["state", "3003 profiles"]);
  });

  it("say of the active one what the Go tool says, and name and kind", async () => {
    const stage = await manage();
    await stage.switchTo("dev");
    expect((await stage.ask("GET", "/profile")).json).toEqual({
      name: "dev",
      kind: "oidc",
      role_arn: "arn:aws:iam::123456789012:role/dev",
      external_id: "",
      auth_url: "https://id.example.com/realms/main",
      username: "alice",
      jump_role: "",
      client_id: "aws",
      redirect_uri: "app:/callback",
      source_profile: "login",
    });
  });

  it("do not say a token that is in the login's URL", async () => {
    const stage = await manage(CONFIG.replace("/realms/main", "/realms/main?token=s3cret"));
    expect((await stage.switchTo("dev")).text).not.toContain("s3cret");
    expect((await stage.ask("GET", "/profile")).text).not.toContain("s3cret");
  });

  it("are switched by a role's ARN too", async () => {
    const arn = "arn:aws:iam::123456789012:role/teams/other";
    const stage = await manage(CONFIG.replace("[profile login]", "").replace("[profile dev]", "[profile x]"));
    expect((await stage.switchTo(arn)).json).toMatchObject({ name: arn, role_arn: arn });
    expect(stage.active.name).toBe(arn);
  });

  it.each([
    ["is not there", "nobody", 404, "profile-not-found"],
    ["has no role", "login", 400, "config-missing"],
  ])("keep the active one when the other %s", async (_, name, status, code) => {
    const stage = await manage();
    await stage.switchTo("dev");
    expect(await stage.switchTo(name)).toMatchObject({ status, json: { code } });
    expect((await stage.state()).active?.name).toBe("dev");
  });

  it("keep the active one when the other's login fails, and say why", async () => {
    const stage = await manage();
    await stage.switchTo("dev");
    stage.scripts.set("dev2", async () => {
      throw new LoginError("credentials-refused", "id refuses the password", { provider: "id", step: "login form" });
    });
    await writeFile(stage.configPath, `${CONFIG}\n[profile dev2]\nsource_profile = dev\nrole_arn = arn:aws:iam::123456789012:role/two\n`);
    expect(await stage.switchTo("dev2")).toMatchObject({ status: 403, json: { code: "credentials-refused" }, type: undefined });
    const { active, problem } = await stage.state();
    expect(active?.name).toBe("dev");
    expect(problem).toEqual({ code: "credentials-refused", message: "id refuses the password" });
    await stage.switchTo("dev");
    expect((await stage.state()).problem).toBeNull();
  });
});

describe("a login that asks", () => {
  it("gets user name and password by one form, though they are asked for one after another", async () => {
    const stage = await manage();
    let given: readonly string[] = [];
    stage.scripts.set("dev", async (tools) => (given = await askBoth(tools)));
    expect(await stage.switchTo("dev")).toMatchObject({ status: 401, type: "AUTH", json: { username: "" } });
    expect(await stage.form("POST", "/auth", { username: "alice", password: "pä ss&+" })).toMatchObject({ status: 200 });
    expect(given).toEqual(["alice", "pä ss&+"]);
  });

  it("gives a password to nobody but who asked for the name with it", async () => {
    const stage = await manage();
    stage.scripts.set("dev", async ({ terminal }) => {
      await terminal.ask("User name", undefined, undefined, { what: "username", recipient: "id.example.com" });
      await terminal.askSecret("Password", { what: "password", recipient: "other.example.com", username: "alice" });
    });
    await stage.switchTo("dev");
    const answer = await stage.form("POST", "/auth", { username: "alice", password: "pw" });
    expect(answer).toMatchObject({ status: 401, type: "AUTH", json: { username: "alice" } });
  });

  it("does not give a password to the next question that is hidden", async () => {
    const stage = await manage();
    stage.scripts.set("dev", async ({ terminal }) => {
      await terminal.ask("User name", undefined, undefined, { what: "username", recipient: "id.example.com" });
      await terminal.askSecret("Your first pet");
    });
    await stage.switchTo("dev");
    const answer = await stage.form("POST", "/auth", { username: "alice", password: "pw" });
    expect(answer).toMatchObject({ status: 401, type: "ASK", json: { kind: "secret", message: "Your first pet" } });
  });

  it("takes no password of another user than the configured one", async () => {
    const stage = await manage();
    stage.scripts.set("dev", askPassword);
    expect(await stage.switchTo("dev")).toMatchObject({ type: "AUTH", json: { username: "alice" } });
    expect(await stage.form("POST", "/auth", { username: "bob", password: "pw" })).toMatchObject({ status: 409 });
    expect(await stage.form("POST", "/auth", { username: "alice", password: "pw" })).toMatchObject({ status: 200 });
  });

  it("does not take what is to be a password for the user's name", async () => {
    const stage = await manage();
    stage.scripts.set("dev", askBoth);
    await stage.switchTo("dev");
    expect(await stage.json("/answer", { answer: "pw" })).toMatchObject({ status: 409, json: { code: "not-asked" } });
  });

  it("asks for the code after the password, with the header", async () => {
    const stage = await manage();
    stage.scripts.set("dev", async (tools) => [await askPassword(tools), await askCode(tools)]);
    expect(await stage.switchTo("dev")).toMatchObject({ status: 401, type: "AUTH" });
    expect(await stage.form("POST", "/auth", { password: "pw" })).toMatchObject({ status: 401, type: "MFA", json: {} });
    expect((await stage.state()).login?.question).toEqual({ kind: "text", message: "One-time code", isCode: true });
    expect(await stage.form("POST", "/mfa", { mfa: "123456" })).toMatchObject({ status: 200, json: { name: "dev" } });
    expect(stage.active.name).toBe("dev");
  });

  it("lets one of several be chosen", async () => {
    const stage = await manage();
    let chosen = "";
    stage.scripts.set("dev", async ({ terminal }) => {
      chosen = await terminal.choose("Second factor", [
        { value: "a", label: "a code" },
        { value: "p", label: "a\u001b[2Jpush" },
      ]);
    });
    const question = { kind: "choice", message: "Second factor", options: ["a code", "a\\u{1b}[2Jpush"] };
    expect(await stage.switchTo("dev")).toMatchObject({ status: 401, type: "ASK", json: question });
    for (const choice of [2, -1, 0.5]) expect((await stage.json("/answer", { choice })).status).toBe(409);
    expect((await stage.json("/answer", { answer: "a code" })).status).toBe(409);
    expect((await stage.json("/answer", { choice: 1 })).status).toBe(200);
    expect(chosen).toBe("p");
  });

  it("shows what it waits for, the number to pick, the QR code and what it said, and goes on by itself", async () => {
    const stage = await manage();
    let approve = () => {};
    const approved = new Promise<void>((resolve) => (approve = resolve));
    stage.scripts.set("dev", async ({ terminal }) => {
      terminal.say("Open https://id.example.com/device and enter AB-12");
      await terminal.showQr("https://id.example.com/device?code=AB-12");
      const stop = terminal.showWait("Approve it in the app", "42");
      passSoon(stage);
      await approved;
      stop();
    });
    const login = {
      profile: "dev",
      question: null,
      wait: { message: "Approve it in the app", number: "42" },
      qr: "https://id.example.com/device?code=AB-12",
      said: ["Open https://id.example.com/device and enter AB-12"],
    };
    expect(await stage.switchTo("dev")).toMatchObject({ status: 202, json: login });
    expect((await stage.state()).login).toEqual(login);
    const again = stage.switchTo("dev");
    await new Promise((resolve) => setTimeout(resolve, 20));
    approve();
    expect((await again).status).toBe(200);
    expect(stage.opened).toEqual(["dev"]);
  });

  it("is one for all who ask for the profile", async () => {
    const stage = await manage();
    let asked = 0;
    stage.scripts.set("dev", async (tools) => [(asked += 1), await askPassword(tools)]);
    const answers = await Promise.all([stage.switchTo("dev"), stage.switchTo("dev"), stage.switchTo("dev")]);
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(asked).toBe(1);
  });

  it("ends when another profile is chosen, and switches nothing any more", async () => {
    const stage = await manage(`${CONFIG}\n[profile two]\nsource_profile = dev\nrole_arn = arn:aws:iam::123456789012:role/two\n`);
    let end: unknown;
    stage.scripts.set("dev", (tools) => askPassword(tools).catch((error: unknown) => (end = error)));
    await stage.switchTo("dev");
    expect((await stage.switchTo("two")).status).toBe(200);
    expect(end).toMatchObject({ code: "cancelled" });
    expect(stage.opened).toEqual(["two"]);
    expect(stage.active.name).toBe("two");
    expect((await stage.form("POST", "/auth", { password: "pw" })).json).toMatchObject({ code: "no-login" });
  });

  it("ends at once, and the next one begins when its last request has come back", async () => {
    const stage = await manage(`${CONFIG}\n[profile two]\nsource_profile = dev\nrole_arn = arn:aws:iam::123456789012:role/two\n`);
    let comeBack = () => {};
    const request = new Promise<void>((resolve) => (comeBack = resolve));
    stage.scripts.set("dev", async () => {
      passSoon(stage);
      await request;
    });
    expect((await stage.switchTo("dev")).status).toBe(202);
    passSoon(stage);
    expect((await stage.switchTo("two")).status).toBe(202);
    expect((await stage.state()).login).toMatchObject({ profile: "two" });
    comeBack();
    expect((await stage.switchTo("two")).status).toBe(200);
    expect(stage.opened).not.toContain("dev");
  });

  it("stays when a profile is chosen that does not exist", async () => {
    const stage = await manage();
    stage.scripts.set("dev", askPassword);
    await stage.switchTo("dev");
    await stage.switchTo("nobody");
    expect((await stage.form("POST", "/auth", { password: "pw" })).status).toBe(200);
  });

  it("ends by /cancel, also where it waits for another device, and that is no problem", async () => {
    const stage = await manage();
    stage.scripts.set("dev", async ({ terminal, clock }) => {
      terminal.showWait("Approve it");
      passSoon(stage);
      await clock.sleep(10 * MINUTE);
    });
    expect((await stage.switchTo("dev")).status).toBe(202);
    expect((await stage.ask("POST", "/cancel")).json).toEqual({ cancelled: true });
    expect(await stage.state()).toMatchObject({ active: null, login: null, problem: null });
    expect((await stage.ask("POST", "/cancel")).json).toEqual({ cancelled: false });
  });

  it("ends after five minutes that nobody answers in", async () => {
    const stage = await manage();
    stage.scripts.set("dev", askPassword);
    await stage.switchTo("dev");
    stage.tools.clock.advance(5 * MINUTE - 1);
    expect((await stage.state()).login).not.toBeNull();
    stage.tools.clock.advance(1);
    await new Promise((resolve) => setTimeout(resolve, 10));
    const { login, problem } = await stage.state();
    expect({ login, problem }).toEqual({ login: null, problem: { code: "person-needed", message: "nobody answered within 5 minutes" } });
  });

  it("takes a question back that the login has no use for any more", async () => {
    const stage = await manage();
    const inBrowser = new AbortController();
    stage.scripts.set("dev", ({ terminal }) => terminal.ask("Paste it here", "", inBrowser.signal).catch(() => undefined));
    expect(await stage.switchTo("dev")).toMatchObject({ status: 401, type: "ASK" });
    inBrowser.abort();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect((await stage.state()).login).toBeNull();
    expect(stage.active.name).toBe("dev");
  });

  it("shows no answer anywhere", async () => {
    const stage = await manage();
    stage.scripts.set("dev", async (tools) => {
      await askBoth(tools);
      await askCode(tools);
      await tools.terminal.askSecret("Your first pet");
      tools.terminal.say("That was wrong");
      await tools.terminal.ask("Anything else");
    });
    const answers = [
      await stage.switchTo("dev"),
      await stage.form("POST", "/auth", { username: "alice", password: "hunter2-pw" }),
      await stage.form("POST", "/mfa", { mfa: "987654" }),
      await stage.json("/answer", { answer: "hunter2-pet" }),
      await stage.ask("GET", "/state"),
      await stage.json("/answer", { answer: "hunter2-else" }),
      await stage.ask("GET", "/state"),
      await stage.ask("GET", "/profile"),
      await stage.ask("GET", "/profiles"),
    ];
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401, 200, 200, 200, 200, 200]);
    expect(answers.map(({ text }) => text).join("\n")).not.toMatch(/hunter2|987654|ASIA|secret-dev|session-dev|the-token-of/);
    expect(stage.tools.log.lines.join("\n")).not.toMatch(/hunter2|987654/);
  });

  it("is tried once more after an attempt in the background that had nobody to ask", async () => {
    const stage = await manage();
    const { PersonNeededError } = await import("../../src/errors.ts");
    let tries = 0;
    stage.scripts.set("dev", async () => {
      if ((tries += 1) === 1) throw new PersonNeededError("a login in the background has nobody to ask");
    });
    expect((await stage.switchTo("dev")).status).toBe(200);
    expect(tries).toBe(2);
  });
});

describe("refresh", () => {
  it("drops what is kept and waits for new credentials", async () => {
    const stage = await manage();
    await stage.switchTo("dev");
    const asked: unknown[] = [];
    stage.scripts.set("dev", async (tools, { refresh }) => (asked.push(refresh), askCode(tools)));
    expect(await stage.ask("POST", "/refresh")).toMatchObject({ status: 401, type: "MFA" });
    expect(await stage.form("POST", "/mfa", { mfa: "123456" })).toMatchObject({ status: 200, json: { name: "dev" } });
    expect(asked).toEqual([true]);
    expect(stage.opened).toEqual(["dev", "dev"]);
  });
});

describe("what happened", () => {
  it("is told by the last fifty requests, the newest first, but for the page's own", async () => {
    const stage = await manage();
    for (let index = 0; index < 60; index += 1)
      await stage.ask("GET", `/nothing/${index}?token=s3cret`, { headers: { "user-agent": "probe\t1" } });
    await stage.state();
    const { requests } = await stage.state();
    expect(requests).toHaveLength(50);
    expect(requests[0]).toEqual({ at: "2026-11-23T08:00:00Z", method: "GET", path: "/nothing/59", status: 404, client: "probe 1" });
    expect(requests[49]?.path).toBe("/nothing/10");
  });

  it("is told shortened", async () => {
    const stage = await manage();
    await stage.ask("GET", `/${"a".repeat(3_000)}`, { headers: { "user-agent": "b".repeat(3_000) } });
    const [request] = (await stage.state()).requests;
    expect([request?.path.length, request?.client.length]).toEqual([200, 200]);
  });

  it("is told of the active profile with who, where and until when, by the server's clock", async () => {
    const stage = await manage();
    await stage.switchTo("dev");
    stage.tools.clock.advance(10 * MINUTE);
    expect((await stage.state()).active).toEqual({
      name: "dev",
      kind: "oidc",
      account: "123456789012",
      role: "arn:aws:iam::123456789012:role/dev",
      arn: "arn:aws:sts::123456789012:assumed-role/dev-0/alice",
      user: "alice",
      region: "eu-west-1",
      issuedAt: "2026-11-23T08:00:00Z",
      expiresAt: "2026-11-23T09:00:00Z",
      now: "2026-11-23T08:10:00Z",
    });
  });
});

describe("custom settings", () => {
  const OIDC = {
    "adv-type": "oidc",
    "role-arn": "arn:aws:iam::123456789012:role/tried",
    "auth-url": "https://id.example.com/realms/other",
    "client-id": "aws",
    "redirect-uri": "app:/callback",
    username: "bob",
  };

  it("are tried without being saved, and can be refreshed and chosen again", async () => {
    const stage = await manage();
    expect((await stage.form("POST", "/profile/custom", OIDC)).json).toMatchObject({ name: "(custom)", username: "bob", client_id: "aws" });
    expect(await stage.config()).toBe(CONFIG);
    expect((await stage.ask("POST", "/refresh")).status).toBe(200);
    await stage.switchTo("dev");
    expect((await stage.switchTo("(custom)")).json).toMatchObject({ role_arn: OIDC["role-arn"] });
    expect(stage.active.name).toBe("(custom)");
  });

  it("that do not work leave those before, and the active profile", async () => {
    const stage = await manage();
    await stage.form("POST", "/profile/custom", OIDC);
    stage.scripts.set("(custom)", () => Promise.reject(new LoginError("provider-refused", "no", { provider: "id", step: "login form" })));
    expect((await stage.form("POST", "/profile/custom", { ...OIDC, username: "eve" })).status).toBe(403);
    expect((await stage.ask("GET", "/profile")).json).toMatchObject({ name: "(custom)", username: "bob" });
  });

  it("give the password to their own login", async () => {
    const stage = await manage();
    let given: unknown;
    stage.scripts.set(
      "(custom)",
      async (_, { profile }) => (given = profile?.login.kind === "oidc" && profile.login.password?.value.reveal()),
    );
    const answer = await stage.form("POST", "/profile/custom", { ...OIDC, password: "hunter2" });
    expect(given).toBe("hunter2");
    expect(answer.text + (await stage.ask("GET", "/profile")).text).not.toContain("hunter2");
  });

  it("give a password with blanks at its ends as it is", async () => {
    const stage = await manage();
    let given: unknown;
    stage.scripts.set(
      "(custom)",
      async (_, { profile }) => (given = profile?.login.kind === "oidc" && profile.login.password?.value.reveal()),
    );
    const answer = await stage.form("POST", "/profile/custom", { ...OIDC, password: " hunter 2 " });
    expect(given).toBe(" hunter 2 ");
    expect(answer.text + (await stage.ask("GET", "/profile")).text).not.toContain(" hunter 2 ");
  });

  it.each<[string, Record<string, string>]>([
    ["of no kind", { "role-arn": "arn:aws:iam::123456789012:role/a" }],
    ["of an unknown kind", { ...OIDC, "adv-type": "toString" }],
    ["without a role", { "adv-type": "oidc", "auth-url": OIDC["auth-url"], "client-id": "aws", "redirect-uri": "app:/callback" }],
    ["with a role that is none", { ...OIDC, "role-arn": "admin" }],
    ["with another kind's setting", { ...OIDC, "external-id": "contract-7" }],
    ["with a URL that is none", { ...OIDC, "auth-url": "javascript:alert(1)" }],
    ["with a password and nowhere to send it", { "adv-type": "saml", "role-arn": OIDC["role-arn"], password: "hunter2" }],
    ["with a line feed", { ...OIDC, username: "bob\n[profile evil]\ncredential_process = rm" }],
    ["with a source that is not there", { "adv-type": "iam", "role-arn": OIDC["role-arn"], "source-profile": "nobody" }],
    [
      "of a kind that the rest of the configuration makes another",
      { "adv-type": "iam", "role-arn": OIDC["role-arn"], "source-profile": "dev" },
    ],
  ])("%s are refused, and nothing is written", async (_, fields) => {
    const stage = await manage();
    for (const [method, more] of [
      ["POST", {}],
      ["PUT", { "profile-name": "new" }],
    ] as const) {
      const answer = await stage.form(method, "/profile/custom", { ...fields, ...more });
      expect([400, 404]).toContain(answer.status);
      expect(answer.text).not.toContain("hunter2");
    }
    expect(await stage.config()).toBe(CONFIG);
    expect(stage.opened).toEqual([]);
  });

  it("are saved as a new profile, with every other byte as it was", async () => {
    const stage = await manage();
    const answer = await stage.form("PUT", "/profile/custom", { ...OIDC, "profile-name": "new.one" });
    expect(answer).toMatchObject({ status: 200, json: { name: "new.one", role_arn: OIDC["role-arn"] } });
    const config = await stage.config();
    expect(config.startsWith(`${CONFIG}\n`)).toBe(true);
    expect(config.slice(CONFIG.length).trim().split("\n").sort()).toEqual([
      "[profile new.one]",
      "role_arn = arn:aws:iam::123456789012:role/tried",
      "web_identity_auth_url = https://id.example.com/realms/other",
      "web_identity_client_id = aws",
      "web_identity_redirect_uri = app:/callback",
      "web_identity_username = bob",
    ]);
    expect(stage.active.name).toBeUndefined();
    expect((await stage.switchTo("new.one")).status).toBe(200);
  });

  it("keep the password where `aws-runas password` does", async () => {
    const stage = await manage();
    expect((await stage.form("PUT", "/profile/custom", { ...OIDC, "profile-name": "new", password: "hunter2" })).status).toBe(200);
    const credentials = await readFile(join(stage.tools.homeDir, ".aws/credentials"), "utf8");
    expect(credentials).toMatch(/^\[https:\/\/id\.example\.com\/realms\/other\]\nweb_identity_password = 12\$/);
    expect(credentials).not.toContain("hunter2");
    expect(await stage.config()).not.toContain("password");
  });

  it("are not saved in part when the password cannot be stored", async () => {
    const stage = await manage();
    await mkdir(join(stage.tools.homeDir, ".aws/credentials"));
    const config = await stage.config();
    const answer = await stage.form("PUT", "/profile/custom", { ...OIDC, "profile-name": "new", password: "hunter2" });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(await stage.config()).toBe(config);
  });

  it.each(["dev", "login", "default"])("do not take the place of %s", async (name) => {
    const stage = await manage();
    expect(await stage.form("PUT", "/profile/custom", { ...OIDC, "profile-name": name })).toMatchObject({ status: 409 });
    expect(await stage.config()).toBe(CONFIG);
  });

  it("are saved once, however many do it at the same time", async () => {
    const stage = await manage();
    const all = await Promise.all(
      ["bob", "eve", "mal"].map((username) => stage.form("PUT", "/profile/custom", { ...OIDC, username, "profile-name": "new" })),
    );
    expect(all.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    expect((await stage.config()).match(/web_identity_username/g)).toHaveLength(2);
  });

  it.each(["a]\n[profile evil", "a b", "a]", "[a", "a#b", 'a"b', "sso-session x"])("are not saved under the name %j", async (name) => {
    const stage = await manage();
    expect((await stage.form("PUT", "/profile/custom", { ...OIDC, "profile-name": name })).status).toBe(400);
    expect(await stage.config()).toBe(CONFIG);
  });

  it("are not saved to a file that cannot be read as one", async () => {
    const stage = await manage();
    await writeFile(stage.configPath, "[profile a]\nnot a setting\n");
    await chmod(stage.configPath, 0o640);
    expect(await stage.form("PUT", "/profile/custom", { ...OIDC, "profile-name": "new" })).toMatchObject({
      status: 400,
      json: { code: "config-syntax" },
    });
    expect(await stage.config()).toBe("[profile a]\nnot a setting\n");
  });
});
