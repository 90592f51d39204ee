/** Keycloak's pages by their essentials; test/peers/keycloak-pages.test.ts and brokering.test.ts meet the real ones. */

import { beforeEach, describe, expect, it } from "vitest";

import { logIn } from "../../src/login/oidc/login.ts";
import { logIn as samlLogIn } from "../../src/login/saml/login.ts";
import type { OidcLogin } from "../../src/config/profile.ts";
import { type Answer, type FakeProvider, html, redirect, startProvider } from "./fake-provider.ts";
import { loginOf, person, samlLoginOf, toolsWith } from "./fixtures.ts";

const given = { username: "alice", password: "correct horse", provider: "keycloak" };
const loginForm = (error = "") =>
  html(
    `<h1>Sign in</h1><span id="input-error">${error}</span>
  <form id="kc-form-login" method="post" action="/post"><input name="username"><input type="password" name="password"></form>`,
  );
const tile = (index: number, id: string, name: string) =>
  `<div id="kc-otp-credential-${index}" onclick="toggleOTP(${index}, '${id}')"><span>${name}</span></div>`;
const otpForm = (inner = "", after = "") =>
  html(`<form id="kc-otp-login-form" method="post" action="/otp"><input type="hidden" name="selectedCredentialId" value="id-1">${inner}
  <input name="otp" autocomplete="one-time-code"><button name="login">Los</button></form>${after}`);
const otherWay = '<form method="post" action="/other"><input type="hidden" name="tryAnotherWay" value="on"></form>';
const recoveryForm = html(
  `<form id="kc-recovery-code-login-form" method="post" action="/recovery"><label for="r">Wiederherstellungscode #7</label>
  <input id="r" name="recoveryCodeInput"></form>`,
);
const item = (icon: string, id: string, label: string) =>
  `<li><form method="post" action="/way"><input type="hidden" name="authenticationExecution" value="${id}"></form>
  <i class="kcAuthenticator${icon}Class "></i><h2>${label}</h2><p>Help that says code.</p></li>`;
const germanWays = html(
  `<ul>${item("WebAuthn", "1", "Schlüssel")}${item("OTP", "2", "Anwendung")}${item("RecoveryAuthnCodes", "3", "Liste")}</ul>`,
);
const keyPage = html(`<form id="webauth" method="post" hidden><input type="hidden" name="clientDataJSON"></form>${otherWay}`);

let provider: FakeProvider;

beforeEach(async () => {
  provider = await startProvider();
  provider.pages.set("GET /authorize", loginForm());
  for (const path of ["/otp", "/recovery"]) provider.pages.set(`POST ${path}`, () => provider.finish());
  provider.pages.set("POST /other", germanWays);
  provider.pages.set("POST /way", ({ form }) => (form.get("authenticationExecution") === "3" ? recoveryForm : otpForm("", otherWay)));
});

const after = (answer: Answer) => provider.pages.set("POST /post", answer);
const posted = (path: string) =>
  provider.seen.filter((seen) => seen.method === "POST" && seen.url.pathname === path).map((seen) => Object.fromEntries(seen.form));
const hint = (alias: string): Pick<OidcLogin, "idpHint"> => ({ idpHint: { value: alias, origin: { layer: "built-in" } } });
const attempt = (parts = {}, typed: string[] = [], more: Partial<OidcLogin> = {}) => {
  const terminal = person(...typed);
  const login = logIn({ ...loginOf(provider.issuer, { ...given, ...parts }), ...more }, toolsWith(provider.http, { terminal }));
  return { login, heard: terminal.heard };
};

describe("several devices", () => {
  const tiles = otpForm(tile(0, "id-1", "phone") + tile(1, "id-2", "tablet") + tile(2, "id-3", ""));

  it("are chosen from by name, and the choice fills in what a script would", async () => {
    after(tiles);
    const { login, heard } = attempt({}, ["tablet", "123456"]);
    await login;
    expect(heard[0]).toMatch(/^Device for .*: phone \| tablet \| device 3$/);
    expect(heard[1]).toMatch(/^One-time code \(tablet\) for/);
    expect(posted("/otp")).toEqual([{ selectedCredentialId: "id-2", otp: "123456", login: "" }]);
  });

  it("as radio buttons, of an older theme, are chosen from alike", async () => {
    const radio = (id: string, name: string, more = "") =>
      `<input id="${id}" type="radio" name="selectedCredentialId" value="${id}" ${more}><label for="${id}"><span>${name}</span></label>`;
    after(
      html(`<form method="post" action="/otp">${radio("id-1", "phone")}${radio("id-2", "tablet", "checked")}<input name="otp"></form>`),
    );
    const { login, heard } = attempt({}, ["phone", "123456"]);
    await login;
    expect(heard[0]).toMatch(/^Device for .*: tablet \| phone$/);
    expect(posted("/otp")).toEqual([{ selectedCredentialId: "id-1", otp: "123456" }]);
  });

  it.each([{ mfaCode: "123456" }, { mfaCode: "123456", mfaType: "totp" }])(
    "are not asked about with %j: it is the preset one's",
    async (parts) => {
      after(tiles);
      await attempt(parts).login;
      expect(posted("/otp")).toEqual([{ selectedCredentialId: "id-1", otp: "123456", login: "" }]);
    },
  );
});

describe("a choice of authenticators", () => {
  beforeEach(() => after(keyPage));

  it("is read by its icons, whatever language it is in", async () => {
    const { login, heard } = attempt({}, ["Anwendung", "123456"]);
    await login;
    expect(heard[0]).toMatch(/^Second factor for .*: Anwendung \| Liste$/);
    expect(posted("/way")).toEqual([{ authenticationExecution: "2" }]);
  });

  it.each([
    [{ mfaType: "recovery", mfaCode: "AAAA" }, "3", "/recovery"],
    [{ mfaType: "totp", mfaCode: "123456" }, "2", "/otp"],
    [{ mfaCode: "123456" }, "2", "/otp"],
  ])("is made by %j", async (parts, way, page) => {
    await attempt(parts).login;
    expect(posted("/way")).toEqual([{ authenticationExecution: way }]);
    expect(posted(page)).toHaveLength(1);
  });

  it("is named where mfa_type wants none of them", async () => {
    await expect(attempt({ mfaType: "push" }).login).rejects.toMatchObject({
      code: "page-not-answerable",
      message: expect.stringContaining("offers Schlüssel (webauthn), Anwendung (totp), Liste (recovery), but mfa_type is push"),
    });
  });

  it("with a password among them is made for the password, and after it for the rest", async () => {
    const ways = (...items: string[]) => html(`<ul>${items.join("")}</ul>`);
    provider.pages.set("GET /authorize", ways(item("WebAuthnPasswordless", "1", "Schlüssel"), item("Password", "4", "Passwort")));
    provider.pages.set("POST /way", ({ form }) => {
      if (form.get("authenticationExecution") === "4") return loginForm();
      return form.get("authenticationExecution") === "2" ? otpForm() : html("?", 500);
    });
    after(ways(item("Password", "4", "Passwort"), item("OTP", "2", "Anwendung")));
    await attempt({ mfaCode: "123456" }).login;
    expect(posted("/way")).toEqual([{ authenticationExecution: "4" }, { authenticationExecution: "2" }]);
  });
});

describe("a page for a code", () => {
  it("of another factor than mfa_type names is gone around, once", async () => {
    after(otpForm("", otherWay));
    await attempt({ mfaType: "recovery", mfaCode: "AAAA" }).login;
    expect(posted("/otp")).toEqual([]);
    expect(posted("/recovery")).toEqual([{ recoveryCodeInput: "AAAA" }]);
  });

  it("of another factor than mfa_type names is not gone around to where nobody vouches for", async () => {
    after(otpForm("", otherWay.replace("/other", "http://127.0.0.1:1/other")));
    await expect(attempt({ mfaType: "recovery", mfaCode: "AAAA" }).login).rejects.toMatchObject({ code: "untrusted-destination" });
  });

  it("of another factor than mfa_type names, without another way, is named", async () => {
    after(recoveryForm);
    await expect(attempt({ mfaType: "totp", mfaCode: "AAAA" }).login).rejects.toMatchObject({
      code: "page-not-answerable",
      message: expect.stringContaining("offers Wiederherstellungscode #7 (recovery), but mfa_type is totp"),
    });
  });

  it("of recovery says which", async () => {
    after(recoveryForm);
    const { login, heard } = attempt({}, ["AAAA"]);
    await login;
    expect(heard).toEqual([expect.stringContaining("Wiederherstellungscode #7")]);
  });
});

describe("a login that took too long", () => {
  const restart = "/realms/r/login-actions/restart?tab_id=1";

  it("is begun again from the page that says so, and nothing counts as refused", async () => {
    after(
      html(`<h1>Page has expired</h1><a id="loginRestartLink" href="${restart}">Click</a><a id="loginContinueLink" href="/no">Click</a>`),
    );
    provider.pages.set("GET /realms/r/login-actions/restart", () => {
      after(provider.finish());
      return loginForm();
    });
    await attempt().login;
    expect(posted("/post")).toHaveLength(2);
  });

  it("is begun again where Keycloak went back to its first page", async () => {
    after(redirect("/login-actions/authenticate?client_id=c&tab_id=1"));
    provider.pages.set("GET /login-actions/authenticate", () => {
      after(provider.finish());
      return loginForm("You took too long");
    });
    await attempt().login;
    expect(posted("/post")).toHaveLength(2);
  });

  it("is begun again once", async () => {
    after(redirect("/login-actions/authenticate?client_id=c&tab_id=1"));
    provider.pages.set("GET /login-actions/authenticate", loginForm("You took too long"));
    await expect(attempt().login).rejects.toMatchObject({
      code: "credentials-refused",
      message: expect.stringContaining("You took too long"),
    });
    expect(posted("/post")).toHaveLength(2);
  });
});

describe("a page that ends the login", () => {
  it.each([
    [
      "information",
      '<h1>You are already logged in.</h1><div id="kc-info-message"><p>x</p></div>',
      "provider-refused",
      "says: You are already logged in.",
    ],
    [
      "a code to copy",
      '<h1>Success code=the-code</h1><div id="kc-code"><input id="code" value="the-code"></div>',
      "provider-refused",
      "shows a code to be copied",
    ],
    [
      "a failed passkey",
      '<form id="kc-error-credential-form" method="post"><input type="hidden" name="isSetRetry"></form>',
      "page-not-answerable",
      "asks for a passkey or security key",
    ],
    [
      "a logout",
      '<div id="kc-logout-confirm"><form method="post"><input type="hidden" name="session_code"><input type="submit" name="confirmLogout"></form></div><div id="kc-info-message"></div>',
      "page-not-answerable",
      "asks for a logout to be confirmed",
    ],
  ])("of %s is named", async (_what, body, code, words) => {
    after(html(body));
    const thrown = (await attempt().login.catch((cause: unknown) => cause)) as Error;
    expect(thrown).toMatchObject({ code, message: expect.stringContaining(words) });
    expect(thrown.message).not.toContain("the-code");
  });
});

describe("a page that goes on by a button", () => {
  it("of a client certificate that something in between presented is continued, in any language", async () => {
    provider.pages.set(
      "GET /authorize",
      html(`<form id="kc-x509-login-info" method="post" action="/x509"><label>CN=alice</label>
      <input type="submit" name="login" id="kc-login" value="Weiter"><input type="submit" name="cancel" id="kc-cancel" value="Ignorieren"></form>`),
    );
    provider.pages.set("POST /x509", () => provider.finish());
    await attempt().login;
    expect(posted("/x509")).toEqual([{ login: "Weiter" }]);
  });
});

describe("an error page", () => {
  it("is told with Keycloak's words", async () => {
    const words = "You are already authenticated as different user";
    after(html(`<h1>We are sorry...</h1><div id="kc-error-message"><p class="instruction">${words} 'bob' in this session.</p></div>`, 400));
    await expect(attempt().login).rejects.toMatchObject({
      code: "provider-refused",
      message: expect.stringContaining(`answers 400: ${words} 'bob' in this session.`),
    });
  });
});

describe("an organization", () => {
  const choice = html(
    `<form method="post" action="/org"><h2>Select</h2><ul>
    ${["acme", "beta"].map((alias) => `<li><a id="organization-${alias}" onclick="document.forms[0]['kc.org'].value = '${alias}'">${alias} Inc</a></li>`).join("")}
    </ul><input type="hidden" name="kc.org"></form>`,
  );

  it("is chosen by name", async () => {
    provider.pages.set("GET /authorize", choice);
    provider.pages.set("POST /org", loginForm());
    provider.pages.set("POST /post", () => provider.finish());
    const { login, heard } = attempt({}, ["beta Inc"]);
    await login;
    expect(heard[0]).toMatch(/Organization: acme Inc \| beta Inc$/);
    expect(posted("/org")).toEqual([{ "kc.org": "beta" }]);
  });

  it("is said to be needed where nobody can be asked", async () => {
    provider.pages.set("GET /authorize", choice);
    await expect(attempt().login).rejects.toMatchObject({
      code: "person-needed",
      hint: "add organization:ALIAS to web_identity_scopes, with one of acme, beta",
    });
  });

  it("is said in SAML's words in a SAML login, whose requests have no scopes", async () => {
    const url = new URL("/realms/r/protocol/saml/clients/aws", provider.issuer);
    provider.pages.set(`GET ${url.pathname}`, choice);
    await expect(samlLogIn(samlLoginOf(url.href, given), toolsWith(provider.http))).rejects.toMatchObject({
      code: "person-needed",
      hint: "set saml_provider = browser to choose it in a browser",
    });
  });
});

describe("identity providers behind the realm", () => {
  const links = '<a id="social-bee" href="/broker/bee/login?s=1">Bee</a><a id="social-cee" href="/broker/cee/login?s=1">Cee</a>';
  const page = html(`${loginForm().body}${links}`);

  it("are named in the authorization request by the hint", async () => {
    provider.pages.set("GET /authorize", () => provider.finish());
    await attempt({}, [], hint("bee")).login;
    expect(provider.seen.find(({ url }) => url.pathname === "/authorize")?.url.searchParams.get("kc_idp_hint")).toBe("bee");
  });

  it("are gone to by their link where the hint alone has not led there", async () => {
    provider.pages.set("GET /authorize", page);
    provider.pages.set("GET /broker/bee/login", () => provider.finish());
    await attempt({}, [], hint("bee")).login;
    expect(posted("/post")).toEqual([]);
  });

  it.each([
    ["nope", page, 'offers no identity provider "nope", only bee, cee'],
    ["bee", loginForm(), 'offers no identity provider "bee"'],
    ["bee", html(`${loginForm("Unexpected error at Bee.").body}${links}`), "says: Unexpected error at Bee."],
  ])("are not gone to with the hint %s, and no password goes to the realm", async (alias, answer, words) => {
    provider.pages.set("GET /authorize", answer);
    await expect(attempt({}, [], hint(alias)).login).rejects.toMatchObject({
      code: "provider-refused",
      message: expect.stringContaining(words),
    });
    expect(posted("/post")).toEqual([]);
  });

  it("without a form of the realm itself ask for the hint", async () => {
    provider.pages.set("GET /authorize", html(links));
    await expect(attempt().login).rejects.toMatchObject({
      code: "provider-refused",
      message: expect.stringContaining("offers the identity providers bee, cee"),
      hint: "set web_identity_idp_hint to the one to log in at",
    });
  });

  it("are not asked for where no hint is given and the realm has a form", async () => {
    provider.pages.set("GET /authorize", page);
    provider.pages.set("POST /post", () => provider.finish());
    await attempt().login;
    expect(posted("/post")).toHaveLength(1);
  });
});

describe("the first return from another provider", () => {
  const review = (email: string, error = "") =>
    html(
      `<h1>Update</h1><span class="error">${error}</span><form id="kc-idp-review-profile-form" method="post" action="/review">
      <input name="username" value="alice"><input name="email" value="${email}"><input type="submit" value="Submit"></form>`,
    );
  const arrive = (answer: Answer) => {
    after(redirect("/login-actions/first-broker-login?tab_id=1"));
    provider.pages.set("GET /login-actions/first-broker-login", answer);
  };

  it("has a complete profile confirmed as it stands", async () => {
    arrive(review("alice@example.com"));
    provider.pages.set("POST /review", () => provider.finish());
    await attempt().login;
    expect(posted("/review")).toEqual([{ username: "alice", email: "alice@example.com" }]);
  });

  it.each([
    ["a profile that lacks something", review(""), "asks for the user's profile to be completed, on"],
    ["a profile that was refused", review("a@b.c", "No such domain."), "asks for the user's profile to be completed (No such domain.)"],
    [
      "an account that exists",
      html(
        '<form id="kc-register-form" method="post"><button name="submitAction" value="updateProfile">A</button><button name="submitAction" value="linkAccount">B</button></form>',
      ),
      "asks for a decision: an account of this name exists already",
    ],
    ["an account's password", loginForm(), "asks for the password of the account to be linked"],
    ["an e-mail", html("<p>We sent you an e-mail</p>"), "asks for the accounts to be linked, by the e-mail that it sends"],
  ])("is the person's where it asks for %s", async (_what, answer, words) => {
    arrive(answer);
    await expect(attempt().login).rejects.toMatchObject({ code: "page-not-answerable", message: expect.stringContaining(words) });
    expect(posted("/post")).toHaveLength(1);
  });
});

describe("Keycloak behind another provider", () => {
  const ISSUER = "https://issuer.example";
  const there = "https://sso.other.example/realms/staff";

  beforeEach(async () => {
    provider = await startProvider(ISSUER);
    provider.pages.set("GET /authorize", redirect(`${there}/protocol/openid-connect/auth?x=1`));
    provider.pages.set(
      `GET ${there}/protocol/openid-connect/auth`,
      html(
        `<form id="kc-form-login" method="post" action="${there}/login-actions/authenticate"><input name="username"><input type="password" name="password"></form>`,
      ),
    );
  });

  it("has its own pages read, under its realm's name", async () => {
    const name = "sso.other.example/realms/staff";
    provider.pages.set(`POST ${there}/login-actions/authenticate`, redirect(`${there}/login-actions/authenticate?execution=1`));
    provider.pages.set(
      `GET ${there}/login-actions/authenticate`,
      html(otpForm(tile(0, "id-1", "phone") + tile(1, "id-2", "tablet")).body!.replace("/otp", `${there}/otp`)),
    );
    provider.pages.set(`POST ${there}/otp`, () => provider.finish());
    const { login, heard } = attempt({ provider: "oidc" }, ["tablet", "123456"]);
    await login;
    expect(heard[1]).toBe(`One-time code (tablet) for ${name}`);
  });

  it("has what it refuses told under its name", async () => {
    provider.pages.set(
      `POST ${there}/login-actions/authenticate`,
      html(
        `<span id="input-error">No.</span><form id="kc-form-login" method="post" action="${there}/login-actions/authenticate"><input name="username"><input type="password" name="password"></form>`,
      ),
    );
    await expect(attempt({ provider: "oidc" }).login).rejects.toMatchObject({
      code: "credentials-refused",
      message: "sso.other.example/realms/staff refuses the user name or password: No",
    });
  });
});
