import { beforeEach, describe, expect, it } from "vitest";

import type { OidcLogin, Setting } from "../../src/config/profile.ts";
import { RunasError } from "../../src/errors.ts";
import { logIn } from "../../src/login/oidc/login.ts";
import { apiCredentials, regionOrigin, subdomainOf } from "../../src/login/providers/onelogin-settings.ts";
import { Secret } from "../../src/secret.ts";
import type { Clock, Terminal } from "../../src/world.ts";
import {
  ACCESS_TOKEN,
  API_ID,
  API_SECRET,
  COOKIE,
  type FakeOnelogin,
  PASSWORD,
  pending,
  sent,
  SESSION_TOKEN,
  startOnelogin,
  STATE_TOKEN,
  success,
  USER,
  v1Error,
  VERIFY,
  wrongCode,
} from "../fakes/onelogin.ts";
import { type Answer, html, json } from "./fake-provider.ts";
import { loginOf, person, toolsWith } from "./fixtures.ts";

const CODE = "246802";
const TOKEN = Buffer.from(`${API_ID}:${API_SECRET}`).toString("base64");
const SECRETS = [API_SECRET, TOKEN, PASSWORD, CODE, ACCESS_TOKEN, STATE_TOKEN, SESSION_TOKEN, COOKIE, encodeURIComponent(TOKEN)];
const PROTECT = ["OneLogin Protect", 3_920_360] as const;
const SMS = ["OneLogin SMS", 3_920_371] as const;
const APP = ["Google Authenticator", 3_920_481] as const;

let onelogin: FakeOnelogin;
/** Of the last login: what was logged. */
let lines: string[];

beforeEach(async () => {
  onelogin = await startOnelogin();
  lines = [];
});

interface Trial {
  readonly query?: string;
  readonly login?: Partial<OidcLogin>;
  readonly username?: string;
  readonly password?: string;
  readonly provider?: string;
  readonly mfaType?: string;
  readonly mfaCode?: string;
  readonly terminal?: Terminal;
}

const setting = <T>(value: T): Setting<T> => ({ value, origin: { layer: "environment", variable: "GIVEN" } });

function attempt({ query = `?token=${encodeURIComponent(TOKEN)}`, login = {}, terminal = person(), ...parts }: Trial = {}) {
  const tools = toolsWith(onelogin.provider.http, { terminal, clock: quickClock() });
  lines = tools.lines;
  return logIn({ ...loginOf(onelogin.issuer + query, { username: USER, password: PASSWORD, ...parts }), ...login }, tools);
}

/** The error of a login, after a look that it tells no secret, and that nothing was logged of any. */
async function failure(trial: Trial = {}): Promise<RunasError> {
  const error = await attempt(trial).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  if (!(error instanceof RunasError)) throw new Error(`no error of ours: ${String(error)}`);
  const shown = [error.message, error.hint, error.stack, String(error.cause), JSON.stringify(error), ...lines].join("\n");
  for (const secret of SECRETS) expect(shown).not.toContain(secret);
  return error;
}

/** Sleeps at once. */
function quickClock(): Clock {
  let sleptMs = 0;
  return { now: () => Date.now() + sleptMs, sleep: async (durationMs) => void (sleptMs += durationMs) };
}

const verifications = () => onelogin.bodies(VERIFY);
const logins = () => onelogin.bodies("/api/1/login/auth");

describe("a login at OneLogin", () => {
  it("goes by the API: token, password, session; then the authorization request again", async () => {
    await expect(attempt()).resolves.toMatchObject({ user: "alice", issuer: "https://acme.onelogin.com/oidc/2" });
    expect(onelogin.provider.requests).toEqual([
      "GET /oidc/2/.well-known/openid-configuration",
      "GET /oidc/2/auth",
      "GET /login2/",
      "POST /auth/oauth2/v2/token",
      "POST /api/1/login/auth",
      "POST /session_via_api_token",
      "GET /oidc/2/auth",
      "POST /oidc/2/token",
      "GET /oidc/2/certs",
    ]);
    expect(logins()).toEqual([{ username_or_email: USER, password: PASSWORD, subdomain: "acme" }]);
  });

  it("asks the application's public client for no secret, and puts no API credential into a URL or log", async () => {
    await attempt();
    const { form } = onelogin.provider.seen.find(({ url }) => url.pathname === "/oidc/2/token") ?? {};
    expect([form?.get("client_id"), form?.has("client_secret")]).toEqual(["client-1", false]);
    const urls = onelogin.provider.seen.map(({ url }) => url.href).join("\n");
    for (const secret of SECRETS) expect(`${urls}\n${lines.join("\n")}`).not.toContain(secret);
    expect(onelogin.provider.seen.filter(({ method }) => method === "HEAD")).toEqual([]);
  });

  it("needs no password while the session lives", async () => {
    const tools = toolsWith(onelogin.provider.http);
    const login = loginOf(`${onelogin.issuer}?token=${TOKEN}`, { username: USER, password: PASSWORD });
    await logIn(login, tools);
    await logIn(login, tools);
    expect(logins()).toHaveLength(1);
  });

  it.each([
    ["us", "https://api.us.onelogin.com"],
    ["EU", "https://api.eu.onelogin.com"],
  ])("calls the API of region %s where the URL asks for it, and opens the session at the account", async (region, origin) => {
    onelogin.devices = [APP];
    onelogin.verifications.push(success);
    await attempt({ query: `?token=${encodeURIComponent(TOKEN)}&region=${region}`, mfaCode: CODE });
    const posted = onelogin.provider.seen.filter(({ method }) => method === "POST").map(({ url }) => url.origin + url.pathname);
    expect(posted).toEqual([
      `${origin}/auth/oauth2/v2/token`,
      `${origin}/api/1/login/auth`,
      `${origin}${VERIFY}`,
      "https://acme.onelogin.com/session_via_api_token",
      "https://acme.onelogin.com/oidc/2/token",
    ]);
  });

  it("works at a domain of the customer's own, found by its endpoints, with the API there", async () => {
    onelogin = await startOnelogin("https://acme.example");
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
    expect(new Set(onelogin.provider.seen.map(({ url }) => url.origin))).toEqual(new Set(["https://acme.example"]));
  });

  it.each([
    ["in settings of their own", "", { apiClientId: setting(API_ID), apiClientSecret: setting(new Secret(API_SECRET)) }],
    ["in the URL first", `?token=${encodeURIComponent(TOKEN)}`, { apiClientId: setting("x"), apiClientSecret: setting(new Secret("y")) }],
  ])("takes API credentials %s", async (_, query, login) => {
    await expect(attempt({ query, login })).resolves.toMatchObject({ user: "alice" });
  });

  it.each([{}, { apiClientId: setting(API_ID) }, { apiClientSecret: setting(new Secret(API_SECRET)) }])(
    "without API credentials says what to set, before anybody is asked for a password (%j)",
    async (login) => {
      const error = await failure({ query: "", login, terminal: person("never asked") });
      expect(error).toMatchObject({
        code: "page-not-answerable",
        message: "acme.onelogin.com shows a login page that only a browser can use, and there are no API credentials",
        hint: expect.stringMatching(/web_identity_api_client_id and web_identity_api_client_secret .* http:\/\/127\.0\.0\.1\/callback/),
      });
      expect(onelogin.provider.requests.filter((request) => request.startsWith("POST"))).toEqual([]);
    },
  );

  it("leaves a page with forms to whoever fills in forms, where there are no API credentials", async () => {
    onelogin.provider.pages.set("GET /login2/", html('<form method="post" action="/f"><input type="password" name="p"></form>'));
    onelogin.provider.pages.set("POST /f", () => onelogin.provider.finish({ iss: "" }));
    await expect(attempt({ query: "" })).resolves.toMatchObject({ user: "alice" });
  });

  it("is not tried again when the session is not enough", async () => {
    onelogin.provider.pages.set("POST /session_via_api_token", { status: 200 });
    expect(await failure()).toMatchObject({
      code: "provider-refused",
      message: "acme.onelogin.com logs the user in, then asks to log in again",
      hint: expect.stringContaining("whether the user has the application"),
    });
    expect(logins()).toHaveLength(1);
  });

  it("has a form after the login, such as consent, filled in", async () => {
    let isAgreed = false;
    const authorize = onelogin.provider.pages.get("GET /oidc/2/auth");
    onelogin.provider.pages.set("GET /oidc/2/auth", (seen) =>
      seen.cookie.includes(COOKIE) && !isAgreed
        ? html('<form method="post" action="/consent"><button>Continue</button></form>')
        : ((authorize as (request: typeof seen) => Answer)(seen) ?? {}),
    );
    onelogin.provider.pages.set("POST /consent", () => {
      isAgreed = true;
      return onelogin.provider.finish({ iss: "" });
    });
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
    expect(logins()).toHaveLength(1);
  });

  it("sends nothing when the authorization endpoint refuses the client", async () => {
    onelogin.provider.pages.set("GET /oidc/2/auth", json({ error: "invalid_client", error_description: "client is invalid" }, 400));
    expect(await failure()).toMatchObject({ code: "provider-refused", message: "acme.onelogin.com answers 400" });
    expect(onelogin.provider.requests.filter((request) => request.startsWith("POST"))).toEqual([]);
  });
});

describe("OneLogin's API credentials", () => {
  const pairOf = (query: string) => {
    const found = apiCredentials(loginOf(`https://acme.onelogin.com/oidc/2?${query}`));
    return found && `${found.clientId} ${found.clientSecret.reveal()}`;
  };

  it.each([
    ["token=Y2xpZW50X2lkOmNsaWVudF9zZWNyZXQ=", "client_id client_secret"],
    ["token=aWQ6c2VjcmV0", "id secret"],
    ["token=aWQ6YTpi", "id a:b"],
    [`token=${TOKEN}`, `${API_ID} ${API_SECRET}`],
    [`token=${encodeURIComponent(TOKEN)}`, `${API_ID} ${API_SECRET}`],
    [`token=${TOKEN.replace(/=+$/, "")}`, `${API_ID} ${API_SECRET}`],
    [`token=${Buffer.from(`${API_ID}:${API_SECRET}`).toString("base64url")}`, `${API_ID} ${API_SECRET}`],
    ["token=aWQ6fn4+", "id ~~>"],
    ["token=", undefined],
    ["region=eu", undefined],
  ])("are read from %s", (query, pair) => {
    expect(TOKEN).toMatch(/[+/].*=$/);
    expect(pairOf(query)).toBe(pair);
  });

  it.each(["bm9jb2xvbg==", "%25%25", "a", "OnNlY3JldA==", "aWQ6", "aWQ6cGFzcw0K"])("are not %s, which no error repeats", (token) => {
    const attemptToRead = () => apiCredentials(loginOf(`https://acme.onelogin.com/oidc/2?token=${token}`));
    expect(attemptToRead).toThrow(
      expect.objectContaining({
        code: "config-value",
        message: "the token in the query of the environment variable GIVEN is none of OneLogin's",
        hint: expect.stringContaining("client_id:client_secret"),
      }),
    );
  });

  it("may not be for a region that does not exist", async () => {
    const login = loginOf("https://acme.onelogin.com/oidc/2?region=evil.example%2F&token=x");
    expect(() => regionOrigin(login)).toThrow(expect.objectContaining({ code: "config-value" }));
    expect(await failure({ query: `?token=${encodeURIComponent(TOKEN)}&region=mars` })).toMatchObject({
      message: "the region in the query of the environment variable GIVEN is none of OneLogin's",
    });
  });

  it.each([
    ["https://acme.onelogin.com/oidc/2", "https://acme.onelogin.com", "acme"],
    ["https://acme.onelogin.com/oidc/2", "https://login.acme.example", "acme"],
    ["https://login.acme.example/oidc/2", "https://login.acme.example", "login"],
    ["https://login.microsoftonline.com/x", "https://guests.onelogin.com", "guests"],
  ])("of %s at %s are of the account %s", (authUrl, home, subdomain) => {
    expect(subdomainOf(loginOf(authUrl), new URL(home))).toBe(subdomain);
  });

  it.each([
    [
      "refused",
      v1Error(401, "Authentication Failure"),
      "refuses the API credentials: Authentication Failure",
      "environment variable GIVEN",
    ],
    ["refused with a version 2 error", json({ statusCode: 401, name: "Unauthorized", message: "No." }, 401), "credentials: No", "GIVEN"],
    ["refused with an OAuth error", json({ error: "invalid_client" }, 400), "credentials: invalid_client", "GIVEN"],
    ["those of somebody who left", { status: 500, body: "oops" }, "refuses the API credentials: it answers 500", "is gone"],
    ["repeated in the error", v1Error(400, `bad ${API_SECRET} ${TOKEN}`), "credentials: bad [secret] [secret]", "GIVEN"],
    ["answered with control characters", v1Error(401, "\u001B[2Jno"), String.raw`credentials: \u{1b}[2Jno`, "GIVEN"],
  ])("that are %s end the login before a person is asked", async (_, answer, message, hint) => {
    onelogin.provider.pages.set("POST /auth/oauth2/v2/token", answer);
    expect(await failure({ terminal: person("never asked") })).toMatchObject({
      code: "provider-refused",
      message: expect.stringContaining(message),
      hint: expect.stringContaining(hint),
    });
    expect(logins()).toEqual([]);
  });

  it.each(["null", "[]", "{}", '{"access_token":1}', '{"access_token":"a b"}', '{"access_token":""}', "<html>"])(
    "that are answered with %s get no further",
    async (body) => {
      onelogin.provider.pages.set("POST /auth/oauth2/v2/token", { body });
      expect(await failure()).toMatchObject({ code: "provider-answer", message: "acme.onelogin.com answers without an access token" });
    },
  );
});

describe("the password", () => {
  it("that was configured is sent once", async () => {
    expect(await failure({ password: "wrong" })).toMatchObject({
      code: "credentials-refused",
      message: "acme.onelogin.com refuses the user name or password: Authentication Failed: Invalid user credentials",
      hint: expect.stringContaining("it was tried once"),
    });
    expect(logins()).toHaveLength(1);
  });

  it("is asked for again after a typing error", async () => {
    const terminal = person("wrong", PASSWORD);
    const tools = toolsWith(onelogin.provider.http, { terminal });
    await logIn(loginOf(`${onelogin.issuer}?token=${TOKEN}`, { username: USER }), tools);
    expect(logins().map(({ password }) => password)).toEqual(["wrong", PASSWORD]);
    expect(terminal.heard[1]).toContain("Invalid user credentials");
  });

  it.each([{ status: 401, body: "Authentication Failed" }, json({ statusCode: 401, name: "InvalidCredentials", message: "Wrong" }, 401)])(
    "is refused by %j too",
    async (answer) => {
      onelogin.provider.pages.set("POST /api/1/login/auth", answer);
      expect(await failure()).toMatchObject({ code: "credentials-refused" });
    },
  );

  it.each([
    [v1Error(401, "User is locked"), "refuses the login: User is locked", undefined],
    [v1Error(401, "Password has expired"), "refuses the login: Password has expired", undefined],
    [v1Error(401, "Authentication Failure"), "refuses the login: Authentication Failure", "Authentication Only"],
    [v1Error(401, "Insufficient Permissions"), "refuses the login: Insufficient Permissions", "Authentication Only"],
    [v1Error(403, "Forbidden"), "refuses the login: Forbidden", "Authentication Only"],
    [v1Error(400, `bad request for ${PASSWORD} ${ACCESS_TOKEN}`), "refuses the login: bad request for [secret] [secret]", undefined],
    [{ status: 502, body: "<html>" }, "refuses the login: it answers 502", undefined],
    [json({ status: { error: true, code: 200, type: "x", message: "No" } }), "refuses the login: No", undefined],
    [json({ status: { error: true, message: { description: "Deep" } } }, 400), "refuses the login: Deep", undefined],
  ])("is not asked for again after %j", async (answer, message, hint) => {
    onelogin.provider.pages.set("POST /api/1/login/auth", answer);
    const trial = { terminal: person("never asked") };
    const error = await failure(trial);
    expect(error).toMatchObject({ code: "provider-refused", message: `acme.onelogin.com ${message}` });
    expect(error.hint ?? "").toContain(hint ?? "");
    expect(trial.terminal.heard).toEqual([]);
    expect(logins()).toHaveLength(1);
  });

  const ok = { status: { type: "success", message: "Success", code: 200, error: false } };
  it.each([
    ["<html>", "has no status"],
    ["[]", "has no status"],
    ['{"status":"ok"}', "has no status"],
    [JSON.stringify(ok), "has no data"],
    [JSON.stringify({ ...ok, data: {} }), "has no data"],
    [JSON.stringify({ ...ok, data: [null] }), "has no data"],
    [JSON.stringify({ ...ok, data: [{}] }), "has neither session_token nor state_token"],
    [JSON.stringify({ ...ok, data: [{ session_token: 1 }] }), "has neither session_token nor state_token"],
    [
      JSON.stringify({ ...ok, data: [{ state_token: "s", devices: [{ device_id: 1 }] }] }),
      "names a device without device_id or device_type",
    ],
    [JSON.stringify({ ...ok, data: [{ state_token: "s", devices: [null] }] }), "names a device without device_id or device_type"],
    [JSON.stringify({ status: { type: "pending" } }), "is pending before a second factor was chosen"],
  ])("that is answered with %s is an error that says so", async (body, what) => {
    onelogin.provider.pages.set("POST /api/1/login/auth", { body });
    expect(await failure()).toMatchObject({
      code: "provider-answer",
      message: `acme.onelogin.com answers the password with something that ${what}`,
    });
  });

  it("whose session is refused ends the login", async () => {
    onelogin.provider.pages.set("POST /session_via_api_token", { status: 400, body: SESSION_TOKEN });
    expect(await failure()).toMatchObject({ message: "acme.onelogin.com opens no session for the login: it answers 400" });
  });
});

describe("a second factor at OneLogin", () => {
  it("that is the only one is a push, asked for once and then polled", async () => {
    onelogin.devices = [PROTECT];
    onelogin.verifications.push(pending, pending, pending, success);
    const terminal = person("never asked");
    await expect(attempt({ terminal })).resolves.toMatchObject({ user: "alice" });
    const common = { device_id: "3920360", state_token: STATE_TOKEN };
    const quiet = { ...common, do_not_notify: true };
    expect(verifications()).toEqual([{ ...common, do_not_notify: false }, quiet, quiet, quiet]);
    expect(terminal.heard).toEqual(["Approve the login by OneLogin Protect"]);
  });

  it("that is a push needs no terminal, and may be approved at once", async () => {
    onelogin.devices = [PROTECT];
    onelogin.verifications.push(success);
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
  });

  it("that nobody approves ends after a minute", async () => {
    onelogin.devices = [PROTECT];
    onelogin.verifications.push(...Array.from({ length: 31 }, () => pending));
    expect(await failure()).toMatchObject({
      code: "approval-refused",
      message: "nobody approved the login at acme.onelogin.com in time",
    });
  });

  it("that is denied is an error, and is not asked for again", async () => {
    onelogin.devices = [PROTECT];
    onelogin.verifications.push(pending, wrongCode);
    expect(await failure()).toMatchObject({
      code: "approval-refused",
      message: "acme.onelogin.com says that the login was denied: Failed authentication with this factor",
    });
  });

  it.each([{ status: 429 }, { status: 503 }])("waits out %j", async (answer) => {
    onelogin.devices = [PROTECT];
    onelogin.verifications.push(pending, answer, success);
    await expect(attempt()).resolves.toMatchObject({ user: "alice" });
  });

  it.each(["OneLogin Voice", "Email MagicLink", "OneLogin"])("that is %s is waited for like a push", async (type) => {
    onelogin.devices = [[type, 1]];
    onelogin.verifications.push(pending, success);
    const terminal = person("never asked");
    await attempt({ terminal });
    expect(terminal.heard).toEqual([`Approve the login by ${type}`]);
  });

  it.each(["Google Authenticator", "Authenticator", "Yubico YubiKey", "Something New"])(
    "that is %s is a code, sent at once",
    async (type) => {
      onelogin.devices = [[type, 7]];
      onelogin.verifications.push(success);
      const terminal = person(CODE);
      await attempt({ terminal });
      expect(verifications()).toEqual([{ device_id: "7", state_token: STATE_TOKEN, do_not_notify: true, otp_token: CODE }]);
      expect(terminal.heard).toEqual([`Code of ${type} for acme.onelogin.com`]);
    },
  );

  it.each(["OneLogin SMS", "SMS", "OneLogin Email"])("that is %s has its code sent first", async (type) => {
    onelogin.devices = [[type, 7]];
    onelogin.verifications.push(sent, success);
    await attempt({ terminal: person(CODE) });
    expect(verifications()).toEqual([
      { device_id: "7", state_token: STATE_TOKEN, do_not_notify: false },
      { device_id: "7", state_token: STATE_TOKEN, do_not_notify: true, otp_token: CODE },
    ]);
  });

  it("that sends a code takes none that was given before it was sent", async () => {
    onelogin.devices = [SMS];
    onelogin.verifications.push(sent);
    expect(await failure({ mfaCode: CODE })).toMatchObject({ code: "person-needed" });
  });

  it("asks for a wrong code again, and gives up after the third", async () => {
    onelogin.devices = [APP];
    onelogin.verifications.push(wrongCode, wrongCode, success);
    const terminal = person("1", "2", CODE);
    await attempt({ terminal });
    expect(verifications().map((body) => body["otp_token"])).toEqual(["1", "2", CODE]);
    expect(terminal.heard[1]).toContain("Failed authentication with this factor");
    onelogin.verifications.push(wrongCode, wrongCode, wrongCode);
    expect(await failure({ terminal: person("1", "2", "3") })).toMatchObject({ code: "code-refused" });
  });

  it("that was given a wrong code beforehand asks the person, if there is one", async () => {
    onelogin.devices = [APP];
    onelogin.verifications.push(wrongCode);
    expect(await failure({ mfaCode: CODE })).toMatchObject({ code: "code-refused" });
    onelogin.verifications.push(wrongCode, success);
    await attempt({ mfaCode: "000000", terminal: person(CODE) });
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
      "Code of Google Authenticator for acme.onelogin.com",
      "Code of Google Authenticator for acme.onelogin.com",
    ]);
  });

  it("tells two of one type apart", async () => {
    onelogin.devices = [SMS, ["OneLogin SMS", 2], APP];
    onelogin.verifications.push(sent, success);
    await attempt({ terminal: person("OneLogin SMS 2", CODE) });
    expect(verifications()[0]).toMatchObject({ device_id: "2" });
  });

  it.each([
    ["push", undefined, "3920360", false],
    ["sms", CODE, "3920371", true],
    ["code", CODE, "3920481", false],
  ])("is what mfa_type = %s says", async (mfaType, code, device, isSent) => {
    onelogin.devices = [PROTECT, SMS, APP];
    onelogin.verifications.push(...(isSent ? [sent, success] : [success]));
    await attempt({ mfaType, terminal: person(code ?? "never asked") });
    expect(verifications().at(-1)).toMatchObject({ device_id: device });
    expect(verifications().at(-1)?.["otp_token"]).toBe(code);
  });

  it.each([{ mfaType: "code" }, { mfaType: "totp" }, {}])("takes a code of OneLogin Protect for one that was given (%j)", async (parts) => {
    onelogin.devices = [PROTECT];
    onelogin.verifications.push(success);
    await attempt({ ...parts, mfaCode: CODE });
    expect(verifications()).toEqual([{ device_id: "3920360", state_token: STATE_TOKEN, do_not_notify: true, otp_token: CODE }]);
  });

  it("that mfa_type names and the user lacks is an error that lists what there is", async () => {
    onelogin.devices = [PROTECT, APP];
    expect(await failure({ mfaType: "sms" })).toMatchObject({
      code: "page-not-answerable",
      message: expect.stringContaining("offers OneLogin Protect (push), Google Authenticator (totp), but mfa_type is sms"),
    });
  });

  it.each([
    [[["FIDO2 (WebAuthn)", 1] as const], "asks for FIDO2 (WebAuthn) (webauthn)"],
    [[["Duo Security", 1] as const], "asks for Duo Security, which takes a browser"],
  ])("that only a browser can give is named (%j)", async (devices, message) => {
    onelogin.devices = devices;
    expect(await failure()).toMatchObject({
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
    expect(await failure()).toMatchObject({ message: "acme.onelogin.com asks for a second factor, and this user has none" });
  });

  it.each([
    [v1Error(401, "State token has expired"), "refuses the second factor: State token has expired", "two minutes"],
    [v1Error(400, "bad request"), "refuses the second factor: bad request", ""],
    [v1Error(400, `no ${STATE_TOKEN.slice(0, 4)} ${ACCESS_TOKEN} ${CODE}`), "factor: no xf43 [secret] [secret]", ""],
  ])("that is answered with %j ends the login", async (answer, message, hint) => {
    onelogin.devices = [APP];
    onelogin.verifications.push(answer);
    const error = await failure({ terminal: person(CODE, "never asked") });
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
    expect(await failure({ terminal: person(CODE) })).toMatchObject({
      code: "provider-answer",
      message: `acme.onelogin.com answers the second factor with something that ${what}`,
    });
  });

  it("whose code is not sent ends the login", async () => {
    onelogin.devices = [SMS];
    onelogin.verifications.push(v1Error(400, "No phone"));
    expect(await failure()).toMatchObject({ message: "acme.onelogin.com refuses to send a code: No phone" });
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
    await attempt({ mfaCode: CODE });
    expect(onelogin.bodies(path)).toHaveLength(1);
    expect(new Set(onelogin.provider.seen.map(({ url }) => url.origin))).toEqual(new Set(["https://acme.onelogin.com"]));
  });
});
