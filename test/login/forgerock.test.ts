import { inspect } from "node:util";

import { beforeEach, describe, expect, it } from "vitest";

import { RunasError } from "../../src/errors.ts";
import { issuerCandidates } from "../../src/login/oidc/discovery.ts";
import { logIn } from "../../src/login/oidc/login.ts";
import { detectProvider } from "../../src/login/providers/detect.ts";
import { forgerock } from "../../src/login/providers/forgerock.ts";
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
import { type Answer, html, json, redirect, startProvider } from "./fake-provider.ts";
import { loginOf, person, toolsWith } from "./fixtures.ts";
import { movedClock } from "./moved-clock.ts";

const PASSWORD = "correct horse";
const CODE = "123456";
const HOST = "sso.example";
const REALM = "/realms/root/realms/alpha";
const AUTHORIZE = `${AM}/oauth2${REALM}/authorize`;
const given = { username: "alice", password: PASSWORD };
const credentials = { IDToken1: "alice", IDToken2: PASSWORD };

let am: FakeAm;

beforeEach(async () => {
  am = await startAm();
});

const plan = (...answers: (Json | Answer)[]) => void am.planned.push(...answers);
const attempt = (parts: Parameters<typeof loginOf>[1] = given, tools: Parameters<typeof toolsWith>[1] = {}) =>
  logIn(loginOf(am.issuer, parts), toolsWith(am.provider.http, tools));
const authenticateUrls = () => am.provider.seen.filter(({ method, url }) => method === "POST" && url.pathname.endsWith("/authenticate"));

describe("an AM", () => {
  it("is told by its token endpoint", () => {
    const metadata = { issuer: "https://x", authorization_endpoint: "https://x/a", jwks_uri: "https://x/k" };
    const rest = { authorization_response_iss_parameter_supported: false };
    const named = (token_endpoint: string) => detectProvider({ ...metadata, ...rest, token_endpoint }).name;
    expect(named("https://x/am/oauth2/realms/root/realms/alpha/access_token")).toBe("forgerock");
    expect(named("https://x/auth/oauth2/access_token")).toBe("forgerock");
    expect(named("https://x/token")).toBe("oidc");
  });

  it.each([
    ["https://h/auth/oauth2/realms/R", ["https://h/auth/oauth2/realms/R"]],
    ["https://h/am/oauth2/alpha/", ["https://h/am/oauth2/alpha"]],
    [`${AUTHORIZE}?x=1`, [`${AM}/oauth2${REALM}`, AUTHORIZE]],
    [`${AM}/oauth2/authorize?realm=/alpha`, [`${AM}/oauth2${REALM}`, `${AM}/oauth2/authorize`]],
    [`${AM}/oauth2?realm=/a/b`, [`${AM}/oauth2/realms/root/realms/a/realms/b`, `${AM}/oauth2`, AM]],
    [`${AM}/oauth2/access_token`, [`${AM}/oauth2`, `${AM}/oauth2/access_token`]],
    [`${AM}/XUI/?realm=/alpha#login`, [`${AM}/oauth2${REALM}`, `${AM}/XUI`]],
    [`${AM}/json/realms/root/realms/alpha/authenticate`, [`${AM}/oauth2${REALM}`, `${AM}/json/realms/root/realms/alpha/authenticate`]],
    ["https://h/oauth2/v1/authorize", ["https://h/oauth2/v1/authorize"]],
  ])("configured as %s has the issuers %j", (url, issuers) => {
    expect(issuerCandidates(url, [forgerock])).toEqual(issuers);
  });

  it("logs in by its callbacks, then asks for authorization again", async () => {
    plan(loginPageOne, success());
    await expect(attempt()).resolves.toMatchObject({ issuer: am.issuer, user: "alice" });
    const path = new URL(am.issuer).pathname;
    expect(am.provider.requests).toEqual([
      `GET ${path}/.well-known/openid-configuration`,
      `GET ${path}/authorize`,
      "GET /am/XUI/",
      "POST /am/json/realms/root/realms/alpha/authenticate",
      "POST /am/json/realms/root/realms/alpha/authenticate",
      `GET ${path}/authorize`,
      `POST ${path}/access_token`,
      `GET ${path}/connect/jwk_uri`,
    ]);
    for (const { headers } of authenticateUrls()) {
      expect(headers).toMatchObject({
        "content-type": "application/json",
        "accept-api-version": "resource=2.0, protocol=1.0",
        "x-requested-with": "XMLHttpRequest",
      });
    }
  });

  it("gets its page back as it came, with the values filled in", async () => {
    const unknown = { ...loginPageOne, infoText: ["", ""], _more: { a: [1] } };
    plan(unknown, success());
    await attempt();
    const [first, second] = am.posted;
    expect(first).toEqual({});
    const filled = (loginPageOne["callbacks"] as Json[]).map((each, index) => ({
      ...each,
      input: [{ name: `IDToken${index + 1}`, value: ["alice", PASSWORD][index] }],
    }));
    expect(second).toEqual({ ...unknown, callbacks: filled, authId: expect.stringMatching(/^authId-/) });
  });

  it("gets what its login page was called with, and the realm in the path", async () => {
    plan(loginPageOne, success());
    const goto = `${AUTHORIZE}?client_id=client-1`;
    const free = am.provider.pages.get(`GET ${AUTHORIZE}`);
    let isFirst = true;
    am.provider.pages.set(`GET ${AUTHORIZE}`, (seen) => {
      if (!isFirst) return typeof free === "function" ? free(seen) : {};
      isFirst = false;
      return redirect(loginPage({ realm: "/alpha", goto, service: "Staff Login", locale: "en" }));
    });
    await attempt();
    const [first] = authenticateUrls();
    const parameters = { goto, locale: "en", authIndexType: "service", authIndexValue: "Staff Login" };
    expect(Object.fromEntries(first?.url.searchParams ?? [])).toEqual(parameters);
  });

  it.each(["https://login.example/sign-in", "https://acme.forgeblocks.com/am/XUI/"])(
    "may have its login page elsewhere: %s",
    async (elsewhere) => {
      plan(loginPageOne, success());
      am.provider.pages.set(`GET ${elsewhere}`, html("<div id=app></div>"));
      am.provider.pages.set(`GET ${AUTHORIZE}`, ({ url, cookie }) =>
        cookie.includes(TOKEN)
          ? am.provider.finish()
          : redirect(`${elsewhere}?${new URLSearchParams({ realm: "/alpha", goto: url.href }).toString()}`),
      );
      await expect(attempt()).resolves.toMatchObject({ user: "alice" });
    },
  );

  it.each([
    ["https://sso.example/am/oauth2", "/realms/root"],
    ["https://sso.example/am/oauth2/realms/root/realms/a/realms/b", "/realms/root/realms/a/realms/b"],
    ["https://sso.example/am/oauth2/b", "/realms/root/realms/b"],
  ])(
    "whose authorization endpoint is under %s has its callbacks under %s, where the login page does not name the realm",
    async (base, path) => {
      const pages = am.provider.pages;
      const metadata = { issuer: am.issuer, authorization_endpoint: `${base}/authorize` };
      const rest = { token_endpoint: `${am.issuer}/access_token`, jwks_uri: `${am.issuer}/connect/jwk_uri` };
      pages.set(`GET ${am.issuer}/.well-known/openid-configuration`, json({ ...metadata, ...rest }));
      pages.set(`GET ${base}/authorize`, ({ url, cookie }) =>
        cookie.includes(TOKEN) ? am.provider.finish() : redirect(loginPage({ goto: url.href })),
      );
      pages.set(`POST ${AM}/json${path}/authenticate`, pages.get(`POST ${AM}/json${REALM}/authenticate`) ?? {});
      plan(loginPageOne, success());
      await attempt();
      expect(authenticateUrls().map(({ url }) => url.pathname)).toEqual([`/am/json${path}/authenticate`, `/am/json${path}/authenticate`]);
    },
  );
});

describe("the service", () => {
  const services = () => authenticateUrls().map(({ url }) => url.searchParams.get("authIndexValue"));

  it("of the profile is asked for by name", async () => {
    plan(loginPageOne, success());
    await attempt({ ...given, authService: "Staff", mfaType: "push" });
    expect(services()).toEqual(["Staff", null]);
  });

  // OpenAM 16 and [REST]: a service that does not exist.
  it("of the profile that the realm does not have is an error, and nothing was given", async () => {
    plan(json({ code: 400, reason: "Bad Request", message: "No Configuration found" }, 400));
    await expect(attempt({ ...given, authService: "Stuff" })).rejects.toMatchObject({
      code: "provider-refused",
      message: `${HOST} does not log in by "Stuff": No Configuration found`,
      hint: "web_identity_auth_service is the name of a tree, journey or chain of the realm /alpha",
    });
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

  it("is the realm's own where it has none for mfa_type, at the price of one request and no failed login", async () => {
    plan(json({ code: 400, message: "No Configuration found" }, 400), loginPageOne, success());
    await attempt({ ...given, mfaType: "push" });
    expect(services()).toEqual(["mfa_push_authentication", null, null]);
    expect(am.values()).toEqual([{}, {}, credentials]);
  });

  it("is the realm's own with mfa_type auto and none", async () => {
    plan(loginPageOne, success(), loginPageOne, success());
    await attempt({ ...given, mfaType: "auto" });
    await attempt({ ...given, mfaType: "none" });
    expect(services()).toEqual([null, null, null, null]);
  });
});

describe("a callback", () => {
  const typing = { terminal: person("an answer") };
  const first = page("", callback.name(), callback.password());
  const after = (...pages: Json[]) => [first, ...pages];

  it.each<[string, Json[], Json]>([
    ["TextInputCallback is answered with the user name", [page("", callback.text("Login"))], { IDToken1: "alice" }],
    [
      "ValidatedCreate…Callback is answered with the user name or password, not to be validated only",
      [page("", callback.platformName(), callback.platformPassword())],
      { IDToken1: "alice", IDToken1validateOnly: false, IDToken2: PASSWORD, IDToken2validateOnly: false },
    ],
    [
      "HiddenValueCallback goes back as it came",
      [page("", callback.name(), callback.hidden("clientId", "x"))],
      { IDToken1: "alice", IDToken2: "x" },
    ],
    [
      "DeviceProfileCallback says that this is a program",
      [page("", callback.device(true))],
      { IDToken1: expect.stringContaining("aws-runas") },
    ],
    [
      "DeviceProfileCallback says no more than it asks",
      [page("", callback.device(false))],
      { IDToken1: JSON.stringify({ identifier: "aws-runas" }) },
    ],
    [
      "SelectIdPCallback is answered with AM's own login",
      [page("", callback.selectIdP("google", "localAuthentication"), callback.name())],
      { IDToken1: "localAuthentication", IDToken2: "alice" },
    ],
    ["ConfirmationCallback of one option is pressed", [page("", callback.confirmation(["Continue"]))], { IDToken1: 0 }],
    [
      "ConfirmationCallback of two has the one pressed that does not refuse",
      [page("", callback.confirmation(["Cancel", "Go on"], 0))],
      { IDToken1: 1 },
    ],
    ["ConfirmationCallback without options is agreed to", [page("", callback.confirmation([], 0, 2))], { IDToken1: 3 }],
    [
      "ConfirmationCallback beside a text is not pressed",
      [page("", callback.name(), callback.confirmation(["Use Recovery Code"], 100))],
      { IDToken1: "alice", IDToken2: 100 },
    ],
    [
      "ChoiceCallback beside a text stays as it is",
      [page("", callback.name(), callback.choice("Site", ["a", "b"], 1))],
      { IDToken1: "alice", IDToken2: 1 },
    ],
    ["ChoiceCallback takes its default where nobody can be asked", [page("", callback.choice("Site", ["a", "b"], 1))], { IDToken1: 1 }],
    ["MetadataCallback needs no answer", [page("", callback.metadata({ stage: "x" }), callback.name())], { IDToken2: "alice" }],
    ["TextOutputCallback needs no answer", [page("", callback.message("Welcome"))], {}],
    [
      "LanguageCallback goes back as it came",
      [page("", callback.other("LanguageCallback", {}, ["en", "US"]))],
      { IDToken1: "en", IDToken1validateOnly: "US" },
    ],
  ])("%s", async (_title, pages, values) => {
    plan(...pages, success());
    await attempt();
    expect(am.values().at(-1)).toEqual(values);
  });

  it("ChoiceCallback and ConfirmationCallback are chosen by the person", async () => {
    plan(
      page("", callback.choice("Which site?", ["Berlin", "Kyiv"])),
      page("", callback.confirmation(["Register device", "Skip this step"])),
      success(),
    );
    const terminal = person("Kyiv", "Skip this step");
    await attempt(given, { terminal });
    expect(am.values().slice(1)).toEqual([{ IDToken1: 1 }, { IDToken1: 1 }]);
    expect(terminal.heard).toEqual(["Which site?: Berlin | Kyiv", "Sign in: Register device | Skip this step"]);
  });

  it("ConfirmationCallback that only a person can decide needs one", async () => {
    plan(page("", callback.confirmation(["Register device", "Skip this step"])));
    await expect(attempt()).rejects.toMatchObject({
      code: "person-needed",
      message: expect.stringContaining("Register device, Skip this step"),
    });
  });

  it("TextOutputCallback is shown, a script is not", async () => {
    plan(page("", callback.message("Maintenance <b>tonight</b>\u001b[31m"), callback.message("alert(1)", "4"), callback.name()), success());
    const terminal = person("nothing is asked");
    await attempt(given, { terminal });
    expect(terminal.heard).toEqual(["Maintenance tonight \\u{1b}[31m"]);
  });

  it("that asks a question of the user's own has it asked", async () => {
    plan(...after(page("", callback.password("Your first pet?"))), success());
    await attempt(given, typing);
    expect(typing.terminal.heard).toEqual([`Your first pet? (${HOST})`]);
    expect(am.values().at(-1)).toEqual({ IDToken1: "an answer" });
  });

  it("whose answer AM repeats in what it says is hidden", async () => {
    plan(...after(page("", callback.password("Your first pet?"))), refusal("an answer is wrong"));
    await expect(attempt(given, { terminal: person("an answer") })).rejects.toMatchObject({
      message: expect.stringContaining("[secret] is wrong"),
    });
  });

  it.each<[string, Json, string]>([
    [
      "KbaCreateCallback",
      page("", callback.other("KbaCreateCallback", { prompt: "Pick a question" })),
      "security questions to be set up (Pick a question)",
    ],
    ["TermsAndConditionsCallback", page("", callback.other("TermsAndConditionsCallback", { terms: "…" })), "its terms to be accepted"],
    ["ConsentMappingCallback", page("", callback.other("ConsentMappingCallback")), "consent to sharing the user's data"],
    [
      "StringAttributeInputCallback",
      page("", callback.other("StringAttributeInputCallback", { prompt: "City" })),
      "the user's profile to be completed (City)",
    ],
    [
      "SuspendedTextOutputCallback",
      page("", callback.other("SuspendedTextOutputCallback", { message: "Look" }, [])),
      "the link in an e-mail to be followed",
    ],
    ["RedirectCallback", page("", callback.redirect("https://accounts.google.com/o/oauth2")), "a login at accounts.google.com"],
    ["SelectIdPCallback", page("", callback.selectIdP("google", "facebook")), "a login at one of google, facebook"],
    ["ReCaptchaCallback", page("", callback.other("ReCaptchaCallback")), "a captcha to be solved"],
    ["HttpCallback", page("", callback.other("HttpCallback")), "a Kerberos ticket"],
    ["one that nobody knows", page("", callback.other("NewCallback")), "something that only a browser can answer (NewCallback)"],
    [
      "a new password",
      page("LDAP2", callback.password("Old Password"), callback.password("New Password"), callback.password("Confirm Password")),
      "a new password",
    ],
    ["two passwords", page("", callback.password(), callback.password("Password again")), "a new password"],
    [
      "a device's registration",
      page("", callback.hidden("mfaDeviceRegistration", "otpauth://totp/x?secret=JBSWY3DP")),
      "an authenticator app to be set up",
    ],
    [
      "a device's registration by a script",
      page("", callback.message("text: 'otpauth://totp/x?secret=JBSWY3DP'", "4")),
      "an authenticator app to be set up",
    ],
  ])("that only a person with a browser can answer is named: %s", async (_title, asked, words) => {
    plan(asked);
    const failed: unknown = await attempt().catch((cause: unknown) => cause);
    expect(failed).toMatchObject({
      code: "page-not-answerable",
      message: `${HOST} asks for ${words}`,
      hint: `open ${AM}/XUI/?realm=/alpha in a browser, do what it asks, then try again`,
    });
    expect(inspect(failed)).not.toContain("JBSWY3DP");
    expect(am.values()).toEqual([{}]);
  });

  it.each([
    ["MetadataCallback", page("", callback.metadata({ _type: "WebAuthn", challenge: "x" }), callback.hidden("webAuthnOutcome", "false"))],
    ["script", page("", callback.message("navigator.credentials.get({})", "4"), callback.hidden("webAuthnOutcome", "false"))],
  ])("of WebAuthn (%s) is named, with the flow that can", async (_title, asked) => {
    plan(first, asked);
    await expect(attempt()).rejects.toMatchObject({
      code: "page-not-answerable",
      message: expect.stringContaining("a passkey or security key (webauthn)"),
      hint: expect.stringContaining("http://127.0.0.1/callback"),
    });
  });
});

describe("a wrong password", () => {
  it("that was given is tried once, and AM's words are shown", async () => {
    plan(loginPageOne, refusal("Authentication Failed!!"));
    await expect(attempt(given, { terminal: person(PASSWORD) })).rejects.toMatchObject({
      code: "credentials-refused",
      message: `${HOST} refuses the user name or password: Authentication Failed`,
      hint: expect.stringContaining("it was tried once"),
    });
  });

  it("that was typed is asked for again, and the login starts anew", async () => {
    plan(loginPageOne, refusal(), loginPageOne, success());
    const terminal = person("wrong", PASSWORD);
    await attempt({ username: "alice" }, { terminal });
    expect(am.values()).toEqual([{}, { ...credentials, IDToken2: "wrong" }, {}, credentials]);
  });

  it("may be refused on the same page", async () => {
    plan(loginPageOne, { ...loginPageOne, header: "Try again" });
    await expect(attempt()).rejects.toMatchObject({ code: "credentials-refused", message: expect.stringContaining(": Try again") });
  });

  it("may be refused on the same page without a word", async () => {
    plan(loginPageOne, loginPageOne);
    await expect(attempt()).rejects.toMatchObject({ message: `${HOST} refuses the user name or password` });
  });

  it("may be refused with a message", async () => {
    plan(loginPageOne, page("DataStore1", callback.message("No such user", "2"), callback.name(), callback.password()));
    await expect(attempt()).rejects.toMatchObject({ code: "credentials-refused", message: expect.stringContaining(": No such user") });
  });

  it("may be refused after a user name of its own page, which is then given again", async () => {
    const [nameOnly, passwordOnly] = [page("", callback.platformName()), page("", callback.platformPassword())];
    plan(nameOnly, passwordOnly, refusal(), nameOnly, passwordOnly, success());
    await attempt({ username: "alice" }, { terminal: person("wrong", PASSWORD) });
    expect(am.values().map(({ IDToken1 }) => IDToken1)).toEqual([undefined, "alice", "wrong", undefined, "alice", PASSWORD]);
  });

  it.each(["User Account Locked", "Your account has been locked.", "User is inactive", "Your password has expired"])(
    "is not asked for again when AM says %s",
    async (message) => {
      plan(loginPageOne, refusal(message));
      await expect(attempt({ username: "alice" }, { terminal: person("wrong", PASSWORD) })).rejects.toMatchObject({
        code: "credentials-refused",
        message: `${HOST} refuses the login: ${message.replace(/\.$/, "")}`,
      });
    },
  );

  it("is asked for again with AM's warning", async () => {
    plan(loginPageOne, refusal("Warning: You will be locked out after 1 more failure(s)."), loginPageOne, success());
    const terminal = person("wrong", PASSWORD);
    await attempt({ username: "alice" }, { terminal });
    expect(terminal.heard[1]).toBe(`${HOST} refuses the user name or password: Warning: You will be locked out after 1 more failure(s)`);
  });
});

describe("a one-time code", () => {
  it.each<[string, Json, Json]>([
    ["a PasswordCallback", oathPage, { IDToken1: CODE, IDToken2: 0 }],
    ["a NameCallback that holds the user name", authenticatorPage, { IDToken1: CODE, IDToken2: 0 }],
    ["another language, told by the stage", page("HOTP2", callback.password("Contraseña de un solo uso")), { IDToken1: CODE }],
    ["another language, after the password", page("", callback.password("ワンタイム")), { IDToken1: CODE }],
    ["a NameCallback in another language, after the user name", page("", callback.name("確認")), { IDToken1: CODE }],
  ])("is asked for by %s", async (_title, asked, values) => {
    plan(loginPageOne, asked, success());
    await attempt({ ...given, mfaCode: CODE });
    expect(am.values()).toEqual([{}, credentials, values]);
  });

  it("may stand beside user name and password", async () => {
    plan(page("", callback.name(), callback.password(), callback.password("Passcode")), success());
    await attempt({ ...given, mfaCode: CODE });
    expect(am.values().at(-1)).toEqual({ ...credentials, IDToken3: CODE });
  });

  it("that is wrong ends the attempt: another is asked for at once, and the accepted password goes along", async () => {
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

  it("that is wrong may be asked for again on the same page", async () => {
    plan(loginPageOne, authenticatorPage, { ...authenticatorPage, header: "Attempt 2 of 3" }, success());
    const terminal = person("000000", CODE);
    await attempt(given, { terminal });
    expect(terminal.heard[1]).toBe(`${HOST} refuses the one-time code: Attempt 2 of 3`);
  });

  it("that is wrong three times is the end", async () => {
    const round = [loginPageOne, oathPage, refusal()];
    plan(...round, ...round, ...round);
    await expect(attempt(given, { terminal: person("1", "2", "3", "4") })).rejects.toMatchObject({ code: "code-refused" });
  });

  it("that is wrong and was given is the end where nobody can type another, before the password is sent again", async () => {
    plan(loginPageOne, oathPage, refusal());
    await expect(attempt({ ...given, mfaCode: "000000" })).rejects.toMatchObject({ code: "code-refused" });
  });

  it("is not given when mfa_type is another", async () => {
    plan(json({ code: 400 }, 400), loginPageOne, oathPage);
    await expect(attempt({ ...given, mfaType: "push" }, { terminal: person(CODE) })).rejects.toMatchObject({
      code: "page-not-answerable",
      message: expect.stringContaining("mfa_type is push"),
    });
  });

  it.each([
    ["408", refusal("Session has timed out", 408)],
    // [REST] "errorCode": "110" with an authId whose time is over
    ["401 with its error code", refusal("Session has timed out", 401, { errorCode: "110" })],
  ])("that was typed too late (%s) goes along in a new attempt, once", async (_title, late) => {
    plan(loginPageOne, oathPage, late, loginPageOne, oathPage, success());
    const terminal = person(CODE);
    await attempt(given, { terminal });
    expect(terminal.heard).toHaveLength(1);
    am.posted.length = 0;
    plan(loginPageOne, oathPage, late, loginPageOne, late);
    await expect(attempt(given, { terminal: person(CODE) })).rejects.toMatchObject({
      code: "provider-refused",
      message: expect.stringContaining("too long"),
    });
  });
});

describe("a choice of second factors", () => {
  const choice = page("", callback.choice("Second factor", ["Push notification", "Text message", "Authenticator code", "Cancel"]));

  it.each([
    [{ mfaType: "push" }, 0],
    [{ mfaType: "sms" }, 1],
    [{ mfaType: "code" }, 2],
    [{ mfaCode: CODE }, 2],
  ])("is made by %j", async (parts, index) => {
    plan(loginPageOne, choice, success());
    await attempt({ ...given, authService: "Staff", ...parts });
    expect(am.values().at(-1)).toEqual({ IDToken1: index });
  });

  it("is made by the person, without the way back, and kept", async () => {
    plan(loginPageOne, choice, success());
    const terminal = person("Push notification");
    await attempt(given, { terminal });
    expect(terminal.heard).toEqual([`Second factor for ${HOST}: Push notification | Text message | Authenticator code`]);
  });

  it("says what the code is of, that a person is asked for", async () => {
    const code = page("", callback.name("Enter the code"));
    plan(loginPageOne, choice, code, refusal(), loginPageOne, choice, code, success());
    const terminal = person("000000", CODE);
    await attempt({ ...given, authService: "Staff", mfaType: "sms" }, { terminal });
    expect(terminal.heard.filter((line) => line.includes("code (Text message)"))).toHaveLength(2);
  });

  it("says what there is when mfa_type is another", async () => {
    plan(loginPageOne, choice);
    await expect(attempt({ ...given, mfaType: "duo" })).rejects.toMatchObject({
      message: expect.stringContaining(
        "offers Push notification (push), Text message (sms), Authenticator code (totp), but mfa_type is duo",
      ),
    });
  });
});

describe("a push", () => {
  it("is waited for as AM asks, its number shown, its exit not pressed", async () => {
    plan(loginPageOne, pushPage("42"), pushPage("42"), pushPage("42"), success());
    const clock = movedClock();
    const terminal = person("nothing is asked");
    await attempt(given, { terminal, clock });
    expect(clock.slept.filter((ms) => ms > 0)).toEqual([5000, 5000, 5000]);
    expect(terminal.heard).toEqual([`${HOST}: Check your phone [42]`]);
    expect(am.values().at(-1)).toEqual({ IDToken2: "42", IDToken3: 100 });
  });

  it("may have its number in the message alone", async () => {
    plan(page("", callback.wait("1000", ""), callback.message("Tap the number [55] on the Push Notification to continue.")), success());
    const terminal = person("nothing is asked");
    await attempt(given, { terminal, clock: movedClock() });
    expect(terminal.heard).toEqual([`${HOST}: Tap the number [55] on the Push Notification to continue. [55]`]);
  });

  it("that is denied is an error, and not tried again", async () => {
    plan(loginPageOne, pushPage(), pushPage(), refusal("Login failure"));
    await expect(attempt(given, { clock: movedClock() })).rejects.toMatchObject({
      code: "approval-refused",
      message: `${HOST} says that the login was not approved: Login failure`,
    });
  });

  it("that times out is an error", async () => {
    plan(loginPageOne, pushPage(), refusal("Session has timed out", 408));
    await expect(attempt(given, { clock: movedClock() })).rejects.toMatchObject({ code: "approval-refused" });
  });

  it("is not waited for longer than two minutes, however short AM's waits are", async () => {
    plan(loginPageOne, ...Array.from({ length: 241 }, () => page("", callback.wait("0.001"))));
    const clock = movedClock();
    await expect(attempt(given, { clock })).rejects.toMatchObject({
      code: "approval-refused",
      message: expect.stringContaining("in time"),
    });
    // What the answers take counts as well.
    am.planned.length = 0;
    expect(clock.sleptMs).toBeGreaterThan(100_000);
    expect(clock.sleptMs).toBeLessThanOrEqual(120_000);
  });

  it("after push is not waited for longer than five minutes in all", async () => {
    const waits = Array.from({ length: 11 }, () => page("", callback.wait("10000")));
    const skip = page("", callback.confirmation(["Again"]));
    plan(loginPageOne, ...[1, 2, 3].flatMap(() => [...waits, skip]));
    const clock = movedClock();
    await expect(attempt(given, { clock })).rejects.toMatchObject({ code: "approval-refused" });
    am.planned.length = 0;
    expect(clock.sleptMs).toBeLessThanOrEqual(300_000);
  });

  it("is refused by another mfa_type", async () => {
    plan(loginPageOne, pushPage());
    await expect(attempt({ ...given, mfaType: "sms" })).rejects.toMatchObject({ message: expect.stringContaining("mfa_type is sms") });
  });
});

describe("an answer that is none", () => {
  it.each<[string, Answer, string]>([
    ["no JSON", html("<h1>Sign in</h1>"), "answers 200: something that is no page of callbacks"],
    ["an empty object", json({}), "answers 200: something that is no page of callbacks"],
    ["a list", json([]), "answers 200"],
    ["no callbacks", json({ authId: "x" }), "answers 200"],
    ["callbacks that are none", json({ authId: "x", callbacks: [1] }), "answers 200"],
    ["a callback without type", json({ authId: "x", callbacks: [{ output: [] }] }), "answers 200"],
    ["output that is no list", json({ authId: "x", callbacks: [{ type: "NameCallback", output: {}, input: [] }] }), "answers 200"],
    ["input without names", json({ authId: "x", callbacks: [{ type: "NameCallback", input: [{ value: "" }] }] }), "answers 200"],
    ["a number for a session", json({ tokenId: 1 }), "answers 200"],
    ["an error", json({ code: 500, message: "Internal \u001b[31m Server Error" }, 500), "answers 500: Internal \\u{1b}[31m Server Error"],
    [
      "a realm that is not there",
      json({ code: 404, message: "Realm &quot;/alpha&quot; not found" }, 404),
      'answers 404: Realm "/alpha" not found',
    ],
    ["a redirect", redirect("https://evil.example/authenticate", 307), "answers 307"],
  ])("is refused: %s", async (_title, answer, words) => {
    plan(answer);
    await expect(attempt()).rejects.toMatchObject({ code: "provider-answer", message: expect.stringContaining(words) });
  });

  it("is refused at the first request without a page", async () => {
    plan(refusal("Access Denied"));
    await expect(attempt()).rejects.toMatchObject({ code: "provider-refused", message: `${HOST} refuses the login: Access Denied` });
  });

  it("is not asked for without end", async () => {
    plan(...Array.from({ length: 41 }, () => page("", callback.message("again"))));
    await expect(attempt()).rejects.toMatchObject({ code: "provider-answer", message: expect.stringContaining("more than 40 answers") });
  });
});

describe("the session", () => {
  const withoutCookie = json({ tokenId: TOKEN, successUrl: "/am/console" });

  it("is kept in the cookie that AM names, where AM sets none", async () => {
    // Ping AM's guide, "Session cookies and session security": cookieName of /json/serverinfo/*
    am.provider.pages.set(`GET ${AM}/json/serverinfo/*`, json({ cookieName: "iPlanetDirectoryPro", secureCookie: true, domains: [] }));
    plan(loginPageOne, withoutCookie);
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
  });

  it("may be in a cookie alone", async () => {
    plan(loginPageOne, { ...success(), body: JSON.stringify({ successUrl: "/am/console" }) });
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
  });

  it.each([
    ["no name", json({}), TOKEN],
    ["a name that is none", json({ cookieName: "a=b; Domain=evil.example" }), TOKEN],
    ["no JSON", html(""), TOKEN],
    ["a token that fits no cookie", json({ cookieName: "iPlanetDirectoryPro" }), "x; Domain=evil.example"],
  ])("is an error with %s", async (_title, info, tokenId) => {
    am.provider.pages.set(`GET ${AM}/json/serverinfo/*`, info);
    plan(loginPageOne, json({ tokenId, successUrl: "/" }));
    await expect(attempt()).rejects.toMatchObject({ code: "provider-answer", message: expect.stringContaining("which cookie") });
  });

  it("leads back to the authorization request, not to where AM says", async () => {
    plan(loginPageOne, success({ successUrl: "https://evil.example/collect" }));
    await attempt();
    expect(am.provider.seen.map(({ url }) => url.host)).not.toContain("evil.example");
  });

  it("that is not enough for the client is an error, not another login", async () => {
    am.provider.pages.set(`GET ${AUTHORIZE}`, ({ url }) => redirect(loginPage({ realm: "/alpha", goto: url.href })));
    plan(loginPageOne, success());
    await expect(attempt()).rejects.toMatchObject({ code: "provider-refused", message: expect.stringContaining("asks to log in again") });
  });

  it("of the last time is used, and a login follows where it has ended", async () => {
    const tools = toolsWith(am.provider.http);
    plan(loginPageOne, success());
    await logIn(loginOf(am.issuer, given), tools);
    await logIn(loginOf(am.issuer, given), tools);
    expect(am.posted).toHaveLength(2);
    const free = am.provider.pages.get(`GET ${AUTHORIZE}`);
    let hasEnded = true;
    am.provider.pages.set(`GET ${AUTHORIZE}`, (seen) => {
      if (!hasEnded) return typeof free === "function" ? free(seen) : {};
      hasEnded = false;
      return redirect(loginPage({ realm: "/alpha", goto: seen.url.href }));
    });
    plan(loginPageOne, success());
    await logIn(loginOf(am.issuer, given), tools);
    expect(am.posted).toHaveLength(4);
  });
});

describe("the authorization endpoint's pages", () => {
  // OpenAM 16's page of consent, shortened.
  const consent = html(
    `<script>pageData = { realm: "\\/alpha", oauth2Data: { state: "s", csrf: "${TOKEN}", formTarget: "\\/x" } };</script>`,
  );

  it("of consent is agreed to", async () => {
    plan(loginPageOne, success());
    am.provider.pages.set(`GET ${AUTHORIZE}`, ({ url, cookie }) =>
      cookie.includes(TOKEN) ? consent : redirect(loginPage({ realm: "/alpha", goto: url.href })),
    );
    am.provider.pages.set(`POST ${AUTHORIZE}`, ({ form }) =>
      form.get("decision") === "allow" && form.get("csrf") === TOKEN ? am.provider.finish() : { status: 400 },
    );
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
  });

  it("of errors have their words shown", async () => {
    const error = 'pageData = { error: { description: "Client authentication failed", message: "invalid_client" } }';
    am.provider.pages.set(`GET ${AUTHORIZE}`, html(`<title>OAuth2 Error Page</title><script>${error}</script>`, 400));
    await expect(attempt()).rejects.toMatchObject({
      code: "provider-refused",
      message: `${HOST} answers 400: invalid_client: Client authentication failed`,
      hint: expect.stringContaining("web_identity_client_id"),
    });
  });
});

describe("an AM in another provider's federation", () => {
  const GUEST = "https://acme.forgeblocks.com/am";

  it("is logged in at, and leads back to where its login page was to go on", async () => {
    const issuer = await startProvider("https://issuer.example");
    const login = `${GUEST}/XUI/?realm=/alpha&goto=${encodeURIComponent(`${GUEST}/SSORedirect`)}`;
    issuer.pages.set("GET /authorize", redirect(login));
    issuer.pages.set(`GET ${GUEST}/XUI/`, html("<div>"));
    const answers = [json({ authId: "x", ...loginPageOne }), success()];
    issuer.pages.set(`POST ${GUEST}/json${REALM}/authenticate`, () => answers.shift() ?? { status: 500 });
    issuer.pages.set(`GET ${GUEST}/SSORedirect`, ({ cookie }) => (cookie.includes(TOKEN) ? issuer.finish() : { status: 403 }));
    await expect(logIn(loginOf("https://issuer.example", given), toolsWith(issuer.http))).resolves.toMatchObject({ user: "alice" });
  });

  it("is an error where it does not say how to go on, or says another origin", async () => {
    const issuer = await startProvider("https://issuer.example");
    issuer.pages.set("GET /authorize", redirect(`${GUEST}/XUI/?realm=/alpha`));
    issuer.pages.set(`GET ${GUEST}/XUI/`, html("<div>"));
    issuer.pages.set(`POST ${GUEST}/json${REALM}/authenticate`, success({ successUrl: "https://evil.example/" }));
    await expect(logIn(loginOf("https://issuer.example", given), toolsWith(issuer.http))).rejects.toMatchObject({
      message: "acme.forgeblocks.com does not say where to go on after the login",
    });
  });
});

describe("callbacks that nobody should send", () => {
  it.each([
    ["a message of a million angles", page("DataStore1", callback.message("<".repeat(900_000)), callback.password())],
    ["a prompt of a hundred thousand words", page("DataStore1", callback.password("new ".repeat(200_000)))],
    ["a prompt of a hundred thousand words, for a name", page("DataStore1", callback.name("one-".repeat(200_000)))],
  ])("are read in moderate time: %s", async (_what, first) => {
    plan(first, refusal());
    const startedAt = performance.now();
    await expect(attempt()).rejects.toBeInstanceOf(RunasError);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });

  it("are wrong answers, not faults of ours, however deep they nest", async () => {
    const deep = `{"authId":"1","callbacks":[],"deep":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    plan({ headers: { "content-type": "application/json" }, body: deep });
    await expect(attempt()).rejects.toMatchObject({ code: "provider-answer" });
  });

  it.each(["constructor", "__proto__", "toString"])(
    "with %s for a kind of confirmation are wrong answers, not faults of ours",
    async (kind) => {
      const odd = { ...callback.confirmation([]), output: { prompt: "", messageType: 0, options: [], optionType: kind, defaultOption: 0 } };
      plan(page("Odd", odd));
      await expect(attempt()).rejects.toBeInstanceOf(RunasError);
    },
  );
});

describe("secrets", () => {
  it("are not sent to an AM that nobody vouches for", async () => {
    am.provider.pages.set(`GET ${AUTHORIZE}`, redirect("https://hop.example/"));
    am.provider.pages.set("GET https://hop.example/", redirect("https://evil.example/am/XUI/?realm=/alpha"));
    am.provider.pages.set("GET https://evil.example/am/XUI/", html("<div>"));
    let lookups = 0;
    const tools = { storedPassword: async () => ((lookups += 1), undefined) };
    await expect(attempt({ username: "alice" }, tools)).rejects.toMatchObject({
      code: "untrusted-destination",
      message: expect.stringContaining("https://evil.example"),
    });
    expect(lookups).toBe(0);
  });

  it("are not in errors that repeat them, in the log, or in URLs", async () => {
    plan(loginPageOne, oathPage, refusal(`no ${CODE} for ${PASSWORD}`));
    const tools = toolsWith(am.provider.http);
    const failed: unknown = await logIn(loginOf(am.issuer, { ...given, mfaCode: CODE }), tools).catch((cause: unknown) => cause);
    const shown =
      inspect(failed) + JSON.stringify(failed) + tools.lines.join("\n") + am.provider.seen.map(({ url }) => url.href).join("\n");
    expect(shown).toContain("[secret]");
    for (const secret of [PASSWORD, encodeURIComponent(PASSWORD), CODE, "authId-", TOKEN]) expect(shown).not.toContain(secret);
  });
});
