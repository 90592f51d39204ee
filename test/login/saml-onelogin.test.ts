/** SAML at OneLogin: by the API, which gives the response itself, and by a session at the application's launch. */

import { inflateRawSync } from "node:zlib";

import { beforeEach, describe, expect, it } from "vitest";

import type { SamlLogin } from "../../src/config/profile.ts";
import type { Assertion } from "../../src/login/saml/assertion.ts";
import { logIn } from "../../src/login/saml/login.ts";
import { Secret } from "../../src/secret.ts";
import type { BrowserEnd, DrivableBrowser } from "../../src/world.ts";
import {
  ACCESS_TOKEN,
  API_ID,
  API_SECRET,
  APP_ID,
  ASSERT,
  asserted,
  assertionPending,
  assertionSent,
  type FakeOnelogin,
  LAUNCH,
  PASSWORD,
  RESPONSE,
  sent,
  startOnelogin,
  STATE_TOKEN,
  success,
  USER,
  v2Error,
  VERIFY,
  VERIFY_ASSERTION,
  wrongAssertionCode,
} from "../fakes/onelogin.ts";
import { html, json } from "./fake-provider.ts";
import { person, samlLoginOf, toolsWith } from "./fixtures.ts";
import { movedClock } from "./moved-clock.ts";
import { CODE, failureOfLogin, SECRETS, setting, TOKEN, type Trial } from "./onelogin-trial.ts";

const PROTECT = ["OneLogin Protect", 3_920_360] as const;
const SMS = ["OneLogin SMS", 3_920_371] as const;
const APP = ["Google Authenticator", 3_920_481] as const;
const QUERY = `?app_id=${APP_ID}&token=${encodeURIComponent(TOKEN)}`;
const PAIR = { apiClientId: setting(API_ID), apiClientSecret: setting(new Secret(API_SECRET)) };

let onelogin: FakeOnelogin;

beforeEach(async () => {
  onelogin = await startOnelogin();
});

type SamlTrial = Omit<Trial, "login"> & { readonly login?: Partial<SamlLogin>; readonly path?: string; readonly provider?: string };

function toolsFor({ terminal = person() }: SamlTrial) {
  return toolsWith(onelogin.provider.http, { terminal, clock: movedClock() });
}

/** The query is the Go tool's unless told. */
async function attempt(trial: SamlTrial = {}, tools = toolsFor(trial)): Promise<Assertion> {
  const { query = QUERY, path = LAUNCH, login = {}, lines = [], ...parts } = trial;
  const settings = { ...samlLoginOf(`${onelogin.origin}${path}${query}`, { username: USER, password: PASSWORD, ...parts }), ...login };
  return logIn(settings, tools).finally(() => lines.push(...tools.lines));
}

const failureOf = (trial: SamlTrial = {}) => failureOfLogin((lines) => attempt({ ...trial, lines }));
const verifications = () => onelogin.bodies(VERIFY_ASSERTION);
const common = { app_id: APP_ID, state_token: STATE_TOKEN };

describe("SAML at OneLogin with app_id", () => {
  it("has the API give the response: token, password", async () => {
    const assertion = await attempt();
    expect(assertion).toMatchObject({ user: USER, issuer: "https://app.onelogin.com/saml/metadata/5c8e1f" });
    expect(assertion.raw.reveal()).toBe(RESPONSE);
    expect(onelogin.provider.requests).toEqual(["POST /auth/oauth2/v2/token", `POST ${ASSERT}`]);
    expect(onelogin.bodies(ASSERT)).toEqual([{ username_or_email: USER, password: PASSWORD, app_id: APP_ID, subdomain: "acme" }]);
  });

  it.each([
    ["whatever the path is, which is not asked for", { path: "/anything/at/all" }],
    ["with the API credentials in settings", { query: `?app_id=${APP_ID}`, login: PAIR }],
    [
      "with the token in the other alphabet of base64",
      { query: `?app_id=${APP_ID}&token=${Buffer.from(`${API_ID}:${API_SECRET}`).toString("base64url")}` },
    ],
    ["with the token as it is, not encoded for a URL", { query: `?app_id=${APP_ID}&token=${TOKEN}` }],
    ["named by saml_provider", { provider: "onelogin" }],
  ])("works %s", async (_how, trial: SamlTrial) => {
    await expect(attempt(trial)).resolves.toMatchObject({ user: USER });
    expect(onelogin.provider.requests).toEqual(["POST /auth/oauth2/v2/token", `POST ${ASSERT}`]);
  });

  it.each([
    ["us", "https://api.us.onelogin.com"],
    ["EU", "https://api.eu.onelogin.com"],
  ])("calls the API of region %s where the URL asks for it", async (region, origin) => {
    onelogin.devices = [APP];
    onelogin.verifications.push(asserted);
    await attempt({ query: `${QUERY}&region=${region}`, mfaCode: CODE });
    expect(onelogin.provider.seen.map(({ url }) => url.href)).toEqual([
      `${origin}/auth/oauth2/v2/token`,
      `${origin}${ASSERT}`,
      `${origin}${VERIFY_ASSERTION}`,
    ]);
  });

  it("puts no API credential into a URL or a log line", async () => {
    const lines: string[] = [];
    const tools = toolsFor({});
    await attempt({ lines }, tools);
    const urls = onelogin.provider.seen.map(({ url, headers }) => `${url.href} ${headers.referer ?? ""}`).join("\n");
    for (const secret of SECRETS) expect(`${urls}\n${lines.join("\n")}`).not.toContain(secret);
    expect(lines).not.toEqual([]);
  });

  it("approves by OneLogin Protect: asked once, then polled", async () => {
    onelogin.devices = [PROTECT];
    onelogin.verifications.push(assertionPending, assertionPending, asserted);
    const terminal = person("never asked");
    await expect(attempt({ terminal })).resolves.toMatchObject({ user: USER });
    const quiet = { ...common, device_id: "3920360", do_not_notify: true };
    expect(verifications()).toEqual([{ ...quiet, do_not_notify: false }, quiet, quiet]);
    expect(terminal.heard).toEqual(["Approve the login at acme.onelogin.com by OneLogin Protect"]);
  });

  it("ends where the push is denied, and sends no other", async () => {
    onelogin.devices = [PROTECT];
    onelogin.verifications.push(assertionPending, wrongAssertionCode);
    expect(await failureOf()).toMatchObject({
      code: "approval-refused",
      message: "acme.onelogin.com says that the login was denied: Failed authentication with this factor",
    });
    expect(onelogin.bodies(ASSERT)).toHaveLength(1);
  });

  it.each(["OneLogin SMS", "OneLogin Email"])("has the code of %s sent before it is asked for", async (type) => {
    onelogin.devices = [[type, 7]];
    onelogin.verifications.push(assertionSent, asserted);
    await attempt({ terminal: person(CODE) });
    expect(verifications()).toEqual([
      { ...common, device_id: "7", do_not_notify: false },
      { ...common, device_id: "7", do_not_notify: true, otp_token: CODE },
    ]);
  });

  it("asks for a wrong code again, with the same state", async () => {
    onelogin.devices = [APP];
    onelogin.verifications.push(wrongAssertionCode, asserted);
    await attempt({ terminal: person("1", CODE) });
    expect(verifications()).toEqual(["1", CODE].map((otp_token) => ({ ...common, device_id: "3920481", do_not_notify: true, otp_token })));
  });

  it.each([
    ["push", PROTECT, [assertionPending, asserted]],
    ["sms", SMS, [assertionSent, asserted]],
    ["totp", APP, [asserted]],
  ] as const)("takes the factor that mfa_type says: %s", async (mfaType, [, id], answers) => {
    onelogin.devices = [PROTECT, SMS, APP];
    onelogin.verifications.push(...answers);
    await attempt({ mfaType, terminal: person(CODE) });
    expect(new Set(verifications().map((body) => body["device_id"]))).toEqual(new Set([String(id)]));
  });

  it.each([
    [v2Error(401, "Authentication Failed: Invalid user credentials"), "credentials-refused", "refuses the user name or password"],
    [v2Error(401, "User is locked"), "provider-refused", "refuses the login: User is locked"],
    [v2Error(404, "App not found"), "provider-refused", "refuses the login: App not found"],
    [v2Error(403, "Insufficient Permission"), "provider-refused", "refuses the login: Insufficient Permission"],
    [json({ message: "Success" }), "provider-answer", "that has neither data nor state_token"],
    [json({ data: null, message: "Success" }), "provider-answer", "that has neither data nor state_token"],
    [json({ message: "Authentication pending" }), "provider-answer", "is pending before a second factor was chosen"],
    [{ body: "oops" }, "provider-answer", "that is no JSON object"],
    [{ status: 502, body: "<html>" }, "provider-refused", "refuses the login: it answers 502"],
  ])("says what OneLogin says (%#)", async (answer, code, words) => {
    onelogin.provider.pages.set(`POST ${ASSERT}`, answer);
    expect(await failureOf()).toMatchObject({ code, message: expect.stringContaining(words) });
    expect(onelogin.bodies(ASSERT)).toHaveLength(1);
  });

  it.each([v2Error(404, "App not found"), v2Error(400, "Invalid app_id")])("says where the application is named (%#)", async (answer) => {
    onelogin.provider.pages.set(`POST ${ASSERT}`, answer);
    expect(await failureOf()).toMatchObject({ hint: "check app_id in the environment variable GIVEN" });
  });

  it("keeps no session, as there is none", async () => {
    const tools = toolsFor({});
    await attempt({}, tools);
    await attempt({}, tools);
    expect([...tools.store.entries.keys()].filter((key) => key.startsWith("session "))).toEqual([]);
    expect(onelogin.bodies(ASSERT)).toHaveLength(2);
  });

  it("that is given something else than a response says so, and repeats none of it", async () => {
    onelogin.provider.pages.set(`POST ${ASSERT}`, json({ data: "c2VjcmV0LWRhdGE=", message: "Success" }));
    const error = await failureOf();
    expect(error.code).toBe("assertion-invalid");
    expect(JSON.stringify(error) + error.message).not.toMatch(/c2VjcmV0|secret-data/);
  });

  it("asks OneLogin's words of no secret", async () => {
    onelogin.provider.pages.set(`POST ${ASSERT}`, v2Error(400, `bad ${API_SECRET} ${ACCESS_TOKEN} ${PASSWORD}`));
    expect(await failureOf()).toMatchObject({ message: expect.stringContaining("bad [secret] [secret] [secret]") });
  });

  it("says of a token that is none where it stands, before anything is sent", async () => {
    const tools = toolsFor({});
    await expect(attempt({ query: `?app_id=${APP_ID}&token=bm9jb2xvbg` }, tools)).rejects.toMatchObject({
      code: "config-value",
      message: "the token in the query of the environment variable GIVEN is none of OneLogin's",
    });
    expect(onelogin.provider.requests).toEqual([]);
  });
});

describe("SAML at OneLogin without app_id", () => {
  const trial = { query: "", login: PAIR };

  it("goes by a session: the launch, the login API, the launch again", async () => {
    await expect(attempt(trial)).resolves.toMatchObject({ user: USER });
    expect(onelogin.provider.requests).toEqual([
      `GET ${LAUNCH}`,
      "GET /login2/",
      "POST /auth/oauth2/v2/token",
      "POST /api/1/login/auth",
      "POST /session_via_api_token",
      `GET ${LAUNCH}`,
    ]);
  });

  it("asks for nothing while the session lasts, though API credentials are there", async () => {
    const tools = toolsFor(trial);
    await attempt(trial, tools);
    onelogin.provider.requests.length = 0;
    await attempt(trial, tools);
    expect(onelogin.provider.requests).toEqual([`GET ${LAUNCH}`]);
  });

  it("requests the launch without the token and the region, and with what else is in the query", async () => {
    onelogin.devices = [SMS];
    onelogin.verifications.push(sent, success);
    await attempt({ query: `?RelayState=x&token=${encodeURIComponent(TOKEN)}&region=us`, terminal: person(CODE) });
    const launches = onelogin.provider.seen.filter(({ url }) => url.pathname === LAUNCH).map(({ url }) => url.search);
    expect(launches).toEqual(["?RelayState=x", "?RelayState=x"]);
    expect(onelogin.bodies(VERIFY)[0]).toEqual({ device_id: "3920371", state_token: STATE_TOKEN, do_not_notify: false });
  });

  it.each(["", `?app_id=${APP_ID}`])("and without API credentials says what to set (%s)", async (query) => {
    const error = await failureOf({ query, terminal: person("never asked") });
    expect(error).toMatchObject({
      code: "page-not-answerable",
      hint: "set saml_api_client_id and saml_api_client_secret to OneLogin API credentials, or set saml_provider = browser to log in with a browser",
    });
    expect(onelogin.provider.requests.filter((request) => request.startsWith("POST"))).toEqual([]);
  });

  it("is not tried again when the session is not enough", async () => {
    onelogin.provider.pages.set("POST /session_via_api_token", { status: 200 });
    expect(await failureOf(trial)).toMatchObject({
      code: "provider-refused",
      message: "acme.onelogin.com logs the user in, then asks to log in again",
    });
    expect(onelogin.bodies("/api/1/login/auth")).toHaveLength(1);
  });
});

describe("SAML at OneLogin under a domain of the customer's own", () => {
  beforeEach(async () => {
    onelogin = await startOnelogin("https://login.acme.example");
  });

  it("is told by the launch's address, before anything is sent", async () => {
    await expect(attempt()).resolves.toMatchObject({ user: USER });
    expect(onelogin.provider.requests).toEqual(["POST /auth/oauth2/v2/token", `POST ${ASSERT}`]);
  });

  it("is told by its cookie, and the token is not sent for that", async () => {
    // test fixture of the Go tool, section 13.1: the cookie's name
    onelogin.provider.pages.set("GET /sso", {
      ...html("<html></html>", 404),
      headers: { "set-cookie": "sub_session_onelogin.com=abc123; Path=/" },
    });
    await expect(attempt({ path: "/sso" })).resolves.toMatchObject({ user: USER });
    expect(onelogin.provider.seen.map(({ method, url }) => `${method} ${url.pathname}${url.search}`)).toEqual([
      "GET /sso",
      "POST /auth/oauth2/v2/token",
      `POST ${ASSERT}`,
    ]);
  });

  it("calls the API of the region that the URL asks for, once it is told", async () => {
    onelogin.provider.pages.set("GET /sso", {
      ...html("<html></html>"),
      headers: { "set-cookie": "sub_session_onelogin.com=abc123; Path=/" },
    });
    await expect(attempt({ path: "/sso", query: `${QUERY}&region=eu` })).resolves.toMatchObject({ user: USER });
    expect(onelogin.provider.requests.at(-1)).toBe(`POST https://api.eu.onelogin.com${ASSERT}`);
  });

  it("is not sent what stands for a token beside an app_id, though it is none", async () => {
    onelogin.provider.pages.set("GET /sso", html("<h1>Hello</h1>"));
    await failureOf({ path: "/sso", query: `?app_id=${APP_ID}&token=id:secret` });
    expect(onelogin.provider.seen.map(({ url }) => url.search)).toEqual([""]);
  });

  it("that turns out to be another provider's is not sent a token that may be API credentials", async () => {
    onelogin.provider.pages.set("GET /sso", html("<h1>Hello</h1>"));
    await failureOf({ path: "/sso" });
    expect(onelogin.provider.seen.map(({ url }) => url.search)).toEqual([""]);
  });

  it("that is another provider's by name is sent its own token", async () => {
    onelogin.provider.pages.set("GET /sso", html("<h1>Hello</h1>"));
    await expect(attempt({ path: "/sso", query: "?token=aWQ6c2VjcmV0", provider: "saml" })).rejects.toThrow("login.acme.example");
    expect(onelogin.provider.seen.map(({ url }) => url.search)).toEqual(["?token=aWQ6c2VjcmV0"]);
  });
});

describe("a browser that logs in at OneLogin", () => {
  const url = `https://acme.onelogin.com${LAUNCH}${QUERY}&RelayState=x`;

  it("is not shown the API credentials, where it is the system's", async () => {
    const opened: URL[] = [];
    const browser = { isAvailable: true, open: async (address: URL) => opened.push(address) > 0 };
    const tools = toolsWith(onelogin.provider.http, { browser, clock: movedClock() });
    await expect(logIn(samlLoginOf(url, { provider: "browserne" }), tools)).rejects.toMatchObject({ code: "approval-refused" });
    expect(opened.map(({ searchParams }) => [...searchParams.keys()].toSorted())).toEqual([["RelayState", "RelayState", "SAMLRequest"]]);
    const request = inflateRawSync(Buffer.from(opened[0]?.searchParams.get("SAMLRequest") ?? "", "base64")).toString();
    expect(request).toContain(`Destination="https://acme.onelogin.com${LAUNCH}?RelayState=x"`);
    expect(tools.lines.join()).not.toContain(TOKEN);
  });

  it("is not shown them, where it is driven", async () => {
    const gone: unknown[] = [];
    const tools = toolsWith(onelogin.provider.http, {
      browser: { isAvailable: true, open: async () => false, findDrivable: async () => closing(gone) },
    });
    await expect(logIn(samlLoginOf(url, { provider: "browser" }), tools)).rejects.toMatchObject({ code: "cancelled" });
    expect(gone).toEqual([`https://acme.onelogin.com${LAUNCH}?RelayState=x`]);
  });
});

/** Is closed by the person as soon as it is told where to go; that goes into `gone`. */
function closing(gone: unknown[]): DrivableBrowser {
  let listener = (_bytes: Uint8Array): void => {};
  let end = (_end: BrowserEnd): void => {};
  const tell = (message: object) => listener(Buffer.from(`${JSON.stringify(message)}\0`));
  const write = (text: string): void => {
    const { id, method, sessionId, params } = JSON.parse(text.slice(0, -1)) as Record<string, unknown> & { params?: { url?: string } };
    if (method === "Page.navigate") gone.push(params?.url);
    if (method === "Page.navigate" || method === "Browser.close") return end({ status: 0, complaint: "" });
    if (method === "Target.setAutoAttach" && sessionId === undefined)
      tell({ method: "Target.attachedToTarget", params: { sessionId: "page", targetInfo: { type: "page" } } });
    tell({ id, result: {} });
  };
  const kill = () => end({ status: 137, complaint: "" });
  const ended = new Promise<BrowserEnd>((resolve) => (end = resolve));
  return { name: "chrome", start: async () => ({ write, onOutput: (wanted) => void (listener = wanted), ended, kill }) };
}
