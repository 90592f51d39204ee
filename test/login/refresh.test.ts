/** Refresh tokens as they are kept and used: RFC 6749 section 6, OpenID Connect Core 1.0 section 12. */

import { beforeEach, describe, expect, it } from "vitest";

import type { LoginTools } from "../../src/login/login-tools.ts";
import { Secret } from "../../src/secret.ts";
import { announce } from "./fake-provider.ts";
import { loginOf } from "./fixtures.ts";
import { alone, type RefreshStage, setRefreshStage } from "./refresh-stage.ts";
import { idTokenOf, tokensOf } from "./tokens.ts";

const DAY = 24 * 60 * 60 * 1000;

let stage: RefreshStage;

beforeEach(async () => {
  stage = await setRefreshStage();
});

describe("a refresh token", () => {
  it("is kept with what its next id tokens are held against, and used instead of a login", async () => {
    await stage.attempt();
    const owner = { issuer: stage.provider.issuer, authUrl: stage.provider.issuer, clientId: "client-1" };
    expect(stage.kept()).toEqual([{ token: "login-1", subject: "subject-1", audience: ["client-1"], user: "alice", ...owner }]);
    const token = await stage.attempt(alone);
    expect(token).toMatchObject({ user: "alice", subject: "subject-1" });
    expect([stage.logins, stage.refreshed]).toEqual([1, ["login-1"]]);
  });

  it("goes with the grant and the client, and nothing else", async () => {
    await stage.attempt();
    await stage.attempt();
    expect(Object.fromEntries(stage.provider.seen.at(-1)!.form)).toEqual({
      grant_type: "refresh_token",
      refresh_token: "login-1",
      client_id: "client-1",
    });
  });

  it("goes with the client's secret where it has one", async () => {
    const settings = { ...stage.login(), clientSecret: { value: new Secret("s3cret"), origin: { layer: "built-in" as const } } };
    await stage.attempt({}, settings);
    await stage.attempt({}, settings);
    expect(stage.provider.seen.at(-1)?.headers.authorization).toMatch(/^Basic /);
  });

  it("that is rotated is used in its latest form", async () => {
    await stage.attempt();
    for (let round = 0; round < 3; round++) await stage.attempt(alone);
    expect([stage.logins, stage.refreshed]).toEqual([1, ["login-1", "next-1", "next-2"]]);
  });

  it("that is not rotated goes on being used", async () => {
    await stage.attempt();
    stage.onRefresh = () => tokensOf(stage.provider);
    for (let round = 0; round < 3; round++) await stage.attempt(alone);
    expect([stage.logins, stage.refreshed]).toEqual([1, ["login-1", "login-1", "login-1"]]);
  });

  it("is in the store before anything else is done with the answer that brings it", async () => {
    await stage.attempt();
    await stage.provider.rotateKey("key-2"); // so that the keys have to be fetched again
    const before: object[] = [];
    stage.provider.pages.set("GET /keys", () => {
      before.push(...stage.kept());
      return { status: 503 };
    });
    await expect(stage.attempt(alone)).rejects.toMatchObject({ code: "provider-answer" });
    expect(before).toMatchObject([{ token: "next-1" }]);
    expect(stage.kept()).toMatchObject([{ token: "next-1" }]);
  });

  it("is read, used and replaced in turn", async () => {
    await stage.attempt();
    const turns: string[] = [];
    const inTurn: LoginTools["inTurn"] = async (name, work) => {
      turns.push(`${name} begins with ${stage.refreshed.length}`);
      const result = await work();
      turns.push(`${name} ends with ${JSON.stringify(stage.kept().at(0))}`);
      return result;
    };
    await stage.attempt({ inTurn });
    const name = `refresh-${[...stage.tools.store.entries.keys()].find((key) => key.startsWith("refresh "))?.slice(8)}`;
    expect(turns).toEqual([`${name} begins with 0`, expect.stringMatching(`^${name} ends with .*next-1`)]);
  });

  it("of another user, client, scope or issuer is not used", async () => {
    await stage.attempt();
    await stage.attempt({}, { ...stage.login(), scopes: ["openid", "offline_access"] });
    await stage.attempt({}, loginOf(stage.provider.issuer, { redirectUri: undefined, username: "bob" }));
    expect([stage.logins, stage.refreshed]).toEqual([3, []]);
  });

  it("goes to no other token endpoint than the one it came from", async () => {
    await stage.attempt();
    announce(stage.provider, {
      device_authorization_endpoint: `${stage.provider.issuer}/device`,
      token_endpoint: `${stage.provider.issuer}/other`,
    });
    stage.provider.pages.set("POST /other", () => tokensOf(stage.provider));
    const fresh = {
      ...stage.tools.store,
      read: async (...[kind, key]: Parameters<typeof stage.tools.store.read>) =>
        kind === "discovery" ? undefined : stage.tools.store.read(kind, key),
    };
    await stage.attempt({ store: fresh });
    expect(stage.provider.seen.at(-1)?.form.get("grant_type")).toContain("device_code");
    expect(stage.refreshed).toEqual([]);
  });

  it("is used for every URL that leads to the issuer", async () => {
    await stage.attempt();
    await stage.attempt(alone, loginOf(`${stage.provider.issuer}/.well-known/openid-configuration`, { redirectUri: undefined }));
    expect([stage.logins, stage.refreshed]).toEqual([1, ["login-1"]]);
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
    const { write } = stage.tools.store;
    const store = {
      ...stage.tools.store,
      write: async (...entry: Parameters<typeof write>) => {
        if (entry[0] === "refresh") until.push(entry[3].getTime() - stage.tools.clock.now());
        await write(...entry);
      },
    };
    stage.onLogin = () => tokensOf(stage.provider, { refresh_token: "login-1", ...members });
    await stage.attempt({ store });
    expect(until).toHaveLength(1);
    expect(Math.abs(until[0]! - lifeMs)).toBeLessThan(1000);
  });

  it("that nobody asked for and nobody got is not looked for", async () => {
    stage.onLogin = () => tokensOf(stage.provider);
    await stage.attempt();
    await stage.attempt();
    expect([stage.logins, stage.refreshed, stage.kept()]).toEqual([2, [], []]);
  });

  it("names the user as before where the new id token does not", async () => {
    await stage.attempt();
    stage.onRefresh = async () =>
      tokensOf(stage.provider, { id_token: await idTokenOf(stage.provider, { preferred_username: undefined }) });
    expect(await stage.attempt(alone)).toMatchObject({ user: "alice" });
  });

  it("that was damaged in the store counts as none", async () => {
    await stage.attempt();
    const name = [...stage.tools.store.entries.keys()].find((key) => key.startsWith("refresh "))!;
    stage.tools.store.entries.set(name, JSON.stringify({ token: 7 }));
    await stage.attempt();
    expect([stage.logins, stage.refreshed]).toEqual([2, []]);
  });
});

describe("with the form flow", () => {
  const byForm = (parts = {}) => ({ ...loginOf(stage.provider.issuer, { provider: "oidc" }), ...parts });
  let nonce: string | null;

  beforeEach(() => {
    stage.onLogin = async () => {
      nonce = stage.provider.seen.findLast(({ url }) => url.pathname === "/authorize")!.url.searchParams.get("nonce");
      return tokensOf(stage.provider, { refresh_token: "login", id_token: await idTokenOf(stage.provider, { nonce }) });
    };
  });

  it.each([
    ["the nonce of the login", () => nonce, 1],
    ["no nonce", () => undefined, 1],
    ["another nonce", () => "another", 2],
  ])("an id token of a refresh with %s is checked against it", async (_what, nonceOf, expected) => {
    await stage.attempt(alone, byForm());
    stage.onRefresh = async () => tokensOf(stage.provider, { id_token: await idTokenOf(stage.provider, { nonce: nonceOf() }) });
    await stage.attempt(alone, byForm());
    expect([stage.refreshed, stage.logins]).toEqual([["login"], expected]);
  });

  const prompt = () => stage.provider.seen.find(({ url }) => url.pathname === "/authorize")!.url.searchParams.get("prompt");

  it("offline_access asks for consent, as the book says", async () => {
    await stage.attempt(alone, byForm({ scopes: ["openid", "offline_access"] }));
    expect(prompt()).toBe("consent");
  });

  it("no other scope does", async () => {
    await stage.attempt(alone, byForm({ scopes: ["openid", "profile"] }));
    expect(prompt()).toBeNull();
  });

  it("nor does offline_access at a provider that is known to do without", async () => {
    const { provider: keycloak } = loginOf(stage.provider.issuer, { provider: "keycloak" });
    await stage.attempt(alone, byForm({ scopes: ["openid", "offline_access"], provider: keycloak }));
    expect(prompt()).toBeNull();
  });
});
