import { describe, expect, it } from "vitest";

import { issuerCandidates } from "../../src/login/oidc/discovery.ts";
import { logIn } from "../../src/login/oidc/login.ts";
import { namedProvider, providerByHost, providers } from "../../src/login/providers/detect.ts";
import { acceptsIssuer } from "../../src/login/providers/entra-clouds.ts";
import { entra } from "../../src/login/providers/entra.ts";
import { AUTHORITY, PASSWORD, startEntra, TENANT, USER } from "../fakes/entra.ts";
import { json } from "./fake-provider.ts";
import { loginOf, toolsWith } from "./fixtures.ts";

const given = { username: USER, password: PASSWORD, redirectUri: "http://localhost", flow: "form" as const };
const OTHER = "99999999-2222-3333-4444-555555555555";

/** https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc; v1's has these endpoints below the tenant */
const documentOf = (issuer: string, authority = AUTHORITY, version = "v2.0/") =>
  json({
    issuer,
    authorization_endpoint: `${authority}/oauth2/${version}authorize`,
    token_endpoint: `${authority}/oauth2/${version}token`,
    jwks_uri: `${authority}/discovery/v2.0/keys`,
  });

describe("the document of a URL", () => {
  it.each([
    [`${AUTHORITY}/v2.0`, `${AUTHORITY}/v2.0`],
    [`${AUTHORITY}/v2.0/`, `${AUTHORITY}/v2.0`],
    [`${AUTHORITY}/oauth2/v2.0`, `${AUTHORITY}/v2.0`],
    [`${AUTHORITY}/oauth2/v2.0/?x=1`, `${AUTHORITY}/v2.0`],
    [`${AUTHORITY}/v2.0/.well-known/openid-configuration`, `${AUTHORITY}/v2.0`],
    [
      "https://login.microsoftonline.com/contoso.onmicrosoft.com/oauth2/v2.0",
      "https://login.microsoftonline.com/contoso.onmicrosoft.com/v2.0",
    ],
    [AUTHORITY, AUTHORITY],
    [`${AUTHORITY}/oauth2`, AUTHORITY],
    [`${AUTHORITY}/.well-known/openid-configuration`, AUTHORITY],
    [`https://sts.windows.net/${TENANT}/`, `https://sts.windows.net/${TENANT}`],
    [`https://login.microsoftonline.us/${TENANT}/oauth2/v2.0`, `https://login.microsoftonline.us/${TENANT}/v2.0`],
    [`https://login.partner.microsoftonline.cn/${TENANT}/v2.0`, `https://login.partner.microsoftonline.cn/${TENANT}/v2.0`],
    [`https://myapps.microsoft.com/signin/AWS/${OTHER}?tenantId=${TENANT}`, `${AUTHORITY}/v2.0`],
    [`https://launcher.myapps.microsoft.com/api/signin/${OTHER}?tenantid=${TENANT}`, `${AUTHORITY}/v2.0`],
  ])("%s is looked for first below %s", (url, issuer) => {
    expect(issuerCandidates(url, providers)[0]).toBe(issuer);
  });

  it.each([
    "https://login.microsoftonline.com/",
    `${AUTHORITY}/saml2`,
    "https://myapps.microsoft.com/signin/AWS",
    "https://myapps.microsoft.com/signin/AWS?tenantId=a/../../b",
    "https://login.microsoftonline.com.evil.example/t/v2.0",
  ])("%s is none of Entra's forms", (url) => {
    expect(entra.issuersOf?.(new URL(url))).toBeUndefined();
  });
});

describe("an issuer that differs from the URL", () => {
  it.each([
    [AUTHORITY, `https://sts.windows.net/${TENANT}/`, true],
    ["https://login.microsoftonline.com/contoso.com", `https://sts.windows.net/${TENANT}/`, true],
    [`https://login.microsoftonline.us/${TENANT}`, `https://sts.windows.net/${TENANT}/`, true],
    [`https://login.partner.microsoftonline.cn/${TENANT}`, `https://sts.chinacloudapi.cn/${TENANT}/`, true],
    [`https://login.windows.net/${TENANT}/v2.0`, `${AUTHORITY}/v2.0`, true],
    [AUTHORITY, `https://sts.windows.net/${OTHER}/`, false],
    [AUTHORITY, `https://sts.windows.net/${TENANT}`, false],
    [AUTHORITY, `https://sts.chinacloudapi.cn/${TENANT}/`, false],
    [AUTHORITY, `http://sts.windows.net/${TENANT}/`, false],
    [AUTHORITY, `https://sts.windows.net.evil.example/${TENANT}/`, false],
    [AUTHORITY, `https://sts.windows.net/${TENANT}/x`, false],
    [AUTHORITY, "https://sts.windows.net/contoso/", false],
    [`https://idp.example/${TENANT}`, `https://sts.windows.net/${TENANT}/`, false],
  ])("of %s, %s: accepted is %j", (candidate, issuer, isAccepted) => {
    expect(acceptsIssuer(candidate, issuer)).toBe(isAccepted);
  });
});

describe("a login", () => {
  it("with the tenant's domain pins the issuer with its id", async () => {
    const fake = await startEntra();
    fake.plan("GET /contoso.com/v2.0/.well-known/openid-configuration", documentOf(fake.issuer));
    const token = await logIn(loginOf("https://login.microsoftonline.com/contoso.com/oauth2/v2.0", given), toolsWith(fake.provider.http));
    expect(token.issuer).toBe(fake.issuer);
  });

  it("with v1's URL pins v1's issuer, with its slash", async () => {
    const fake = await startEntra();
    const issuer = `https://sts.windows.net/${TENANT}/`;
    fake.plan("GET .well-known/openid-configuration", documentOf(issuer, AUTHORITY, ""));
    for (const name of ["GET oauth2/v2.0/authorize", "POST oauth2/v2.0/token"]) {
      const path = `${name.split(" ")[0]} /${TENANT}/${name.split(" ")[1]}`;
      fake.plan(name.replace("v2.0/", ""), fake.provider.pages.get(path) ?? {});
    }
    fake.provider.claims = { iss: issuer };
    const attempt = () => logIn(loginOf(AUTHORITY, given), toolsWith(fake.provider.http));
    await expect(attempt()).resolves.toMatchObject({ issuer });
    fake.provider.claims = { iss: `${AUTHORITY}/v2.0` };
    await expect(attempt()).rejects.toMatchObject({ code: "token-invalid" });
  });

  it("with an application's page in My Apps finds the tenant", async () => {
    const fake = await startEntra();
    const url = `https://myapps.microsoft.com/signin/AWS/${OTHER}?tenantId=${TENANT}`;
    await expect(logIn(loginOf(url, given), toolsWith(fake.provider.http))).resolves.toMatchObject({ issuer: fake.issuer });
  });

  it.each(["common", "organizations"])("at %s is refused: the tenant has to be named", async (name) => {
    const fake = await startEntra();
    // https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc: "{tenantid}" stands in the issuer
    const issuer = "https://login.microsoftonline.com/{tenantid}/v2.0";
    fake.plan(`GET /${name}/v2.0/.well-known/openid-configuration`, documentOf(issuer, `https://login.microsoftonline.com/${name}`));
    await expect(
      logIn(loginOf(`https://login.microsoftonline.com/${name}/v2.0`, given), toolsWith(fake.provider.http)),
    ).rejects.toMatchObject({
      code: "provider-unknown",
      message: expect.stringContaining("web_identity_auth_url names no tenant"),
      hint: expect.stringContaining("in the place of common or organizations"),
    });
  });

  it("of another tenant than the URL's is refused", async () => {
    const fake = await startEntra();
    fake.plan("GET .well-known/openid-configuration", documentOf(`https://sts.windows.net/${OTHER}/`));
    await expect(logIn(loginOf(AUTHORITY, given), toolsWith(fake.provider.http))).rejects.toMatchObject({
      code: "provider-unknown",
      message: expect.stringContaining("names another issuer"),
    });
  });
});

describe("Entra", () => {
  it.each(["azuread", "entra", "microsoft"])("may be named %s", (value) => {
    expect(namedProvider({ kind: "oidc", provider: { value, origin: { layer: "built-in" } } })).toBe(entra);
  });

  it.each([
    "login.microsoftonline.com",
    "device.login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
    "sts.windows.net",
  ])("is known by the host %s", (host) => {
    expect(providerByHost(host)).toBe(entra);
  });

  it.each(["microsoftonline.com", "notlogin.microsoftonline.com.example", "evil-login.microsoftonline.com"])("is not %s", (host) => {
    expect(providerByHost(host)).toBeUndefined();
  });
});
