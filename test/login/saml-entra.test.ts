/** SAML at Entra: by the portals' links, by a request of the URL's own, through a federation. */

import { inspect } from "node:util";

import { beforeEach, describe, expect, it } from "vitest";

import type { Http, Terminal } from "../../src/world.ts";
import { providerByHost } from "../../src/login/providers/detect.ts";
import { logIn } from "../../src/login/saml/login.ts";
import { ADFS, adfsForm, adfsResult, SIGN_IN_URL } from "../fakes/adfs.ts";
import {
  AUTHORITY,
  CODE,
  DONE,
  type FakeEntra,
  PASSWORD,
  PENDING,
  planApplication,
  SAML_REQUEST,
  startEntra,
  TENANT,
  USER,
  USER_ACCESS_URLS,
} from "../fakes/entra.ts";
import { applicationPage, configPage, credentialType, errorPage, kmsiPage, refusedPage, signInPage } from "../fakes/entra-pages.ts";
import { AM, loginPage, loginPageOne, startAm, success, TOKEN as AM_TOKEN } from "../fakes/forgerock.ts";
import { resolveAny } from "../config/files-of.ts";
import { responsePage, roleArn, samlResponse } from "../fakes/saml-response.ts";
import { html, redirect } from "./fake-provider.ts";
import { person, samlLoginOf, toolsWith } from "./fixtures.ts";
import { movedClock } from "./moved-clock.ts";

const [MY_APPS, LAUNCHER, OLD_PORTAL] = USER_ACCESS_URLS;
const RESPONSE = samlResponse({ user: USER, issuer: `https://sts.windows.net/${TENANT}/` });
/** https://learn.microsoft.com/entra/identity-platform/single-sign-on-saml-protocol, "Response": posted from a form like the others. */
const answer = responsePage(RESPONSE);
const given = { username: USER, password: PASSWORD };

let entra: FakeEntra;

beforeEach(async () => {
  entra = await startEntra();
  planApplication(entra, answer);
});

type Parts = Parameters<typeof samlLoginOf>[1] & { readonly url?: string };

const toolsFor = (terminal: Terminal = person()) => toolsWith(entra.provider.http, { terminal, clock: movedClock() });
const attempt = ({ url = LAUNCHER, ...parts }: Parts = {}, tools = toolsFor()) => logIn(samlLoginOf(url, { ...given, ...parts }), tools);
const paths = () => entra.provider.requests.map((request) => request.replace(`/${TENANT}`, ""));
const secretsSentTo = () =>
  new Set(
    entra.provider.seen.filter(({ body }) => body.includes(encodeURIComponent(PASSWORD).replace("%20", "+"))).map(({ url }) => url.origin),
  );

describe("SAML at Entra", () => {
  it.each(USER_ACCESS_URLS)("starts at %s, logs in, and ends at the application's form", async (url) => {
    const assertion = await attempt({ url });
    expect(assertion).toMatchObject({ user: USER, issuer: `https://sts.windows.net/${TENANT}/` });
    expect(assertion.roles.map((role) => role.roleArn)).toEqual([roleArn("dev")]);
    expect(entra.posted("login")).toMatchObject([
      { login: USER, loginfmt: USER, passwd: PASSWORD, flowToken: "flow-token-of-credential-type" },
    ]);
    expect(secretsSentTo()).toEqual(new Set(["https://login.microsoftonline.com"]));
  });

  it("follows the portal's script, whose page has a form that is never sent", async () => {
    planApplication(entra, answer, applicationPage(SAML_REQUEST));
    await expect(attempt({ url: OLD_PORTAL })).resolves.toMatchObject({ user: USER });
    expect(paths().slice(-2)).toEqual([
      "GET https://account.activedirectory.windowsazure.com/applications/signin/AWS/66666666-7777-8888-9999-000000000000",
      "GET /saml2",
    ]);
  });

  it("reads the address in the script as a script would", async () => {
    planApplication(
      entra,
      answer,
      applicationPage(SAML_REQUEST.replaceAll("&", "\\u0026").replaceAll("/", "\\/").replaceAll(":", "\\x3A")),
    );
    await expect(attempt({ url: OLD_PORTAL })).resolves.toMatchObject({ user: USER });
  });

  it.each([
    ["another host", "https://evil.example/saml2?SAMLRequest=x"],
    ["a host with Microsoft's name in front", "https://login.microsoftonline.com.evil.example/saml2?SAMLRequest=x"],
    ["plain http", "http://login.microsoftonline.com/saml2?SAMLRequest=x"],
    ["a page that is no request", `${AUTHORITY}/elsewhere`],
  ])("does not follow a script to %s", async (_what, target) => {
    planApplication(entra, answer, html(`<title>Redirecting</title><script>window.location = '${target}';</script>`));
    await expect(attempt({ url: OLD_PORTAL })).rejects.toMatchObject({
      code: "provider-refused",
      message: "account.activedirectory.windowsazure.com does not lead on to an application's login",
      hint: "saml_auth_url must be the application's User access URL (Properties of the enterprise application)",
    });
    expect(paths().at(-1)).toMatch(/^GET https:\/\/account\.activedirectory/);
  });

  it("does not send the form beside a script that is not followed", async () => {
    planApplication(entra, answer, applicationPage("https://evil.example/saml2?SAMLRequest=x"));
    await expect(attempt({ url: OLD_PORTAL })).rejects.toMatchObject({
      message: "account.activedirectory.windowsazure.com does not lead on to an application's login",
    });
  });

  it("that ends at the portal itself says which address it takes", async () => {
    // My Apps is a program for a browser; nothing is published of its page
    entra.provider.pages.set(
      "GET https://myapps.microsoft.com/",
      html('<title>My Apps</title><div id="root"></div><script src="/a.js"></script>'),
    );
    await expect(attempt({ url: "https://myapps.microsoft.com/" })).rejects.toMatchObject({
      code: "provider-refused",
      message: "myapps.microsoft.com does not lead on to an application's login",
      hint: "saml_auth_url must be the application's User access URL (Properties of the enterprise application)",
    });
  });

  it("does not follow such a script on a page of another host", async () => {
    entra.plan("POST login", redirect("https://portal.example/"));
    entra.provider.pages.set("GET https://portal.example/", html(`<script>window.location = '${SAML_REQUEST}';</script>`));
    await expect(attempt()).rejects.toMatchObject({ code: "page-not-answerable" });
  });

  it("asks for nothing while the session lasts", async () => {
    const tools = toolsFor();
    await attempt({}, tools);
    entra.provider.requests.length = 0;
    await attempt({ password: "" }, tools);
    expect(paths()).toEqual(["GET https://launcher.myapps.microsoft.com/api/signin/66666666-7777-8888-9999-000000000000", "GET /saml2"]);
  });

  it("takes a URL with a request in it, with and without the question whether to stay signed in", async () => {
    await expect(attempt({ url: SAML_REQUEST })).resolves.toMatchObject({ user: USER });
    entra.plan("POST login", answer);
    await expect(attempt({ url: SAML_REQUEST })).resolves.toMatchObject({ user: USER });
    expect(paths()).toEqual([
      "GET /saml2",
      "POST /GetCredentialType",
      "POST /login",
      "POST /kmsi",
      "GET /saml2",
      "POST /GetCredentialType",
      "POST /login",
    ]);
  });

  it("asks for name and password by the host that the profile names", async () => {
    const terminal = person(USER, PASSWORD);
    await logIn(samlLoginOf(MY_APPS), toolsFor(terminal));
    expect(terminal.heard).toEqual(["User name for myapps.microsoft.com", `Password for ${USER} at myapps.microsoft.com`]);
  });

  it.each([
    ["azuread", ""],
    ["AzureAD", "auto"],
    ["Entra", ""],
    ["MICROSOFT", "Auto"],
  ])("is named by saml_provider = %s, with mfa_type = %j, where the host does not tell", async (provider, mfaType) => {
    const front = "https://aws.contoso.com/";
    entra.provider.pages.set(`GET ${front}`, redirect(SAML_REQUEST));
    const config = `[profile p]\nsaml_auth_url = ${front}\nsaml_username = ${USER}\nsaml_provider = ${provider}\nmfa_type = ${mfaType}\n`;
    const { login } = resolveAny("p", { config, env: { SAML_PASSWORD: PASSWORD } });
    if (login.kind !== "saml") throw new Error("not SAML");
    entra.planSecondFactor(["PhoneAppNotification", "PhoneAppOTP"], DONE);
    await logIn(login, toolsFor(person("Authenticator notification, +XX 0")));
    expect(entra.sent("SAS/BeginAuth")).toMatchObject([{ AuthMethodId: "PhoneAppNotification" }]);
  });

  it("in the United States' cloud has its secrets go there, by whatever portals it starts", async () => {
    const [portal, old, authority] = [
      "https://myapps.microsoft.us/signin/AWS/1",
      "https://account.activedirectory.windowsazure.us/applications/signin/1",
      `https://login.microsoftonline.us/${TENANT}`,
    ];
    entra.provider.pages.set(`GET ${portal}`, redirect(old));
    entra.provider.pages.set(`GET ${old}`, applicationPage(`${authority}/saml2?SAMLRequest=x`));
    entra.provider.pages.set(`GET ${authority}/saml2`, signInPage(authority));
    entra.plan("POST login", answer);
    await expect(attempt({ url: portal })).resolves.toMatchObject({ user: USER });
    expect(secretsSentTo()).toEqual(new Set(["https://login.microsoftonline.us"]));
  });

  it("gives no password to another cloud than the portal's", async () => {
    const elsewhere = `https://login.microsoftonline.us/${TENANT}`;
    planApplication(entra, answer, applicationPage(`${elsewhere}/saml2?SAMLRequest=x`));
    entra.provider.pages.set(`GET ${elsewhere}/saml2`, signInPage(elsewhere, { urlGetCredentialType: "" }));
    await expect(attempt({ url: OLD_PORTAL })).rejects.toMatchObject({ code: "untrusted-destination" });
    expect(secretsSentTo()).toEqual(new Set(["https://login.microsoftonline.com"]));
  });
});

describe("the host of a SAML profile's URL", () => {
  it.each([
    ["myapps.microsoft.com", "azuread"],
    ["launcher.myapps.microsoft.com", "azuread"],
    ["myapplications.microsoft.com", "azuread"],
    ["account.activedirectory.windowsazure.com", "azuread"],
    ["account.activedirectory.windowsazure.cn", "azuread"],
    ["myapps.microsoft.us", "azuread"],
    ["login.microsoftonline.com", "azuread"],
    ["login.microsoft.com", "azuread"],
    ["learn.microsoft.com", undefined],
    ["mysignins.microsoft.com", undefined],
    ["microsoft.com", undefined],
    ["myapps.microsoft.com.evil.example", undefined],
    ["evilmyapps.microsoft.com", undefined],
  ])("%s tells that it is %s's", (host, provider) => {
    expect(providerByHost(host)?.name).toBe(provider);
  });
});

describe("the second factor of a SAML login at Entra", () => {
  const wrongCode = { Success: false, ResultValue: "OathCodeIncorrect", Retry: true, FlowToken: "flow-token-sas", Ctx: "ctx-sas" };
  const codes = () => entra.sent("SAS/EndAuth").map((body) => body["AdditionalAuthData"]);

  it("is a code of an app, asked for again when it is wrong", async () => {
    entra.planSecondFactor(["PhoneAppOTP"], wrongCode, DONE);
    await expect(attempt({}, toolsFor(person("000000", CODE)))).resolves.toMatchObject({ user: USER });
    expect(codes()).toEqual(["000000", CODE]);
  });

  it("is a code that was given, which is tried once", async () => {
    entra.planSecondFactor(["PhoneAppNotification", "PhoneAppOTP"], wrongCode);
    await expect(attempt({ mfaCode: "000000" })).rejects.toMatchObject({ code: "code-refused" });
    expect(codes()).toEqual(["000000"]);
  });

  it("is a text message, whose code is asked for once it is sent", async () => {
    entra.planSecondFactor(["PhoneAppNotification", "OneWaySMS"], DONE);
    const terminal = person(CODE);
    await attempt({ mfaType: "sms" }, toolsFor(terminal));
    expect(entra.sent("SAS/BeginAuth")).toMatchObject([{ AuthMethodId: "OneWaySMS" }]);
    expect(codes()).toEqual([CODE]);
  });

  it("is a notification, whose number is shown while it is waited for", async () => {
    entra.planSecondFactor(["PhoneAppNotification"], PENDING, DONE);
    const terminal = person("nothing is asked");
    await attempt({}, toolsFor(terminal));
    expect(terminal.heard).toEqual(["Approve the login at launcher.myapps.microsoft.com in Microsoft Authenticator [42]"]);
    expect(entra.sent("SAS/EndAuth")).toHaveLength(2);
  });

  it("ends the login when it is denied, and is not asked for again", async () => {
    entra.planSecondFactor(["PhoneAppNotification"], { ResultValue: "PhoneAppDenied", ErrCode: 500121, Retry: true });
    await expect(attempt({}, toolsFor(person("nothing is asked")))).rejects.toMatchObject({
      code: "approval-refused",
      message: expect.stringContaining("was denied in the app (PhoneAppDenied)"),
    });
    expect(entra.sent("SAS/BeginAuth")).toHaveLength(1);
  });
});

describe("a guest's SAML login at Entra", () => {
  beforeEach(() => {
    entra.plan(
      "POST GetCredentialType",
      credentialType({ PrefCredential: 4, FederationRedirectUrl: SIGN_IN_URL }, { EstsProperties: { DomainType: 4 } }),
    );
    entra.provider.pages.set(`GET ${ADFS}/adfs/ls/`, adfsForm());
    entra.provider.pages.set(`POST ${ADFS}/adfs/ls/`, ({ form }) =>
      form.get("Password") === PASSWORD
        ? adfsResult("https://login.microsoftonline.com:443/login.srf")
        : adfsForm("Incorrect user ID or password."),
    );
    entra.plan("POST /login.srf", ({ form }) => (form.get("wresult")?.startsWith("<t:Request") ? kmsiPage() : { status: 500 }));
  });

  it("goes by the provider that Entra names, with federated_username there, and comes back to the application", async () => {
    await expect(attempt({ federatedUsername: "CONTOSO\\alice" })).resolves.toMatchObject({ user: USER });
    expect(entra.sent("GetCredentialType")).toMatchObject([{ username: USER }]);
    expect(
      entra.provider.seen.filter(({ method, url }) => method === "POST" && url.origin === ADFS).map(({ form }) => form.get("UserName")),
    ).toEqual(["CONTOSO\\alice"]);
    expect(entra.posted("login")).toEqual([]);
  });

  it("whose provider answers by SAML has that response sent on to Entra", async () => {
    const samlFederation = "https://idp.contoso.com/saml/sso?SAMLRequest=x";
    entra.plan("POST GetCredentialType", credentialType({ PrefCredential: 4, FederationRedirectUrl: samlFederation }));
    entra.provider.pages.set(
      "GET https://idp.contoso.com/saml/sso",
      responsePage(samlResponse({ roles: [] }), "https://login.microsoftonline.com/login.srf"),
    );
    entra.plan("POST /login.srf", ({ form }) => (form.has("SAMLResponse") ? kmsiPage() : { status: 500 }));
    await expect(attempt()).resolves.toMatchObject({ user: USER });
  });
});

describe("a guest whose provider is a Ping AM", () => {
  /** SAML 2.0 Bindings section 3.4; the address is AM's for HTTP-Redirect (its guide, "SSO and SLO in standalone mode"). */
  const SIGN_ON = `${AM}/SSORedirect/metaAlias/alpha/idp`;

  it("logs in there by its callbacks with federated_username, and AM's response is sent on to Entra", async () => {
    const am = await startAm();
    am.planned.push(loginPageOne, success());
    am.provider.pages.set(`GET ${SIGN_ON}`, ({ url, cookie }) =>
      cookie.includes(AM_TOKEN)
        ? responsePage(samlResponse({ roles: [], user: "guest" }), "https://login.microsoftonline.com/login.srf")
        : redirect(loginPage({ realm: "/alpha", goto: url.href })),
    );
    const found = credentialType(
      { PrefCredential: 4, FederationRedirectUrl: `${SIGN_ON}?SAMLRequest=x` },
      { EstsProperties: { DomainType: 4 } },
    );
    entra.plan("POST GetCredentialType", found);
    entra.plan("POST /login.srf", ({ form }) => (form.has("SAMLResponse") ? kmsiPage() : { status: 500 }));
    const both: Http = (request) => (request.url.origin === new URL(AM).origin ? am.provider.http : entra.provider.http)(request);
    const login = samlLoginOf(LAUNCHER, { ...given, federatedUsername: "guest" });
    await expect(logIn(login, toolsWith(both))).resolves.toMatchObject({ user: USER });
    expect(am.values()).toEqual([{}, { IDToken1: "guest", IDToken2: PASSWORD }]);
    expect(entra.posted("login")).toEqual([]);
  });
});

describe("an error of Entra in a SAML login", () => {
  // https://learn.microsoft.com/entra/identity-platform/reference-error-codes
  it.each([
    [
      "AADSTS700016: Application with identifier 'x' was not found.",
      "the application is not known in the tenant",
      "saml_auth_url must be the application's User access URL",
    ],
    ["AADSTS50011: The reply URL does not match.", "the redirect URI is not registered", "Reply URLs"],
    ["AADSTS50105: Not assigned.", "this user is not assigned to the application", "Users and groups"],
    ["AADSTS90002: Tenant 'x' not found.", "there is no such tenant", "saml_auth_url must hold the tenant's id"],
    ["AADSTS50020: User account from identity provider does not exist.", "is no guest there", "put another tenant into saml_auth_url"],
    [
      "AADSTS750054: SAMLRequest or SAMLResponse must be present as query string parameters.",
      "no SAML request in the URL",
      "User access URL",
    ],
    ["AADSTS75005: The request is not a valid Saml2 protocol message.", "does not take the SAML request", "User access URL"],
    ["AADSTS75011: Authentication method doesn't match.", "wants the user to log in by other means", "saml_provider = browser"],
    ["AADSTS53003: Blocked by conditional access.", "conditional access blocks this login", "saml_provider = browser"],
  ])("says what a SAML profile can change: %s", async (words, message, hint) => {
    entra.plan("GET saml2", errorPage(words));
    const failure = await attempt({ url: SAML_REQUEST }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: "provider-refused",
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
    expect(failure).not.toMatchObject({ hint: expect.stringContaining("web_identity") });
  });

  it("about the user name names saml_username", async () => {
    entra.plan("POST GetCredentialType", credentialType({}, { IfExistsResult: 1 }));
    await expect(attempt()).rejects.toMatchObject({
      message: "launcher.myapps.microsoft.com refuses the login: there is no such user in the tenant (AADSTS50034)",
      hint: "check saml_username and the tenant in saml_auth_url",
    });
  });

  it("about several accounts names saml_username", async () => {
    const arrSessions = [
      { id: "1", name: "a@contoso.com", isSignedIn: true },
      { id: "2", name: "b@contoso.com", isSignedIn: true },
    ];
    entra.plan("GET saml2", signInPage(AUTHORITY, { urlLogin: `${AUTHORITY}/reprocess`, arrSessions }));
    await expect(logIn(samlLoginOf(SAML_REQUEST), toolsFor())).rejects.toMatchObject({
      code: "person-needed",
      hint: "set saml_username to one of them",
    });
  });

  it("about the password tries it once", async () => {
    await expect(attempt({ password: "wrong" })).rejects.toMatchObject({ code: "credentials-refused" });
    expect(entra.posted("login")).toHaveLength(1);
  });

  it("for a page that only a browser can answer names saml_provider = browser", async () => {
    entra.plan("POST login", configPage({ pgid: "ConvergedConditionalAccess" }));
    await expect(attempt()).rejects.toMatchObject({
      code: "page-not-answerable",
      hint: "set saml_provider = browser to log in with a browser",
    });
  });

  it("where security information has to be set up is told from the portal of the same host", async () => {
    entra.plan("POST login", redirect("https://account.activedirectory.windowsazure.com/proofup.aspx"));
    entra.provider.pages.set("GET https://account.activedirectory.windowsazure.com/proofup.aspx", html("<div></div>"));
    await expect(attempt()).rejects.toMatchObject({
      code: "page-not-answerable",
      message: expect.stringContaining("security information to be set up"),
    });
  });

  it("is the same after a wrong name, which may be corrected", async () => {
    entra.plan("POST login", refusedPage(AUTHORITY, "50034"));
    await expect(attempt()).rejects.toMatchObject({ code: "credentials-refused" });
  });
});

describe("what is secret in a SAML login at Entra", () => {
  it("is in no log and no error, be it the password, a token of the pages or the response", async () => {
    const shown: string[] = [];
    for (const page of [kmsiPage(), refusedPage(AUTHORITY, "50126", `not ${PASSWORD}`), errorPage(`AADSTS1: ${PASSWORD}`)]) {
      const tools = toolsFor();
      entra.plan("POST login", page);
      const outcome: unknown = await attempt({}, tools).catch((cause: unknown) => cause);
      if (outcome instanceof Error) shown.push(inspect(outcome, { depth: 9 }), JSON.stringify(outcome));
      shown.push(...tools.lines);
    }
    expect(shown.join("\n")).toContain("[secret]");
    for (const secret of [PASSWORD, "flow-token", "portal-token", "SAMLRequest", RESPONSE]) expect(shown.join("\n")).not.toContain(secret);
  });
});
