import { inspect } from "node:util";

import { beforeEach, describe, expect, it } from "vitest";

import { logIn } from "../../src/login/oidc/login.ts";
import { AUTHORITY, CODE, DONE, type FakeEntra, PASSWORD, PENDING, startEntra, USER } from "../fakes/entra.ts";
import { configPage, kmsiPage, sasAnswer, secondFactorPage } from "../fakes/entra-pages.ts";
import { html, json } from "./fake-provider.ts";
import { loginOf, person, toolsWith } from "./fixtures.ts";
import { type MovedClock, movedClock } from "./moved-clock.ts";

const HOST = "login.microsoftonline.com";
const given = { username: USER, password: PASSWORD, redirectUri: "http://localhost", flow: "form" as const };
/** A person who looks on and types nothing. */
const onlooker = () => person("nothing is asked");

let entra: FakeEntra;
let clock: MovedClock;

beforeEach(async () => {
  entra = await startEntra();
  clock = movedClock();
});

const attempt = (parts = {}, tools = {}) =>
  logIn(loginOf(entra.issuer, { ...given, ...parts }), toolsWith(entra.provider.http, { clock, ...tools }));

describe("a notification of Microsoft Authenticator", () => {
  it("is started, its number shown, asked for as the page says, and the login goes on with its last tokens", async () => {
    entra.planSecondFactor(["PhoneAppNotification"], PENDING, { ...PENDING, FlowToken: "flow-token-later", Ctx: "ctx-later" }, DONE);
    const terminal = onlooker();
    await attempt({}, { terminal });
    expect(terminal.heard).toEqual([`Approve the login at ${HOST} in Microsoft Authenticator [42]`]);
    expect(clock.slept).toEqual([1000, 1000]);
    expect(entra.sent("SAS/BeginAuth")).toEqual([
      { AuthMethodId: "PhoneAppNotification", Method: "BeginAuth", Ctx: "ctx-3", FlowToken: "flow-token-3" },
    ]);
    const polled = { AuthMethodId: "PhoneAppNotification", Method: "EndAuth", SessionId: "sas-session" };
    expect(entra.sent("SAS/EndAuth")).toEqual([
      { ...polled, Ctx: "ctx-sas", FlowToken: "flow-token-sas", PollCount: 1 },
      { ...polled, Ctx: "ctx-sas", FlowToken: "flow-token-sas", PollCount: 2 },
      { ...polled, Ctx: "ctx-later", FlowToken: "flow-token-later", PollCount: 3 },
    ]);
    expect(entra.posted("SAS/ProcessAuth")).toMatchObject([
      {
        type: "22",
        request: "ctx-done",
        flowToken: "flow-token-done",
        login: USER,
        mfaAuthMethod: "PhoneAppNotification",
        canary: "canary-3",
        hpgrequestid: "session-3",
      },
    ]);
  });

  it("without a number needs no terminal", async () => {
    entra.planSecondFactor(["PhoneAppNotification"], DONE);
    entra.plan("POST SAS/BeginAuth", sasAnswer({ Success: true, FlowToken: "a", Ctx: "b", SessionId: "c" }));
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
  });

  it("with a number that nobody can see is not waited for", async () => {
    entra.planSecondFactor(["PhoneAppNotification"]);
    await expect(attempt()).rejects.toMatchObject({
      code: "person-needed",
      message: expect.stringContaining("a number to be picked"),
      hint: expect.stringContaining("mfa_type = code"),
    });
    expect(entra.sent("SAS/EndAuth")).toEqual([]);
  });

  it.each([
    ["PhoneAppDenied", "the login was denied in the app"],
    ["PhoneAppFraudReported", "reported as fraud"],
    ["PhoneAppEntropyIncorrect", "another number was picked"],
    ["PhoneAppNoResponse", "nobody answered in the app in time"],
  ])("that ends with %s ends the login, and is not sent again", async (result, words) => {
    entra.planSecondFactor(["PhoneAppNotification"], PENDING, { ResultValue: result, ErrCode: 500121, Retry: true });
    await expect(attempt({}, { terminal: onlooker() })).rejects.toMatchObject({
      code: "approval-refused",
      step: "second factor",
      message: expect.stringMatching(new RegExp(`^${HOST} says that .*${words}.* \\(${result}\\)$`)),
    });
    expect(entra.sent("SAS/BeginAuth")).toHaveLength(1);
    expect(entra.sent("SAS/EndAuth")).toHaveLength(2);
  });

  it("that nobody answers is waited for three minutes", async () => {
    entra.planSecondFactor(["PhoneAppNotification"], PENDING);
    await expect(attempt({}, { terminal: onlooker() })).rejects.toMatchObject({
      code: "approval-refused",
      message: expect.stringContaining("nobody approved"),
    });
    expect(clock.slept.length).toBeGreaterThan(170);
    expect(clock.slept.length).toBeLessThanOrEqual(180);
  });

  it.each([
    [0, 500],
    [1e9, 30_000],
    ["x", 500],
  ])("is asked for neither without a pause nor hardly ever, when the page says %j", async (seconds, pause) => {
    entra.planSecondFactor(["PhoneAppNotification"], PENDING, DONE);
    const proofs = [{ authMethodId: "PhoneAppNotification" }];
    entra.plan("POST login", secondFactorPage(AUTHORITY, proofs, { oPerAuthPollingInterval: { PhoneAppNotification: seconds } }));
    await attempt({}, { terminal: onlooker() });
    expect(clock.slept).toEqual([pause]);
  });

  it("is not sent on and on by a page that comes again", async () => {
    const proofs = [{ authMethodId: "PhoneAppNotification" }];
    entra.planSecondFactor(["PhoneAppNotification"], DONE);
    entra.plan("POST SAS/ProcessAuth", secondFactorPage(AUTHORITY, proofs));
    await expect(attempt({}, { terminal: onlooker() })).rejects.toMatchObject({
      code: "provider-answer",
      message: expect.stringContaining("again and again"),
    });
    expect(entra.sent("SAS/BeginAuth")).toHaveLength(2);
  });
});

describe("a call", () => {
  it("is waited for as the page says", async () => {
    entra.planSecondFactor(["TwoWayVoiceMobile"], PENDING, DONE);
    const terminal = onlooker();
    await attempt({}, { terminal });
    expect(terminal.heard).toEqual(["Answer the call and press #"]);
    expect(clock.slept).toEqual([2000]);
  });

  it.each([
    "UserVoiceAuthFailedPhoneHungUp",
    "UserVoiceAuthFailedCallWentToVoicemail",
    "UserVoiceAuthFailedPhoneUnreachable",
    "UserVoiceAuthFailedInvalidPhoneInput",
    "FraudCodeEntered",
  ])("that ends with %s ends the login", async (result) => {
    entra.planSecondFactor(["TwoWayVoiceOffice"], { ResultValue: result });
    await expect(attempt()).rejects.toMatchObject({ code: "approval-refused", message: expect.stringContaining(result) });
  });
});

describe("a code", () => {
  const answerCode = () =>
    entra.plan("POST SAS/EndAuth", ({ body }) =>
      sasAnswer(
        (JSON.parse(body) as Record<string, unknown>)["AdditionalAuthData"] === CODE
          ? DONE
          : { ResultValue: "OathCodeIncorrect", ErrCode: 500121, Retry: true },
      ),
    );

  it("of an app is asked for, and asked for again when it was wrong", async () => {
    entra.planSecondFactor(["PhoneAppOTP"]);
    answerCode();
    const terminal = person("000000", CODE);
    await attempt({}, { terminal });
    expect(terminal.heard).toEqual([
      `One-time code (authenticator app, +XX 0) for ${HOST}`,
      `${HOST} refuses the one-time code: OathCodeIncorrect`,
      `One-time code (authenticator app, +XX 0) for ${HOST}`,
    ]);
    expect(entra.sent("SAS/EndAuth").map(({ AdditionalAuthData, PollCount }) => [AdditionalAuthData, PollCount])).toEqual([
      ["000000", 1],
      [CODE, 2],
    ]);
    expect(entra.sent("SAS/BeginAuth")).toHaveLength(1);
  });

  it("given beforehand is used where several methods are there, without a question", async () => {
    entra.planSecondFactor(["PhoneAppNotification", "PhoneAppOTP"]);
    answerCode();
    await attempt({ mfaCode: CODE });
    expect(entra.sent("SAS/BeginAuth")).toMatchObject([{ AuthMethodId: "PhoneAppOTP" }]);
  });

  it("given beforehand is not taken for that of a text message, which has just been sent", async () => {
    entra.planSecondFactor(["OneWaySMS"]);
    answerCode();
    await attempt({ mfaCode: "000000" }, { terminal: person(CODE) });
    expect(entra.sent("SAS/EndAuth")).toMatchObject([{ AdditionalAuthData: CODE }]);
  });

  it("that another tenant asks a guest for once more was not refused by the first", async () => {
    const proofs = [{ authMethodId: "PhoneAppOTP", display: "+XX 0" }];
    entra.planSecondFactor(["PhoneAppOTP"], DONE);
    let challenges = 0;
    entra.plan("POST SAS/ProcessAuth", () => ((challenges += 1) === 1 ? secondFactorPage(AUTHORITY, proofs) : kmsiPage()));
    const terminal = person(CODE, CODE);
    await attempt({}, { terminal });
    const question = `One-time code (authenticator app, +XX 0) for ${HOST}`;
    expect(terminal.heard).toEqual([question, question]);
  });

  it("given beforehand and wrong is an error without a terminal", async () => {
    entra.planSecondFactor(["PhoneAppOTP"]);
    answerCode();
    await expect(attempt({ mfaCode: "000000" })).rejects.toMatchObject({ code: "code-refused" });
    expect(entra.sent("SAS/EndAuth")).toHaveLength(1);
  });

  it("is asked for three times at most", async () => {
    entra.planSecondFactor(["PhoneAppOTP"]);
    answerCode();
    await expect(attempt({}, { terminal: person("1", "2", "3", CODE) })).rejects.toMatchObject({ code: "code-refused" });
  });

  it.each(["OneWaySMS", "ConsolidatedTelephony"])("by %s is taken with mfa_type = sms", async (method) => {
    entra.planSecondFactor([method, "PhoneAppOTP"]);
    answerCode();
    const terminal = person(CODE);
    await attempt({ mfaType: "sms" }, { terminal });
    expect(terminal.heard).toEqual([`One-time code (text message, +XX 0) for ${HOST}`]);
  });

  it.each([
    ["SMSAuthFailedMaxAllowedCodeRetryReached", "takes no more codes"],
    ["InvalidSession", "took too long"],
    ["UserIsBlocked", "has blocked this user's second factors"],
    ["SomethingNew", "refuses the second factor: SomethingNew"],
  ])("that ends with %s is not asked for again", async (result, words) => {
    entra.planSecondFactor(["OneWaySMS"], { ResultValue: result });
    await expect(attempt({}, { terminal: person(CODE, CODE) })).rejects.toMatchObject({
      code: "provider-refused",
      message: expect.stringContaining(words),
    });
    expect(entra.sent("SAS/EndAuth")).toHaveLength(1);
  });
});

describe("several methods", () => {
  it("are the person's to choose from, the default one first, and the choice is kept", async () => {
    entra.planSecondFactor(["TwoWayVoiceMobile", "OneWaySMS", "PhoneAppNotification", "FidoKey"], DONE);
    const terminal = person("Authenticator notification, +XX 2");
    const tools = toolsWith(entra.provider.http, { clock, terminal });
    await logIn(loginOf(entra.issuer, given), tools);
    expect(terminal.heard[0]).toBe(
      `Second factor for ${HOST}: call to the mobile phone, +XX 0 | text message, +XX 1 | Authenticator notification, +XX 2`,
    );
    for (const key of tools.store.entries.keys()) if (key.startsWith("session")) tools.store.entries.delete(key);
    await logIn(loginOf(entra.issuer, given), tools);
    expect(terminal.heard.filter((line) => line.startsWith("Second factor"))).toHaveLength(1);
  });

  it.each([
    ["push", "PhoneAppNotification"],
    ["code", "PhoneAppOTP"],
    ["sms", "OneWaySMS"],
    ["call", "TwoWayVoiceAlternateMobile"],
  ])("are settled by mfa_type = %s", async (mfaType, method) => {
    entra.planSecondFactor(["TwoWayVoiceAlternateMobile", "OneWaySMS", "PhoneAppOTP", "PhoneAppNotification"], DONE);
    await attempt({ mfaType }, { terminal: person(CODE) });
    expect(entra.sent("SAS/BeginAuth")).toMatchObject([{ AuthMethodId: method }]);
  });

  it("that mfa_type is none of are named", async () => {
    entra.planSecondFactor(["PhoneAppOTP"]);
    await expect(attempt({ mfaType: "push" })).rejects.toMatchObject({
      code: "page-not-answerable",
      message: expect.stringContaining("offers authenticator app, +XX 0 (totp), but mfa_type is push"),
    });
  });

  it("that only a browser can answer are named, with how to use one", async () => {
    entra.planSecondFactor(["FidoKey", "ExternalThing"]);
    await expect(attempt()).rejects.toMatchObject({
      code: "page-not-answerable",
      message: `${HOST} asks for passkey or security key, +XX 0 or ExternalThing, +XX 1`,
      hint: expect.stringContaining("http://localhost"),
    });
  });

  it("may be none: then setting one up is put off, or asked for", async () => {
    entra.plan("POST login", secondFactorPage(AUTHORITY, [], { urlSkipMfaRegistration: `${AUTHORITY}/skip` }));
    entra.plan("GET skip", kmsiPage());
    await attempt();
    entra.plan("POST login", secondFactorPage(AUTHORITY, []));
    await expect(attempt()).rejects.toMatchObject({ message: `${HOST} asks for a second factor to be set up` });
  });
});

describe("an answer about the second factor", () => {
  it.each([
    ["AuthenticationThrottled", "too many second factors in a short time"],
    ["UserAuthFailedDuplicateRequest", "still waits for the second factor of an earlier login"],
    ["AuthenticationMethodLimitReached", "too often"],
  ])("that it cannot be started, %s, is explained", async (result, words) => {
    entra.planSecondFactor(["PhoneAppNotification"]);
    entra.plan("POST SAS/BeginAuth", sasAnswer({ ResultValue: result }));
    await expect(attempt()).rejects.toMatchObject({ code: "provider-refused", message: expect.stringContaining(words) });
  });

  it.each([{ status: 502 }, html("<html>"), json([])])("that is %j is not understood", async (answer) => {
    for (const name of ["SAS/BeginAuth", "SAS/EndAuth"]) {
      entra.planSecondFactor(["PhoneAppOTP"]);
      entra.plan(`POST ${name}`, answer);
      await expect(attempt({}, { terminal: person(CODE) })).rejects.toMatchObject({
        code: "provider-answer",
        message: expect.stringContaining("Auth answers"),
      });
    }
  });

  it("of odd types is a refusal without reasons", async () => {
    entra.planSecondFactor(["PhoneAppOTP"], { Success: "true", ResultValue: {}, Message: [], FlowToken: 7, Entropy: "<b>" });
    await expect(attempt({}, { terminal: person(CODE) })).rejects.toMatchObject({
      code: "provider-refused",
      message: expect.stringContaining("no reason is given"),
    });
  });

  it.each(["urlBeginAuth", "urlEndAuth", "urlPost"])("is not asked of another origin by %s", async (name) => {
    entra.planSecondFactor(["PhoneAppOTP"], DONE);
    const proofs = [{ authMethodId: "PhoneAppOTP" }];
    entra.plan("POST login", secondFactorPage(AUTHORITY, proofs, { [name]: "https://evil.example/x" }));
    await expect(attempt({ mfaCode: CODE })).rejects.toMatchObject({
      code: "untrusted-destination",
      message: expect.stringContaining("evil.example"),
    });
    expect(entra.sent("SAS/BeginAuth")).toHaveLength(name === "urlEndAuth" ? 1 : 0);
  });

  it("is in no log and no error with the code or a token", async () => {
    const shown: string[] = [];
    for (const result of [DONE, { ResultValue: "SomethingNew", Message: `not ${CODE}` }]) {
      entra.planSecondFactor(["PhoneAppOTP"], result);
      const tools = toolsWith(entra.provider.http, { clock, terminal: person(CODE) });
      const outcome: unknown = await logIn(loginOf(entra.issuer, given), tools).catch((cause: unknown) => cause);
      shown.push(inspect(outcome, { depth: 9 }), JSON.stringify(outcome), ...tools.lines);
    }
    expect(shown.join("\n")).toContain("SAS/ProcessAuth");
    for (const secret of [PASSWORD, CODE, "flow-token", "ctx-", "canary", "sas-session"]) expect(shown.join("\n")).not.toContain(secret);
  });
});

it("a page of the second factor is known without its name", async () => {
  const { body = "" } = secondFactorPage(AUTHORITY, [{ authMethodId: "PhoneAppOTP" }]);
  entra.planSecondFactor(["PhoneAppOTP"], DONE);
  entra.plan("POST login", { ...configPage({}), body: body.replace("ConvergedTFA", "") });
  await expect(attempt({ mfaCode: CODE })).resolves.toMatchObject({ user: "alice" });
});
