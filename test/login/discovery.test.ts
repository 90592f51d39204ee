import { beforeEach, describe, expect, it } from "vitest";

import { issuerCandidates } from "../../src/login/oidc/discovery.ts";
import { logIn } from "../../src/login/oidc/login.ts";
import { type FakeProvider, json, startProvider } from "./fake-provider.ts";
import { loginOf, toolsWith } from "./fixtures.ts";

const DOCUMENT = "/.well-known/openid-configuration";

let provider: FakeProvider;

beforeEach(async () => {
  provider = await startProvider();
});

const attempt = (authUrl: string, parts = {}) => logIn(loginOf(authUrl, parts), toolsWith(provider.http));

describe("the issuers that a configured URL may mean", () => {
  it.each([
    ["https://host/realms/r", ["https://host/realms/r"]],
    ["https://host/realms/r/", ["https://host/realms/r"]],
    ["https://host", ["https://host"]],
    ["https://user:pw@host/?token=secret#x", ["https://host"]],
    ["https://host/oidc/2?token=secret", ["https://host/oidc/2"]],
    ["https://host/oauth2", ["https://host/oauth2", "https://host"]],
    ["https://host/tenant/oauth2/v2.0/", ["https://host/tenant/oauth2/v2.0", "https://host/tenant/v2.0"]],
    ["https://host/oauth2/default", ["https://host/oauth2/default"]],
    [`https://host/realms/r${DOCUMENT}`, ["https://host/realms/r"]],
  ])("for %s are %j", (url, candidates) => {
    expect(issuerCandidates(url)).toEqual(candidates);
  });
});

describe("discovery", () => {
  it("tries the candidates in order and takes what is on the same origin", async () => {
    provider.pages.set(`GET /oauth2${DOCUMENT}`, { status: 404 });
    await attempt(`${provider.issuer}/oauth2`);
    expect(provider.requests.slice(0, 2)).toEqual([`GET /oauth2${DOCUMENT}`, `GET ${DOCUMENT}`]);
  });

  it("is done once a day", async () => {
    const tools = toolsWith(provider.http);
    await logIn(loginOf(provider.issuer), tools);
    await logIn(loginOf(`${provider.issuer}/`), tools);
    expect(provider.requests.filter((request) => request.endsWith(DOCUMENT))).toHaveLength(1);
  });

  it.each([
    [{ status: 404 }, "answers 404"],
    [{ body: "<html>" }, "is no JSON object"],
    [json([]), "is no JSON object"],
    [json({}), "names no issuer"],
    [
      json({ issuer: "https://other.example", authorization_endpoint: "https://x/", token_endpoint: "https://x/", jwks_uri: "https://x/" }),
      "names another issuer",
    ],
    [
      json({ issuer: "https://x", authorization_endpoint: "http://x/", token_endpoint: "https://x/", jwks_uri: "https://x/" }),
      "no usable authorization_endpoint",
    ],
    [
      json({ issuer: "https://x", authorization_endpoint: "https://x/", token_endpoint: 1, jwks_uri: "https://x/" }),
      "no usable token_endpoint",
    ],
    [
      json({ issuer: "https://x", authorization_endpoint: "https://x/", token_endpoint: "https://x/", jwks_uri: "file:///x" }),
      "no usable jwks_uri",
    ],
  ])("that meets %j cannot tell the provider, and says what was tried and what to set", async (answer, what) => {
    provider.pages.set(`GET ${DOCUMENT}`, answer);
    await expect(attempt(provider.issuer)).rejects.toMatchObject({
      code: "provider-unknown",
      message: expect.stringMatching(new RegExp(`^unable to determine client provider type: .*${DOCUMENT} .*${what}`)),
      hint: expect.stringContaining("web_identity_provider"),
    });
  });

  it("says which host does not answer", async () => {
    await expect(attempt("http://127.0.0.1:1/realm")).rejects.toMatchObject({
      code: "provider-unreachable",
      message: expect.stringContaining("127.0.0.1:1"),
    });
  });

  it("is not done over http beyond this machine", async () => {
    await expect(attempt("http://192.0.2.1/realm")).rejects.toMatchObject({ code: "untrusted-destination" });
  });
});

describe("web_identity_provider", () => {
  it.each(["keycloak", "oidc"])("may be %s", async (name) => {
    await expect(attempt(provider.issuer, { provider: name })).resolves.toMatchObject({ user: "alice" });
  });

  it.each(["browser", "browserne"])("may not be %s, which is SAML's", async (name) => {
    await expect(attempt(provider.issuer, { provider: name })).rejects.toMatchObject({
      code: "config-value",
      message: expect.stringContaining(`"${name}"`),
      hint: expect.stringContaining("web_identity_flow = browser"),
    });
  });

  it("is an error when it is a name that nobody knows", async () => {
    await expect(attempt(provider.issuer, { provider: "keycloack" })).rejects.toMatchObject({
      code: "config-value",
      message: expect.stringContaining("keycloack"),
      hint: expect.stringContaining("keycloak, oidc"),
    });
  });
});
