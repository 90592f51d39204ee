/**
 * Entra ID for one tenant: sign-in page, GetCredentialType, password, "stay signed in?", and the second factor where a test asks for one.
 * Every token of a page must come back with the request that goes on from it; what differs fails the test.
 */

import { type Answer, type FakeProvider, json, redirect, type Seen, startProvider } from "../login/fake-provider.ts";
import { credentialType, hiddenForm, kmsiPage, refusedPage, sasAnswer, secondFactorPage, signInPage } from "./entra-pages.ts";

export const TENANT = "11111111-2222-3333-4444-555555555555";
export const AUTHORITY = `https://login.microsoftonline.com/${TENANT}`;
export const USER = "alice@contoso.com";
export const PASSWORD = "correct horse";
export const CODE = "246802";

export interface FakeEntra {
  readonly provider: FakeProvider;
  /** "https://login.microsoftonline.com/TENANT". */
  readonly authority: string;
  readonly issuer: string;
  /** What was posted to a path below the tenant, or from the root: "login", "/kmsi". */
  posted(path: string): readonly Readonly<Record<string, string>>[];
  /** The JSON posted to a path below the tenant. */
  sent(path: string): readonly Readonly<Record<string, unknown>>[];
  /** Puts an answer in the place of a page of the tenant: "POST login". */
  plan(name: string, answer: Answer | ((seen: Seen) => Answer | Promise<Answer>)): void;
  /** Asks for one of these after the password. `answers` are EndAuth's, in order; the last one is repeated. */
  planSecondFactor(methods: readonly string[], ...answers: readonly Readonly<Record<string, unknown>>[]): void;
}

/** Under Microsoft's name, or on loopback for the built programs. */
export async function startEntra(where: "microsoft" | "loopback" = "microsoft"): Promise<FakeEntra> {
  const provider = await startProvider(where === "microsoft" ? `${AUTHORITY}/v2.0` : undefined);
  const authority = where === "microsoft" ? AUTHORITY : `${provider.issuer}/${TENANT}`;
  const root = new URL(authority).pathname;
  const issuer = `${authority}/v2.0`;
  const { pages } = provider;
  const plan: FakeEntra["plan"] = (name, answer) => {
    const [method, path = ""] = name.split(" ");
    pages.set(`${method} ${path.startsWith("/") ? path : `${root}/${path}`}`, answer);
  };
  const seenAt = (path: string) =>
    provider.seen.filter(({ method, url }) => method === "POST" && url.pathname === (path.startsWith("/") ? path : `${root}/${path}`));

  // https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc, "Fetch the OpenID configuration document"
  plan(
    "GET v2.0/.well-known/openid-configuration",
    json({
      issuer,
      authorization_endpoint: `${authority}/oauth2/v2.0/authorize`,
      token_endpoint: `${authority}/oauth2/v2.0/token`,
      jwks_uri: `${authority}/discovery/v2.0/keys`,
      device_authorization_endpoint: `${authority}/oauth2/v2.0/devicecode`,
      end_session_endpoint: `${authority}/oauth2/v2.0/logout`,
      tenant_region_scope: "EU",
    }),
  );
  for (const [name, from] of [
    ["POST oauth2/v2.0/token", "POST /token"],
    ["GET discovery/v2.0/keys", "GET /keys"],
  ] as const) {
    plan(name, pages.get(from) ?? {});
  }
  provider.claims = { iss: issuer };
  // Entra sends no `iss`: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow, "Successful response"
  const finish = (): Answer => {
    const { headers, ...rest } = provider.finish({ iss: "", session_state: "state-1" });
    return { ...rest, headers: { ...headers, "set-cookie": "ESTSAUTHPERSISTENT=session; Path=/; Secure; HttpOnly" } };
  };
  plan("GET oauth2/v2.0/authorize", ({ cookie }) => (cookie.includes("ESTSAUTHPERSISTENT") ? finish() : signInPage(authority)));
  plan("POST GetCredentialType", ({ body, headers }) => {
    const asked = JSON.parse(body) as Record<string, unknown>;
    const isAsked = asked["flowToken"] === "flow-token-1" && asked["originalRequest"] === "ctx-1" && headers["canary"] === "api-canary-1";
    return isAsked ? credentialType() : { status: 500 };
  });
  plan("POST login", ({ form }) => afterPassword(form, authority, kmsiPage()));
  plan("POST /kmsi", ({ form }) =>
    form.get("LoginOptions") === "1" && form.get("flowToken") === "flow-token-4" ? finish() : { status: 500 },
  );

  return {
    provider,
    authority,
    issuer,
    plan,
    posted: (path) => seenAt(path).map(({ form }) => Object.fromEntries(form)),
    sent: (path) => seenAt(path).map(({ body }) => JSON.parse(body) as Record<string, unknown>),
    planSecondFactor: (methods, ...answers) => {
      const left = [...answers];
      const proofs = methods.map((authMethodId, index) => ({ authMethodId, data: "", display: `+XX ${index}`, isDefault: index === 0 }));
      plan("POST login", ({ form }) => afterPassword(form, authority, secondFactorPage(authority, proofs)));
      plan("POST SAS/BeginAuth", ({ body }) => beginAuth(JSON.parse(body) as Record<string, unknown>));
      plan("POST SAS/EndAuth", () => sasAnswer(left.length > 1 ? (left.shift() ?? {}) : (left[0] ?? {})));
      plan("POST SAS/ProcessAuth", ({ form }) =>
        form.get("request") === "ctx-done" && form.get("flowToken") === "flow-token-done" ? kmsiPage() : { status: 500 },
      );
    },
  };
}

const APP_ID = "66666666-7777-8888-9999-000000000000";
/**
 * "User access URL"s: the first is of https://learn.microsoft.com/entra/identity/enterprise-apps/end-user-experiences ("Direct sign-on links"); of
 * the others nothing is published: what the admin center shows now, and what was there before (the host: saml2aws pkg/provider/aad/README.md).
 */
export const USER_ACCESS_URLS = [
  `https://myapps.microsoft.com/signin/AWS/${APP_ID}?tenantId=${TENANT}`,
  `https://launcher.myapps.microsoft.com/api/signin/${APP_ID}?tenantId=${TENANT}`,
  `https://account.activedirectory.windowsazure.com/applications/signin/AWS/${APP_ID}?tenantId=${TENANT}`,
] as const;
/** Where an application's responses come from, for the request that a portal makes. */
export const samlRequestAt = (authority: string) => `${authority}/saml2?SAMLRequest=fZFNa8Mw%2BDIV&RelayState=x`;
export const SAML_REQUEST = samlRequestAt(AUTHORITY);

const LAUNCHER = "https://launcher.myapps.microsoft.com";
const OLD_PORTAL = "https://account.activedirectory.windowsazure.com";

/**
 * An enterprise application with SAML. A portal wants its user logged in first, as the application that it is, by a form that is posted to it
 * (saml2aws aad.go, testdata/HiddenForm.html); then it makes the request that `answer` is for, by a redirect unless `start` does it. Nothing is
 * published of what a portal does; that the user gets to the application without stopping there is in "Direct sign-on links".
 */
export function planApplication(entra: FakeEntra, answer: Answer, start: Answer = redirect(SAML_REQUEST)): void {
  const { provider, plan } = entra;
  const { pages } = provider;
  const session = "ESTSAUTHPERSISTENT=session; Path=/; Secure; HttpOnly";
  const isKnown = (cookie: string) => cookie.includes("ESTSAUTHPERSISTENT=");
  const isAsked = ({ searchParams, pathname }: URL) => searchParams.get("tenantId") === TENANT && pathname.endsWith(`/${APP_ID}`);
  let portal = "";
  const backToPortal = (): Answer => {
    const page = hiddenForm(`${portal}/`, { code: "code-1", id_token: "portal-token", state: "state-1", session_state: "s" });
    return { ...page, headers: { ...page.headers, "set-cookie": session } };
  };
  const open = ({ url, cookie }: Seen): Answer => {
    portal = url.origin;
    if (!isAsked(url)) return { status: 404 };
    return cookie.includes("portal=1") ? start : redirect(`${AUTHORITY}/oauth2/authorize?response_mode=form_post&return=${url.pathname}`);
  };
  let returnTo = "";
  pages.set(`GET https://myapps.microsoft.com/signin/AWS/${APP_ID}`, ({ url }) =>
    redirect(`${LAUNCHER}/api/signin/${APP_ID}${url.search}`),
  );
  pages.set(`GET ${LAUNCHER}/api/signin/${APP_ID}`, open);
  pages.set(`GET ${OLD_PORTAL}/applications/signin/AWS/${APP_ID}`, open);
  plan("GET oauth2/authorize", ({ url, cookie }) => {
    returnTo = url.searchParams.get("return") ?? "";
    return isKnown(cookie) ? backToPortal() : signInPage(AUTHORITY);
  });
  for (const origin of [LAUNCHER, OLD_PORTAL]) {
    pages.set(`POST ${origin}/`, ({ form }) =>
      form.toString() === "code=code-1&id_token=portal-token&state=state-1&session_state=s"
        ? { status: 302, headers: { location: `${returnTo}?tenantId=${TENANT}`, "set-cookie": "portal=1; Path=/; Secure" } }
        : { status: 500 },
    );
  }
  plan("GET saml2", ({ url, cookie }) => {
    if (url.search !== new URL(SAML_REQUEST).search) return { status: 500 };
    return isKnown(cookie) ? answer : signInPage(entra.authority);
  });
  plan("POST /kmsi", ({ form }) => {
    if (form.get("LoginOptions") !== "1" || form.get("flowToken") !== "flow-token-4") return { status: 500 };
    return portal === "" ? { ...answer, headers: { ...answer.headers, "set-cookie": session } } : backToPortal();
  });
}

/** What ends a challenge well. */
export const DONE = { Success: true, ResultValue: "Success", FlowToken: "flow-token-done", Ctx: "ctx-done", SessionId: "sas-session" };
/** While a person is waited for, with an error number that is none. */
export const PENDING = { Success: false, ResultValue: "AuthenticationPending", ErrCode: 500121, Retry: true };

function afterPassword(form: URLSearchParams, authority: string, next: Answer): Answer {
  const step = form.get("ctx") === "ctx-1" ? "1" : "2";
  const token = step === "1" ? ["flow-token-of-credential-type", "flow-token-1"] : ["flow-token-2"];
  const isWhole =
    token.includes(form.get("flowToken") ?? "") && form.get("ctx") === `ctx-${step}` && form.get("canary") === `canary-${step}`;
  if (!isWhole || form.get("hpgrequestid") !== `session-${step}` || form.get("login") !== form.get("loginfmt")) return { status: 500 };
  return form.get("login") === USER && form.get("passwd") === PASSWORD
    ? next
    : refusedPage(
        authority,
        "50126",
        'Your account or password is incorrect. Forgotten? <a id="idA_IL_ForgotPassword0" href="">Reset it now.</a>',
      );
}

function beginAuth(asked: Readonly<Record<string, unknown>>): Answer {
  const isWhole = asked["Method"] === "BeginAuth" && asked["Ctx"] === "ctx-3" && asked["FlowToken"] === "flow-token-3";
  const isPush = asked["AuthMethodId"] === "PhoneAppNotification";
  return isWhole
    ? sasAnswer({
        Success: true,
        ResultValue: "Success",
        FlowToken: "flow-token-sas",
        Ctx: "ctx-sas",
        SessionId: "sas-session",
        Entropy: isPush ? 42 : 0,
      })
    : { status: 500 };
}
