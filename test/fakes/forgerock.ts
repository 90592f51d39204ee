/**
 * A Ping AM that gives the pages that a test plans, one for each request, and takes each `authId` once, as OpenAM does. Its session is a
 * cookie; without one its authorization endpoint and its SAML entrance lead to the login page.
 *
 * Written from Ping AM's guide: "Log in to AM over REST" (https://docs.pingidentity.com/pingam/8/am-authentication/login-using-REST.html, called
 * [REST] here), "Interactive callbacks" (…/callbacks-interactive.html, [interactive]), "Read-only callbacks" (…/callbacks-read-only.html,
 * [read-only]), and the authentication node reference (https://docs.pingidentity.com/auth-node-ref/latest/, [nodes]), and "SSO and SLO in standalone mode"
 * (https://docs.pingidentity.com/pingam/8/am-saml2/saml2-standalone-mode.html, [standalone]).
 */

import { afterEach } from "vitest";

import { type Answer, type FakeProvider, html, json, redirect, type Seen, startProvider } from "../login/fake-provider.ts";
import { type ResponseParts, responsePage, samlResponse } from "./saml-response.ts";

export type Json = Record<string, unknown>;

export interface FakeAm {
  readonly provider: FakeProvider;
  /** Of the realm `/alpha`. */
  readonly issuer: string;
  /** What each request to the callbacks is answered with, in order; one more than planned fails the test. */
  readonly planned: (Json | Answer)[];
  /** The bodies that came. */
  readonly posted: Json[];
  /** What its SAML responses say. */
  assertion: ResponseParts;
  /** The values that came, by page: `{ IDToken1: "alice" }`. */
  values(): Json[];
}

export const AM = "https://sso.example/am";
export const TOKEN = "AQIC5wM2LY4Sfcx.*AAJTSQACMDEAAlNL*";
const COOKIE = "iPlanetDirectoryPro";
const REALM = "/realms/root/realms/alpha";
const AUTHENTICATE = `POST ${AM}/json${REALM}/authenticate`;
const AUTHORIZE = `${AM}/oauth2${REALM}/authorize`;

/** [standalone] "Also mapped to the endpoint idpssoinit under the context root." */
const SAML_ENTRANCES = ["/idpssoinit", "/saml2/jsp/idpSSOInit.jsp"];

const running: FakeAm[] = [];
const unplanned: string[] = [];

afterEach(() => {
  const left = running.splice(0).flatMap(({ planned }) => planned);
  const asked = unplanned.splice(0);
  if (asked.length > 0) throw new Error(`not planned: ${asked.join(", ")}`);
  if (left.length > 0) throw new Error(`planned, and never asked for: ${JSON.stringify(left)}`);
});

export async function startAm(): Promise<FakeAm> {
  const issuer = `${AM}/oauth2${REALM}`;
  const provider = await startProvider(issuer);
  const am: FakeAm = { provider, issuer, planned: [], posted: [], assertion: { user: "alice" }, values: () => am.posted.map(valuesIn) };
  running.push(am);
  const metadata = {
    issuer,
    authorization_endpoint: AUTHORIZE,
    token_endpoint: `${issuer}/access_token`,
    jwks_uri: `${issuer}/connect/jwk_uri`,
  };
  provider.pages.set(`GET ${issuer}/.well-known/openid-configuration`, json(metadata));
  provider.pages.set(`POST ${issuer}/access_token`, provider.pages.get("POST /token") ?? {});
  provider.pages.set(`GET ${issuer}/connect/jwk_uri`, provider.pages.get("GET /keys") ?? {});
  provider.pages.set(`GET ${AUTHORIZE}`, ({ url, cookie }) =>
    cookie.includes(`${COOKIE}=${TOKEN}`) ? provider.finish() : redirect(loginPage({ realm: "/alpha", goto: url.href })),
  );
  for (const path of SAML_ENTRANCES) provider.pages.set(`GET ${AM}${path}`, (seen) => answerSaml(seen, am));
  provider.pages.set(`GET ${AM}/UI/Login`, ({ url }) => redirect(`${AM}/XUI/${url.search}`));
  // "{am}/XUI/?realm=/alpha#login": a program for a browser, whatever its parameters.
  provider.pages.set(`GET ${AM}/XUI/`, {
    headers: { "content-type": "text/html" },
    body: "<title>AM</title><div id=wrapper>Loading…</div>",
  });
  provider.pages.set(AUTHENTICATE, ({ body }) => answer(body, am));
  return am;
}

/** OpenAM 16 on Tomcat 10. */
const UNKNOWN = `<title>HTTP Status 400 – Bad Request</title><h1>HTTP Status 400 – Bad Request</h1><p><b>Type</b> Status Report</p>
<p><b>Message</b> Error processing AuthnRequest. Error retrieving meta data.</p><p><b>Description</b> The server cannot or will not</p>`;

/** [standalone] metaAlias and spEntityID are required; OpenAM 16 answers what it does not know, and without a session, as here. */
function answerSaml({ url, cookie }: Seen, am: FakeAm): Answer {
  const [alias, application] = ["metaAlias", "spEntityID"].map((name) => url.searchParams.get(name) ?? "");
  const isKnown = /^(\/alpha)?(\/beta)?\/(saml-idp|idp)$/.test(alias ?? "") && application?.startsWith("urn:amazon:webservices") === true;
  if (!isKnown) return html(UNKNOWN, 400);
  if (cookie.includes(`${COOKIE}=${TOKEN}`)) return responsePage(samlResponse(am.assertion));
  const realm = alias?.replace(/\/[^/]*$/, "") || "/";
  return redirect(`${AM}/UI/Login?${new URLSearchParams({ realm, spEntityID: application ?? "", goto: url.href }).toString()}`);
}

export function loginPage(parameters: Record<string, string>): string {
  return `${AM}/XUI/?${new URLSearchParams(parameters).toString()}`;
}

let authIds = 0;
let nextAuthId = "";

function answer(body: string, am: FakeAm): Answer {
  const posted = JSON.parse(body) as Json;
  // [REST] "AM returns an error if the authId has expired"; OpenAM 16 answers 408 to one that was used.
  if (posted["authId"] !== undefined && posted["authId"] !== nextAuthId) return refusal("Session has timed out", 408);
  am.posted.push(posted);
  const next = am.planned.shift();
  if (next === undefined) {
    unplanned.push(body);
    return { status: 500 };
  }
  if ("status" in next || "headers" in next || "body" in next) return next;
  nextAuthId = `authId-${(authIds += 1)}`;
  return json({ authId: nextAuthId, ...next });
}

function valuesIn({ callbacks }: Json): Json {
  const inputs = ((callbacks ?? []) as { input?: { name: string; value: unknown }[] }[]).flatMap(({ input }) => input ?? []);
  return Object.fromEntries(inputs.map(({ name, value }) => [name, value]));
}

interface Given {
  readonly type: string;
  readonly output: Json;
  readonly input: readonly unknown[];
}

/** [REST] A page; the inputs are numbered by their callbacks. */
export function page(stage: string, ...callbacks: readonly Given[]): Json {
  const asPairs = (output: Json) => Object.entries(output).map(([name, value]) => ({ name, value }));
  return {
    template: "",
    stage,
    header: "Sign in",
    callbacks: callbacks.map(({ type, output, input }, index) => ({
      type,
      output: asPairs(output),
      ...(input.length === 0
        ? {}
        : { input: input.map((value, part) => ({ name: `IDToken${index + 1}${part === 0 ? "" : PARTS[part]}`, value })) }),
      _id: index,
    })),
  };
}

/** [interactive] ValidatedCreatePasswordCallback: the second input says to validate only. */
const PARTS = ["", "validateOnly"];

/** [interactive], [read-only]: one callback of each type, with what the guide shows in it. */
export const callback = {
  name: (prompt = "User Name", value = ""): Given => ({ type: "NameCallback", output: { prompt }, input: [value] }),
  password: (prompt = "Password"): Given => ({ type: "PasswordCallback", output: { prompt }, input: [""] }),
  text: (prompt: string): Given => ({ type: "TextInputCallback", output: { prompt, defaultText: "" }, input: [""] }),
  platformName: (prompt = "Username", failedPolicies: string[] = []): Given => ({
    type: "ValidatedCreateUsernameCallback",
    output: { policies: {}, failedPolicies, validateOnly: false, prompt, value: "", required: true },
    input: ["", false],
  }),
  platformPassword: (prompt = "Password", failedPolicies: string[] = []): Given => ({
    type: "ValidatedCreatePasswordCallback",
    output: { echoOn: false, policies: {}, failedPolicies, validateOnly: false, prompt, value: "" },
    input: ["", false],
  }),
  choice: (prompt: string, choices: string[], defaultChoice = 0): Given => ({
    type: "ChoiceCallback",
    output: { prompt, choices, defaultChoice },
    input: [defaultChoice],
  }),
  confirmation: (options: string[], value = 0, optionType = -1): Given => ({
    type: "ConfirmationCallback",
    output: { prompt: "", messageType: 0, options, optionType, defaultOption: 0 },
    input: [value],
  }),
  hidden: (id: string, value: string): Given => ({ type: "HiddenValueCallback", output: { value, id }, input: [value] }),
  device: (metadata: boolean): Given => ({
    type: "DeviceProfileCallback",
    output: { metadata, location: true, message: "Collecting..." },
    input: [""],
  }),
  selectIdP: (...providers: string[]): Given => ({
    type: "SelectIdPCallback",
    output: { providers: providers.map((provider) => ({ provider, uiConfig: {} })), value: "" },
    input: [""],
  }),
  message: (message: string, messageType = "0"): Given => ({ type: "TextOutputCallback", output: { message, messageType }, input: [] }),
  metadata: (data: Json): Given => ({ type: "MetadataCallback", output: { data }, input: [] }),
  // [nodes] "Polling Wait node": milliseconds, as text.
  wait: (waitTime = "5000", message = "Waiting for response..."): Given => ({
    type: "PollingWaitCallback",
    output: { waitTime, message },
    input: [],
  }),
  redirect: (redirectUrl: string): Given => ({
    type: "RedirectCallback",
    output: { redirectUrl, redirectMethod: "GET", trackingCookie: true },
    input: [],
  }),
  other: (type: string, output: Json = {}, input: readonly unknown[] = [""]): Given => ({ type, output, input }),
};

export const loginPageOne = page("DataStore1", callback.name("User Name:"), callback.password("Password:"));
/** OpenAM 16, module OATH. */
export const oathPage = page("OATH2", callback.password("One Time Password:"), callback.confirmation(["Submit OTP Code"]));
/** OpenAM 16, module Authenticator (OATH): filled with the user name. */
export const authenticatorPage = page(
  "AuthenticatorOATH4",
  callback.name("Enter verification code:", "alice"),
  callback.confirmation(["Submit"]),
);
/** [nodes] "Push Wait node" with a number to match; 100 is "exit was not pressed". */
export const pushPage = (number?: string): Json =>
  page(
    "",
    callback.wait("5000", "Check your phone"),
    ...(number === undefined ? [] : [callback.hidden("pushChallengeNumber", number)]),
    callback.confirmation(["Exit"], 100),
  );

/** [REST] A session, with its cookie. */
export const success = (more: Json = {}): Answer => ({
  ...json({ tokenId: TOKEN, successUrl: "/am/console", realm: "/alpha", ...more }),
  headers: { "content-type": "application/json", "set-cookie": `${COOKIE}=${TOKEN}; Path=/; Secure; HttpOnly` },
});

/** [REST] {"code":401,"reason":"Unauthorized","message":"Login failure"} */
export const refusal = (message = "Login failure", code = 401, detail?: Json): Answer =>
  json({ code, reason: code === 401 ? "Unauthorized" : "Request Time-out", message, ...(detail === undefined ? {} : { detail }) }, code);
