/** Which provider a SAML profile logs in at: by its name, the URL's host or path, then the first page. The rules are the Go tool's, with those it lacks. */

import { describe, expect, it } from "vitest";

import type { HttpResponse } from "../../src/world.ts";
import { detectByPage, namedProvider, providerOfPage } from "../../src/login/providers/detect.ts";
import { logIn } from "../../src/login/saml/login.ts";
import { responsePage, samlResponse } from "../fakes/saml-response.ts";
import { setting } from "./onelogin-trial.ts";
import { redirect, startProvider } from "./fake-provider.ts";
import { samlLoginOf, toolsWith } from "./fixtures.ts";

const headersOf = (url: string, headers: HttpResponse["headers"]): HttpResponse => ({ status: 200, url: new URL(url), headers, body: "" });

describe("the URL of a SAML profile", () => {
  it.each([
    ["https://acme.okta.com/home/amazon_aws/0oa1/272", "okta"],
    ["https://ACME.OKTA.COM/home/amazon_aws/0oa1/272", "okta"],
    ["https://acme.okta.com:443/home/amazon_aws/0oa1/272", "okta"],
    ["https://acme.oktapreview.com/home/amazon_aws/0oa1/272", "okta"],
    ["https://acme.okta-emea.com/home/amazon_aws/0oa1/272", "okta"],
    ["https://acme.onelogin.com/trust/saml2/launch/1", "onelogin"],
    ["https://login.acme.example/trust/saml2/launch/1", "onelogin"],
    ["https://myapps.microsoft.com/signin/AWS/1?tenantId=2", "azuread"],
    ["https://launcher.myapps.microsoft.com/api/signin/1?tenantId=2", "azuread"],
    ["https://account.activedirectory.windowsazure.com/applications/signin/1", "azuread"],
    ["https://login.microsoftonline.com/2/saml2?SAMLRequest=x", "azuread"],
    ["https://login.microsoftonline.us/2/saml2?SAMLRequest=x", "azuread"],
    ["https://sso.example/realms/r/protocol/saml/clients/aws", "keycloak"],
    ["https://okta.com.evil.example/home/amazon_aws/1/2", undefined],
    ["https://evil-okta.com/home/amazon_aws/1/2", undefined],
    ["https://notmicrosoft.com/signin/1", undefined],
    ["https://microsoft.com.evil.example/signin/1", undefined],
    ["https://onelogin.com.evil.example/launch/1", undefined],
    ["https://sso.example/app", undefined],
    ["http://127.0.0.1:8080/mock", undefined],
  ])("%s tells by itself that it is %s's", (url, provider) => {
    expect(providerOfPage(new URL(url))?.name).toBe(provider);
  });
});

describe("the first page of a SAML login", () => {
  const all = {
    "access-control-allow-headers": "X-OpenAM-Username,X-OpenAM-Password",
    "x-okta-request-id": "abc123",
    "x-ms-request-id": "abc123",
    "set-cookie": ["KC_RESTART=abc123", "sub_session_onelogin.com=abc123"],
  };
  const { "access-control-allow-headers": forgerock, "x-okta-request-id": okta, "x-ms-request-id": entra } = all;

  // The Go tool's fixture, and its order where several are there
  it.each([
    ["forgerock", { "access-control-allow-headers": forgerock }],
    ["forgerock", { "access-control-allow-headers": "mfa-fr-token" }],
    ["okta", { "x-okta-request-id": okta }],
    ["azuread", { "x-ms-request-id": entra }],
    ["keycloak", { "set-cookie": "KC_RESTART=abc123; Path=/" }],
    ["keycloak", { "set-cookie": ["a=1", "kc_restart=abc123"] }],
    ["onelogin", { "set-cookie": "sub_session_onelogin.com=abc123" }],
    ["forgerock", all],
    ["okta", { ...all, "access-control-allow-headers": "content-type" }],
    ["azuread", { "x-ms-request-id": entra, "set-cookie": all["set-cookie"] }],
    ["keycloak", { "set-cookie": all["set-cookie"] }],
    ["oidc", { "set-cookie": "other=KC_RESTART", "access-control-allow-headers": "content-type" }],
  ])("is told to be %s's by its headers (%#)", (provider, headers: HttpResponse["headers"]) => {
    expect(detectByPage(headersOf("https://sso.example/app", headers)).name).toBe(provider);
  });

  it("is believed less than the address that it came from", () => {
    expect(detectByPage(headersOf("https://acme.okta.com/app/amazon_aws/exk1/sso/saml", all)).name).toBe("okta");
  });

  it("is what the login starts with anyway: nothing is asked for to tell the provider", async () => {
    const provider = await startProvider("https://sso.example");
    provider.pages.set("GET /app", redirect("https://other.example/saml"));
    provider.pages.set("GET https://other.example/saml", responsePage(samlResponse()));
    await logIn(samlLoginOf("https://sso.example/app"), toolsWith(provider.http));
    expect(provider.requests).toEqual(["GET /app", "GET https://other.example/saml"]);
  });
});

describe("saml_provider", () => {
  it.each([
    ["okta", "okta"],
    ["onelogin", "onelogin"],
    ["azuread", "azuread"],
    ["entra", "azuread"],
    ["microsoft", "azuread"],
    ["keycloak", "keycloak"],
    ["forgerock", "forgerock"],
    ["saml", "oidc"],
    ["form", "oidc"],
  ])("%s is the driver %s", (value, name) => {
    expect(namedProvider({ kind: "saml", provider: setting(value) })?.name).toBe(name);
  });

  it("wins over what the URL and the page tell", async () => {
    const provider = await startProvider("https://acme.okta.com");
    const form = '<form method="post" action="/in"><input name="username"><input type="password" name="password"></form>';
    provider.pages.set("GET /home/aws", { body: `<script>var x = new OktaSignIn();</script>${form}` });
    provider.pages.set("POST /in", responsePage(samlResponse()));
    const known = { username: "jo", password: "pw-1", provider: "saml" };
    await logIn(samlLoginOf("https://acme.okta.com/home/aws", known), toolsWith(provider.http));
    expect(provider.requests).toEqual(["GET /home/aws", "POST /in"]);
  });
});
