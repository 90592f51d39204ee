/** SAML at AM: where a login starts, the callbacks on the way, and AM as a guest in another provider's login. */

import { inspect } from "node:util";

import { beforeEach, describe, expect, it } from "vitest";

import { providerOfPage } from "../../src/login/providers/detect.ts";
import { logIn } from "../../src/login/saml/login.ts";
import {
  AM,
  authenticatorPage,
  callback,
  type FakeAm,
  type Json,
  loginPage,
  loginPageOne,
  oathPage,
  page,
  pushPage,
  refusal,
  startAm,
  success,
  TOKEN,
} from "../fakes/forgerock.ts";
import { startEntra, USER } from "../fakes/entra.ts";
import { credentialType, hiddenForm, kmsiPage, signInPage } from "../fakes/entra-pages.ts";
import { responsePage, roleArn, rolePair, samlResponse } from "../fakes/saml-response.ts";
import { type Answer, html, json, redirect, startProvider } from "./fake-provider.ts";
import { person, samlLoginOf, toolsWith } from "./fixtures.ts";
import { movedClock } from "./moved-clock.ts";

const PASSWORD = "correct horse";
const CODE = "123456";
const HOST = "sso.example";
const CALLBACKS = `${AM}/json/realms/alpha/authenticate`;
const AUTHENTICATE = `POST ${AM}/json/realms/root/realms/alpha/authenticate`;
const START = `${AM}/idpssoinit?metaAlias=/alpha/idp&spEntityID=urn:amazon:webservices`;
const given = { username: "alice", password: PASSWORD };
const credentials = { IDToken1: "alice", IDToken2: PASSWORD };
const noService = json({ code: 400, reason: "Bad Request", message: "No Configuration found" }, 400);

let am: FakeAm;

beforeEach(async () => {
  am = await startAm();
});

type Parts = NonNullable<Parameters<typeof samlLoginOf>[1]>;
const plan = (...answers: (Json | Answer)[]) => void am.planned.push(...answers);
const attempt = (parts: Parts & { authUrl?: string } = given, tools: Parameters<typeof toolsWith>[1] = {}) =>
  logIn(samlLoginOf(parts.authUrl ?? CALLBACKS, parts), toolsWith(am.provider.http, tools));
const starts = () => am.provider.seen.filter(({ url }) => /idpssoinit/i.test(url.pathname)).map(({ url }) => url);
const authenticateUrls = () => am.provider.seen.filter(({ url }) => url.pathname.endsWith("/authenticate")).map(({ url }) => url);

describe("an address", () => {
  it.each([
    ["https://x/am/idpssoinit?metaAlias=/idp", "forgerock"],
    ["https://x/saml2/jsp/idpSSOInit.jsp", "forgerock"],
    ["https://x/am/SSORedirect/metaAlias/alpha/idp?SAMLRequest=x", "forgerock"],
    ["https://x/am/json/realms/alpha/authenticate", "forgerock"],
    ["https://x/am/XUI/?realm=/alpha#login", "forgerock"],
    ["https://x/json", undefined],
    ["https://x/am/json/serverinfo/version", undefined],
    ["https://x/api/authenticate", undefined],
    ["https://x/xui/", undefined],
    ["https://x/login/SSORedirection", undefined],
    ["https://x/realms/r/protocol/saml/clients/aws", "keycloak"],
    ["https://x/app/amazon_aws/exk1/sso/saml", undefined],
    ["https://x/tenant/saml2", undefined],
    ["https://x/adfs/ls/idpinitiatedsignon.aspx", undefined],
  ])("%s is one of %s", (url, provider) => {
    expect(providerOfPage(new URL(url))?.name).toBe(provider);
  });
});

describe("a SAML login at AM", () => {
  it("starts at the identity provider of the realm that a profile names, is by callbacks, and starts again with the session", async () => {
    am.assertion = { user: "alice", roles: [rolePair("dev"), rolePair("ops")] };
    plan(loginPageOne, success());
    const { user, roles } = await attempt();
    expect(user).toBe("alice");
    expect(roles.map((role) => role.roleArn)).toEqual([roleArn("dev"), roleArn("ops")]);
    expect(am.provider.seen.map(({ method, url }) => `${method} ${url.pathname}`)).toEqual([
      "GET /am/idpssoinit",
      "GET /am/UI/Login",
      "GET /am/XUI/",
      "POST /am/json/realms/root/realms/alpha/authenticate",
      "POST /am/json/realms/root/realms/alpha/authenticate",
      "GET /am/idpssoinit",
    ]);
    expect(am.values()).toEqual([{}, credentials]);
  });

  it.each([
    [CALLBACKS, "/alpha/saml-idp", "/realms/root/realms/alpha"],
    [`${AM}/json/realms/alpha/authenticate/`, "/alpha/saml-idp", "/realms/root/realms/alpha"],
    [`${AM}/json/realms/root/realms/alpha/authenticate`, "/alpha/saml-idp", "/realms/root/realms/alpha"],
    [`${AM}/json/realms/root/realms/alpha/realms/beta/authenticate`, "/alpha/beta/saml-idp", "/realms/root/realms/alpha/realms/beta"],
    [`${AM}/json/alpha/authenticate`, "/alpha/saml-idp", "/realms/root/realms/alpha"],
    [`${AM}/json/authenticate?realm=/alpha/beta`, "/alpha/beta/saml-idp", "/realms/root/realms/alpha/realms/beta"],
    [`${AM}/json/authenticate?realm=alpha`, "/alpha/saml-idp", "/realms/root/realms/alpha"],
    [`${AM}/json/realms/root/authenticate`, "/saml-idp", "/realms/root"],
    [`${AM}/json/authenticate`, "/saml-idp", "/realms/root"],
    [`${AM}/XUI/?realm=/alpha#login`, "/alpha/saml-idp", "/realms/root/realms/alpha"],
    [`${AM}/UI/Login?realm=/alpha`, "/alpha/saml-idp", "/realms/root/realms/alpha"],
    [START, "/alpha/idp", "/realms/root/realms/alpha"],
    [`${AM}/saml2/jsp/idpSSOInit.jsp?metaAlias=/alpha/idp&spEntityID=urn:amazon:webservices`, "/alpha/idp", "/realms/root/realms/alpha"],
    [
      `${AM}/idpssoinit?metaAlias=/alpha/beta/idp&spEntityID=urn:amazon:webservices`,
      "/alpha/beta/idp",
      "/realms/root/realms/alpha/realms/beta",
    ],
    [`${AM}/idpssoinit?metaAlias=/idp&spEntityID=urn:amazon:webservices`, "/idp", "/realms/root"],
    [`${AM}/XUI/?realm=/alpha&goto=${encodeURIComponent(START)}`, "/alpha/idp", "/realms/root/realms/alpha"],
  ])("configured as %s starts with the metaAlias %s and logs in under %s", async (authUrl, metaAlias, path) => {
    am.provider.pages.set(`POST ${AM}/json${path}/authenticate`, am.provider.pages.get(AUTHENTICATE) ?? {});
    plan(loginPageOne, success());
    await expect(attempt({ ...given, authUrl })).resolves.toMatchObject({ user: "alice" });
    for (const { searchParams } of starts()) {
      expect(Object.fromEntries(searchParams)).toEqual({ metaAlias, spEntityID: "urn:amazon:webservices" });
    }
    expect(authenticateUrls().map(({ pathname }) => pathname)).toEqual([`/am/json${path}/authenticate`, `/am/json${path}/authenticate`]);
  });

  it.each([`${AM}/json/realms/alpha`, `${AM}/oauth2/realms/root/realms/alpha`, `${AM}/oauth2/authorize?realm=/alpha`])(
    "named by saml_provider takes %s for the realm",
    async (authUrl) => {
      plan(loginPageOne, success());
      await attempt({ ...given, authUrl, provider: "forgerock" });
      expect(starts()[0]?.searchParams.get("metaAlias")).toBe("/alpha/saml-idp");
    },
  );

  it("is for the application that saml_auth_entityid names", async () => {
    plan(loginPageOne, success());
    await attempt({ ...given, entityId: "urn:amazon:webservices:cn-north-1" });
    expect(starts()[0]?.searchParams.get("spEntityID")).toBe("urn:amazon:webservices:cn-north-1");
  });

  it.each([
    [`${AM}/idpssoinit?metaAlias=/alpha/nope&spEntityID=urn:amazon:webservices`, "/alpha/nope", "urn:amazon:webservices"],
    [`${AM}/json/realms/gamma/authenticate`, "/gamma/saml-idp", "urn:amazon:webservices"],
    [`${AM}/idpssoinit`, "nothing", "nothing"],
  ])("at %s, which is not there, says what AM says and what it was asked for", async (authUrl, provider, application) => {
    await expect(attempt({ ...given, authUrl })).rejects.toMatchObject({
      code: "provider-refused",
      message: `${HOST} answers 400: Error processing AuthnRequest. Error retrieving meta data`,
      hint: `it was asked for the identity provider ${provider} and the application ${application}; saml_auth_url = ${AM}/idpssoinit?metaAlias=/REALM/NAME&spEntityID=urn:amazon:webservices names others`,
    });
  });

  // OpenAM's configuration may name saml2error.jsp to redirect or post to; the page is the container's all the same.
  it("says what AM says at its page for errors of SAML, and nothing of the address where AM is at fault", async () => {
    const error = `${AM}/saml2/jsp/saml2error.jsp`;
    const words = "The receiving entity ID is not valid or not trusted.";
    am.provider.pages.set(`GET ${AM}/idpssoinit`, redirect(`${error}?errorcode=invalidReceiver&httpstatuscode=400`));
    am.provider.pages.set(`GET ${error}`, html(`<title>HTTP Status 400</title><p><b>Message</b> ${words}</p>`, 400));
    await expect(attempt()).rejects.toMatchObject({
      message: `${HOST} answers 400: The receiving entity ID is not valid or not trusted`,
      hint: expect.stringContaining("/alpha/saml-idp"),
    });
    am.provider.pages.set(`GET ${error}`, html("<title>HTTP Status 500</title>", 500));
    await expect(attempt()).rejects.toMatchObject({ message: `${HOST} answers 500`, hint: undefined });
  });

  it("may begin at an address of the organisation's own, which AM is found behind", async () => {
    am.provider.pages.set("GET https://aws.example/", redirect(START));
    plan(loginPageOne, success());
    await expect(attempt({ ...given, authUrl: "https://aws.example/" })).resolves.toMatchObject({ user: "alice" });
    expect(starts()).toHaveLength(2);
  });

  it("may have its login page elsewhere", async () => {
    const elsewhere = "https://login.example/sign-in";
    const free = am.provider.pages.get(`GET ${AM}/idpssoinit`);
    am.provider.pages.set(`GET ${elsewhere}`, html("<div id=app></div>"));
    am.provider.pages.set(`GET ${AM}/idpssoinit`, (seen) => {
      if (seen.cookie.includes(TOKEN)) return typeof free === "function" ? free(seen) : {};
      return redirect(`${elsewhere}?${new URLSearchParams({ realm: "/alpha", goto: seen.url.href }).toString()}`);
    });
    plan(loginPageOne, success());
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
  });

  it("that AM's session is not enough for is an error, not another login", async () => {
    am.provider.pages.set(`GET ${AM}/idpssoinit`, ({ url }) => redirect(loginPage({ realm: "/alpha", goto: url.href })));
    plan(loginPageOne, success());
    await expect(attempt()).rejects.toMatchObject({
      code: "provider-refused",
      message: `${HOST} logs in and asks to log in again`,
      hint: expect.stringContaining("saml_auth_service"),
    });
  });

  it("uses the session of the last time, and logs in where it has ended", async () => {
    const tools = toolsWith(am.provider.http);
    plan(loginPageOne, success());
    await logIn(samlLoginOf(CALLBACKS, given), tools);
    await logIn(samlLoginOf(CALLBACKS, given), tools);
    expect(am.posted).toHaveLength(2);
    const free = am.provider.pages.get(`GET ${AM}/idpssoinit`);
    let hasEnded = true;
    am.provider.pages.set(`GET ${AM}/idpssoinit`, (seen) => {
      if (!hasEnded) return typeof free === "function" ? free(seen) : {};
      hasEnded = false;
      return redirect(loginPage({ realm: "/alpha", goto: seen.url.href }));
    });
    plan(loginPageOne, success());
    await logIn(samlLoginOf(CALLBACKS, given), tools);
    expect(am.posted).toHaveLength(4);
  });
});

describe("the service of a SAML login", () => {
  const services = () => authenticateUrls().map(({ searchParams }) => searchParams.get("authIndexValue"));

  it("is the one of saml_auth_service", async () => {
    plan(loginPageOne, success());
    await attempt({ ...given, authService: "Staff", mfaType: "push" });
    expect(services()).toEqual(["Staff", null]);
  });

  it("that the realm does not have is an error, and nothing was given", async () => {
    plan(noService);
    await expect(attempt({ ...given, authService: "Stuff" })).rejects.toMatchObject({
      code: "provider-refused",
      message: `${HOST} does not log in by "Stuff": No Configuration found`,
      hint: "saml_auth_service is the name of a tree, journey or chain of the realm /alpha",
    });
    expect(am.values()).toEqual([{}]);
  });

  it.each([
    [{ mfaType: "push" }, "mfa_push_authentication"],
    [{ mfaType: "code" }, "mfa_oath_authentication"],
    [{ mfaCode: CODE }, "mfa_oath_authentication"],
  ])("for %j is %s, where the realm has it", async (parts, service) => {
    plan(loginPageOne, success());
    await attempt({ ...given, ...parts });
    expect(services()[0]).toBe(service);
  });

  it("for mfa_type is the realm's own where it has none, and the password is sent once", async () => {
    plan(noService, loginPageOne, success());
    await attempt({ ...given, mfaType: "push" });
    expect(am.values()).toEqual([{}, {}, credentials]);
  });
});

describe("a password in a SAML login", () => {
  // The Go tool tries push, code and neither with it: three failed logins (idp.md 6.1).
  it.each(["auto", "none", undefined])("that is wrong is tried once with mfa_type %s", async (mfaType) => {
    plan(loginPageOne, refusal("Authentication Failed"));
    const parts = mfaType === undefined ? given : { ...given, mfaType };
    await expect(attempt(parts, { terminal: person(PASSWORD) })).rejects.toMatchObject({
      code: "credentials-refused",
      message: `${HOST} refuses the user name or password: Authentication Failed`,
      hint: expect.stringContaining("it was tried once"),
    });
    expect(am.values()).toEqual([{}, credentials]);
  });

  it("that was typed is asked for again", async () => {
    plan(loginPageOne, refusal(), loginPageOne, success());
    await attempt({ username: "alice" }, { terminal: person("wrong", PASSWORD) });
    expect(am.values()).toEqual([{}, { ...credentials, IDToken2: "wrong" }, {}, credentials]);
  });

  it("is not asked for again where the account is locked", async () => {
    plan(loginPageOne, refusal("User Account Locked"));
    await expect(attempt({ username: "alice" }, { terminal: person("wrong", PASSWORD) })).rejects.toMatchObject({
      code: "credentials-refused",
      message: `${HOST} refuses the login: User Account Locked`,
    });
  });

  it("whose question is ended by the person ends the login", async () => {
    plan(loginPageOne, refusal());
    await expect(attempt({ username: "alice" }, { terminal: person("wrong") })).rejects.toMatchObject({ code: "cancelled" });
  });

  it("that nobody is there to type needs a person, and names the settings", async () => {
    plan(loginPageOne);
    await expect(attempt({ username: "alice" })).rejects.toMatchObject({ code: "person-needed" });
  });
});

describe("a one-time code in a SAML login", () => {
  it.each([
    ["a PasswordCallback", oathPage],
    ["a NameCallback that holds the user name", authenticatorPage],
  ])("of -o answers %s", async (_title, asked) => {
    plan(loginPageOne, asked, success());
    await attempt({ ...given, mfaCode: CODE });
    expect(am.values()).toEqual([{}, credentials, { IDToken1: CODE, IDToken2: 0 }]);
  });

  it("that is wrong is asked for again, and the password that was accepted goes along", async () => {
    plan(loginPageOne, oathPage, refusal("Authentication Failed"), loginPageOne, oathPage, success());
    const terminal = person("000000", CODE);
    await attempt(given, { terminal });
    expect(am.values()).toEqual([{}, credentials, { IDToken1: "000000", IDToken2: 0 }, {}, credentials, { IDToken1: CODE, IDToken2: 0 }]);
    expect(terminal.heard).toEqual([
      `One-time code for ${HOST}`,
      `${HOST} refuses the one-time code: Authentication Failed`,
      `One-time code for ${HOST}`,
    ]);
  });

  it("that is wrong may be asked for again on the same page, which is no success", async () => {
    plan(loginPageOne, authenticatorPage, { ...authenticatorPage, header: "Attempt 2 of 3" }, success());
    const terminal = person("000000", CODE);
    await attempt(given, { terminal });
    expect(terminal.heard[1]).toBe(`${HOST} refuses the one-time code: Attempt 2 of 3`);
  });

  // The Go tool takes a blank line for success and starts again (idp.md 6.1).
  it("whose question is ended by the person ends the login", async () => {
    plan(loginPageOne, oathPage, refusal());
    await expect(attempt(given, { terminal: person("000000") })).rejects.toMatchObject({ code: "cancelled" });
    expect(starts()).toHaveLength(1);
  });

  it("that is wrong three times is the end", async () => {
    const round = [loginPageOne, oathPage, refusal()];
    plan(...round, ...round, ...round);
    await expect(attempt(given, { terminal: person("1", "2", "3", "4") })).rejects.toMatchObject({ code: "code-refused" });
  });
});

describe("a push in a SAML login", () => {
  it("is waited for as AM asks, its number shown", async () => {
    plan(loginPageOne, pushPage("42"), pushPage("42"), success());
    const clock = movedClock();
    const terminal = person("nothing is asked");
    await attempt({ ...given, mfaType: "push" }, { terminal, clock });
    expect(clock.slept.filter((ms) => ms > 0)).toEqual([5000, 5000]);
    expect(terminal.heard).toEqual([`${HOST}: Check your phone [42]`]);
  });

  // The Go tool goes on with a code after it, then with neither (idp.md 6.1).
  it("that is denied is the end", async () => {
    plan(loginPageOne, pushPage(), pushPage(), refusal("Login failure"));
    await expect(attempt(given, { clock: movedClock() })).rejects.toMatchObject({
      code: "approval-refused",
      message: `${HOST} says that the login was not approved: Login failure`,
    });
  });

  it("is not waited for longer than two minutes", async () => {
    plan(loginPageOne, ...Array.from({ length: 25 }, () => pushPage()));
    const clock = movedClock();
    await expect(attempt(given, { clock })).rejects.toMatchObject({ code: "approval-refused" });
    am.planned.length = 0;
    expect(clock.sleptMs).toBe(120_000);
  });
});

describe("callbacks in a SAML login", () => {
  it("that ask for a choice of second factors are answered by mfa_type", async () => {
    const choice = page("", callback.choice("Second factor", ["Push notification", "Text message", "Authenticator code"]));
    plan(loginPageOne, choice, oathPage, success());
    await attempt({ ...given, authService: "Staff", mfaType: "code", mfaCode: CODE });
    expect(am.values().slice(2)).toEqual([{ IDToken1: 2 }, { IDToken1: CODE, IDToken2: 0 }]);
  });

  it("that agree to something with one button are answered", async () => {
    plan(loginPageOne, page("Consent", callback.message("AWS gets your user name"), callback.confirmation(["Cancel", "Allow"])), success());
    const terminal = person("nothing is asked");
    await attempt(given, { terminal });
    expect(am.values().at(-1)).toEqual({ IDToken2: 1 });
    expect(terminal.heard).toEqual(["AWS gets your user name"]);
  });

  it("of WebAuthn are named, with the browser that can", async () => {
    plan(page("", callback.metadata({ _type: "WebAuthn", challenge: "x" }), callback.hidden("webAuthnOutcome", "false")));
    await expect(attempt()).rejects.toMatchObject({
      code: "page-not-answerable",
      message: expect.stringContaining("a passkey or security key (webauthn)"),
      hint: expect.stringContaining("saml_provider = browser"),
    });
  });
});

describe("an AM that another provider's SAML login leads to", () => {
  const GUEST = "https://sso.partner.example/auth";
  const SERVICE = `${GUEST}/WSFederationServlet/metaAlias/alpha/idp`;

  it.each([`${GUEST}/XUI/`, `${GUEST}/UI/Login`])("is known by its login page %s, and leads back with its own response", async (login) => {
    const provider = await startProvider("https://idp.example");
    const { pages } = provider;
    pages.set("GET /app/aws", redirect(`${SERVICE}?wa=wsignin1.0&wtrealm=urn:federation:idp&wctx=1`));
    pages.set(`GET ${SERVICE}`, ({ url, cookie }) =>
      cookie.includes(TOKEN)
        ? html(`<form method=post action="https://idp.example/wsfed"><input type=hidden name=wresult value=x><button>Go on</button></form>`)
        : redirect(`${login}?${new URLSearchParams({ realm: "/alpha", goto: url.href }).toString()}`),
    );
    pages.set(`GET ${login}`, html("<div id=app></div>"));
    const answers = [json({ authId: "x", ...loginPageOne }), success()];
    pages.set(`POST ${GUEST}/json/realms/root/realms/alpha/authenticate`, () => answers.shift() ?? { status: 500 });
    pages.set("POST /wsfed", ({ form }) => (form.get("wresult") === "x" ? responsePage(samlResponse({ user: "alice" })) : { status: 400 }));
    const assertion = await logIn(samlLoginOf("https://idp.example/app/aws", given), toolsWith(provider.http));
    expect(assertion.user).toBe("alice");
  });

  it("is where Entra sends the users of a domain that is federated with it", async () => {
    const entra = await startEntra();
    const saml2 = `${entra.authority}/saml2`;
    entra.plan("GET saml2", signInPage(entra.authority));
    const federation = { PrefCredential: 4, FederationRedirectUrl: `${SERVICE}?wa=wsignin1.0&wctx=estsredirect-1` };
    entra.plan("POST GetCredentialType", credentialType(federation, { EstsProperties: { DomainType: 4 } }));
    const { pages } = entra.provider;
    pages.set(`GET ${SERVICE}`, ({ url, cookie }) =>
      cookie.includes(TOKEN)
        ? hiddenForm("https://login.microsoftonline.com/login.srf", { wa: "wsignin1.0", wresult: "<t:x/>", wctx: "estsredirect-1" })
        : redirect(`${GUEST}/XUI/?${new URLSearchParams({ realm: "/alpha", goto: url.href }).toString()}`),
    );
    pages.set(`GET ${GUEST}/XUI/`, html("<div id=app></div>"));
    const posted: string[] = [];
    const answers = [json({ authId: "x", ...loginPageOne }), success()];
    pages.set(
      `POST ${GUEST}/json/realms/root/realms/alpha/authenticate`,
      ({ body }) => (posted.push(body), answers.shift() ?? { status: 500 }),
    );
    entra.plan("POST /login.srf", ({ form }) => (form.get("wresult") === "<t:x/>" ? kmsiPage() : { status: 400 }));
    entra.plan("POST /kmsi", responsePage(samlResponse({ user: "alice" })));
    const login = samlLoginOf(saml2, { username: USER, password: PASSWORD, federatedUsername: "alice" });
    await expect(logIn(login, toolsWith(entra.provider.http))).resolves.toMatchObject({ user: "alice" });
    expect(posted[1]).toContain('"alice"');
    expect(entra.posted("login")).toEqual([]);
  });
});

describe("secrets of a SAML login at AM", () => {
  it("are not sent to an AM that nobody vouches for", async () => {
    am.provider.pages.set(`GET ${AM}/idpssoinit`, redirect("https://hop.example/"));
    am.provider.pages.set("GET https://hop.example/", redirect("https://evil.example/am/XUI/?realm=/alpha"));
    am.provider.pages.set("GET https://evil.example/am/XUI/", html("<div>"));
    let lookups = 0;
    const tools = { storedPassword: async () => ((lookups += 1), undefined) };
    await expect(attempt({ username: "alice" }, tools)).rejects.toMatchObject({
      code: "untrusted-destination",
      message: expect.stringContaining("https://evil.example"),
      hint: "only if that is the provider's: saml_trusted_origins = https://evil.example in the profile",
    });
    expect(lookups).toBe(0);
  });

  it("are not in errors that repeat them, in the log, or in URLs", async () => {
    plan(loginPageOne, oathPage, refusal(`no ${CODE} for ${PASSWORD}`));
    const tools = toolsWith(am.provider.http);
    const failed: unknown = await logIn(samlLoginOf(CALLBACKS, { ...given, mfaCode: CODE }), tools).catch((cause: unknown) => cause);
    const urls = am.provider.seen.map(({ url }) => url.href);
    const shown = inspect(failed) + JSON.stringify(failed) + [...tools.lines, ...urls].join("\n");
    expect(shown).toContain("[secret]");
    for (const secret of [PASSWORD, encodeURIComponent(PASSWORD), CODE, "authId-", TOKEN]) expect(shown).not.toContain(secret);
  });
});
