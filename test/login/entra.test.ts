import { inspect } from "node:util";

import { beforeEach, describe, expect, it } from "vitest";

import { logIn } from "../../src/login/oidc/login.ts";
import { Secret } from "../../src/secret.ts";
import { AUTHORITY, type FakeEntra, PASSWORD, startEntra, USER } from "../fakes/entra.ts";
import { configPage, credentialType, errorPage, hiddenForm, kmsiPage, refusedPage, signInPage } from "../fakes/entra-pages.ts";
import { html, redirect } from "./fake-provider.ts";
import { loginOf, person, toolsWith } from "./fixtures.ts";

const HOST = "login.microsoftonline.com";
const given = { username: USER, password: PASSWORD, redirectUri: "http://localhost", flow: "form" as const };

let entra: FakeEntra;

beforeEach(async () => {
  entra = await startEntra();
});

const attempt = (parts = {}, tools = {}) => logIn(loginOf(entra.issuer, { ...given, ...parts }), toolsWith(entra.provider.http, tools));
const finish = () => entra.provider.finish({ iss: "" });
const paths = () => entra.provider.requests.map((request) => request.replace(`/11111111-2222-3333-4444-555555555555`, ""));

describe("a login at Entra", () => {
  it("finds where the user's password is asked for, gives it, and lets the session be kept", async () => {
    const token = await attempt();
    expect(paths()).toEqual([
      "GET /v2.0/.well-known/openid-configuration",
      "GET /oauth2/v2.0/authorize",
      "POST /GetCredentialType",
      "POST /login",
      "POST /kmsi",
      "POST /oauth2/v2.0/token",
      "GET /discovery/v2.0/keys",
    ]);
    expect(entra.posted("login")).toMatchObject([
      { login: USER, loginfmt: USER, passwd: PASSWORD, flowToken: "flow-token-of-credential-type" },
    ]);
    expect(entra.sent("GetCredentialType")).toMatchObject([{ username: USER, originalRequest: "ctx-1" }]);
    expect(token).toMatchObject({ issuer: `${AUTHORITY}/v2.0`, subject: "subject-1" });
  });

  it("asks nothing while the session that was kept is good", async () => {
    const tools = toolsWith(entra.provider.http);
    await logIn(loginOf(entra.issuer, given), tools);
    entra.provider.requests.length = 0;
    await logIn(loginOf(entra.issuer, { ...given, password: "" }), tools);
    expect(paths()).toEqual(["GET /oauth2/v2.0/authorize", "POST /oauth2/v2.0/token"]);
  });

  it("needs no page that asks to stay signed in", async () => {
    entra.plan("POST login", finish);
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
  });

  it("asks for the name before it asks Microsoft, and for the password by the user's name", async () => {
    const terminal = person(USER, PASSWORD);
    await attempt({ username: undefined, password: undefined }, { terminal });
    expect(terminal.heard).toEqual([`User name for ${HOST}`, `Password for ${USER} at ${HOST}`]);
  });

  it("goes through pages that forms send on and the one that looks for Windows' session", async () => {
    // As public clients read it: "BssoInterrupt" holds the request again, as an address or with the fields that were posted
    entra.plan("GET oauth2/v2.0/authorize", ({ url }) =>
      url.searchParams.has("sso_reload")
        ? hiddenForm("/step", { code: "1" })
        : configPage({ pgid: "BssoInterrupt", urlPost: `${url.href}&sso_reload=true`, oPostParams: {} }),
    );
    entra.plan("POST /step", configPage({ pgid: "BssoInterrupt", urlPost: "/repeat", oPostParams: { login: "x", odd: 1 } }));
    entra.plan("POST /repeat", signInPage(AUTHORITY));
    await attempt();
    expect(entra.posted("/step")).toEqual([{ code: "1" }]);
    expect(entra.posted("/repeat")).toEqual([{ login: "x" }]);
  });

  it("confirms that the application is the one it logs in to, where the redirect URI is not http", async () => {
    // reference-error-codes AADSTS50199
    entra.plan(
      "POST login",
      configPage({ pgid: "CmsiInterrupt", sFT: "flow-token-5", sCtx: "ctx-5", canary: "canary-5", urlPost: "/appverify" }),
    );
    // reply-url.md: a redirect URI without a path comes back with a slash
    entra.plan("POST /appverify", () => redirect(String(finish().headers?.["location"]).replace("://auth?", "://auth/?")));
    await attempt({ redirectUri: "msal-aws-runas://auth", flow: undefined });
    expect(entra.posted("/appverify")).toMatchObject([
      { ContinueAuth: "true", flowToken: "flow-token-5", canary: "canary-5", ctx: "ctx-5" },
    ]);
  });

  it("knows its pages by what they hold when they have another name", async () => {
    entra.plan("GET oauth2/v2.0/authorize", signInPage(AUTHORITY, { pgid: undefined }));
    entra.plan(
      "POST login",
      configPage({ sFT: "flow-token-4", sFTName: "flowToken", sCtx: "ctx-4", urlPost: "/kmsi", pgid: "constructor" }),
    );
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
  });

  it("takes what the page has found out about the user already", async () => {
    const found = { Credentials: { HasPassword: true } };
    entra.plan("GET oauth2/v2.0/authorize", signInPage(AUTHORITY, { urlGetCredentialType: "", oGetCredTypeResult: found }));
    await attempt();
    expect(paths()).not.toContain("POST /GetCredentialType");
  });
});

describe("a wrong password", () => {
  it("that was given is tried once, and the error says where it came from", async () => {
    await expect(attempt({ password: "wrong" })).rejects.toMatchObject({
      code: "credentials-refused",
      message: `${HOST} refuses the user name or password: Your account or password is incorrect. Forgotten? Reset it now (AADSTS50126)`,
      hint: expect.stringContaining("the environment variable GIVEN"),
    });
    expect(entra.posted("login")).toHaveLength(1);
  });

  it("that was stored is tried once", async () => {
    const storedPassword = async () => new Secret("wrong");
    await expect(attempt({ password: undefined }, { storedPassword, terminal: person(PASSWORD) })).rejects.toMatchObject({
      code: "credentials-refused",
    });
    expect(entra.posted("login")).toHaveLength(1);
  });

  it("that was typed is asked for again, with the tokens of the new page", async () => {
    await attempt({ password: undefined }, { terminal: person("wrong", PASSWORD) });
    expect(entra.posted("login").map(({ ctx }) => ctx)).toEqual(["ctx-1", "ctx-2"]);
  });

  it("that was typed is asked for twice more at most", async () => {
    const terminal = person("wrong", "wrong", "wrong", PASSWORD);
    await expect(attempt({ password: undefined }, { terminal })).rejects.toMatchObject({ code: "credentials-refused" });
    expect(entra.posted("login")).toHaveLength(3);
  });
});

describe("a user", () => {
  it("that does not exist is named before a password is asked for", async () => {
    entra.plan("POST GetCredentialType", credentialType({}, { IfExistsResult: 1 }));
    await expect(attempt({ password: undefined })).rejects.toMatchObject({
      code: "provider-refused",
      message: `${HOST} refuses the login: there is no such user in the tenant (AADSTS50034)`,
    });
  });

  it("that the page refuses by its name may be corrected", async () => {
    let shown = 0;
    entra.plan("POST login", () => ((shown += 1) === 1 ? refusedPage(AUTHORITY, "50034") : kmsiPage()));
    entra.plan("POST GetCredentialType", credentialType());
    const terminal = person("alcie@contoso.com", PASSWORD, USER, PASSWORD);
    await attempt({ username: undefined, password: undefined }, { terminal });
    expect(terminal.heard[2]).toContain("there is no such user (AADSTS50034)");
    expect(entra.posted("login").map(({ login }) => login)).toEqual(["alcie@contoso.com", USER]);
  });

  it.each([
    ["a passkey", { FidoParams: { AllowList: [] } }],
    ["phone sign-in or a certificate", { RemoteNgcParams: {}, CertAuthParams: {} }],
    ["something else than a password", {}],
  ])("without a password is told to have %s, and to use a browser", async (what, credentials) => {
    entra.plan("POST GetCredentialType", credentialType({ HasPassword: false, ...credentials }));
    await expect(attempt()).rejects.toMatchObject({
      code: "page-not-answerable",
      message: `${HOST} asks for ${what}: this user has no password`,
      hint: expect.stringContaining("web_identity_redirect_uri = http://localhost"),
    });
    expect(entra.posted("login")).toEqual([]);
  });

  it("with a personal account is named", async () => {
    entra.plan("POST GetCredentialType", credentialType({}, { IfExistsResult: 5 }));
    await expect(attempt()).rejects.toMatchObject({
      code: "page-not-answerable",
      message: expect.stringContaining("personal Microsoft account"),
    });
  });
});

describe("the account picker", () => {
  const sessions = [
    { id: "s1", name: "Alice@contoso.com", isSignedIn: true },
    { id: "s2", name: "bob@contoso.com", isSignedIn: true },
    { id: "s3", name: "old@contoso.com", isSignedIn: false },
  ];
  const picker = (arrSessions: unknown) =>
    signInPage(AUTHORITY, { sErrorCode: "16000", arrSessions, urlLogin: `${AUTHORITY}/reprocess?ctx=1` });

  beforeEach(() => {
    entra.plan("GET oauth2/v2.0/authorize", picker(sessions));
    entra.plan("GET reprocess", finish);
  });
  const picked = () => entra.provider.seen.find(({ url }) => url.pathname.endsWith("/reprocess"))?.url.searchParams.get("sessionid");

  it("is answered with the profile's user", async () => {
    await attempt();
    expect(picked()).toBe("s1");
  });

  it("is answered by the person where the profile names nobody", async () => {
    const terminal = person("bob@contoso.com");
    await attempt({ username: undefined }, { terminal });
    expect(picked()).toBe("s2");
    expect(terminal.heard).toEqual([`Account at ${HOST}: Alice@contoso.com | bob@contoso.com | another account`]);
  });

  it("needs a person for that", async () => {
    await expect(attempt({ username: undefined })).rejects.toMatchObject({
      code: "person-needed",
      hint: expect.stringContaining("web_identity_username"),
    });
  });

  it("needs nobody where there is one session", async () => {
    entra.plan("GET oauth2/v2.0/authorize", picker(sessions.slice(1)));
    await attempt({ username: undefined });
    expect(picked()).toBe("s2");
  });

  it("is passed by for another user, and for a session that has ended", async () => {
    entra.plan("GET reprocess", picker(sessions));
    await attempt();
    expect(entra.posted("login")).toHaveLength(1);
    entra.plan("POST GetCredentialType", credentialType());
    await expect(attempt({ username: "carol@contoso.com" })).rejects.toMatchObject({ code: "credentials-refused" });
    expect(entra.posted("login")).toHaveLength(2);
  });
});

describe('"more information required"', () => {
  it("is put off where the page has an address for that", async () => {
    // saml2aws aad.go, processConvergedProofUpRedirect
    entra.plan("POST login", configPage({ pgid: "ConvergedProofUpRedirect", urlSkipMfaRegistration: `${AUTHORITY}/skip?x=1` }));
    entra.plan("GET skip", kmsiPage());
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
  });

  it("is put off by the days that are left", async () => {
    const state = { iRemainingDaysToSkipMfaRegistration: 7, sProofUpAuthState: "proof-state" };
    entra.plan(
      "POST login",
      configPage({ pgid: "ConvergedProofUpRedirect", ...state, sFT: "flow-token-6", urlPost: `${AUTHORITY}/SAS/ProcessAuth` }),
    );
    entra.plan("POST SAS/ProcessAuth", kmsiPage());
    await attempt();
    expect(entra.posted("SAS/ProcessAuth")).toMatchObject([
      { type: "22", request: "proof-state", ctx: "proof-state", flowToken: "flow-token-6" },
    ]);
  });

  it("is named where it cannot be put off", async () => {
    entra.plan(
      "POST login",
      configPage({ pgid: "ConvergedProofUpRedirect", iRemainingDaysToSkipMfaRegistration: 0, sProofUpAuthState: "x" }),
    );
    await expect(attempt()).rejects.toMatchObject({
      code: "page-not-answerable",
      message: `${HOST} asks for a second factor to be set up`,
      hint: expect.stringContaining("aka.ms/mysecurityinfo"),
    });
  });
});

describe("a page that only a person can answer", () => {
  it.each([
    [configPage({ pgid: "ConvergedChangePassword", urlPost: "/x" }), "a new password", "aka.ms/sspr"],
    [configPage({ pgid: "ConvergedConsent", arrScopes: [] }), "consent to what the application may see", "API permissions"],
    [configPage({ pgid: "ConvergedConditionalAccess" }), "what a conditional access policy wants", "http://localhost"],
    [configPage({ pgid: "ConvergedNovelty", urlPost: "/x" }), 'what its page "ConvergedNovelty" shows', "http://localhost"],
  ])("is named, with what to do (%#)", async (page, what, hint) => {
    entra.plan("POST login", page);
    await expect(attempt()).rejects.toMatchObject({
      code: "page-not-answerable",
      message: expect.stringContaining(`${HOST} asks for ${what}`),
      hint: expect.stringContaining(hint),
    });
  });

  it.each([
    // conditional-access/terms-of-use, "What endpoints does the terms of use service use for authentication?"
    ["https://tokenprovider.termsofuse.identitygovernance.azure.com/v1.0/x", "its terms of use to be accepted"],
    ["https://account.activedirectory.windowsazure.com/proofup.aspx", "security information to be set up"],
    ["https://login.live.com/oauth20_authorize.srf", "the login of a personal Microsoft account"],
  ])("is named by where it stands, %s", async (url, what) => {
    entra.plan("POST login", hiddenForm(url, { token: "secret-token" }));
    entra.provider.pages.set(`POST ${url}`, html("<div id=root></div><script src=app.js></script>"));
    await expect(attempt()).rejects.toMatchObject({ code: "page-not-answerable", message: expect.stringContaining(`asks for ${what}`) });
  });
});

describe("an error of Entra's", () => {
  it.each([
    ["50053", "provider-refused", "locked"],
    ["50055", "page-not-answerable", "a new password"],
    ["50057", "provider-refused", "disabled"],
    ["50059", "provider-refused", "no such tenant"],
    ["50076", "provider-refused", "conditional access wants a second factor"],
    ["50079", "page-not-answerable", "a second factor to be set up"],
    ["50158", "provider-refused", "conditional access wants a challenge of another provider"],
    ["53000", "provider-refused", "conditional access wants a device that is managed and compliant"],
    ["530002", "provider-refused", "conditional access wants a device that is managed and compliant"],
    ["53001", "provider-refused", "joined to the domain"],
    ["53003", "provider-refused", "conditional access blocks this login"],
    ["53004", "provider-refused", "conditional access blocks the second factor from being set up"],
    ["50020", "provider-refused", "no guest there"],
    ["90072", "provider-refused", "no guest there"],
    ["16000", "provider-refused", "no guest there"],
    ["50105", "provider-refused", "not assigned to the application"],
    ["500121", "provider-refused", "the second factor was not given"],
    ["500133", "provider-refused", "took too long or its session has ended"],
    ["65001", "page-not-answerable", "consent"],
  ])("%s on the sign-in page is %s and says: %s", async (number, code, words) => {
    entra.plan("POST login", refusedPage(AUTHORITY, number));
    await expect(attempt()).rejects.toMatchObject({
      code,
      message: expect.stringMatching(new RegExp(`${words}.* \\(AADSTS${number}\\)$`)),
      hint: expect.any(String),
    });
  });

  it.each([
    [
      "AADSTS700016: Application with identifier 'x' was not found in the directory 'Contoso'.",
      "the application is not known in the tenant",
      "web_identity_client_id",
    ],
    [
      "AADSTS50011: The redirect URI 'app:/callback' specified in the request does not match.",
      "the redirect URI is not registered",
      "letter by letter",
    ],
    ["AADSTS90002: Tenant 'x' not found.", "there is no such tenant", "web_identity_auth_url"],
  ])("on the page in its place is explained: %s", async (text, words, hint) => {
    entra.plan("GET oauth2/v2.0/authorize", errorPage(text));
    await expect(attempt()).rejects.toMatchObject({
      code: "provider-refused",
      message: expect.stringContaining(words),
      hint: expect.stringContaining(hint),
    });
  });

  it("on the page of conditional access says which kind of policy, and to use a browser", async () => {
    entra.plan("POST login", configPage({ pgid: "ConvergedConditionalAccess", sErrorCode: "53000" }));
    await expect(attempt()).rejects.toMatchObject({
      code: "provider-refused",
      message: `${HOST} refuses the login: conditional access wants a device that is managed and compliant (AADSTS53000)`,
      hint: expect.stringContaining("log in with a browser"),
    });
  });

  it("that is not known here is told in its own words, fit for a terminal", async () => {
    entra.plan("POST login", errorPage("AADSTS99999: Something \u001b[31mnew."));
    await expect(attempt()).rejects.toMatchObject({
      code: "provider-refused",
      message: `${HOST} refuses the login: AADSTS99999: Something \\u{1b}[31mnew.`,
    });
  });

  it("without a number or words is still one", async () => {
    entra.plan("POST login", configPage({ pgid: "ConvergedError" }));
    await expect(attempt()).rejects.toMatchObject({
      code: "provider-refused",
      message: `${HOST} refuses the login: no reason is given`,
    });
  });

  it("in the redirect is told as OAuth's", async () => {
    entra.plan("POST login", () =>
      entra.provider.finish({ iss: "", code: "", error: "access_denied", error_description: "AADSTS65004: declined" }),
    );
    await expect(attempt()).rejects.toMatchObject({
      code: "provider-refused",
      message: expect.stringContaining("access_denied: AADSTS65004: declined"),
    });
  });
});

describe("an answer that is not what Entra's pages are", () => {
  it.each([
    ["a page with broken JSON", html('<script>$Config={"pgid":"ConvergedSignIn",};</script>')],
    ["a page whose object never ends", html('<script>$Config={"pgid":"ConvergedSignIn"')],
    ["a page without an address to post to", signInPage(AUTHORITY, { urlPost: [] })],
    ["a page with an address that is none", signInPage(AUTHORITY, { urlPost: "https://" })],
  ])("%s is not understood", async (_what, page) => {
    entra.plan("GET oauth2/v2.0/authorize", page);
    await expect(attempt()).rejects.toMatchObject({
      code: "provider-answer",
      message: expect.stringContaining(`the answer of ${HOST} is not understood`),
    });
  });

  it.each([{ status: 500 }, html("<html>"), html("[1]"), html("null"), html("{}", 429)])(
    "%j to GetCredentialType is not understood",
    async (answer) => {
      entra.plan("POST GetCredentialType", answer);
      await expect(attempt()).rejects.toMatchObject({
        code: "provider-answer",
        message: expect.stringContaining("GetCredentialType answers"),
      });
      expect(entra.posted("login")).toEqual([]);
    },
  );

  it("with fields of odd types is taken as if they were not there", async () => {
    entra.plan(
      "GET oauth2/v2.0/authorize",
      signInPage(AUTHORITY, { arrSessions: {}, sErrTxt: [], apiCanary: "a\nb: c", urlLogin: 5, sErrorCode: null }),
    );
    entra.plan("POST GetCredentialType", credentialType({ FederationRedirectUrl: {} }, { FlowToken: {}, EstsProperties: [] }));
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
  });

  it.each([
    ["many beginnings", "$Config={".repeat(110_000)],
    ["many blanks", "$Config      ".repeat(80_000)],
    ["deep nesting", `$Config=${'{"a":'.repeat(200_000)}`],
    ["one long string", `$Config={"a":"${'\\"'.repeat(500_000)}`],
  ])("of 1 MiB costs no more than a moment: %s", async (_what, body) => {
    entra.plan("GET oauth2/v2.0/authorize", html(body));
    const startedAt = performance.now();
    await expect(attempt()).rejects.toMatchObject({ exitStatus: 4 });
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });

  it("that cookies do not come back drops a kept session, and ends a login without one", async () => {
    const tools = toolsWith(entra.provider.http);
    await logIn(loginOf(entra.issuer, given), tools);
    const astray = redirect("/cookiesdisabled");
    entra.plan("GET oauth2/v2.0/authorize", ({ cookie }) => (cookie === "" ? signInPage(AUTHORITY) : astray));
    entra.plan("GET /cookiesdisabled", html("<h1>Cookies are disabled</h1>"));
    await expect(logIn(loginOf(entra.issuer, given), tools)).resolves.toMatchObject({ user: "alice" });
    entra.plan("GET oauth2/v2.0/authorize", astray);
    await expect(attempt()).rejects.toMatchObject({
      code: "provider-answer",
      message: expect.stringContaining("cookies do not come back"),
    });
  });

  it("that shows the sign-in page without end is given up", async () => {
    entra.plan("POST login", signInPage(AUTHORITY));
    await expect(attempt()).rejects.toMatchObject({ code: "credentials-refused" });
    entra.plan("GET oauth2/v2.0/authorize", ({ url }) => configPage({ pgid: "BssoInterrupt", urlPost: url.href }));
    await expect(attempt()).rejects.toMatchObject({ message: expect.stringContaining("more than 15 pages") });
  });
});

describe("what is secret", () => {
  it.each([
    ["urlPost", "https://evil.example/login"],
    ["urlGetCredentialType", "https://evil.example/type"],
    ["urlPost", "http://127.0.0.1:1/login"],
    ["urlPost", "javascript:alert(1)"],
  ])("does not go where %s is %s, and is not asked for", async (name, url) => {
    entra.plan("GET oauth2/v2.0/authorize", signInPage(AUTHORITY, { [name]: url }));
    let lookups = 0;
    const storedPassword = async () => ((lookups += 1), new Secret(PASSWORD));
    await expect(attempt({ password: undefined }, { storedPassword })).rejects.toMatchObject({ code: "untrusted-destination" });
    expect(lookups).toBe(0);
  });

  it("is in no log and no error", async () => {
    const shown: string[] = [];
    for (const page of [
      kmsiPage(),
      refusedPage(AUTHORITY, "50126", `not ${PASSWORD}`),
      errorPage(`AADSTS1: ${PASSWORD}`),
      signInPage(AUTHORITY, { urlPost: "" }),
    ]) {
      entra.plan("POST login", page);
      const tools = toolsWith(entra.provider.http);
      const outcome: unknown = await logIn(loginOf(entra.issuer, given), tools).catch((cause: unknown) => cause);
      shown.push(inspect(outcome, { depth: 9 }), JSON.stringify(outcome), ...tools.lines);
    }
    expect(shown.join("\n")).toContain("POST https://login.microsoftonline.com");
    for (const secret of [PASSWORD, "flow-token", "ctx-", "canary", "the-code"]) expect(shown.join("\n")).not.toContain(secret);
  });
});
