import { inspect } from "node:util";

import { beforeEach, describe, expect, it } from "vitest";

import { logIn } from "../../src/login/oidc/login.ts";
import { ADFS, adfsError, adfsForm, adfsResult, SIGN_IN_URL } from "../fakes/adfs.ts";
import { AUTHORITY, CODE, DONE, type FakeEntra, PASSWORD, startEntra, USER } from "../fakes/entra.ts";
import { credentialType, errorPage, hiddenForm, kmsiPage, secondFactorPage } from "../fakes/entra-pages.ts";
import { html, json, redirect, type Seen } from "./fake-provider.ts";
import { loginOf, person, toolsWith } from "./fixtures.ts";

const HOST = "login.microsoftonline.com";
const given = { username: USER, password: PASSWORD, redirectUri: "http://localhost", flow: "form" as const };

let entra: FakeEntra;

beforeEach(async () => {
  entra = await startEntra();
  leadTo(SIGN_IN_URL);
  at("GET", "/adfs/ls/", adfsForm());
  at("POST", "/adfs/ls/", ({ form }) =>
    form.get("Password") === PASSWORD
      ? adfsResult("https://login.microsoftonline.com:443/login.srf")
      : adfsForm("Incorrect user ID or password."),
  );
  entra.plan("POST /login.srf", ({ form }) => (form.get("wresult")?.startsWith("<t:Request") ? kmsiPage() : { status: 500 }));
});

const leadTo = (FederationRedirectUrl: string) =>
  entra.plan("POST GetCredentialType", credentialType({ PrefCredential: 4, FederationRedirectUrl }, { EstsProperties: { DomainType: 4 } }));
const at = (method: string, path: string, page: Parameters<FakeEntra["plan"]>[1], origin = ADFS) =>
  void entra.provider.pages.set(`${method} ${origin}${path}`, page);
const posted = (origin: string) =>
  entra.provider.seen
    .filter(({ method, url }) => method === "POST" && url.origin === origin)
    .map(({ form }: Seen) => Object.fromEntries(form));
const attempt = (parts = {}, tools = {}) => logIn(loginOf(entra.issuer, { ...given, ...parts }), toolsWith(entra.provider.http, tools));

describe("a user of a domain that is federated with AD FS", () => {
  it("logs in there, and comes back", async () => {
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
    expect(posted(ADFS)).toEqual([{ UserName: USER, Password: PASSWORD, AuthMethod: "FormsAuthentication" }]);
    expect(entra.posted("/login.srf")).toEqual([
      { wa: "wsignin1.0", wresult: '<t:RequestSecurityTokenResponse xmlns:t="x">', wctx: "estsredirect-1" },
    ]);
    expect(entra.posted("login")).toEqual([]);
  });

  it("is asked for the password by that host's name, and for nothing twice", async () => {
    const terminal = person(USER, "wrong", USER, PASSWORD);
    await attempt({ username: undefined, password: undefined }, { terminal });
    expect(terminal.heard).toEqual([
      `User name for ${HOST}`,
      `Password for ${USER} at adfs.contoso.com`,
      "adfs.contoso.com refuses the user name or password: Incorrect user ID or password",
      "User name for adfs.contoso.com",
      `Password for ${USER} at adfs.contoso.com`,
    ]);
  });

  it("has a given password that is wrong tried once, and the host named", async () => {
    await expect(attempt({ password: "wrong" })).rejects.toMatchObject({
      code: "credentials-refused",
      message: "adfs.contoso.com refuses the user name or password: Incorrect user ID or password",
      hint: expect.stringContaining("the environment variable GIVEN"),
    });
    expect(posted(ADFS)).toHaveLength(1);
  });

  it("has federated_username as the name there, and the usual one at Entra", async () => {
    await attempt({ federatedUsername: "CONTOSO\\alice" });
    expect(entra.sent("GetCredentialType")).toMatchObject([{ username: USER }]);
    expect(posted(ADFS)).toMatchObject([{ UserName: "CONTOSO\\alice" }]);
  });

  it("may be sent there by Entra without being asked for a name", async () => {
    entra.plan("GET oauth2/v2.0/authorize", redirect(SIGN_IN_URL));
    await attempt({ federatedUsername: "guest" });
    expect(posted(ADFS)).toMatchObject([{ UserName: "guest" }]);
  });

  it("gives the code beforehand to Entra's second factor afterwards", async () => {
    entra.planSecondFactor(["PhoneAppOTP"], DONE);
    entra.plan("POST /login.srf", secondFactorPage(AUTHORITY, [{ authMethodId: "PhoneAppOTP" }]));
    await attempt({ mfaCode: CODE });
    expect(entra.sent("SAS/EndAuth")).toMatchObject([{ AdditionalAuthData: CODE }]);
  });

  it("gives the code beforehand to AD FS, where that asks", async () => {
    at("POST", "/adfs/ls/", ({ form }) =>
      form.has("VerificationCode")
        ? adfsResult("https://login.microsoftonline.com/login.srf")
        : html(
            '<form method="post" action="/adfs/ls/"><input name="VerificationCode" type="text"><input type="hidden" name="AuthMethod" value="AzureMfaAuthentication"></form>',
          ),
    );
    await attempt({ mfaCode: CODE });
    expect(posted(ADFS)[1]).toEqual({ VerificationCode: CODE, AuthMethod: "AzureMfaAuthentication" });
  });

  it.each(["MSIS7012: An error occurred while processing the request.", "MSIS3126: Access denied."])(
    "has AD FS's error told: %s",
    async (words) => {
      at("POST", "/adfs/ls/", adfsError(words));
      await expect(attempt()).rejects.toMatchObject({ code: "provider-refused", message: `adfs.contoso.com refuses the login: ${words}` });
    },
  );

  it("has a page there that wants a person named with that host", async () => {
    at("POST", "/adfs/ls/", html('<h1>Update password</h1><form method="post"><input type="password" name="NewPassword"></form>'));
    await expect(attempt()).rejects.toMatchObject({
      message: 'adfs.contoso.com asks for a new password, on the page "Update password"',
      hint: expect.stringContaining(`open ${ADFS}/adfs/ls/ in a browser`),
    });
  });
});

describe("a user of another identity provider", () => {
  const SSO = "https://sso.partner.example";

  it("logs in at its form (here: on two pages) and comes back by SAML", async () => {
    leadTo(`${SSO}/realms/r/protocol/saml?SAMLRequest=abc&RelayState=estsredirect-2`);
    const page = (field: string) =>
      html(`<h1>Sign in</h1><form method="post" action="/realms/r/login-actions/authenticate?step=1">${field}</form>`);
    at("GET", "/realms/r/protocol/saml", page('<input name="username">'), SSO);
    at(
      "POST",
      "/realms/r/login-actions/authenticate",
      ({ form }) =>
        form.get("password") === PASSWORD
          ? hiddenForm("https://login.microsoftonline.com/login.srf", { SAMLResponse: "PHNhbWw+", RelayState: "estsredirect-2" })
          : page('<input type="password" name="password">'),
      SSO,
    );
    entra.plan("POST /login.srf", kmsiPage());
    await expect(attempt({ federatedUsername: "alice" })).resolves.toMatchObject({ user: "alice" });
    expect(posted(SSO)).toEqual([{ username: "alice" }, { password: PASSWORD }]);
    expect(entra.posted("/login.srf")).toEqual([{ SAMLResponse: "PHNhbWw+", RelayState: "estsredirect-2" }]);
  });
});

describe("Entra behind another provider", () => {
  const BROKER = "https://sso.example";
  const login = loginOf(BROKER, { ...given, username: "alice", federatedUsername: USER, provider: "keycloak" });

  beforeEach(() => {
    const { provider } = entra;
    const endpoints = { authorization_endpoint: `${BROKER}/authorize`, token_endpoint: `${BROKER}/token`, jwks_uri: `${BROKER}/keys` };
    at("GET", "/.well-known/openid-configuration", json({ issuer: BROKER, ...endpoints }), BROKER);
    at("GET", "/authorize", ({ url }) => redirect(`${AUTHORITY}/oauth2/v2.0/authorize${url.search}`), BROKER);
    entra.plan("POST GetCredentialType", credentialType());
    entra.plan("POST /kmsi", redirect(`${BROKER}/broker/entra/endpoint?code=1`));
    at("GET", "/broker/entra/endpoint", () => provider.finish({ iss: "" }), BROKER);
    provider.claims = { iss: BROKER };
  });

  it("is logged in to by its own pages, with federated_username", async () => {
    await expect(logIn(login, toolsWith(entra.provider.http))).resolves.toMatchObject({ issuer: BROKER });
    expect(entra.posted("login")).toMatchObject([{ login: USER, passwd: PASSWORD }]);
  });

  it("does not have its password carried on by a 307", async () => {
    entra.plan("POST login", redirect("https://evil.example/login", 307));
    await expect(logIn(login, toolsWith(entra.provider.http))).rejects.toMatchObject({ code: "untrusted-destination" });
  });
});

describe("what is secret", () => {
  it.each([
    ["a form to another origin", () => at("GET", "/adfs/ls/", adfsForm("", "https://evil.example/ls"))],
    [
      "a redirect to another origin",
      () => (at("GET", "/adfs/ls/", redirect("https://evil.example/ls")), at("GET", "/ls", adfsForm("", "/ls"), "https://evil.example")),
    ],
    ["a 307 to another origin", () => at("POST", "/adfs/ls/", redirect("https://evil.example/ls", 307))],
    ["a form to plain http", () => at("GET", "/adfs/ls/", adfsForm("", "http://127.0.0.1:1/ls"))],
  ])("does not follow AD FS's lead: %s", async (_what, plan) => {
    plan();
    await expect(attempt()).rejects.toMatchObject({ code: "untrusted-destination" });
  });

  it.each(["http://192.0.2.1/adfs/ls/", "javascript:alert(1)", "http://127.0.0.1:1/adfs"])(
    "does not go to a federation at %s",
    async (url) => {
      leadTo(url);
      await expect(attempt()).rejects.toMatchObject({ code: "untrusted-destination" });
    },
  );

  it("is not sent anywhere when the federation's address is none", async () => {
    leadTo("not an address");
    await expect(attempt()).rejects.toMatchObject({
      code: "provider-answer",
      message: expect.stringContaining("FederationRedirectUrl is no URL"),
    });
  });

  it("is not in an error of Entra's afterwards", async () => {
    entra.plan("POST /login.srf", errorPage(`AADSTS1: ${PASSWORD}`));
    await expect(attempt()).rejects.toMatchObject({ message: `${HOST} refuses the login: AADSTS1: [secret]` });
  });

  it("is in no log and no error", async () => {
    const shown: string[] = [];
    for (const page of [
      adfsResult("https://login.microsoftonline.com/login.srf"),
      adfsForm(`${PASSWORD}?`),
      adfsError(`MSIS1: no ${PASSWORD}`),
    ]) {
      at("POST", "/adfs/ls/", page);
      const tools = toolsWith(entra.provider.http);
      const outcome: unknown = await logIn(loginOf(entra.issuer, given), tools).catch((cause: unknown) => cause);
      shown.push(inspect(outcome, { depth: 9 }), JSON.stringify(outcome), ...tools.lines);
    }
    expect(shown.join("\n")).toContain("[secret]");
    for (const secret of [PASSWORD, "flow-token", "estsredirect", "RequestSecurityToken"]) expect(shown.join("\n")).not.toContain(secret);
  });
});
