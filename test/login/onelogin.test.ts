import { beforeEach, describe, expect, it } from "vitest";

import { logIn } from "../../src/login/oidc/login.ts";
import { apiCredentials, regionOrigin, subdomainOf } from "../../src/login/providers/onelogin-settings.ts";
import { Secret } from "../../src/secret.ts";
import {
  ACCESS_TOKEN,
  API_ID,
  API_SECRET,
  COOKIE,
  type FakeOnelogin,
  PASSWORD,
  SESSION_TOKEN,
  startOnelogin,
  success,
  USER,
  v1Error,
  VERIFY,
} from "../fakes/onelogin.ts";
import { type Answer, html, json } from "./fake-provider.ts";
import { loginOf, person, toolsWith } from "./fixtures.ts";
import { attempt, CODE, failureOf, SECRETS, setting, TOKEN } from "./onelogin-trial.ts";

const APP = ["Google Authenticator", 3_920_481] as const;

let onelogin: FakeOnelogin;

beforeEach(async () => {
  onelogin = await startOnelogin();
});

const logins = () => onelogin.bodies("/api/1/login/auth");

describe("a login at OneLogin", () => {
  it("goes by the API: token, password, session; then the authorization request again", async () => {
    await expect(attempt(onelogin)).resolves.toMatchObject({ user: "alice", issuer: "https://acme.onelogin.com/oidc/2" });
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
    const lines: string[] = [];
    await attempt(onelogin, { lines });
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
    await attempt(onelogin, { query: `?token=${encodeURIComponent(TOKEN)}&region=${region}`, mfaCode: CODE });
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
    await expect(attempt(onelogin)).resolves.toMatchObject({ user: "alice" });
    expect(new Set(onelogin.provider.seen.map(({ url }) => url.origin))).toEqual(new Set(["https://acme.example"]));
  });

  it.each([
    ["in settings of their own", "", { apiClientId: setting(API_ID), apiClientSecret: setting(new Secret(API_SECRET)) }],
    ["in the URL first", `?token=${encodeURIComponent(TOKEN)}`, { apiClientId: setting("x"), apiClientSecret: setting(new Secret("y")) }],
  ])("takes API credentials %s", async (_, query, login) => {
    await expect(attempt(onelogin, { query, login })).resolves.toMatchObject({ user: "alice" });
  });

  it.each([{}, { apiClientId: setting(API_ID) }, { apiClientSecret: setting(new Secret(API_SECRET)) }])(
    "without API credentials says what to set, before anybody is asked for a password (%j)",
    async (login) => {
      const error = await failureOf(onelogin, { query: "", login, terminal: person("never asked") });
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
    await expect(attempt(onelogin, { query: "" })).resolves.toMatchObject({ user: "alice" });
  });

  it("is not tried again when the session is not enough", async () => {
    onelogin.provider.pages.set("POST /session_via_api_token", { status: 200 });
    expect(await failureOf(onelogin)).toMatchObject({
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
    await expect(attempt(onelogin)).resolves.toMatchObject({ user: "alice" });
    expect(logins()).toHaveLength(1);
  });

  it("sends nothing when the authorization endpoint refuses the client", async () => {
    onelogin.provider.pages.set("GET /oidc/2/auth", json({ error: "invalid_client", error_description: "client is invalid" }, 400));
    expect(await failureOf(onelogin)).toMatchObject({ code: "provider-refused", message: "acme.onelogin.com answers 400" });
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
    expect(await failureOf(onelogin, { query: `?token=${encodeURIComponent(TOKEN)}&region=mars` })).toMatchObject({
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
    expect(await failureOf(onelogin, { terminal: person("never asked") })).toMatchObject({
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
      expect(await failureOf(onelogin)).toMatchObject({
        code: "provider-answer",
        message: "acme.onelogin.com answers without an access token",
      });
    },
  );
});

describe("the password", () => {
  it("that was configured is sent once", async () => {
    expect(await failureOf(onelogin, { password: "wrong" })).toMatchObject({
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
      expect(await failureOf(onelogin)).toMatchObject({ code: "credentials-refused" });
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
    const error = await failureOf(onelogin, trial);
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
    expect(await failureOf(onelogin)).toMatchObject({
      code: "provider-answer",
      message: `acme.onelogin.com answers the password with something that ${what}`,
    });
  });

  it("whose session is refused ends the login", async () => {
    onelogin.provider.pages.set("POST /session_via_api_token", { status: 400, body: SESSION_TOKEN });
    expect(await failureOf(onelogin)).toMatchObject({ message: "acme.onelogin.com opens no session for the login: it answers 400" });
  });
});
