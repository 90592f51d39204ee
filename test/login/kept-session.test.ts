import { beforeEach, describe, expect, it } from "vitest";

import { logIn } from "../../src/login/oidc/login.ts";
import { type Answer, type FakeProvider, html, type Seen, startProvider } from "./fake-provider.ts";
import { loginOf, person, toolsWith } from "./fixtures.ts";

let provider: FakeProvider;
let tools: ReturnType<typeof toolsWith>;

/** The fake's sessions: the cookie's value is the user's name. */
const userOf = (seen: Seen) => /session=(\w+)/.exec(seen.cookie)?.[1];

function finishFor(user: string): Answer {
  provider.claims = { sub: `subject of ${user}`, preferred_username: user };
  const answer = provider.finish();
  return { ...answer, headers: { ...answer.headers, "set-cookie": `session=${user}; Secure; HttpOnly; Path=/` } };
}

beforeEach(async () => {
  provider = await startProvider();
  tools = toolsWith(provider.http);
  provider.pages.set("GET /authorize", (seen) => {
    const user = userOf(seen);
    return user === undefined
      ? html('<form method="post" action="/login"><input name="username"><input type="password" name="password"></form>')
      : finishFor(user);
  });
  provider.pages.set("POST /login", ({ form }) => finishFor(form.get("username") ?? ""));
});

const logInAs = async (username: string) => {
  provider.requests.length = 0;
  return (await logIn(loginOf(provider.issuer, { username, password: "pw" }), tools)).user;
};

describe("a kept session", () => {
  it("makes the next login cost two requests", async () => {
    await logInAs("alice");
    expect(await logInAs("alice")).toBe("alice");
    expect(provider.requests).toEqual(["GET /authorize", "POST /token"]);
  });

  it("is not used for another user", async () => {
    await logInAs("alice");
    expect(await logInAs("bob")).toBe("bob");
    expect(await logInAs("alice")).toBe("alice");
    expect(provider.requests).toEqual(["GET /authorize", "POST /token"]);
  });

  it("is not used for another user of a provider behind this one", async () => {
    const asGuest = async (name: string) => {
      provider.requests.length = 0;
      const federatedUsername = { value: name, origin: { layer: "built-in" } } as const;
      await logIn({ ...loginOf(provider.issuer, { username: "alice", password: "pw" }), federatedUsername }, tools);
      return provider.requests;
    };
    await asGuest("guest");
    expect(await asGuest("other-guest")).toContain("POST /login");
    expect(await asGuest("guest")).toEqual(["GET /authorize", "POST /token"]);
  });

  it("goes on for those who give no user name, apart from those who do", async () => {
    await logInAs("bob");
    const nameless = loginOf(provider.issuer, { password: "pw" });
    await expect(logIn(nameless, tools)).rejects.toMatchObject({ code: "person-needed" });
    await logIn(nameless, { ...tools, terminal: person("alice") });
    expect((await logIn(nameless, tools)).user).toBe("alice");
  });

  it("that turns out to be another user's is not believed", async () => {
    await logInAs("alice");
    provider.pages.set("GET /authorize", (seen) =>
      userOf(seen) === undefined
        ? html('<form method="post" action="/login"><input name="username"><input type="password" name="password"></form>')
        : finishFor("mallory"),
    );
    expect(await logInAs("alice")).toBe("alice");
    expect(provider.requests).toEqual(["GET /authorize", "POST /token", "GET /authorize", "POST /login", "POST /token"]);
  });

  it("that the provider stumbles over is dropped, and the login made without it", async () => {
    await logInAs("alice");
    const usual = provider.pages.get("GET /authorize") as (seen: Seen) => Answer;
    provider.pages.set("GET /authorize", (seen) => (userOf(seen) === undefined ? usual(seen) : html("<h1>Cookie not found</h1>", 400)));
    expect(await logInAs("alice")).toBe("alice");
    expect(provider.requests).toEqual(["GET /authorize", "GET /authorize", "POST /login", "POST /token"]);
  });

  it("does not make a refused password be tried twice", async () => {
    await logInAs("alice");
    const form = html('<form method="post" action="/login"><input name="username"><input type="password" name="password"></form>');
    provider.pages.set("GET /authorize", form);
    provider.pages.set("POST /login", form);
    await expect(logInAs("alice")).rejects.toMatchObject({ code: "credentials-refused" });
    expect(provider.requests).toEqual(["GET /authorize", "POST /login"]);
  });

  it("is not kept of a login that failed", async () => {
    provider.claims = {};
    provider.pages.set("POST /token", { status: 500 });
    await expect(logInAs("alice")).rejects.toMatchObject({ exitStatus: 4 });
    expect([...tools.store.entries.keys()].some((key) => key.startsWith("session"))).toBe(false);
  });
});
