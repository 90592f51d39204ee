/**
 * An Okta org as its published documentation describes it: discovery, the authorization endpoint, the sign-in page. What its login answers is
 * planned by each test, step by step; a step that was not planned fails the test, and so does one that never came.
 *
 * Discovery: https://developer.okta.com/docs/api/openapi/okta-oauth/oauth/tag/OrgAS/
 * Session token and `sid` cookie: https://developer.okta.com/docs/guides/session-cookie/main/
 */

import { afterEach } from "vitest";

import { type Answer, type FakeProvider, html, json, redirect, type Seen, startProvider } from "../login/fake-provider.ts";

export type Json = Readonly<Record<string, unknown>>;
export interface FakeOrg {
  readonly provider: FakeProvider;
  readonly origin: string;
  /** Answers "POST /path", one after the other. */
  plan(path: string, ...steps: Answer[]): void;
  /** Bodies that were posted to a path. */
  bodies(path: string): Json[];
}

/** Where the planned answers say they are; an org at another origin says so. */
export const ACME = "https://acme.okta.com";
export const SESSION_TOKEN = "20111-session-token";

const planned = new Map<string, Answer[]>();

afterEach(() => {
  const left = [...planned].filter(([, steps]) => steps.length > 0).map(([path]) => path);
  planned.clear();
  if (left.length > 0) throw new Error(`planned and never asked for: ${left.join(", ")}`);
});

interface OrgParts {
  /** Undefined for plain http on loopback. */
  readonly origin?: string | undefined;
  /** "/oauth2/default" for a custom authorization server; the org's own unless told. */
  readonly server?: string;
}

/** Without a session, the authorization endpoint leads to Classic's sign-in page. */
export async function startOrg(parts: OrgParts = { origin: ACME }): Promise<FakeOrg> {
  const provider = await startProvider(parts.origin);
  const origin = provider.issuer;
  const server = parts.server ?? "/oauth2";
  const issuer = parts.server === undefined ? origin : origin + parts.server;
  const metadata = {
    issuer,
    authorization_endpoint: `${origin}${server}/v1/authorize`,
    token_endpoint: `${origin}${server}/v1/token`,
    jwks_uri: `${origin}${server}/v1/keys`,
    device_authorization_endpoint: `${origin}${server}/v1/device/authorize`,
  };
  provider.claims = { iss: issuer };
  movePage(provider, "GET /keys", `GET ${server}/v1/keys`);
  movePage(provider, "POST /token", `POST ${server}/v1/token`);
  provider.pages.delete("GET /.well-known/openid-configuration");
  provider.pages.set(`GET ${new URL(issuer).pathname.replace(/\/$/, "")}/.well-known/openid-configuration`, json(metadata));
  provider.pages.set(`GET ${server}/v1/authorize`, (seen) => authorize(seen, provider, issuer));
  provider.pages.set("GET /login/login.htm", classicPage());
  return {
    provider,
    origin,
    plan: (path, ...steps) => plan(provider, path, steps),
    bodies: (path) => provider.seen.filter(({ method, url }) => method === "POST" && url.pathname === path).map(({ body }) => parse(body)),
  };
}

/** With a session the code, else the sign-in page (Classic: 302 with fromURI). */
function authorize({ url, cookie }: Seen, provider: FakeProvider, issuer = provider.issuer): Answer {
  const finished = provider.finish({ iss: issuer });
  if (cookie.includes("sid=")) return finished;
  if (url.searchParams.get("sessionToken") === SESSION_TOKEN) return withSession(finished);
  return redirect(`${url.origin}/login/login.htm?fromURI=${encodeURIComponent(url.pathname + url.search)}`);
}

export function withSession(answer: Answer): Answer {
  return { ...answer, headers: { ...answer.headers, "set-cookie": "sid=102-the-session; Path=/; Secure; HttpOnly" } };
}

/** Classic's hosted page has scripts and no form. */
export function classicPage(): Answer {
  return html('<title>Acme - Sign In</title><div id="okta-login-container"></div><script>var signIn = new OktaSignIn(config);</script>');
}

/** Identity Engine's page: https://github.com/okta/okta-signin-widget#statetoken, escaped as scripts in HTML are. */
export function enginePage(stateToken: string): Answer {
  return html(
    `<title>Acme</title><script>var stateToken = '${stateToken.replaceAll("-", "\\x2D")}';</script><div id="okta-login-container"></div>`,
  );
}

/** A page under a custom domain: https://developer.okta.com/docs/guides/custom-widget/main/ (`window.oktaData`). */
export function customPage(stateToken: string): Answer {
  const data = JSON.stringify({ redirectUri: "https://acme.example/x", signIn: { stateToken, language: "en" } });
  return html(`<script>var oktaData = ${data};</script><div id="signin-container"></div>`);
}

/** The "App Embed Link" of the General tab of Okta's AWS Account Federation app. */
export const APP = `${ACME}/home/amazon_aws/0oa1b2c3d4E5F6G7H8i9/272`;
/** Where the app's responses come from. */
export const SSO = "/app/amazon_aws/exk1b2c3d4E5F6G7H8i9/sso/saml";

/**
 * An app for AWS. With a session both addresses lead to the response; without one the link leads to `signIn`'s page: Classic's own, or
 * Identity Engine's, at the address of the app. A session token is good once, and for the link alone.
 *
 * https://developer.okta.com/docs/guides/session-cookie/main/, "Retrieve a session cookie by visiting an application embed link": the link
 * with sessionToken beside its own parameters, the cookie and the form in the answer.
 */
export function planApp({ provider }: FakeOrg, answer: Answer, signIn: "classic" | Answer = "classic"): void {
  let isTokenSpent = false;
  const hasSession = (cookie: string) => cookie.includes("sid=");
  provider.pages.set(`GET ${new URL(APP).pathname}`, ({ url, cookie }) => {
    const token = url.searchParams.get("sessionToken");
    if (token !== null && (isTokenSpent || token !== SESSION_TOKEN)) return { status: 500 };
    isTokenSpent ||= token !== null;
    if (token !== null) return withSession(answer);
    if (hasSession(cookie) || signIn !== "classic") return redirect(`${url.origin}${SSO}?fromHome=true`);
    return redirect(`${url.origin}/login/login.htm?fromURI=${encodeURIComponent(url.pathname + url.search)}`);
  });
  provider.pages.set(`GET ${SSO}`, ({ cookie }) => (hasSession(cookie) || signIn === "classic" ? answer : signIn));
}

/** The page of the guide's answer; attributes are escaped as Okta escapes them. */
export function appForm(response: string, action = "https://signin.aws.amazon.com/saml"): Answer {
  const escaped = action.replaceAll(":", "&#x3a;").replaceAll("/", "&#x2f;");
  return html(`<!DOCTYPE html><html><head><title>Acme - Signing in...</title></head><body id="app" class="enduser-app">
    <h1 id="okta-auth-heading">Signing in to AWS Account Federation</h1>
    <form id="appForm" action="${escaped}" method="POST"><input name="SAMLResponse" type="hidden" value="${response.replaceAll("+", "&#x2b;")}"/>
    <input name="RelayState" type="hidden" value=""/></form></body></html>`);
}

function plan(provider: FakeProvider, path: string, steps: Answer[]): void {
  const queue = planned.get(path) ?? [];
  queue.push(...steps);
  planned.set(path, queue);
  const key = `POST ${path}`;
  provider.pages.set(key, () => {
    const step = queue.shift() ?? { status: 500 };
    if (queue.length === 0) provider.pages.delete(key);
    return step.body === undefined ? step : { ...step, body: step.body.replaceAll(ACME, provider.issuer) };
  });
}

function parse(body: string): Json {
  return JSON.parse(body === "" ? "{}" : body) as Json;
}

function movePage(provider: FakeProvider, from: string, to: string): void {
  const page = provider.pages.get(from);
  if (page !== undefined) provider.pages.set(to, page);
  provider.pages.delete(from);
}
