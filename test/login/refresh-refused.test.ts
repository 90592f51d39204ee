/** Refresh tokens that are refused, cannot be used now, or give what is no login. */

import { beforeEach, describe, expect, it } from "vitest";

import { HttpError } from "../../src/http/http-error.ts";
import type { LoginTools } from "../../src/login/login-tools.ts";
import { json } from "./fake-provider.ts";
import { alone, type RefreshStage, setRefreshStage } from "./refresh-stage.ts";
import { idTokenOf, refusal, tokensOf } from "./tokens.ts";

let stage: RefreshStage;

beforeEach(async () => {
  stage = await setRefreshStage();
});

describe("a refresh token that is refused", () => {
  it("is dropped, and a login made in its place", async () => {
    await stage.attempt();
    stage.onRefresh = () => refusal("invalid_grant", "the token login-1 was revoked");
    expect(await stage.attempt()).toMatchObject({ user: "alice" });
    expect([stage.logins, stage.refreshed]).toEqual([2, ["login-1"]]);
    expect(stage.kept()).toMatchObject([{ token: "login-2" }]);
    expect(stage.tools.lines).toContainEqual(
      expect.stringMatching(/gives nothing for the refresh token: invalid_grant: the token \[secret\] was revoked; logging in$/),
    );
  });

  it("is dropped where only a person could log in again, too", async () => {
    await stage.attempt();
    stage.onRefresh = () => refusal("invalid_grant");
    await expect(stage.attempt(alone)).rejects.toMatchObject({ code: "person-needed" });
    expect(stage.kept()).toEqual([]);
  });

  it("gives way to a newer one that another process has put there meanwhile", async () => {
    await stage.attempt();
    stage.onRefresh = ({ form }) => {
      if (form.get("refresh_token") === "newer") return tokensOf(stage.provider, { refresh_token: "newest" });
      const [name, text] = [...stage.tools.store.entries].find(([key]) => key.startsWith("refresh "))!;
      stage.tools.store.entries.set(name, JSON.stringify({ ...(JSON.parse(text) as object), token: "newer" }));
      return refusal("invalid_grant");
    };
    await stage.attempt(alone);
    expect([stage.logins, stage.refreshed]).toEqual([1, ["login-1", "newer"]]);
    expect(stage.kept()).toMatchObject([{ token: "newest" }]);
  });

  it("is not tried a third time", async () => {
    await stage.attempt();
    stage.onRefresh = () => {
      const [name, text] = [...stage.tools.store.entries].find(([key]) => key.startsWith("refresh "))!;
      stage.tools.store.entries.set(name, JSON.stringify({ ...(JSON.parse(text) as object), token: `newer-${stage.refreshed.length}` }));
      return refusal("invalid_grant");
    };
    await stage.attempt();
    expect([stage.logins, stage.refreshed]).toEqual([2, ["login-1", "newer-1"]]);
  });

  it.each(["unauthorized_client", "invalid_scope", "unsupported_grant_type"])("for good, by %s, is dropped", async (error) => {
    await stage.attempt();
    stage.onRefresh = () => refusal(error);
    await expect(stage.attempt(alone)).rejects.toMatchObject({ code: "person-needed" });
    expect(stage.kept()).toEqual([]);
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
    await stage.attempt();
    stage.onRefresh = () => answer;
    await expect(stage.attempt(alone)).rejects.toMatchObject({ code: "provider-answer", step: "refresh" });
    expect(stage.kept()).toMatchObject([{ token: "login-1" }]);
    stage.onRefresh = () => tokensOf(stage.provider, { refresh_token: "next" });
    await stage.attempt(alone);
    expect([stage.logins, stage.refreshed]).toEqual([1, ["login-1", "login-1"]]);
  });

  it("does not keep a person from logging in", async () => {
    await stage.attempt();
    stage.onRefresh = () => json({}, 503);
    await stage.attempt();
    expect(stage.logins).toBe(2);
  });

  it("or be reached is an error that keeps the session", async () => {
    await stage.attempt();
    const http: LoginTools["http"] = async (request) => {
      if (request.url.pathname === "/token") throw new HttpError("unreachable", request.url.host, "no route to host");
      return stage.provider.http(request);
    };
    await expect(stage.attempt({ http })).rejects.toMatchObject({ code: "provider-unreachable", step: "refresh" });
    expect(stage.kept()).toMatchObject([{ token: "login-1" }]);
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
    await stage.attempt();
    stage.onRefresh = async () => tokensOf(stage.provider, { refresh_token: "next", id_token: await idTokenOf(stage.provider, claims) });
    await expect(stage.attempt(alone)).rejects.toMatchObject({ code: "person-needed" });
    expect(stage.kept()).toMatchObject([{ token: "next" }]);
    await stage.attempt();
    expect([stage.logins, stage.refreshed]).toEqual([2, ["login-1", "next"]]);
    expect(stage.kept()).toMatchObject([{ token: "login-2" }]);
  });

  it.each([
    ["another subject", { sub: "subject-2" }],
    ["one audience more than before", { aud: ["client-1", "client-2"], azp: "client-1" }],
  ])("with %s is no login, and ends the session", async (_what, claims) => {
    await stage.attempt();
    stage.onRefresh = async () => tokensOf(stage.provider, { refresh_token: "next", id_token: await idTokenOf(stage.provider, claims) });
    await expect(stage.attempt(alone)).rejects.toMatchObject({ code: "person-needed" });
    expect(stage.kept()).toEqual([]);
    await stage.attempt();
    expect([stage.logins, stage.refreshed]).toEqual([2, ["login-1"]]);
  });

  it("signed by nobody the provider knows is no login", async () => {
    await stage.attempt();
    const [header, claims] = (await idTokenOf(stage.provider)).split(".");
    const [, , signature] = (await idTokenOf(stage.provider, { sub: "subject-2" })).split(".");
    stage.onRefresh = () => tokensOf(stage.provider, { id_token: [header, claims, signature].join(".") });
    await stage.attempt();
    expect(stage.logins).toBe(2);
  });

  it("that is not there means a login, which is said at -v", async () => {
    await stage.attempt();
    stage.onRefresh = () => tokensOf(stage.provider, { id_token: undefined, refresh_token: "next" });
    await stage.attempt();
    expect(stage.logins).toBe(2);
    expect(stage.tools.lines).toContainEqual(expect.stringContaining("the answer has no id token; logging in"));
  });
});
