/** Refresh tokens against a provider that rotates them, as RFC 6749 section 6 and OpenID Connect Core section 12 have it. */

import { beforeEach, describe, expect, it } from "vitest";

import { HttpError } from "../../src/http/http-error.ts";
import type { LoginTools } from "../../src/login/oidc/context.ts";
import { logIn } from "../../src/login/oidc/login.ts";
import { Secret } from "../../src/secret.ts";
import { type Answer, type FakeProvider, json, type Seen, startProvider } from "./fake-provider.ts";
import { loginOf, person, toolsWith } from "./fixtures.ts";
import { movedClock } from "./moved-clock.ts";
import { announce, idTokenOf, refusal, tokensOf } from "./tokens.ts";

const DAY = 24 * 60 * 60 * 1000;

let provider: FakeProvider;
let tools: ReturnType<typeof toolsWith>;
/** What the token endpoint says to each grant. */
let onLogin: () => Promise<Answer>;
let onRefresh: (seen: Seen) => Answer | Promise<Answer>;
let logins: number;
let refreshed: string[];

beforeEach(async () => {
  provider = await startProvider();
  announce(provider, { device_authorization_endpoint: `${provider.issuer}/device` });
  const code = { device_code: "device", user_code: "CODE", verification_uri: `${provider.issuer}/enter`, expires_in: 600 };
  provider.pages.set("POST /device", json(code));
  logins = 0;
  refreshed = [];
  onLogin = () => tokensOf(provider, { refresh_token: `login-${logins}` });
  onRefresh = () => tokensOf(provider, { refresh_token: `next-${refreshed.length}` });
  provider.pages.set("POST /token", async (seen) => {
    if (seen.form.get("grant_type") !== "refresh_token") {
      logins += 1;
      return onLogin();
    }
    refreshed.push(seen.form.get("refresh_token") ?? "");
    return onRefresh(seen);
  });
  tools = toolsWith(provider.http, { clock: movedClock(), terminal: person("nothing") });
});

const login = () => loginOf(provider.issuer, { redirectUri: undefined });
const attempt = (parts: Partial<LoginTools> = {}, settings = login()) => logIn(settings, { ...tools, ...parts });
const alone = { terminal: person() };
const kept = () => [...tools.store.entries].filter(([name]) => name.startsWith("refresh ")).map(([, text]) => JSON.parse(text) as object);

describe("a refresh token", () => {
  it("is kept with what its next id tokens are held against, and used instead of a login", async () => {
    await attempt();
    const owner = { issuer: provider.issuer, authUrl: provider.issuer, clientId: "client-1" };
    expect(kept()).toEqual([{ token: "login-1", subject: "subject-1", audience: ["client-1"], user: "alice", ...owner }]);
    const token = await attempt(alone);
    expect(token).toMatchObject({ user: "alice", subject: "subject-1" });
    expect([logins, refreshed]).toEqual([1, ["login-1"]]);
  });

  it("goes with the grant and the client, and nothing else", async () => {
    await attempt();
    await attempt();
    expect(Object.fromEntries(provider.seen.at(-1)!.form)).toEqual({
      grant_type: "refresh_token",
      refresh_token: "login-1",
      client_id: "client-1",
    });
  });

  it("goes with the client's secret where it has one", async () => {
    const settings = { ...login(), clientSecret: { value: new Secret("s3cret"), origin: { layer: "built-in" as const } } };
    await attempt({}, settings);
    await attempt({}, settings);
    expect(provider.seen.at(-1)?.headers.authorization).toMatch(/^Basic /);
  });

  it("that is rotated is used in its latest form", async () => {
    await attempt();
    for (let round = 0; round < 3; round++) await attempt(alone);
    expect([logins, refreshed]).toEqual([1, ["login-1", "next-1", "next-2"]]);
  });

  it("that is not rotated goes on being used", async () => {
    await attempt();
    onRefresh = () => tokensOf(provider);
    for (let round = 0; round < 3; round++) await attempt(alone);
    expect([logins, refreshed]).toEqual([1, ["login-1", "login-1", "login-1"]]);
  });

  it("is in the store before anything else is done with the answer that brings it", async () => {
    await attempt();
    await provider.rotateKey("key-2"); // so that the keys have to be fetched again
    const before: object[] = [];
    provider.pages.set("GET /keys", () => {
      before.push(...kept());
      return { status: 503 };
    });
    await expect(attempt(alone)).rejects.toMatchObject({ code: "provider-answer" });
    expect(before).toMatchObject([{ token: "next-1" }]);
    expect(kept()).toMatchObject([{ token: "next-1" }]);
  });

  it("is read, used and replaced in turn", async () => {
    await attempt();
    const turns: string[] = [];
    const inTurn: LoginTools["inTurn"] = async (name, work) => {
      turns.push(`${name} begins with ${refreshed.length}`);
      const result = await work();
      turns.push(`${name} ends with ${JSON.stringify(kept().at(0))}`);
      return result;
    };
    await attempt({ inTurn });
    const name = `refresh-${[...tools.store.entries.keys()].find((key) => key.startsWith("refresh "))?.slice(8)}`;
    expect(turns).toEqual([`${name} begins with 0`, expect.stringMatching(`^${name} ends with .*next-1`)]);
  });

  it("of another user, client, scope or issuer is not used", async () => {
    await attempt();
    await attempt({}, { ...login(), scopes: ["openid", "offline_access"] });
    await attempt({}, loginOf(provider.issuer, { redirectUri: undefined, username: "bob" }));
    expect([logins, refreshed]).toEqual([3, []]);
  });

  it("goes to no other token endpoint than the one it came from", async () => {
    await attempt();
    announce(provider, { device_authorization_endpoint: `${provider.issuer}/device`, token_endpoint: `${provider.issuer}/other` });
    provider.pages.set("POST /other", () => tokensOf(provider));
    const fresh = {
      ...tools.store,
      read: async (...[kind, key]: Parameters<typeof tools.store.read>) => (kind === "discovery" ? undefined : tools.store.read(kind, key)),
    };
    await attempt({ store: fresh });
    expect(provider.seen.at(-1)?.form.get("grant_type")).toContain("device_code");
    expect(refreshed).toEqual([]);
  });

  it("is used for every URL that leads to the issuer", async () => {
    await attempt();
    await attempt(alone, loginOf(`${provider.issuer}/.well-known/openid-configuration`, { redirectUri: undefined }));
    expect([logins, refreshed]).toEqual([1, ["login-1"]]);
  });

  it.each([
    ["what the provider says", { refresh_expires_in: 1800 }, 1800 * 1000],
    ["what Microsoft calls it", { refresh_token_expires_in: 3600 }, 3600 * 1000],
    ["90 days where it has no end", { refresh_expires_in: 0 }, 90 * DAY],
    ["90 days at most", { refresh_expires_in: 1e9 }, 90 * DAY],
    ["90 days where nothing is said", {}, 90 * DAY],
    ["90 days where nonsense is said", { refresh_expires_in: "soon" }, 90 * DAY],
  ])("is kept for %s", async (_what, members, lifeMs) => {
    const until: number[] = [];
    const { write } = tools.store;
    const store = {
      ...tools.store,
      write: async (...entry: Parameters<typeof write>) => {
        if (entry[0] === "refresh") until.push(entry[3].getTime() - tools.clock.now());
        await write(...entry);
      },
    };
    onLogin = () => tokensOf(provider, { refresh_token: "login-1", ...members });
    await attempt({ store });
    expect(until).toHaveLength(1);
    expect(Math.abs(until[0]! - lifeMs)).toBeLessThan(1000);
  });

  it("that nobody asked for and nobody got is not looked for", async () => {
    onLogin = () => tokensOf(provider);
    await attempt();
    await attempt();
    expect([logins, refreshed, kept()]).toEqual([2, [], []]);
  });

  it("names the user as before where the new id token does not", async () => {
    await attempt();
    onRefresh = async () => tokensOf(provider, { id_token: await idTokenOf(provider, { preferred_username: undefined }) });
    expect(await attempt(alone)).toMatchObject({ user: "alice" });
  });

  it("that was damaged in the store counts as none", async () => {
    await attempt();
    const name = [...tools.store.entries.keys()].find((key) => key.startsWith("refresh "))!;
    tools.store.entries.set(name, JSON.stringify({ token: 7 }));
    await attempt();
    expect([logins, refreshed]).toEqual([2, []]);
  });
});

describe("a refresh token that is refused", () => {
  it("is dropped, and a login made in its place", async () => {
    await attempt();
    onRefresh = () => refusal("invalid_grant", "the token login-1 was revoked");
    expect(await attempt()).toMatchObject({ user: "alice" });
    expect([logins, refreshed]).toEqual([2, ["login-1"]]);
    expect(kept()).toMatchObject([{ token: "login-2" }]);
    expect(tools.lines).toContainEqual(
      expect.stringMatching(/gives nothing for the refresh token: invalid_grant: the token \[secret\] was revoked; logging in$/),
    );
  });

  it("is dropped where only a person could log in again, too", async () => {
    await attempt();
    onRefresh = () => refusal("invalid_grant");
    await expect(attempt(alone)).rejects.toMatchObject({ code: "person-needed" });
    expect(kept()).toEqual([]);
  });

  it("gives way to a newer one that another process has put there meanwhile", async () => {
    await attempt();
    onRefresh = ({ form }) => {
      if (form.get("refresh_token") === "newer") return tokensOf(provider, { refresh_token: "newest" });
      const [name, text] = [...tools.store.entries].find(([key]) => key.startsWith("refresh "))!;
      tools.store.entries.set(name, JSON.stringify({ ...(JSON.parse(text) as object), token: "newer" }));
      return refusal("invalid_grant");
    };
    await attempt(alone);
    expect([logins, refreshed]).toEqual([1, ["login-1", "newer"]]);
    expect(kept()).toMatchObject([{ token: "newest" }]);
  });

  it("is not tried a third time", async () => {
    await attempt();
    onRefresh = () => {
      const [name, text] = [...tools.store.entries].find(([key]) => key.startsWith("refresh "))!;
      tools.store.entries.set(name, JSON.stringify({ ...(JSON.parse(text) as object), token: `newer-${refreshed.length}` }));
      return refusal("invalid_grant");
    };
    await attempt();
    expect([logins, refreshed]).toEqual([2, ["login-1", "newer-1"]]);
  });

  it.each(["unauthorized_client", "invalid_scope", "unsupported_grant_type"])("for good, by %s, is dropped", async (error) => {
    await attempt();
    onRefresh = () => refusal(error);
    await expect(attempt(alone)).rejects.toMatchObject({ code: "person-needed" });
    expect(kept()).toEqual([]);
  });
});

describe("a provider that cannot refresh now", () => {
  it.each([
    ["503", json({}, 503)],
    ["429", { status: 429, body: "slower" }],
    ["500 with an OAuth error", refusal("server_error", undefined, 500)],
    ["a client that is not let in", refusal("invalid_client", undefined, 401)],
    ["a page of something between us", { status: 403, body: "<html>blocked" }],
  ])("(%s) does not cost the session", async (_what, answer) => {
    await attempt();
    onRefresh = () => answer;
    await expect(attempt(alone)).rejects.toMatchObject({ code: "provider-answer", step: "refresh" });
    expect(kept()).toMatchObject([{ token: "login-1" }]);
    onRefresh = () => tokensOf(provider, { refresh_token: "next" });
    await attempt(alone);
    expect([logins, refreshed]).toEqual([1, ["login-1", "login-1"]]);
  });

  it("does not keep a person from logging in", async () => {
    await attempt();
    onRefresh = () => json({}, 503);
    await attempt();
    expect(logins).toBe(2);
  });

  it("or be reached is an error that keeps the session", async () => {
    await attempt();
    const http: LoginTools["http"] = async (request) => {
      if (request.url.pathname === "/token") throw new HttpError("unreachable", request.url.host, "no route to host");
      return provider.http(request);
    };
    await expect(attempt({ http })).rejects.toMatchObject({ code: "provider-unreachable", step: "refresh" });
    expect(kept()).toMatchObject([{ token: "login-1" }]);
  });
});

describe("the id token of a refresh", () => {
  it.each([
    ["another issuer", { iss: "https://evil.example" }],
    ["another audience", { aud: "client-2" }],
    ["the nonce of another login", { nonce: "another" }],
    ["a past expiry", { exp: 1_700_000_000 }],
    ["an issue in the future, as where this clock is behind", { iat: 4_000_000_000, exp: 4_000_003_600 }],
  ])("with %s is no login, and the session is kept for a better one", async (_what, claims) => {
    await attempt();
    onRefresh = async () => tokensOf(provider, { refresh_token: "next", id_token: await idTokenOf(provider, claims) });
    await expect(attempt(alone)).rejects.toMatchObject({ code: "person-needed" });
    expect(kept()).toMatchObject([{ token: "next" }]);
    await attempt();
    expect([logins, refreshed]).toEqual([2, ["login-1", "next"]]);
    expect(kept()).toMatchObject([{ token: "login-2" }]);
  });

  it.each([
    ["another subject", { sub: "subject-2" }],
    ["one audience more than before", { aud: ["client-1", "client-2"], azp: "client-1" }],
  ])("with %s is no login, and ends the session", async (_what, claims) => {
    await attempt();
    onRefresh = async () => tokensOf(provider, { refresh_token: "next", id_token: await idTokenOf(provider, claims) });
    await expect(attempt(alone)).rejects.toMatchObject({ code: "person-needed" });
    expect(kept()).toEqual([]);
    await attempt();
    expect([logins, refreshed]).toEqual([2, ["login-1"]]);
  });

  it("signed by nobody the provider knows is no login", async () => {
    await attempt();
    const [header, claims] = (await idTokenOf(provider)).split(".");
    const [, , signature] = (await idTokenOf(provider, { sub: "subject-2" })).split(".");
    onRefresh = () => tokensOf(provider, { id_token: [header, claims, signature].join(".") });
    await attempt();
    expect(logins).toBe(2);
  });

  it("that is not there means a login, which is said at -v", async () => {
    await attempt();
    onRefresh = () => tokensOf(provider, { id_token: undefined, refresh_token: "next" });
    await attempt();
    expect(logins).toBe(2);
    expect(tools.lines).toContainEqual(expect.stringContaining("the answer has no id token; logging in"));
  });
});

describe("with the form flow", () => {
  const byForm = (parts = {}) => ({ ...loginOf(provider.issuer, { provider: "oidc" }), ...parts });
  let nonce: string | null;

  beforeEach(() => {
    onLogin = async () => {
      nonce = provider.seen.findLast(({ url }) => url.pathname === "/authorize")!.url.searchParams.get("nonce");
      return tokensOf(provider, { refresh_token: "login", id_token: await idTokenOf(provider, { nonce }) });
    };
  });

  it.each([
    ["the nonce of the login", () => nonce, 1],
    ["no nonce", () => undefined, 1],
    ["another nonce", () => "another", 2],
  ])("an id token of a refresh with %s is checked against it", async (_what, nonceOf, expected) => {
    await attempt(alone, byForm());
    onRefresh = async () => tokensOf(provider, { id_token: await idTokenOf(provider, { nonce: nonceOf() }) });
    await attempt(alone, byForm());
    expect([refreshed, logins]).toEqual([["login"], expected]);
  });

  const prompt = () => provider.seen.find(({ url }) => url.pathname === "/authorize")!.url.searchParams.get("prompt");

  it("offline_access asks for consent, as the book says", async () => {
    await attempt(alone, byForm({ scopes: ["openid", "offline_access"] }));
    expect(prompt()).toBe("consent");
  });

  it("no other scope does", async () => {
    await attempt(alone, byForm({ scopes: ["openid", "profile"] }));
    expect(prompt()).toBeNull();
  });

  it("nor does offline_access at a provider that is known to do without", async () => {
    const { provider: keycloak } = loginOf(provider.issuer, { provider: "keycloak" });
    await attempt(alone, byForm({ scopes: ["openid", "offline_access"], provider: keycloak }));
    expect(prompt()).toBeNull();
  });
});
