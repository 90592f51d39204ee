/**
 * A OneLogin account: discovery, the login page that only a browser can use, the login API, the session. One user, whose second factors and
 * verifications each test plans; a verification that was not planned fails the test, and so does one that never came.
 *
 * Written from OneLogin's published documentation:
 * [tokens] https://developers.onelogin.com/api-docs/2/oauth20-tokens/generate-tokens
 * [login] https://developers.onelogin.com/api-docs/1/login-page/create-session-login-token
 * [verify] https://developers.onelogin.com/api-docs/1/login-page/verify-factor
 * [session] https://developers.onelogin.com/api-docs/1/login-page/create-session-via-token
 * [assertion] https://developers.onelogin.com/api-docs/2/saml-assertions/generate-saml-assertion
 * [verify 2] https://developers.onelogin.com/api-docs/2/saml-assertions/verify-factor
 * [discovery] https://developers.onelogin.com/openid-connect/api/provider-config
 */

import { afterEach } from "vitest";

import { type Answer, type FakeProvider, html, json, redirect, type Seen, startProvider } from "../login/fake-provider.ts";

import { responsePage, samlResponse } from "./saml-response.ts";

type Json = Readonly<Record<string, unknown>>;
type Verification = Answer | ((body: Json) => Answer);

export interface FakeOnelogin {
  readonly provider: FakeProvider;
  readonly origin: string;
  /** "https://acme.onelogin.com/oidc/2". */
  readonly issuer: string;
  /** Type and id, as the answer to the password lists them; none lets the password alone in. */
  devices: readonly (readonly [type: string, id: number])[];
  /** What each verification is answered with, in order. */
  readonly verifications: Verification[];
  /** JSON that was posted to a path of the API. */
  bodies(path: string): Json[];
}

export const USER = "alice@acme.example";
export const PASSWORD = "correct horse";
export const API_ID = "api-client";
/** With a colon, and with what the two alphabets of base64 tell apart. */
export const API_SECRET = "s3cret:~~~???>>>x";
export const ACCESS_TOKEN = "xx508xx63817x752xx74004x30705";
export const STATE_TOKEN = "xf4330878444597bd3933d4247cc1";
export const SESSION_TOKEN = "9x8869x31134x7906x6x54474x21";
export const COOKIE = "the-session-of-alice";

export const VERIFY = "/api/1/login/verify_factor";
export const ASSERT = "/api/2/saml_assertion";
export const VERIFY_ASSERTION = "/api/2/saml_assertion/verify_factor";
/** Of the SAML application. */
export const APP_ID = "1234567";
export const LAUNCH = "/trust/saml2/launch/5c8e1f";
export const RESPONSE = samlResponse({ user: USER, issuer: "https://app.onelogin.com/saml/metadata/5c8e1f" });

// [verify], "200 OK - Success"; [login] has the same without a second factor.
export const success = json({
  status: { type: "success", message: "Success", code: 200, error: false },
  data: [
    {
      status: "Authenticated",
      user: { username: "alice", email: USER, firstname: "Alice", id: 88_888_888, lastname: "Akua" },
      return_to_url: null,
      expires_at: "2016/01/07 05:56:21 +0000",
      session_token: SESSION_TOKEN,
    },
  ],
});
// [verify], "200 OK - Pending"
export const pending = json({ status: { type: "pending", message: "Authentication pending on OL Protect", code: 200, error: false } });
export const sent = json({
  status: { type: "pending", message: "SMS token sent to your mobile device. Authentication pending.", code: 200, error: false },
});
// [verify], "401 Unauthorized"
export const wrongCode = v1Error(401, "Failed authentication with this factor");

// [verify 2], [assertion]: "200 OK"
export const asserted = json({ data: RESPONSE, message: "Success" });
// [verify 2]: "200 OK", pending
export const assertionPending = json({ message: "Authentication pending on OL Protect" });
export const assertionSent = json({ message: "SMS token sent to your mobile device. Authentication pending." });
// [verify 2]: "401 Unauthorized"
export const wrongAssertionCode = v2Error(401, "Failed authentication with this factor");

/** [assertion], [verify 2]: "400 Bad Request", "401 Unauthorized", "404 Not Found". */
export function v2Error(statusCode: number, message: string): Answer {
  return json({ statusCode, name: statusCode === 401 ? "Unauthorized" : "Bad Request", message }, statusCode);
}

/** [login], [verify]: "400 Bad Request", "401 Unauthorized". */
export function v1Error(code: number, message: string): Answer {
  return json({ status: { type: code === 401 ? "Unauthorized" : "bad request", message, code, error: true } }, code);
}

const running: FakeOnelogin[] = [];
let overrun = 0;

afterEach(() => {
  const left = running.splice(0).reduce((sum, { verifications }) => sum + verifications.length, 0);
  const asked = overrun;
  overrun = 0;
  if (left > 0) throw new Error(`${left} verifications were planned and never came`);
  if (asked > 0) throw new Error(`${asked} verifications came that were not planned`);
});

/** "loopback" is plain http on this machine, for the built programs. */
export async function startOnelogin(origin = "https://acme.onelogin.com"): Promise<FakeOnelogin> {
  const provider = await startProvider(origin === "loopback" ? undefined : origin);
  const issuer = `${provider.issuer}/oidc/2`;
  const fake: FakeOnelogin = {
    provider,
    origin: provider.issuer,
    issuer,
    devices: [],
    verifications: [],
    bodies: (path) => provider.seen.filter(({ url }) => url.pathname === path).map(({ body }) => JSON.parse(body) as Json),
  };
  running.push(fake);
  provider.claims = { iss: issuer };
  const pages: Record<string, Answer | ((seen: Seen) => Answer | Promise<Answer>)> = {
    "GET /oidc/2/.well-known/openid-configuration": json(documentOf(issuer)),
    "GET /oidc/2/certs": provider.pages.get("GET /keys") ?? {},
    "POST /oidc/2/token": provider.pages.get("POST /token") ?? {},
    "GET /oidc/2/auth": ({ cookie }) =>
      cookie.includes(`=${COOKIE}`) ? provider.finish({ iss: "" }) : redirect(`${provider.issuer}/login2/?return=abc`),
    "GET /login2/": html('<title>OneLogin</title><div id="root"></div><script src="/app.js"></script>'),
    "POST /auth/oauth2/v2/token": giveToken,
    "POST /api/1/login/auth": (seen) => checkPassword(seen, fake),
    [`POST ${VERIFY}`]: (seen) => verify(seen, fake),
    [`POST ${ASSERT}`]: (seen) => assertUser(seen, fake),
    [`POST ${VERIFY_ASSERTION}`]: (seen) => verifyForApp(seen, fake),
    // A link of the portal: with a session the page that posts the response, which no documentation shows
    [`GET ${LAUNCH}`]: ({ cookie, url }) =>
      url.search !== "" && url.search !== "?RelayState=x"
        ? { status: 500 }
        : cookie.includes(`=${COOKIE}`)
          ? responsePage(RESPONSE)
          : redirect(`${provider.issuer}/login2/?return=abc`),
    "POST /session_via_api_token": ({ form }) => (form.get("session_token") === SESSION_TOKEN ? openSession() : { status: 400 }),
  };
  provider.pages.clear();
  for (const [name, page] of Object.entries(pages)) provider.pages.set(name, page);
  return fake;
}

/** [discovery], "Sample Response". */
function documentOf(issuer: string): Json {
  return {
    issuer,
    authorization_endpoint: `${issuer}/auth`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/certs`,
    grant_types_supported: ["authorization_code", "implicit", "refresh_token", "client_credentials"],
    token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post", "none"],
  };
}

/** [tokens], "Sample Response". */
function giveToken({ headers, body }: Seen): Answer {
  const isKnown = headers.authorization === `Basic ${Buffer.from(`${API_ID}:${API_SECRET}`).toString("base64")}`;
  if (!isKnown) return v1Error(401, "Authentication Failure");
  if ((JSON.parse(body) as Json)["grant_type"] !== "client_credentials") return v1Error(400, "grant_type is incorrect/absent");
  return json({
    access_token: ACCESS_TOKEN,
    created_at: "2015-11-11T03:36:18.714Z",
    expires_in: 36_000,
    token_type: "bearer",
    account_id: 555_555,
  });
}

/** [login], "Sample Response". */
function checkPassword({ headers, body }: Seen, fake: FakeOnelogin): Answer {
  if (headers.authorization !== `bearer ${ACCESS_TOKEN}`) return v1Error(401, "Authentication Failure");
  const { username_or_email: user, password, subdomain } = JSON.parse(body) as Json;
  if (fake.origin.startsWith("https:") && subdomain !== "acme") return v1Error(400, "Invalid subdomain");
  if (user !== USER || password !== PASSWORD) return v1Error(401, "Authentication Failed: Invalid user credentials");
  return fake.devices.length === 0 ? success : secondFactor(fake);
}

function secondFactor({ devices, origin }: FakeOnelogin): Answer {
  return json({
    status: { type: "success", code: 200, message: "MFA is required for this user", error: false },
    data: [
      {
        user: { email: USER, username: "alice", firstname: "Alice", lastname: "Akua", id: 88_888_888 },
        state_token: STATE_TOKEN,
        callback_url: `${origin}${VERIFY}`,
        devices: devices.map(([device_type, device_id]) => ({ device_type, device_id })),
      },
    ],
  });
}

/** [assertion], "Sample Response": what a login has in "data" stands at the top, or the response in it. */
function assertUser({ headers, body }: Seen, fake: FakeOnelogin): Answer {
  if (headers.authorization !== `bearer ${ACCESS_TOKEN}`) return v2Error(401, "Authentication Failure");
  const asked = JSON.parse(body) as Json;
  const { username_or_email: user, password, subdomain, app_id: appId } = asked;
  if (fake.origin.endsWith(".onelogin.com") && subdomain !== "acme") return v2Error(400, "Invalid subdomain");
  if (appId !== APP_ID || Object.keys(asked).length !== 4) return v2Error(404, "App not found");
  if (user !== USER || password !== PASSWORD) return v2Error(401, "Authentication Failed: Invalid user credentials");
  if (fake.devices.length === 0) return asserted;
  return json({
    state_token: STATE_TOKEN,
    message: "MFA is required for this user",
    devices: fake.devices.map(([device_type, device_id]) => ({ device_id, device_type })),
    callback_url: `${fake.origin}${VERIFY_ASSERTION}`,
    user: { lastname: "Akua", username: "alice", email: USER, firstname: "Alice", id: 88_888_888 },
  });
}

/** [verify 2], "Request Parameters": app_id is required. */
function verifyForApp(seen: Seen, fake: FakeOnelogin): Answer {
  return (JSON.parse(seen.body) as Json)["app_id"] === APP_ID ? verify(seen, fake) : v2Error(400, "app_id is missing");
}

function verify({ headers, body }: Seen, { verifications }: FakeOnelogin): Answer {
  const sentBody = JSON.parse(body) as Json;
  if (headers.authorization !== `bearer ${ACCESS_TOKEN}` || sentBody["state_token"] !== STATE_TOKEN)
    return v1Error(401, "Authentication Failure");
  const next = verifications.shift();
  if (next === undefined) overrun += 1;
  return typeof next === "function" ? next(sentBody) : (next ?? { status: 500 });
}

/** [session]: a cookie, and for a form the way to the portal. */
function openSession(): Answer {
  return { status: 302, headers: { location: "/portal", "set-cookie": `sub_session_onelogin.com=${COOKIE}; Path=/; Secure; HttpOnly` } };
}
