import { beforeEach, describe, expect, it } from "vitest";

import { logIn } from "../../src/login/oidc/login.ts";
import {
  ACCESS_TOKEN,
  type FakeOnelogin,
  PASSWORD,
  pending,
  sent,
  startOnelogin,
  STATE_TOKEN,
  success,
  USER,
  v1Error,
  VERIFY,
  wrongCode,
} from "../fakes/onelogin.ts";
import { json } from "./fake-provider.ts";
import { loginOf, person, toolsWith } from "./fixtures.ts";
import { attempt, CODE, failureOf, TOKEN } from "./onelogin-trial.ts";

const PROTECT = ["OneLogin Protect", 3_920_360] as const;
const SMS = ["OneLogin SMS", 3_920_371] as const;
const APP = ["Google Authenticator", 3_920_481] as const;

let onelogin: FakeOnelogin;

beforeEach(async () => {
  onelogin = await startOnelogin();
});

const verifications = () => onelogin.bodies(VERIFY);

describe("a second factor at OneLogin", () => {
  it("that is the only one is a push, asked for once and then polled", async () => {
    onelogin.devices = [PROTECT];
    onelogin.verifications.push(pending, pending, pending, success);
    const terminal = person("never asked");
    await expect(attempt(onelogin, { terminal })).resolves.toMatchObject({ user: "alice" });
    const common = { device_id: "3920360", state_token: STATE_TOKEN };
    const quiet = { ...common, do_not_notify: true };
    expect(verifications()).toEqual([{ ...common, do_not_notify: false }, quiet, quiet, quiet]);
    expect(terminal.heard).toEqual(["Approve the login at acme.onelogin.com by OneLogin Protect"]);
  });

  it("that is a push needs no terminal, and may be approved at once", async () => {
    onelogin.devices = [PROTECT];
    onelogin.verifications.push(success);
    await expect(attempt(onelogin)).resolves.toMatchObject({ user: "alice" });
  });

  it("that nobody approves ends after a minute", async () => {
    onelogin.devices = [PROTECT];
    onelogin.verifications.push(...Array.from({ length: 31 }, () => pending));
    expect(await failureOf(onelogin)).toMatchObject({
      code: "approval-refused",
      message: "nobody approved the login at acme.onelogin.com in time",
    });
  });

  it("that is denied is an error, and is not asked for again", async () => {
    onelogin.devices = [PROTECT];
    onelogin.verifications.push(pending, wrongCode);
    expect(await failureOf(onelogin)).toMatchObject({
      code: "approval-refused",
      message: "acme.onelogin.com says that the login was denied: Failed authentication with this factor",
    });
  });

  it.each([{ status: 429 }, { status: 503 }])("waits out %j", async (answer) => {
    onelogin.devices = [PROTECT];
    onelogin.verifications.push(pending, answer, success);
    await expect(attempt(onelogin)).resolves.toMatchObject({ user: "alice" });
  });

  it.each(["OneLogin Voice", "Email MagicLink", "OneLogin"])("that is %s is waited for like a push", async (type) => {
    onelogin.devices = [[type, 1]];
    onelogin.verifications.push(pending, success);
    const terminal = person("never asked");
    await attempt(onelogin, { terminal });
    expect(terminal.heard).toEqual([`Approve the login at acme.onelogin.com by ${type}`]);
  });

  it.each(["Google Authenticator", "Authenticator", "Yubico YubiKey", "Something New"])(
    "that is %s is a code, sent at once",
    async (type) => {
      onelogin.devices = [[type, 7]];
      onelogin.verifications.push(success);
      const terminal = person(CODE);
      await attempt(onelogin, { terminal });
      expect(verifications()).toEqual([{ device_id: "7", state_token: STATE_TOKEN, do_not_notify: true, otp_token: CODE }]);
      expect(terminal.heard).toEqual([`One-time code (${type}) for acme.onelogin.com`]);
    },
  );

  it.each(["OneLogin SMS", "SMS", "OneLogin Email"])("that is %s has its code sent first", async (type) => {
    onelogin.devices = [[type, 7]];
    onelogin.verifications.push(sent, success);
    await attempt(onelogin, { terminal: person(CODE) });
    expect(verifications()).toEqual([
      { device_id: "7", state_token: STATE_TOKEN, do_not_notify: false },
      { device_id: "7", state_token: STATE_TOKEN, do_not_notify: true, otp_token: CODE },
    ]);
  });

  it("that sends a code takes none that was given before it was sent", async () => {
    onelogin.devices = [SMS];
    onelogin.verifications.push(sent);
    expect(await failureOf(onelogin, { mfaCode: CODE })).toMatchObject({ code: "person-needed" });
  });

  it("asks for a wrong code again, and gives up after the third", async () => {
    onelogin.devices = [APP];
    onelogin.verifications.push(wrongCode, wrongCode, success);
    const terminal = person("1", "2", CODE);
    await attempt(onelogin, { terminal });
    expect(verifications().map((body) => body["otp_token"])).toEqual(["1", "2", CODE]);
    expect(terminal.heard[1]).toContain("Failed authentication with this factor");
    onelogin.verifications.push(wrongCode, wrongCode, wrongCode);
    expect(await failureOf(onelogin, { terminal: person("1", "2", "3") })).toMatchObject({ code: "code-refused" });
  });

  it("that was given a wrong code beforehand asks the person, if there is one", async () => {
    onelogin.devices = [APP];
    onelogin.verifications.push(wrongCode);
    expect(await failureOf(onelogin, { mfaCode: CODE })).toMatchObject({ code: "code-refused" });
    onelogin.verifications.push(wrongCode, success);
    await attempt(onelogin, { mfaCode: "000000", terminal: person(CODE) });
    expect(verifications().at(-1)).toMatchObject({ otp_token: CODE });
  });

  it("is the person's choice, made once", async () => {
    onelogin.devices = [PROTECT, SMS, APP];
    onelogin.verifications.push(success, success);
    const terminal = person("Google Authenticator", CODE, CODE);
    const tools = toolsWith(onelogin.provider.http, { terminal });
    const login = loginOf(`${onelogin.issuer}?token=${TOKEN}`, { username: USER, password: PASSWORD });
    await logIn(login, tools);
    for (const key of tools.store.entries.keys()) if (key.startsWith("session ")) tools.store.entries.delete(key);
    await logIn(login, tools);
    expect(terminal.heard).toEqual([
      "Second factor for acme.onelogin.com: OneLogin Protect | OneLogin SMS | Google Authenticator",
      "One-time code (Google Authenticator) for acme.onelogin.com",
      "One-time code (Google Authenticator) for acme.onelogin.com",
    ]);
  });

  it("tells two of one type apart", async () => {
    onelogin.devices = [SMS, ["OneLogin SMS", 2], APP];
    onelogin.verifications.push(sent, success);
    await attempt(onelogin, { terminal: person("OneLogin SMS 2", CODE) });
    expect(verifications()[0]).toMatchObject({ device_id: "2" });
  });

  it.each([
    ["push", undefined, "3920360", false],
    ["sms", CODE, "3920371", true],
    ["code", CODE, "3920481", false],
  ])("is what mfa_type = %s says", async (mfaType, code, device, isSent) => {
    onelogin.devices = [PROTECT, SMS, APP];
    onelogin.verifications.push(...(isSent ? [sent, success] : [success]));
    await attempt(onelogin, { mfaType, terminal: person(code ?? "never asked") });
    expect(verifications().at(-1)).toMatchObject({ device_id: device });
    expect(verifications().at(-1)?.["otp_token"]).toBe(code);
  });

  it.each([{ mfaType: "code" }, { mfaType: "totp" }, {}])("takes a code of OneLogin Protect for one that was given (%j)", async (parts) => {
    onelogin.devices = [PROTECT];
    onelogin.verifications.push(success);
    await attempt(onelogin, { ...parts, mfaCode: CODE });
    expect(verifications()).toEqual([{ device_id: "3920360", state_token: STATE_TOKEN, do_not_notify: true, otp_token: CODE }]);
  });

  it("that mfa_type names and the user lacks is an error that lists what there is", async () => {
    onelogin.devices = [PROTECT, APP];
    expect(await failureOf(onelogin, { mfaType: "sms" })).toMatchObject({
      code: "page-not-answerable",
      message: expect.stringContaining("offers OneLogin Protect (push), Google Authenticator (totp), but mfa_type is sms"),
    });
  });

  it.each([
    [[["FIDO2 (WebAuthn)", 1] as const], "asks for FIDO2 (WebAuthn) (webauthn)"],
    [[["Duo Security", 1] as const], "asks for Duo Security, which takes a browser"],
  ])("that only a browser can give is named (%j)", async (devices, message) => {
    onelogin.devices = devices;
    expect(await failureOf(onelogin)).toMatchObject({
      code: "page-not-answerable",
      message: `acme.onelogin.com ${message}`,
      hint: expect.stringContaining("browser"),
    });
  });

  it("is wanted of a user who has none", async () => {
    const body = JSON.stringify({
      status: { message: "MFA is required for this user" },
      data: [{ state_token: STATE_TOKEN, devices: [] }],
    });
    onelogin.provider.pages.set("POST /api/1/login/auth", { body });
    expect(await failureOf(onelogin)).toMatchObject({ message: "acme.onelogin.com asks for a second factor, and this user has none" });
  });

  it.each([
    [v1Error(401, "State token has expired"), "refuses the second factor: State token has expired", "two minutes"],
    [v1Error(400, "bad request"), "refuses the second factor: bad request", ""],
    [v1Error(400, `no ${STATE_TOKEN.slice(0, 4)} ${ACCESS_TOKEN} ${CODE}`), "factor: no xf43 [secret] [secret]", ""],
  ])("that is answered with %j ends the login", async (answer, message, hint) => {
    onelogin.devices = [APP];
    onelogin.verifications.push(answer);
    const error = await failureOf(onelogin, { terminal: person(CODE, "never asked") });
    expect(error).toMatchObject({ code: "provider-refused", message: expect.stringContaining(message) });
    expect(error.hint ?? "").toContain(hint);
  });

  it.each([
    [APP, [{ body: "<html>" }], "has no status"],
    [APP, [json({ status: {} })], "has no data"],
    [SMS, [success], "does not belong there"],
    [PROTECT, [json({ status: {}, data: [{ state_token: "again", devices: [] }] })], "does not belong there"],
  ])("%j that is answered with %j is an error that says so", async (device, answers, what) => {
    onelogin.devices = [device];
    onelogin.verifications.push(...answers);
    expect(await failureOf(onelogin, { terminal: person(CODE) })).toMatchObject({
      code: "provider-answer",
      message: `acme.onelogin.com answers the second factor with something that ${what}`,
    });
  });

  it("whose code is not sent ends the login", async () => {
    onelogin.devices = [SMS];
    onelogin.verifications.push(v1Error(400, "No phone"));
    expect(await failureOf(onelogin)).toMatchObject({ message: "acme.onelogin.com refuses to send a code: No phone" });
  });

  it.each([
    ["https://evil.example/api/1/login/other?x=1", "/api/1/login/other"],
    ["https://evil.example//evil.example/x", VERIFY],
    ["no URL", VERIFY],
    [1, VERIFY],
  ])("is verified at the API alone, whatever host callback_url names (%j)", async (callback, path) => {
    const data = { state_token: STATE_TOKEN, callback_url: callback, devices: [{ device_id: "7", device_type: "Google Authenticator" }] };
    onelogin.provider.pages.set("POST /api/1/login/auth", json({ status: { message: "MFA is required for this user" }, data: [data] }));
    onelogin.provider.pages.set(`POST ${path}`, success);
    await attempt(onelogin, { mfaCode: CODE });
    expect(onelogin.bodies(path)).toHaveLength(1);
    expect(new Set(onelogin.provider.seen.map(({ url }) => url.origin))).toEqual(new Set(["https://acme.onelogin.com"]));
  });
});
