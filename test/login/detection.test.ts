/** Which provider a URL is one of: by documents as the providers publish them, by headers, by name. */

import { beforeEach, describe, expect, it } from "vitest";

import { discover } from "../../src/login/oidc/discovery.ts";
import { detectProvider, namedProvider, providerByHost } from "../../src/login/providers/detect.ts";
import { type Answer, type FakeProvider, json, startProvider } from "./fake-provider.ts";
import { loginOf, toolsWith } from "./fixtures.ts";

const WELL_KNOWN = "/.well-known/openid-configuration";
const TENANT = "11111111-2222-3333-4444-555555555555";

/** A document: issuer, and the paths of authorization, token and keys; a whole URL where one is on another host. */
type Document = readonly [what: string, provider: string, issuer: string, authorize: string, token: string, keys: string];

const DOCUMENTS: readonly Document[] = [
  ["Okta", "okta", "https://acme.okta.com", "/oauth2/v1/authorize", "/oauth2/v1/token", "/oauth2/v1/keys"],
  ["Okta, a server of its own", "okta", "https://acme.okta.com/oauth2/default", "/v1/authorize", "/v1/token", "/v1/keys"],
  ["Okta, a preview org", "okta", "https://acme.oktapreview.com/oauth2/aus1", "/v1/authorize", "/v1/token", "/v1/keys"],
  ["Okta, a custom domain", "okta", "https://login.acme.example", "/oauth2/v1/authorize", "/oauth2/v1/token", "/oauth2/v1/keys"],
  ["Okta, both", "okta", "https://login.acme.example/oauth2/aus1", "/v1/authorize", "/v1/token", "/v1/keys"],
  entra("Entra", "https://login.microsoftonline.com", `https://login.microsoftonline.com/${TENANT}/v2.0`),
  entra("Entra, v1", "https://login.microsoftonline.com", `https://sts.windows.net/${TENANT}/`),
  entra("Entra, US government", "https://login.microsoftonline.us", `https://login.microsoftonline.us/${TENANT}/v2.0`),
  entra("Entra, China", "https://login.partner.microsoftonline.cn", `https://login.partner.microsoftonline.cn/${TENANT}/v2.0`),
  ["OneLogin", "onelogin", "https://acme.onelogin.com/oidc/2", "/auth", "/token", "/certs"],
  ["OneLogin, a custom domain", "onelogin", "https://login.acme.example/oidc/2", "/auth", "/token", "/certs"],
  keycloak("Keycloak", "https://sso.example/realms/r"),
  keycloak("Keycloak before 17", "https://sso.example/auth/realms/r"),
  ["Identity Cloud", "forgerock", "https://acme.forgeblocks.com/am/oauth2/alpha", "/authorize", "/access_token", "/connect/jwk_uri"],
  ["Ping AM", "forgerock", "https://am.example/am/oauth2/realms/root/realms/a", "/authorize", "/access_token", "/connect/jwk_uri"],
  ["OpenAM", "forgerock", "https://am.example/openam/oauth2", "/authorize", "/access_token", "/connect/jwk_uri"],
  ["Auth0", "oidc", "https://acme.eu.auth0.com/", "authorize", "oauth/token", ".well-known/jwks.json"],
  [
    "Google",
    "oidc",
    "https://accounts.google.com",
    "/o/oauth2/v2/auth",
    "https://oauth2.googleapis.com/token",
    "https://www.googleapis.com/oauth2/v3/certs",
  ],
  [
    "Cognito",
    "oidc",
    "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a",
    "https://acme.auth.eu-west-1.amazoncognito.com/oauth2/authorize",
    "https://acme.auth.eu-west-1.amazoncognito.com/oauth2/token",
    "/.well-known/jwks.json",
  ],
  [
    "Authentik",
    "oidc",
    "https://id.example/application/o/aws/",
    "https://id.example/application/o/authorize/",
    "https://id.example/application/o/token/",
    "jwks/",
  ],
  ["Dex", "oidc", "https://id.example/dex", "/auth", "/token", "/keys"],
  ["Zitadel", "oidc", "https://acme.zitadel.cloud", "/oauth/v2/authorize", "/oauth/v2/token", "/oauth/v2/keys"],
  ["Authelia", "oidc", "https://auth.example", "/api/oidc/authorization", "/api/oidc/token", "/jwks.json"],
  ["GitLab", "oidc", "https://gitlab.com", "/oauth/authorize", "/oauth/token", "/oauth/discovery/keys"],
  ["JumpCloud", "oidc", "https://oauth.id.jumpcloud.com/", "oauth2/auth", "oauth2/token", ".well-known/jwks.json"],
  ["PingOne", "oidc", "https://auth.pingone.eu/env-1/as", "/authorize", "/token", "/jwks"],
  ["Duo", "oidc", "https://sso-1.sso.duosecurity.com/oidc/DI1", "/authorize", "/token", "/jwks"],
  [
    "Oracle",
    "oidc",
    "https://identity.oraclecloud.com/",
    "https://idcs-1.identity.oraclecloud.com/oauth2/v1/authorize",
    "https://idcs-1.identity.oraclecloud.com/oauth2/v1/token",
    "https://idcs-1.identity.oraclecloud.com/admin/v1/SigningCert/jwk",
  ],
  ["somebody with a name like Okta's", "oidc", "https://evil-okta.com", "/authorize", "/token", "/keys"],
  ["somebody with Okta's name in front", "oidc", "https://okta.com.evil.test", "/authorize", "/token", "/keys"],
  ["somebody with OneLogin's name in front", "oidc", "https://onelogin.com.evil.test", "/authorize", "/token", "/keys"],
  ["somebody with a name like OneLogin's", "oidc", "https://myonelogin.com", "/authorize", "/token", "/keys"],
  ["somebody with Microsoft's name in a path", "oidc", "https://evil.test/login.microsoftonline.com", "/authorize", "/token", "/keys"],
];

function entra(what: string, host: string, issuer: string): Document {
  const authority = `${host}/${TENANT}`;
  return [
    what,
    "azuread",
    issuer,
    `${authority}/oauth2/v2.0/authorize`,
    `${authority}/oauth2/v2.0/token`,
    `${authority}/discovery/v2.0/keys`,
  ];
}

function keycloak(what: string, issuer: string): Document {
  const endpoint = (name: string) => `/protocol/openid-connect/${name}`;
  return [what, "keycloak", issuer, endpoint("auth"), endpoint("token"), endpoint("certs")];
}

function documentOf([, , issuer, authorize, token, keys]: Document) {
  const urlOf = (place: string) => (place.startsWith("https:") ? place : issuer + place);
  return {
    issuer,
    authorization_endpoint: urlOf(authorize),
    token_endpoint: urlOf(token),
    jwks_uri: urlOf(keys),
    authorization_response_iss_parameter_supported: false,
  };
}

describe("a discovery document", () => {
  it.each(DOCUMENTS)("of %s is told to be %s's", (...document) => {
    expect(detectProvider(documentOf(document)).name).toBe(document[1]);
  });
});

describe("a host", () => {
  it.each([
    ["acme.okta.com", "okta"],
    ["okta.com", "okta"],
    ["acme.okta-emea.com", "okta"],
    ["acme.onelogin.com", "onelogin"],
    ["login.microsoftonline.com", "azuread"],
    ["login.microsoftonline.us", "azuread"],
    ["login.partner.microsoftonline.cn", "azuread"],
    ["evil-okta.com", undefined],
    ["okta.com.evil.test", undefined],
    ["xonelogin.com", undefined],
    ["onelogin.com.evil.test", undefined],
    ["evil-login.microsoftonline.com.test", undefined],
    ["login.microsoftonline.com.evil.test", undefined],
    ["microsoft.com", undefined],
  ])("%s is %s's, by its suffix", (host, provider) => {
    expect(providerByHost(host)?.name).toBe(provider);
  });
});

describe("web_identity_provider", () => {
  const origin = { layer: "profile", file: "~/.aws/config", line: 3, section: "profile dev", key: "web_identity_provider" } as const;

  it("that names none is named as any wrong setting is, with those there are", () => {
    expect(() => namedProvider({ kind: "oidc", provider: { value: "octa", origin } })).toThrow(
      expect.objectContaining({
        code: "config-value",
        message: 'web_identity_provider in [profile dev] (~/.aws/config, line 3) is "octa"',
        hint: "expected: okta, azuread, onelogin, forgerock, keycloak, oidc; oidc is for any other provider",
      }),
    );
  });

  it("of SAML says what to set instead", () => {
    expect(() => namedProvider({ kind: "oidc", provider: { value: "browser", origin } })).toThrow(
      expect.objectContaining({ code: "config-value", hint: expect.stringContaining("web_identity_flow = browser") }),
    );
  });
});

describe("detection", () => {
  let provider: FakeProvider;
  beforeEach(async () => {
    provider = await startProvider("https://id.example");
  });

  const MARKED: readonly (readonly [string, string, Record<string, string | string[]>])[] = [
    ["X-OpenAM-…", "forgerock", { "access-control-allow-headers": "X-OpenAM-Username,X-OpenAM-Password" }],
    ["MFA-FR-Token", "forgerock", { "access-control-allow-headers": "content-type, mfa-fr-token" }],
    ["x-okta-request-id", "okta", { "x-okta-request-id": "abc123" }],
    ["x-ms-request-id", "azuread", { "x-ms-request-id": "abc123" }],
    ["KC_RESTART", "keycloak", { "set-cookie": ["a=1", "kc_restart=abc123; Path=/"] }],
    ["…_onelogin.com", "onelogin", { "set-cookie": "sub_session_onelogin.com=abc123; Path=/" }],
    ["none of these", "oidc", { "set-cookie": "other=KC_RESTART", "access-control-allow-headers": "content-type" }],
    ["those of two", "okta", { "x-ms-request-id": "abc123", "x-okta-request-id": "abc123" }],
  ];

  /** The plain document with more headers. */
  function mark(headers: Record<string, string | string[]>): void {
    const page = provider.pages.get(`GET ${WELL_KNOWN}`) as Answer;
    provider.pages.set(`GET ${WELL_KNOWN}`, { ...page, headers: { ...page.headers, ...headers } });
  }

  it.each(MARKED)("by the header or cookie %s finds %s, in the answer that the document comes in", async (_, name, headers) => {
    mark(headers);
    expect((await discover(loginOf("https://id.example"), toolsWith(provider.http))).provider.name).toBe(name);
    expect(provider.requests).toEqual([`GET ${WELL_KNOWN}`]);
  });

  it.each(MARKED)("by %s is the same (%s) from the kept document, which has no headers", async (_, name, headers) => {
    mark(headers);
    const tools = toolsWith(provider.http);
    await discover(loginOf("https://id.example"), tools);
    expect((await discover(loginOf("https://id.example/"), tools)).provider.name).toBe(name);
    expect(provider.requests).toHaveLength(1);
  });

  it("believes the document before the headers", async () => {
    provider.pages.set(`GET ${WELL_KNOWN}`, json(documentOf(keycloak("", "https://id.example"))));
    mark({ "x-ms-request-id": "abc123" });
    expect((await discover(loginOf("https://id.example"), toolsWith(provider.http))).provider.name).toBe("keycloak");
  });

  it.each(["okta", "oidc", "azuread", "keycloak"])("is left out where web_identity_provider = %s says it", async (name) => {
    mark({ "access-control-allow-headers": "X-OpenAM-Username" });
    const tools = toolsWith(provider.http);
    await discover(loginOf("https://id.example"), tools);
    expect((await discover(loginOf("https://id.example", { provider: name }), tools)).provider.name).toBe(name);
  });

  it.each([
    ["of an older version, without a provider", undefined],
    ["of a provider that is gone", "lastpass"],
    ["that is damaged", 7],
  ])("is done anew for a kept document %s", async (_, kept) => {
    const tools = toolsWith(provider.http);
    await discover(loginOf("https://id.example"), tools);
    for (const [key, text] of tools.store.entries) {
      tools.store.entries.set(key, JSON.stringify({ ...(JSON.parse(text) as object), provider: kept }));
    }
    expect((await discover(loginOf("https://id.example"), tools)).provider.name).toBe("oidc");
    expect(provider.requests).toHaveLength(2);
  });
});
