import { beforeEach, describe, expect, it } from "vitest";

import { kindOfWay } from "../../src/login/forms/ways.ts";
import { logIn } from "../../src/login/oidc/login.ts";
import { type FakeProvider, html, startProvider } from "./fake-provider.ts";
import { loginOf, person, toolsWith } from "./fixtures.ts";

const given = { username: "alice", password: "correct horse" };
let provider: FakeProvider;

beforeEach(async () => {
  provider = await startProvider();
  provider.pages.set(
    "GET /authorize",
    html('<form method="post" action="/password"><input name="username"><input type="password" name="password"></form>'),
  );
  provider.pages.set("POST /code", () => provider.finish());
});

describe("the words of a way", () => {
  it.each([
    ["Use a passkey", "webauthn"],
    ["Security key or Touch ID", "webauthn"],
    ["Recovery code", "recovery"],
    ["One of your backup codes", "recovery"],
    ["Duo Push", "duo"],
    ["Send me a push notification", "push"],
    ["Get a code by SMS", "sms"],
    ["Text message to ···12", "sms"],
    ["Call my phone", "call"],
    ["Email me a code", "email"],
    ["Security question", "question"],
    ["Authenticator app", "totp"],
    ["One-time password", "totp"],
    ["Enter a code", "totp"],
    ["Password", "password"],
    ["My phone", undefined],
    ["Company network", undefined],
  ])("%j tell %s", (label, kind) => {
    expect(kindOfWay(label)).toBe(kind);
  });
});

describe("ways to go on, as radio buttons", () => {
  const radios = (...labels: string[]) =>
    html(
      `<form method="post" action="/way">${labels.map((label) => `<label><input type="radio" name="way" value="${label}">${label}</label>`).join("")}
      <button>Next</button></form>`,
    );
  const codeForm = html('<form method="post" action="/code"><input name="otp"></form>');
  const posted = (path: string) => provider.seen.filter(({ url }) => url.pathname === path).map(({ form }) => Object.fromEntries(form));

  beforeEach(() => {
    provider.pages.set("POST /password", radios("Email a code", "Authenticator app"));
    provider.pages.set("POST /way", codeForm);
  });

  it("are a choice of factor, kept for the next time", async () => {
    const tools = toolsWith(provider.http, { terminal: person("Authenticator app", "123456", "654321") });
    await logIn(loginOf(provider.issuer, given), tools);
    for (const key of tools.store.entries.keys()) if (key.startsWith("session")) tools.store.entries.delete(key);
    await logIn(loginOf(provider.issuer, given), tools);
    expect(posted("/way")).toEqual([{ way: "Authenticator app" }, { way: "Authenticator app" }]);
    expect(posted("/code")).toEqual([{ otp: "123456" }, { otp: "654321" }]);
  });

  it("are chosen by mfa_type", async () => {
    await logIn(loginOf(provider.issuer, { ...given, mfaType: "email" }), toolsWith(provider.http, { terminal: person("123456") }));
    expect(posted("/way")).toEqual([{ way: "Email a code" }]);
  });

  it("are named where mfa_type is none of them", async () => {
    await expect(logIn(loginOf(provider.issuer, { ...given, mfaType: "push" }), toolsWith(provider.http))).rejects.toMatchObject({
      code: "page-not-answerable",
      message: expect.stringContaining("offers Email a code (email), Authenticator app (totp), but mfa_type is push"),
    });
  });

  it("that are no factors are the person's", async () => {
    provider.pages.set("POST /password", radios("Company network", "Home office"));
    const terminal = person("Home office", "123456");
    await logIn(loginOf(provider.issuer, { ...given, mfaType: "totp" }), toolsWith(provider.http, { terminal }));
    expect(terminal.heard[0]).toMatch(/^Which one, for .*: Company network \| Home office$/);
  });
});

describe("a page that leads on by itself", () => {
  const refresh = (target: string) => html(`<head><meta http-equiv="refresh" content="0; url='${target}'"></head><p>One moment</p>`);

  it("is followed", async () => {
    provider.pages.set("GET /authorize", refresh("/next?a=1&amp;b=2"));
    provider.pages.set("GET /next", ({ url }) => (url.search === "?a=1&b=2" ? provider.finish() : html("?", 500)));
    await expect(logIn(loginOf(provider.issuer, given), toolsWith(provider.http))).resolves.toMatchObject({ user: "alice" });
  });

  it("to the redirect URI ends the login", async () => {
    provider.pages.set("GET /authorize", () => refresh(String(provider.finish().headers?.["location"]).replaceAll("&", "&amp;")));
    await expect(logIn(loginOf(provider.issuer, given), toolsWith(provider.http))).resolves.toMatchObject({ user: "alice" });
  });

  it("to another host makes nobody trusted there", async () => {
    provider = await startProvider("https://issuer.example");
    provider.pages.set("GET /authorize", refresh("https://other.example/login"));
    const form = '<form method="post" action="/password"><input name="username"><input type="password" name="password"></form>';
    provider.pages.set("GET https://other.example/login", html(form));
    await expect(logIn(loginOf(provider.issuer, given), toolsWith(provider.http))).rejects.toMatchObject({
      code: "untrusted-destination",
      message: expect.stringContaining("https://other.example"),
    });
  });

  it("with a form as well has the form answered", async () => {
    provider.pages.set(
      "POST /password",
      html('<meta http-equiv="refresh" content="5;url=/no"><form method="post" action="/code"><input name="otp"></form>'),
    );
    await logIn(loginOf(provider.issuer, { ...given, mfaCode: "123456" }), toolsWith(provider.http));
    expect(provider.requests).toContain("POST /code");
  });

  it("from an error is an error", async () => {
    provider.pages.set("GET /authorize", { ...refresh("/next"), status: 500 });
    await expect(logIn(loginOf(provider.issuer, given), toolsWith(provider.http))).rejects.toMatchObject({ code: "provider-refused" });
  });
});
