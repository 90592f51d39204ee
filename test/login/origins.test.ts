import { beforeEach, describe, expect, it } from "vitest";

import { logIn } from "../../src/login/oidc/login.ts";
import { type FakeProvider, html, json, redirect, startProvider } from "./fake-provider.ts";
import { loginOf, toolsWith } from "./fixtures.ts";

const ISSUER = "https://issuer.example";
const given = { username: "alice", password: "correct horse" };

let provider: FakeProvider;

beforeEach(async () => {
  provider = await startProvider(ISSUER);
});

const attempt = () => logIn(loginOf(ISSUER, given), toolsWith(provider.http));
const formTo = (action: string) =>
  html(`<form method="post" action="${action}"><input name="username"><input type="password" name="password"></form>`);
const hiddenTo = (action: string) => html(`<form method="post" action="${action}"><input type="hidden" name="a" value="1"></form>`);
const refused = (place: string) => ({ code: "untrusted-destination", message: expect.stringContaining(place) });

describe("user name and password", () => {
  it("go to the issuer's origin", async () => {
    provider.pages.set("GET /authorize", formTo("/login"));
    provider.pages.set(`POST ${ISSUER}/login`, () => provider.finish());
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
  });

  it("go to an https origin that the issuer redirected to", async () => {
    provider.pages.set("GET /authorize", redirect("https://login.example/start"));
    provider.pages.set("GET https://login.example/start", formTo("/login"));
    provider.pages.set("POST https://login.example/login", () => provider.finish());
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
  });

  it("go to the origin of the authorization endpoint that the issuer names", async () => {
    const pages = {
      authorization_endpoint: "https://login.example/authorize",
      token_endpoint: `${ISSUER}/token`,
      jwks_uri: `${ISSUER}/keys`,
    };
    provider.pages.set("GET /.well-known/openid-configuration", json({ issuer: ISSUER, ...pages }));
    provider.pages.set("GET /authorize", formTo("https://login.example/login"));
    provider.pages.set("POST https://login.example/login", () => provider.finish());
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
  });

  it.each([
    "https://evil.example/login",
    "http://127.0.0.1:1/login",
    "https://issuer.example:8443/login",
    "javascript:alert(1)",
    "mailto:evil@evil.example",
  ])("are not sent to %s by a form", async (action) => {
    provider.pages.set("GET /authorize", formTo(action));
    await expect(attempt()).rejects.toMatchObject(refused(new URL(action).host || new URL(action).protocol));
  });

  it("are let through to an https host that the profile trusts, as the error says", async () => {
    provider.pages.set("GET /authorize", formTo("https://evil.example/login"));
    await expect(attempt()).rejects.toMatchObject({
      hint: "only if that is the provider's: web_identity_trusted_origins = https://evil.example in the profile",
    });
    provider.pages.set("GET /authorize", formTo("http://127.0.0.1:1/login"));
    await expect(attempt()).rejects.toMatchObject({ hint: undefined });
  });

  it("are not asked for when they could not be sent", async () => {
    provider.pages.set("GET /authorize", formTo("https://evil.example/login"));
    let lookups = 0;
    const tools = toolsWith(provider.http, { storedPassword: async () => ((lookups += 1), undefined) });
    await expect(logIn(loginOf(ISSUER, { username: "alice" }), tools)).rejects.toMatchObject(refused("evil.example"));
    expect(lookups).toBe(0);
  });

  it("are not sent to where another than the issuer redirected", async () => {
    provider.pages.set("GET /authorize", redirect("https://login.example/start"));
    provider.pages.set("GET https://login.example/start", redirect("https://third.example/start"));
    provider.pages.set("GET https://third.example/start", formTo("/login"));
    await expect(attempt()).rejects.toMatchObject(refused("https://third.example"));
  });

  it("are not sent to where a form alone led", async () => {
    provider.pages.set("GET /authorize", hiddenTo("https://other.example/start"));
    provider.pages.set("POST https://other.example/start", formTo("/login"));
    await expect(attempt()).rejects.toMatchObject(refused("https://other.example"));
  });

  it("are not carried on by a 307 to an origin that is not trusted", async () => {
    provider.pages.set("GET /authorize", redirect("https://login.example/start"));
    provider.pages.set("GET https://login.example/start", formTo("/login"));
    provider.pages.set("POST https://login.example/login", redirect("https://evil.example/login", 307));
    await expect(attempt()).rejects.toMatchObject(refused("https://evil.example"));
  });

  it("are not put into a URL", async () => {
    provider.pages.set(
      "GET /authorize",
      html('<form action="/login"><input name="username"><input type="password" name="password"></form>'),
    );
    await expect(attempt()).rejects.toMatchObject(refused("into a URL"));
  });
});

describe("a form of hidden fields", () => {
  it("may lead to another https origin and back", async () => {
    provider.pages.set("GET /authorize", hiddenTo("https://broker.example/saml"));
    provider.pages.set("POST https://broker.example/saml", hiddenTo(`${ISSUER}/broker`));
    provider.pages.set(`POST ${ISSUER}/broker`, () => provider.finish());
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
  });

  it("may not lead from https to http", async () => {
    provider.pages.set("GET /authorize", hiddenTo("http://127.0.0.1:1/"));
    await expect(attempt()).rejects.toMatchObject(refused("http://127.0.0.1:1"));
  });
});

describe("a redirect", () => {
  it("may not lead from https to http", async () => {
    provider.pages.set("GET /authorize", redirect("http://127.0.0.1:1/"));
    await expect(attempt()).rejects.toMatchObject(refused("http://127.0.0.1:1"));
  });

  it("over http on this machine makes no other origin trusted", async () => {
    const local = await startProvider();
    const other = await startProvider();
    local.pages.set("GET /authorize", redirect(`${other.issuer}/start`));
    other.pages.set("GET /start", formTo("/login"));
    await expect(logIn(loginOf(local.issuer, given), toolsWith(local.http))).rejects.toMatchObject(refused(other.issuer));
  });
});
