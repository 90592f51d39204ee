/** The forms of web_identity_auth_url that providers' guides and the Go tool's documentation show, and issuers as they are published. */

import { describe, expect, it } from "vitest";

import { issuerCandidates } from "../../src/login/oidc/discovery.ts";
import { logIn } from "../../src/login/oidc/login.ts";
import { providers } from "../../src/login/providers/detect.ts";
import { type FakeProvider, json, startProvider } from "./fake-provider.ts";
import { loginOf, toolsWith } from "./fixtures.ts";

const WELL_KNOWN = "/.well-known/openid-configuration";
const TENANT = "11111111-2222-3333-4444-555555555555";

/** Whose, the URL as configured, and the issuer that its document names; the document is below that, without a final slash, unless told. */
type Form = readonly [provider: string, authUrl: string, issuer: string, place: string];

const ENTRA = `https://login.microsoftonline.com/${TENANT}`;
const GUIDES: readonly (readonly [provider: string, authUrl: string, issuer: string, place?: string])[] = [
  ["Okta", "https://acme.okta.com/oauth2", "https://acme.okta.com"],
  ["Okta", "https://acme.okta.com", "https://acme.okta.com"],
  ["Okta", "https://acme.okta.com/oauth2/default", "https://acme.okta.com/oauth2/default"],
  ["Okta", "https://login.acme.example/oauth2/aus1", "https://login.acme.example/oauth2/aus1"],
  ["Entra", `https://login.microsoftonline.com/${TENANT}/oauth2/v2.0`, `https://login.microsoftonline.com/${TENANT}/v2.0`],
  ["Entra", `https://login.microsoftonline.com/${TENANT}/v2.0`, `https://login.microsoftonline.com/${TENANT}/v2.0`],
  ["Entra", `https://login.microsoftonline.us/${TENANT}/v2.0`, `https://login.microsoftonline.us/${TENANT}/v2.0`],
  ["Entra, v1", `${ENTRA}/oauth2`, `https://sts.windows.net/${TENANT}/`, ENTRA],
  ["Entra, v1", ENTRA, `https://sts.windows.net/${TENANT}/`, ENTRA],
  ["Entra, v1", `https://sts.windows.net/${TENANT}`, `https://sts.windows.net/${TENANT}/`],
  ["OneLogin", "https://acme.onelogin.com/oidc/2", "https://acme.onelogin.com/oidc/2"],
  ["OneLogin", "https://acme.onelogin.com/oidc/2?token=aWQ6c2VjcmV0&region=us", "https://acme.onelogin.com/oidc/2"],
  ["ForgeRock", "https://am.example/auth/oauth2/realms/R", "https://am.example/auth/oauth2/realms/R"],
  ["ForgeRock", "https://am.example/am/oauth2/realms/root/realms/a/realms/b", "https://am.example/am/oauth2/realms/root/realms/a/realms/b"],
  ["ForgeRock", "https://acme.forgeblocks.com/am/oauth2/alpha", "https://acme.forgeblocks.com/am/oauth2/alpha"],
  ["Keycloak", "https://sso.example/realms/R", "https://sso.example/realms/R"],
  ["Keycloak", "https://sso.example/auth/realms/R", "https://sso.example/auth/realms/R"],
  ["Auth0", "https://acme.eu.auth0.com", "https://acme.eu.auth0.com/"],
  ["Authentik", "https://id.example/application/o/aws", "https://id.example/application/o/aws/"],
  ["JumpCloud", "https://oauth.id.jumpcloud.com", "https://oauth.id.jumpcloud.com/"],
  ["Google", "https://accounts.google.com", "https://accounts.google.com"],
  ["Dex", "https://id.example:5556/dex", "https://id.example:5556/dex"],
];
const FORMS = GUIDES.map(([name, authUrl, issuer, place = issuer.replace(/\/$/, "")]): Form => [name, authUrl, issuer, place]);

/** Serves the document of this issuer alone; where else it may be looked for there is nothing. */
async function publish([, authUrl, issuer, place]: Form): Promise<FakeProvider> {
  const { origin } = new URL(place);
  const provider = await startProvider(origin);
  const endpoint = (name: string) => `${origin}/${name}`;
  const document = { issuer, authorization_endpoint: endpoint("authorize"), token_endpoint: endpoint("token"), jwks_uri: endpoint("keys") };
  for (const candidate of issuerCandidates(authUrl, providers)) provider.pages.set(`GET ${candidate}${WELL_KNOWN}`, { status: 404 });
  provider.pages.set(`GET ${place}${WELL_KNOWN}`, json(document));
  provider.pages.set("GET /authorize", () => provider.finish({ iss: "" }));
  provider.claims = { iss: issuer };
  return provider;
}

const withPath = (authUrl: string, change: (path: string) => string) => {
  const [, base = "", query = ""] = /^([^?]*)(\?.*)?$/.exec(authUrl) ?? [];
  return change(base) + query;
};

describe("web_identity_auth_url", () => {
  const variants = FORMS.flatMap(([name, authUrl, ...rest]) =>
    [authUrl, withPath(authUrl, (path) => `${path}/`), withPath(authUrl, (path) => path + WELL_KNOWN)].map((variant): Form => [
      name,
      variant,
      ...rest,
    ]),
  );

  it.each(variants)("of %s may be %s, for the issuer %s", async (...form) => {
    const [, authUrl, issuer] = form;
    const provider = await publish(form);
    await expect(logIn(loginOf(authUrl), toolsWith(provider.http))).resolves.toMatchObject({ issuer });
  });

  it.each(FORMS)("of %s (%s) leads to tokens of %s to the letter: with a slash more or less they are refused", async (...form) => {
    const [, authUrl, issuer] = form;
    const provider = await publish(form);
    provider.claims = { iss: issuer.endsWith("/") ? issuer.slice(0, -1) : `${issuer}/` };
    await expect(logIn(loginOf(authUrl), toolsWith(provider.http))).rejects.toMatchObject({ code: "token-invalid" });
  });

  it("is sent without its query, and no error shows it", async () => {
    const authUrl = "https://acme.onelogin.com/oidc/2?token=c2VjcmV0OnNlY3JldA==";
    const provider = await startProvider("https://acme.onelogin.com");
    provider.pages.set(`GET /oidc/2${WELL_KNOWN}`, { status: 404 });
    const tools = toolsWith(provider.http);
    const failure = await logIn(loginOf(authUrl), tools).catch((cause: unknown) => cause);
    expect(failure).toMatchObject({
      code: "provider-unknown",
      message: `unable to determine client provider type: https://acme.onelogin.com/oidc/2${WELL_KNOWN} answers 404`,
    });
    const urls = provider.seen.map(({ method, url }) => `${method} ${url.href}`);
    expect(urls).toEqual([`GET https://acme.onelogin.com/oidc/2${WELL_KNOWN}`]);
    expect([...urls, ...tools.lines, JSON.stringify(failure)].join("\n")).not.toContain("c2Vj");
  });
});
