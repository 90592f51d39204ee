/** SAML at Entra: by the portals' links, by a request of the URL's own, through a federation. */

import { beforeEach, describe, expect, it } from "vitest";

import type { Terminal } from "../../src/world.ts";
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

  it("asks for a wrong code again", async () => {
    entra.planSecondFactor(
      ["PhoneAppOTP"],
      { Success: false, ResultValue: "OathCodeIncorrect", Retry: true, FlowToken: "f", Ctx: "c" },
      DONE,
    );
    await expect(attempt({}, toolsFor(person("000000", CODE)))).resolves.toMatchObject({ user: USER });
    expect(entra.sent("SAS/EndAuth").map((body) => body["AdditionalAuthData"])).toEqual(["000000", CODE]);
  });

  it("shows the number of a notification", async () => {
    entra.planSecondFactor(["PhoneAppNotification"], PENDING, DONE);
    const terminal = person("unused");
    await attempt({}, toolsFor(terminal));
    expect(terminal.heard.join("\n")).toContain("[42]");
  });

  it("is named by saml_provider where the host does not tell", async () => {
    for (const provider of ["azuread", "entra", "microsoft"]) await expect(attempt({ provider })).resolves.toMatchObject({ user: USER });
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
    ["AADSTS75011: Authentication method doesn't match.", "by other means than a password", "saml_provider = browser"],
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
