import { beforeEach, describe, expect, it } from "vitest";

import { CancelledError, LoginError, PersonNeededError, type RunasError } from "../../src/errors.ts";
import { createFactorChooser, type Factor, type FactorKind } from "../../src/login/forms/factors.ts";
import { LoginAnswers } from "../../src/login/forms/answers.ts";
import { discover } from "../../src/login/oidc/discovery.ts";
import { logInByForm } from "../../src/login/oidc/form-login.ts";
import { providerHttp } from "../../src/login/provider-http.ts";
import { generic } from "../../src/login/providers/generic.ts";
import type { Provider } from "../../src/login/providers/provider.ts";
import type { Terminal } from "../../src/world.ts";
import { html, startProvider } from "./fake-provider.ts";
import { loginOf, person, toolsWith } from "./fixtures.ts";

const HOST = "acme.example";
const NO_HTTP = async () => Promise.reject(new Error("no request was planned"));

const factor = (kind: FactorKind, label: string = kind): Factor<string> => ({ kind, label, value: `${kind} ${label}` });
const PUSH = factor("push", "Okta Verify");
const TOTP = factor("totp", "Google Authenticator");
const SMS = factor("sms", "Text to ••12");
const KEY = factor("webauthn", "Security key");

let tools: ReturnType<typeof toolsWith>;

beforeEach(() => {
  tools = toolsWith(NO_HTTP);
});

interface Choosing {
  readonly mfaType?: string;
  readonly mfaCode?: string;
  readonly username?: string;
  readonly terminal?: Terminal;
}

const chooserFor = ({ terminal = person(), ...parts }: Choosing) =>
  createFactorChooser({
    ...tools,
    provider: HOST,
    login: loginOf(`https://${HOST}`, parts),
    terminal,
    useBrowser: "set … http://127.0.0.1/callback",
  });
const choose = (offered: readonly Factor<string>[], parts: Choosing = {}) => chooserFor(parts).choose(offered);

describe("the second factor", () => {
  it("is the only one there is, and nobody is asked", async () => {
    expect(await choose([PUSH])).toBe(PUSH);
  });

  it("is never one that needs a browser, where another is offered", async () => {
    expect(await choose([KEY, TOTP])).toBe(TOTP);
  });

  it.each([
    ["code", TOTP],
    ["otp", TOTP],
    ["totp", TOTP],
    ["push", PUSH],
    ["sms", SMS],
    ["email", factor("email")],
    ["call", factor("call")],
    ["question", factor("question")],
    ["duo", factor("duo")],
    ["recovery", factor("recovery")],
  ])("is what mfa_type = %s says, and nobody is asked", async (mfaType, expected) => {
    const kinds = ["recovery", "duo", "question", "call", "email"] as const;
    const offered = [KEY, SMS, ...kinds.map((kind) => factor(kind)), PUSH, TOTP];
    expect(await choose(offered, { mfaType })).toEqual(expected);
  });

  it("is a code by text message for mfa_type = code where there is no app", async () => {
    expect(await choose([PUSH, SMS], { mfaType: "code" })).toBe(SMS);
  });

  it("is one that a given code can be for", async () => {
    expect(await choose([PUSH, SMS, TOTP], { mfaCode: "123456" })).toBe(TOTP);
    expect(await choose([PUSH, SMS, TOTP], { mfaCode: "123456", mfaType: "auto" })).toBe(TOTP);
  });

  it("is asked for where a given code can be for none of them", async () => {
    const terminal = person("call");
    expect(await choose([PUSH, factor("call")], { mfaCode: "123456", terminal })).toEqual(factor("call"));
  });

  it.each([
    ["email", `${HOST} offers Okta Verify (push), Google Authenticator (totp), but mfa_type is email (the environment variable GIVEN)`],
    ["none", `${HOST} offers Okta Verify (push), Google Authenticator (totp), but mfa_type is none (the environment variable GIVEN)`],
  ])("is an error that lists what there is, for mfa_type = %s where that is not offered", async (mfaType, message) => {
    await expect(choose([PUSH, TOTP], { mfaType })).rejects.toMatchObject({
      code: "page-not-answerable",
      message,
      hint: expect.stringContaining("auto"),
    });
  });

  it.each([
    [[KEY], {}, `${HOST} asks for Security key (webauthn)`],
    [[KEY, TOTP], { mfaType: "webauthn" }, `${HOST} asks for Security key (webauthn)`],
    [[], {}, `${HOST} asks for a second factor, and this user has none`],
    [[], { mfaType: "push" }, `${HOST} asks for a second factor, and this user has none`],
  ])("is an error that sends to a browser for %j with %j", async (offered, parts, message) => {
    await expect(choose(offered, parts)).rejects.toMatchObject({
      code: "page-not-answerable",
      message,
      hint: expect.stringContaining("http://127.0.0.1/callback"),
    });
  });

  it.each(["push", "call", "duo", "sms", "email"] as const)("by %s bothers nobody where nobody is there", async (kind) => {
    const terminal = { ...person(), isUnattended: true };
    await expect(choose([factor(kind), KEY], { terminal })).rejects.toMatchObject({ code: "person-needed", exitStatus: 7 });
    await expect(choose([factor(kind), TOTP], { terminal, mfaType: kind })).rejects.toMatchObject({ code: "person-needed" });
    expect(await choose([factor(kind), TOTP], { terminal, mfaCode: "123456" })).toBe(TOTP);
  });

  it("has a name that cannot steer the terminal", async () => {
    const offered = [PUSH, factor("totp", "evil\u001B[2J\nname")];
    const failure = await choose(offered, { mfaType: "sms" }).catch((cause: unknown) => cause);
    expect(failure).toMatchObject({ message: expect.stringContaining(String.raw`evil\u{1b}[2J name (totp)`) });
  });
});

describe("a choice of second factors", () => {
  it("is the person's, by what the provider calls them", async () => {
    const terminal = person("Google Authenticator");
    expect(await choose([PUSH, TOTP, KEY], { terminal })).toBe(TOTP);
    expect(terminal.heard).toEqual([`Second factor for ${HOST}: Okta Verify | Google Authenticator`]);
  });

  it("is remembered for the user, and needs no terminal then", async () => {
    await choose([PUSH, TOTP], { terminal: person("Google Authenticator"), username: "alice" });
    expect(await choose([PUSH, TOTP], { username: "alice" })).toBe(TOTP);
    await expect(choose([PUSH, TOTP], { username: "bob" })).rejects.toMatchObject({ code: "person-needed" });
  });

  it("gives way to mfa_type, which does not change it", async () => {
    await choose([PUSH, TOTP], { terminal: person("Google Authenticator") });
    expect(await choose([PUSH, TOTP], { mfaType: "push" })).toBe(PUSH);
    expect(await choose([PUSH, TOTP])).toBe(TOTP);
  });

  it("is asked for again when it is offered no more, and the new one is remembered", async () => {
    await choose([PUSH, TOTP], { terminal: person("Google Authenticator") });
    expect(await choose([PUSH, SMS], { terminal: person("Text to ••12") })).toBe(SMS);
    expect(await choose([PUSH, SMS])).toBe(SMS);
  });

  it("needs a person where there is no terminal, and says what to set", async () => {
    await expect(choose([PUSH, TOTP])).rejects.toMatchObject({
      code: "person-needed",
      exitStatus: 7,
      message: `${HOST} offers Okta Verify (push), Google Authenticator (totp), and there is no terminal to ask on`,
      hint: "set mfa_type to the one to use",
    });
  });

  it("is forgotten on request, but only by a login that chose", async () => {
    await choose([PUSH, TOTP], { terminal: person("Google Authenticator") });
    const settled = chooserFor({ mfaType: "push" });
    await settled.choose([PUSH, TOTP]);
    await settled.forget();
    const chooser = chooserFor({});
    expect(await chooser.choose([PUSH, TOTP])).toBe(TOTP);
    await chooser.forget();
    await expect(choose([PUSH, TOTP])).rejects.toMatchObject({ code: "person-needed" });
  });

  it("that cannot be forgotten does not hide why the login failed", async () => {
    const store = { ...tools.store, remove: async () => Promise.reject(new Error("disk is gone")) };
    tools = { ...tools, store };
    const chooser = chooserFor({ terminal: person("Okta Verify") });
    await chooser.choose([PUSH, TOTP]);
    await expect(chooser.forget()).resolves.toBeUndefined();
  });
});

describe("the code of a chosen factor", () => {
  const asked = { username: false, password: false, code: true, error: undefined };
  const answersFor = (parts: Choosing, terminal = person()) =>
    new LoginAnswers(loginOf(`https://${HOST}`, parts), HOST, { ...tools, terminal, storedPassword: async () => undefined });
  const codeOf = async (answers: LoginAnswers, chosen?: Factor<string>) =>
    (await answers.give({ ...asked, factor: chosen })).code?.reveal();

  it.each(["sms", "email", "call", "recovery", "code", "totp"])(
    "is typed with mfa_type = %s, on a page that does not say which",
    async (mfaType) => {
      expect(await codeOf(answersFor({ mfaType }, person("123456")))).toBe("123456");
    },
  );

  it.each(["push", "duo", "question", "none", "webauthn"])("is not typed with mfa_type = %s on such a page", async (mfaType) => {
    await expect(codeOf(answersFor({ mfaType, mfaCode: "123456" }))).rejects.toMatchObject({
      code: "page-not-answerable",
      message: `${HOST} asks for a one-time code, but mfa_type is ${mfaType} (the environment variable GIVEN)`,
    });
  });

  it("is asked for by the factor's name, whatever mfa_type is", async () => {
    const terminal = person("123456");
    expect(await codeOf(answersFor({ mfaType: "duo" }, terminal), factor("duo", "Duo passcode"))).toBe("123456");
    expect(terminal.heard).toEqual([`One-time code (Duo passcode) for ${HOST}`]);
  });

  it("is not the one that was given beforehand where the provider has just sent another", async () => {
    const terminal = person("123456");
    expect(await codeOf(answersFor({ mfaCode: "000000", mfaType: "sms" }, terminal), SMS)).toBe("123456");
  });

  it("counts as refused when the same factor asks again, three times at most", async () => {
    const answers = answersFor({}, person("1", "2", "3"));
    for (const code of ["1", "2", "3"]) expect(await codeOf(answers, TOTP)).toBe(code);
    await expect(codeOf(answers, TOTP)).rejects.toMatchObject({ code: "code-refused" });
  });

  it("does not count as refused when another factor asks for its own", async () => {
    const terminal = person("1", "2");
    const answers = answersFor({}, terminal);
    expect([await codeOf(answers, TOTP), await codeOf(answers, SMS)]).toEqual(["1", "2"]);
    expect(terminal.heard.join()).not.toContain("refuse");
  });
});

describe("a login that fails after a choice of factors", () => {
  /** At a provider whose driver lets the person choose, then fails. */
  async function failWith(failure: RunasError, terminal: Terminal): Promise<unknown> {
    const provider = await startProvider();
    provider.pages.set("GET /authorize", html("<h1>factors</h1>"));
    const login = loginOf(provider.issuer);
    const http = providerHttp({ host: "127.0.0.1", login }, { ...tools, http: provider.http });
    const driver: Provider = {
      ...generic,
      answer: async (_, { factors }) => {
        await factors.choose([PUSH, TOTP]);
        throw failure;
      },
    };
    const { metadata } = await discover(login, { ...tools, http: http("discovery") });
    const context = { metadata, provider: driver, login: loginOf(`https://${HOST}`), http, tools: { ...tools, terminal }, host: HOST };
    return logInByForm(context, "app:/callback").catch((cause: unknown) => cause);
  }
  const details = { provider: HOST, step: "second factor" };

  it.each([new LoginError("approval-refused", "denied", details), new LoginError("code-refused", "wrong", details), new CancelledError()])(
    "lets the person choose again the next time ($message)",
    async (failure) => {
      expect(await failWith(failure, person("Okta Verify"))).toBe(failure);
      await expect(choose([PUSH, TOTP])).rejects.toMatchObject({ code: "person-needed" });
    },
  );

  it.each([new LoginError("provider-unreachable", "no network", details), new PersonNeededError("nobody is there")])(
    "for another reason keeps it ($message)",
    async (failure) => {
      expect(await failWith(failure, person("Okta Verify"))).toBe(failure);
      expect(await choose([PUSH, TOTP])).toBe(PUSH);
    },
  );
});
