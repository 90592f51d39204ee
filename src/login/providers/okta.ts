/**
 * Okta, Classic and Identity Engine: its sign-in page is scripts, so the login goes by the interfaces that these scripts use.
 *
 * Which engine it is, the page says: Identity Engine's has a state token (okta-page.ts). Each interface knows, before a password is sent,
 * whether the page's transaction is its own; so falling back from one to the other never tries a password twice.
 */

import { readPage } from "../../http/page.ts";
import type { Secret } from "../../secret.ts";
import type { HttpRequest, HttpResponse } from "../../world.ts";
import { originsOf } from "../forms/home.ts";
import { answerDuo, isDuo } from "./duo.ts";
import { isInDomains } from "./hosts.ts";
import { logInByAuthn } from "./okta-authn.ts";
import { logInByIdx } from "./okta-idx.ts";
import { failure, type OktaOrg, wrongShape } from "./okta-org.ts";
import { isClassicToken, readSignInPage } from "./okta-page.ts";
import { perLogin } from "./per-login.ts";
import type { Provider, SignIn } from "./provider.ts";

const DOMAINS = ["okta.com", "okta-emea.com", "oktapreview.com", "okta-gov.com", "okta.mil"];

export const okta: Provider = {
  name: "okta",
  // Others (Oracle) have the first path, but not both.
  matches: ({ authorization_endpoint: endpoint, jwks_uri: keys }) =>
    /\/oauth2(\/[^/]+)?\/v1\/authorize$/.test(new URL(endpoint).pathname) && new URL(keys).pathname.endsWith("/v1/keys"),
  ownsHost: (hostname) => isInDomains(hostname, DOMAINS),
  issuersOf,
  // With a port: Okta compares redirect URIs as texts.
  browserRedirect: { uri: "http://127.0.0.1:8400/callback" },
  answer,
  accountUrl: ({ issuer }) => new URL(issuer.origin),
};

/** What a login has been through. */
interface Progress {
  /** Orgs that gave a session token: it is used once. */
  readonly sessions: Set<string>;
  /** Orgs whose app wanted a second factor beside the session. */
  readonly stepUps: Set<string>;
  /** How often Identity Engine took a login at each org. */
  readonly taken: Map<string, number>;
  /** How often each org sent the login to another provider. */
  readonly trips: Map<string, number>;
  /** True while the login is at another provider. */
  isAway: boolean;
}

/** A second factor after a first one, both elsewhere. */
const MAX_TRIPS = 2;
/** A session, and what an app wants beside it; one more for what nobody thought of. */
const MAX_TAKEN = 3;

const progressOf = perLogin<Progress>(() => ({
  sessions: new Set(),
  stepUps: new Set(),
  taken: new Map(),
  trips: new Map(),
  isAway: false,
}));

/** The org's own authorization server has the org as its issuer. */
function issuersOf(authUrl: URL): readonly string[] | undefined {
  return isInDomains(authUrl.hostname, DOMAINS) && /^\/oauth2\/*$/.test(authUrl.pathname) ? [authUrl.origin] : undefined;
}

async function answer(response: HttpResponse, signIn: SignIn): Promise<HttpRequest | undefined> {
  if (isDuo(response.url)) return answerDuo(response, signIn);
  if (response.status >= 400 || !isOkta(response.url, signIn)) return undefined;
  const org = { page: response.url, signIn };
  const progress = progressOf(signIn);
  const page = readSignInPage(response);
  if (page === undefined) return comeBack(response, progress, signIn);
  progress.isAway = false;
  signIn.checkDestination(org.page);
  const request = await logIn(org, page.stateToken, progress);
  if (leadsToProvider(request)) noteTrip(org, progress);
  return request;
}

function leadsToProvider({ url }: HttpRequest): boolean {
  return url.pathname.startsWith("/sso/idps/");
}

function noteTrip(org: OktaOrg, progress: Progress): void {
  const trips = (progress.trips.get(org.page.origin) ?? 0) + 1;
  if (trips > MAX_TRIPS) {
    const what = "sends the login to another provider again and again";
    throw failure(org, { code: "provider-refused", what, step: "sign-in page" });
  }
  progress.trips.set(org.page.origin, trips);
  progress.isAway = true;
}

async function logIn(org: OktaOrg, stateToken: Secret | undefined, progress: Progress): Promise<HttpRequest> {
  const isClassic = stateToken === undefined || isClassicToken(stateToken);
  const byEngine = stateToken === undefined || isClassic ? undefined : await logInByEngine(org, stateToken, progress);
  if (byEngine !== undefined) return byEngine;
  const isStepUp = isClassic && stateToken !== undefined && mayStepUp(org, progress);
  if (!isStepUp && (progress.sessions.has(org.page.origin) || progress.trips.has(org.page.origin))) throw sessionRefused(org);
  const outcome = await logInByAuthn(org, stateToken, isStepUp);
  if (outcome.kind === "password-again") throw sessionRefused(org);
  if (outcome.kind === "visit") return outcome.request;
  if (outcome.kind === "session") return withSession(org, outcome.token, progress);
  const second = isClassic && stateToken !== undefined ? await logInByIdx(org, stateToken) : undefined;
  return second ?? logIn(org, undefined, progress);
}

/** Not without end where the org takes a login and then asks for the next. */
async function logInByEngine(org: OktaOrg, stateToken: Secret, { taken }: Progress): Promise<HttpRequest | undefined> {
  const times = taken.get(org.page.origin) ?? 0;
  if (times >= MAX_TAKEN) throw sessionRefused(org, "idx");
  const request = await logInByIdx(org, stateToken);
  if (request !== undefined && !leadsToProvider(request)) taken.set(org.page.origin, times + 1);
  return request;
}

/** An app's sign-on policy may want a second factor of a session that has none: a transaction of its own, once. */
function mayStepUp({ page }: OktaOrg, { sessions, stepUps }: Progress): boolean {
  const isFirst = sessions.has(page.origin) && !stepUps.has(page.origin);
  if (isFirst) stepUps.add(page.origin);
  return isFirst;
}

/** Classic's session begins with the next request that carries its token. */
function withSession({ page, signIn }: OktaOrg, token: Secret, progress: Progress): HttpRequest {
  progress.sessions.add(page.origin);
  if (isHome(page, signIn)) {
    const url = new URL(signIn.startUrl);
    url.searchParams.set("sessionToken", token.reveal());
    return { method: "GET", url };
  }
  const target = page.searchParams.get("fromURI");
  if (target === null) throw wrongShape({ page, signIn }, "sign-in page", "does not say where the login leads");
  const url = new URL("/login/sessionCookieRedirect", page.origin);
  url.searchParams.set("token", token.reveal());
  url.searchParams.set("redirectUrl", new URL(target, page.origin).href);
  return { method: "GET", url };
}

function sessionRefused(org: OktaOrg, step = "authn"): Error {
  return failure(org, {
    code: "provider-refused",
    what: "asks to log in again after a login that it took: the app's sign-on policy wants more than that gives",
    step,
    hint: org.signIn.useBrowser,
  });
}

/** A page without a form, after a login elsewhere: the session is there, and the authorization request can be made again. */
function comeBack({ url, body }: HttpResponse, progress: Progress, signIn: SignIn): HttpRequest | undefined {
  if (!progress.isAway || !isHome(url, signIn) || readPage(url, body).forms.length > 0) return undefined;
  progress.isAway = false;
  return { method: "GET", url: signIn.startUrl };
}

function isOkta(url: URL, signIn: SignIn): boolean {
  return isHome(url, signIn) || isInDomains(url.hostname, DOMAINS);
}

/** The org whose authorization server this login is for. */
function isHome({ origin }: URL, { home }: SignIn): boolean {
  return originsOf(home).includes(origin);
}
