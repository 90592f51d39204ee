import { inspect } from "node:util";

import { beforeEach, describe, expect, it } from "vitest";

import { logIn } from "../../src/login/oidc/login.ts";
import { Secret } from "../../src/secret.ts";
import { type FakeProvider, html, type Page, redirect, type Seen, startProvider } from "./fake-provider.ts";
import { loginOf, person, toolsWith } from "./fixtures.ts";

const PASSWORD = "correct horse";
const CODE = "123456";

const loginForm = (error = "") =>
  html(`<h1>Sign in</h1><span class="error">${error}</span>
  <form method="post" action="/password"><input type="hidden" name="csrf" value="x1"><input name="username"><input type="password" name="password">
  <button name="login">Sign in</button></form>`);
const codeForm = (error = "") =>
  html(`<h1>One more step</h1><span class="error">${error}</span>
  <form method="post" action="/code"><input name="otp" autocomplete="one-time-code"><button>Go</button></form>`);

let provider: FakeProvider;

beforeEach(async () => {
  provider = await startProvider();
  provider.pages.set("GET /authorize", loginForm());
  provider.pages.set("POST /password", ({ form }) =>
    form.get("username") === "alice" && form.get("password") === PASSWORD ? provider.finish() : loginForm("Invalid username or password."),
  );
});

const posted = (path: string) =>
  provider.seen.filter((seen) => seen.method === "POST" && seen.url.pathname === path).map((seen) => Object.fromEntries(seen.form));

describe("a login at one form", () => {
  it("costs discovery, authorization, form, token and keys, and the form gets every field as a browser would send it", async () => {
    const token = await logIn(loginOf(provider.issuer, { username: "alice", password: PASSWORD }), toolsWith(provider.http));
    expect(provider.requests).toEqual([
      "GET /.well-known/openid-configuration",
      "GET /authorize",
      "POST /password",
      "POST /token",
      "GET /keys",
    ]);
    expect(posted("/password")).toEqual([{ csrf: "x1", username: "alice", password: PASSWORD, login: "" }]);
    expect(token).toMatchObject({ issuer: provider.issuer, subject: "subject-1", audience: ["client-1"], user: "alice" });
  });

  it("costs three requests once discovery and keys are kept", async () => {
    const first = toolsWith(provider.http);
    await logIn(loginOf(provider.issuer, { username: "alice", password: PASSWORD }), first);
    for (const entry of first.store.entries.keys()) if (entry.startsWith("session")) first.store.entries.delete(entry);
    provider.requests.length = 0;
    await logIn(loginOf(provider.issuer, { username: "alice", password: PASSWORD }), first);
    expect(provider.requests).toEqual(["GET /authorize", "POST /password", "POST /token"]);
  });

  it("asks the person for what the profile does not have, naming the provider", async () => {
    const terminal = person("alice", PASSWORD);
    await logIn(loginOf(provider.issuer), toolsWith(provider.http, { terminal }));
    const host = new URL(provider.issuer).host;
    expect(terminal.heard).toEqual([`User name for ${host}`, `Password for alice at ${host}`]);
  });

  it("takes the stored password, and does not look it up when one is given or nothing asks", async () => {
    let lookups = 0;
    const storedPassword = async () => ((lookups += 1), new Secret(PASSWORD));
    const tools = toolsWith(provider.http, { storedPassword });
    await logIn(loginOf(provider.issuer, { username: "alice", password: PASSWORD }), tools);
    provider.pages.set("GET /authorize", () => provider.finish());
    await logIn(loginOf(provider.issuer, { username: "alice" }), tools);
    expect(lookups).toBe(0);
    provider.pages.set("GET /authorize", loginForm());
    await logIn(loginOf(provider.issuer, { username: "alice" }), tools);
    expect(lookups).toBe(1);
  });

  it.each([
    [{}, "a user name", "WEB_IDENTITY_USERNAME"],
    [{ username: "alice" }, "a password", "WEB_IDENTITY_PASSWORD"],
  ])("without a terminal says what is missing and how to give it (%j)", async (parts, what, hint) => {
    await expect(logIn(loginOf(provider.issuer, parts), toolsWith(provider.http))).rejects.toMatchObject({
      code: "person-needed",
      message: expect.stringContaining(what),
      hint: expect.stringContaining(hint),
    });
  });

  it("never writes password, code, token or a query to the log", async () => {
    provider.pages.set("POST /password", codeForm());
    provider.pages.set("POST /code", () => provider.finish());
    const tools = toolsWith(provider.http);
    const token = await logIn(loginOf(provider.issuer, { username: "alice", password: PASSWORD, mfaCode: CODE }), tools);
    expect(tools.lines).toContain(`GET ${provider.issuer}/authorize → 200`);
    const log = tools.lines.join("\n");
    for (const secret of [PASSWORD, CODE, token.raw.reveal(), "the-code", "?"]) expect(log).not.toContain(secret);
  });
});

describe("a wrong password", () => {
  it("that was given is tried once, and the error says where it came from", async () => {
    await expect(
      logIn(loginOf(provider.issuer, { username: "alice", password: "wrong" }), toolsWith(provider.http, { terminal: person(PASSWORD) })),
    ).rejects.toMatchObject({
      code: "credentials-refused",
      message: expect.stringContaining("Invalid username or password"),
      hint: expect.stringContaining("the environment variable GIVEN"),
    });
    expect(posted("/password")).toHaveLength(1);
  });

  it("that was stored is tried once", async () => {
    const tools = toolsWith(provider.http, { terminal: person(PASSWORD), storedPassword: async () => new Secret("wrong") });
    await expect(logIn(loginOf(provider.issuer, { username: "alice" }), tools)).rejects.toMatchObject({ code: "credentials-refused" });
    expect(posted("/password")).toHaveLength(1);
  });

  it("that was typed is asked for again, twice at most", async () => {
    const right = person("wrong", "wrong", PASSWORD);
    await logIn(loginOf(provider.issuer, { username: "alice" }), toolsWith(provider.http, { terminal: right }));
    const wrong = person("wrong", "wrong", "wrong", PASSWORD);
    await expect(
      logIn(loginOf(provider.issuer, { username: "alice" }), toolsWith(provider.http, { terminal: wrong })),
    ).rejects.toMatchObject({ code: "credentials-refused" });
    expect(posted("/password")).toHaveLength(6);
  });

  it("may be answered with an error status and the form", async () => {
    provider.pages.set("POST /password", { ...loginForm("No."), status: 401 });
    await expect(logIn(loginOf(provider.issuer, { username: "alice", password: "wrong" }), toolsWith(provider.http))).rejects.toMatchObject(
      { code: "credentials-refused" },
    );
  });

  it("does not let the provider's words steer the terminal", async () => {
    provider.pages.set("POST /password", loginForm("bad \u001b[31m\u202e word"));
    const error = await logIn(loginOf(provider.issuer, { username: "alice", password: "wrong" }), toolsWith(provider.http)).catch(
      (cause: unknown) => cause,
    );
    expect((error as Error).message).toMatch(/bad \\u\{1b\}\[31m\\u\{202e\} word/);
  });
});

describe("a password that the provider repeats", () => {
  const password = "p&ss  w/rd";
  const failWith = async (answer: Page): Promise<string> => {
    provider.pages.set("POST /password", answer);
    const thrown: unknown = await logIn(loginOf(provider.issuer, { username: "alice", password }), toolsWith(provider.http)).catch(
      (cause: unknown) => cause,
    );
    return inspect(thrown) + JSON.stringify(thrown);
  };

  it.each([
    ["an error beside the form", () => loginForm("No such password: p&amp;ss  w/rd")],
    ["an error page", () => html("<h1>p&amp;ss  w/rd is wrong</h1>", 400)],
    ["a page only a person can answer", () => html(`<h1>${password}</h1><input type="password" name="new-password">`)],
    ["the name of a field", () => html(`<form method="post"><label for="q">${password}</label><input id="q" name="q" required></form>`)],
    [
      "the choice it offers",
      () => html(["a", password].map((way) => `<form method="post">${way}<input type="hidden" name="w"></form>`).join()),
    ],
    ["an OAuth error", () => provider.finish({ code: "", error: "access_denied", error_description: password })],
    ["the form as it was sent", ({ body }: Seen) => html(`<h1>cannot read ${body.replaceAll("&", "&amp;")}</h1>`, 400)],
    ["a text that is cut within it", () => html(`<h1>${"x".repeat(292)} ${password}</h1>`, 400)],
  ])("in %s is not in the error", async (_place, answer) => {
    const shown = await failWith(answer);
    expect(shown).toContain("[secret]");
    for (const spelling of [password, "p&ss w/rd", "p&ss", encodeURIComponent(password), "p%26ss++w%2Frd"])
      expect(shown).not.toContain(spelling);
  });

  it("is hidden as a whole where another one is its beginning", async () => {
    const tools = toolsWith(provider.http, { terminal: person("1234567890") });
    const login = loginOf(provider.issuer, { username: "alice", password: "123456" });
    provider.pages.set("POST /password", html('<form method="post" action="/code"><input name="otp"></form>'));
    provider.pages.set("POST /code", html("<h1>1234567890 is no 123456</h1>", 400));
    await expect(logIn(login, tools)).rejects.toThrow(/: \[secret\] is no \[secret\]$/);
  });

  it("is not in the address to open", async () => {
    provider.pages.set(`GET /${encodeURIComponent(password)}`, html('<h1>Terms of use</h1><form method="post"></form>'));
    expect(await failWith(redirect(`/${encodeURIComponent(password)}`))).toContain("/[secret] in a browser");
  });

  it("is not shown to the person who typed it", async () => {
    const typing = person("mistyped", PASSWORD);
    provider.pages.set("POST /password", ({ form }) => (form.get("password") === PASSWORD ? provider.finish() : loginForm("not mistyped")));
    await logIn(loginOf(provider.issuer, { username: "alice" }), toolsWith(provider.http, { terminal: typing }));
    expect(typing.heard.join()).toMatch(/not \[secret\]/);
  });
});

describe("user name and password on two pages", () => {
  const nameForm = html('<form method="post" action="/name"><input type="email" name="login_hint"></form>');
  const passwordForm = html(
    '<form method="post" action="/password"><input name="username" value="alice" readonly><input type="password" name="password"></form>',
  );

  beforeEach(() => {
    provider.pages.set("GET /authorize", nameForm);
    provider.pages.set("POST /name", ({ form }) => (form.get("login_hint") === "alice" ? passwordForm : nameForm));
  });

  it("are both answered, and nothing is taken for a refusal", async () => {
    const terminal = person("nothing is asked");
    await logIn(loginOf(provider.issuer, { username: "alice", password: PASSWORD }), toolsWith(provider.http, { terminal }));
    expect(posted("/password")).toEqual([{ username: "alice", password: PASSWORD }]);
    expect(terminal.heard).toEqual([]);
  });

  it("with a password page that shows the name to be changed are both answered", async () => {
    provider.pages.set("POST /name", loginForm());
    await logIn(loginOf(provider.issuer, { username: "alice", password: PASSWORD }), toolsWith(provider.http));
    expect(posted("/password")).toHaveLength(1);
  });

  it("end at a configured name that is refused, and ask again for a typed one", async () => {
    await expect(logIn(loginOf(provider.issuer, { username: "bob", password: PASSWORD }), toolsWith(provider.http))).rejects.toMatchObject({
      code: "credentials-refused",
    });
    expect(posted("/name")).toHaveLength(1);
    await logIn(loginOf(provider.issuer, { password: PASSWORD }), toolsWith(provider.http, { terminal: person("bob", "alice") }));
    expect(posted("/name")).toHaveLength(3);
  });
});

describe("a one-time code", () => {
  const given = { username: "alice", password: PASSWORD };

  beforeEach(() => {
    provider.pages.set("POST /password", codeForm());
    provider.pages.set("POST /code", ({ form }) => (form.get("otp") === CODE ? provider.finish() : codeForm("Invalid code")));
  });

  it("is asked for, and asked for again when it was wrong", async () => {
    const terminal = person("000000", CODE);
    await logIn(loginOf(provider.issuer, given), toolsWith(provider.http, { terminal }));
    expect(posted("/code")).toEqual([{ otp: "000000" }, { otp: CODE }]);
    expect(terminal.heard[1]).toContain("Invalid code");
  });

  it("that was given beforehand is used once, then asked for", async () => {
    const login = loginOf(provider.issuer, { ...given, mfaCode: "000000" });
    await logIn(login, toolsWith(provider.http, { terminal: person(CODE) }));
    await logIn(login, toolsWith(provider.http, { terminal: person(CODE) }));
    expect(posted("/code").map((form) => form["otp"])).toEqual(["000000", CODE, CODE]);
  });

  it("that was refused is an error without a terminal, and after three typed ones", async () => {
    await expect(logIn(loginOf(provider.issuer, { ...given, mfaCode: "000000" }), toolsWith(provider.http))).rejects.toMatchObject({
      code: "code-refused",
    });
    const terminal = person("1", "2", "3", CODE);
    await expect(logIn(loginOf(provider.issuer, given), toolsWith(provider.http, { terminal }))).rejects.toMatchObject({
      code: "code-refused",
    });
  });

  it("is not given where mfa_type wants something else", async () => {
    await expect(
      logIn(loginOf(provider.issuer, { ...given, mfaType: "push", mfaCode: CODE }), toolsWith(provider.http)),
    ).rejects.toMatchObject({
      code: "page-not-answerable",
      message: expect.stringContaining("mfa_type is push"),
    });
    expect(posted("/code")).toEqual([]);
  });
});

describe("a choice of factor", () => {
  const given = { username: "alice", password: PASSWORD };
  const ways =
    html(`<form method="post" action="/way"><button name="way" value="push">Push</button><button name="way" value="otp">Authenticator app</button>
    <button name="cancel">Cancel</button></form>`);

  beforeEach(() => {
    provider.pages.set("POST /password", ways);
    provider.pages.set("POST /way", ({ form }) => (form.get("way") === "otp" ? codeForm() : provider.finish()));
    provider.pages.set("POST /code", () => provider.finish());
  });

  it("is the person's", async () => {
    const terminal = person("Push");
    await logIn(loginOf(provider.issuer, given), toolsWith(provider.http, { terminal }));
    expect(terminal.heard[0]).toMatch(/: Push \| Authenticator app$/);
    expect(posted("/way")).toEqual([{ way: "push" }]);
  });

  it.each([{ mfaCode: CODE }, { mfaType: "code", mfaCode: CODE }])("is the code where that is wanted (%j)", async (parts) => {
    await logIn(loginOf(provider.issuer, { ...given, ...parts }), toolsWith(provider.http));
    expect(posted("/way")).toEqual([{ way: "otp" }]);
  });

  it("cannot be made without a person", async () => {
    await expect(logIn(loginOf(provider.issuer, given), toolsWith(provider.http))).rejects.toMatchObject({
      code: "person-needed",
      message: expect.stringContaining("offers Push (push), Authenticator app (totp)"),
    });
  });
});

describe("a page without questions", () => {
  const given = { username: "alice", password: PASSWORD };

  it("of consent is agreed to", async () => {
    provider.pages.set(
      "POST /password",
      html(
        '<h1>Grant access?</h1><form method="post" action="/consent"><input type="hidden" name="id" value="7"><button name="cancel">No</button><button name="accept" value="yes">Yes</button></form>',
      ),
    );
    provider.pages.set("POST /consent", () => provider.finish());
    await logIn(loginOf(provider.issuer, given), toolsWith(provider.http));
    expect(posted("/consent")).toEqual([{ id: "7", accept: "yes" }]);
  });

  it("that a script would send on is sent on", async () => {
    provider.pages.set(
      "POST /password",
      html('<body onload="document.forms[0].submit()"><form method="post" action="/next"><input type="hidden" name="a" value="1"></form>'),
    );
    provider.pages.set("POST /next", () => provider.finish());
    await logIn(loginOf(provider.issuer, given), toolsWith(provider.http));
    expect(posted("/next")).toEqual([{ a: "1" }]);
  });

  it("that leads on and on is given up", async () => {
    const again = html('<form method="post" action="/again"><input type="hidden" name="a" value="1"></form>');
    provider.pages.set("POST /password", again);
    provider.pages.set("POST /again", again);
    await expect(logIn(loginOf(provider.issuer, given), toolsWith(provider.http))).rejects.toMatchObject({
      code: "page-not-answerable",
      message: expect.stringContaining("more than 15 pages"),
    });
  });
});

describe("a page that only a person can answer", () => {
  const given = { username: "alice", password: PASSWORD };

  it.each([
    [
      "a new password",
      '<form method="post"><input type="password" name="password-new"><input type="password" name="password-confirm"></form>',
    ],
    [
      "a new password",
      '<form method="post"><input type="password" name="current"><input type="password" name="p2" autocomplete="new-password"></form>',
    ],
    [
      '"I agree" to be accepted',
      '<form method="post"><input type="password" name="password"><label><input type="checkbox" name="ok" required>I agree</label></form>',
    ],
    ['"Pet\'s name" to be filled in', '<form method="post"><label>Pet\'s name <input name="answer"></label></form>'],
    [
      '"I agree" to be accepted',
      '<form method="post"><label><input type="checkbox" name="ok" required>I agree</label><button>Go on</button></form>',
    ],
  ])("is named as asking for %s", async (what, body) => {
    provider.pages.set("POST /password", () => redirect("/step?session=secret"));
    provider.pages.set("GET /step", html(`<h1>Wait</h1>${body}`));
    await expect(logIn(loginOf(provider.issuer, given), toolsWith(provider.http))).rejects.toMatchObject({
      code: "page-not-answerable",
      message: expect.stringContaining(`asks for ${what}`),
      hint: `open ${provider.issuer}/step in a browser, do what it asks, then try again`,
    });
  });

  it.each([
    [
      "a passkey or security key",
      '<form method="post" id="webauth"><input type="hidden" name="clientDataJSON"><input type="hidden" name="signature"></form>',
    ],
    [
      "a captcha to be solved",
      '<form method="post"><input name="username"><input type="password" name="password"><div class="g-recaptcha"></div></form>',
    ],
    ["something that is not a form", "<div id=root></div><script src=app.js></script>"],
  ])("each time it comes, such as %s, has the browser flow in its hint", async (what, body) => {
    provider.pages.set("POST /password", html(`<h1>Wait</h1>${body}`));
    await expect(logIn(loginOf(provider.issuer, given), toolsWith(provider.http))).rejects.toMatchObject({
      code: "page-not-answerable",
      message: expect.stringContaining(`asks for ${what}`),
      hint: expect.stringContaining("log in with a browser: set web_identity_redirect_uri"),
    });
  });

  it("is named as asking for its terms to be accepted", async () => {
    provider.pages.set("POST /password", html('<h1>Terms of use</h1><form method="post"><button name="accept">Accept</button></form>'));
    await expect(logIn(loginOf(provider.issuer, given), toolsWith(provider.http))).rejects.toMatchObject({
      message: expect.stringContaining("its terms to be accepted"),
    });
  });

  it("is gone around where the page offers another way", async () => {
    const other = '<form method="post" action="/other"><input type="hidden" name="tryAnotherWay" value="on"></form>';
    provider.pages.set(
      "POST /password",
      html(`<form id="webauth" method="post"><input type="hidden" name="clientDataJSON"></form>${other}`),
    );
    const item = (id: string, label: string) =>
      `<li><form method="post" action="/way"><input type="hidden" name="execution" value="${id}"></form><h2>${label}</h2></li>`;
    provider.pages.set("POST /other", html(`<ul>${item("1", "Passkey")}${item("2", "Authenticator Application")}</ul>`));
    provider.pages.set("POST /way", () => codeForm());
    provider.pages.set("POST /code", () => provider.finish());
    await logIn(loginOf(provider.issuer, given), toolsWith(provider.http, { terminal: person("Authenticator Application", CODE) }));
    expect(posted("/way")).toEqual([{ execution: "2" }]);
  });

  it("of errors is told with its status and words", async () => {
    provider.pages.set("GET /authorize", html('<h1>We are sorry</h1><p class="alert-error">Client not found</p>', 400));
    await expect(logIn(loginOf(provider.issuer, given), toolsWith(provider.http))).rejects.toMatchObject({
      code: "provider-refused",
      message: expect.stringContaining("answers 400: Client not found"),
    });
  });

  it("of 5 MB is not read", async () => {
    provider.pages.set("GET /authorize", html("x".repeat(5 * 1024 * 1024)));
    await expect(logIn(loginOf(provider.issuer, given), toolsWith(provider.http))).rejects.toMatchObject({ code: "provider-answer" });
  });
});
