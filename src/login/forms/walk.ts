/**
 * The login at a provider's own web pages, without a browser: from its first request through whatever HTML forms come, until what the login
 * is for: OIDC's redirect URI, which is not requested, or the page with SAML's assertion, whose form is not sent.
 */

import { describeOrigin } from "../../config/origin.ts";
import { type ErrorCode, LoginError, shorten } from "../../errors.ts";
import { type Form, submission } from "../../http/form.ts";
import { HttpError } from "../../http/http-error.ts";
import { type Page, readPage } from "../../http/page.ts";
import type { Landing, Session } from "../../http/session.ts";
import type { Secret } from "../../secret.ts";
import type { HttpRequest, HttpResponse } from "../../world.ts";
import { providerOfPage } from "../providers/detect.ts";
import type { Provider, SignIn } from "../providers/provider.ts";
import { type ChosenFactor, wantedKinds } from "./factors.ts";
import { chooseAll, chooseWay } from "./choice.ts";
import { type Answer, type Demand, entriesOf, mainButton, readDemand } from "./demand.ts";
import type { FormPolicy } from "./policy.ts";
import { asLoginError } from "../provider-http.ts";

/** Where a login ends. */
export interface Goal {
  readonly isEndUrl: (url: URL) => boolean;
  /** @throws LoginError for an end that the login is not for */
  readonly isEndPage: (page: Page) => boolean;
}

export type End =
  | { readonly kind: "url"; readonly url: URL }
  | { readonly kind: "page"; readonly page: Page }
  /** A SAML response, in base64, that came without a page. */
  | { readonly kind: "response"; readonly response: Secret };

export interface FormWalk {
  readonly driver: Provider;
  /** Tells the driver by the first page. */
  readonly detect?: ((first: HttpResponse) => Provider) | undefined;
  readonly session: Session;
  readonly policy: FormPolicy;
  readonly signIn: SignIn;
  readonly goal: Goal;
}

/** What the pages so far came to. */
interface Progress {
  /** Where a page offered several. */
  factor: ChosenFactor | undefined;
  hasStartedOver: boolean;
}

interface Walk extends FormWalk {
  readonly progress: Progress;
  /** At another provider than the profile's. */
  readonly isAway: boolean;
}

const MAX_PAGES = 15;
const AS_REGISTERED = "web_identity_client_id and web_identity_redirect_uri must be as they are registered there";

/**
 * Where the login ended: the redirect URI with the parameters that the provider gave it, or a page; neither is checked yet.
 *
 * @throws LoginError `credentials-refused`, `code-refused`, `page-not-answerable`, `untrusted-destination`, `provider-refused`,
 *   `provider-answer`, `provider-unreachable`; PersonNeededError; CancelledError
 */
export async function walkLoginForms(login: FormWalk): Promise<End> {
  const start: Walk = { ...login, isAway: false, progress: { factor: undefined, hasStartedOver: false } };
  const known = login.detect === undefined ? await responseOf(start) : undefined;
  if (known !== undefined) return known;
  let landing = await open({ method: "GET", url: login.signIn.startUrl }, start);
  const walk = landing.kind === "page" ? withDriver(landing.response, start) : start;
  const told = login.detect === undefined ? undefined : await responseOf(walk);
  if (told !== undefined) return told;
  for (let pages = 0; landing.kind === "page"; pages += 1) {
    if (pages === MAX_PAGES) throw failure(walk, "page-not-answerable", `shows more than ${MAX_PAGES} pages`);
    const { response } = landing;
    const next = await named(walk, () => answerPage(response, walk));
    if ("kind" in next) return next;
    landing = await open(next, walk);
  }
  return { kind: "url", url: landing.url };
}

function withDriver(first: HttpResponse, walk: Walk): Walk {
  if (walk.detect === undefined) return walk;
  const { signIn, policy } = walk;
  const driver = walk.detect(first);
  for (const origin of driver.loginOrigins?.(signIn.home, signIn.login) ?? []) policy.vouchFor(new URL(origin));
  return { ...walk, driver, signIn: { ...signIn, home: { ...signIn.home, driver: driver.name } } };
}

/** The end without any page, where the driver has a way of its own to it. */
async function responseOf(walk: Walk): Promise<End | undefined> {
  if (walk.signIn.login.kind !== "saml") return undefined;
  const response = await named(walk, async () => walk.driver.samlResponse?.(walk.signIn));
  return response && { kind: "response", response };
}

function open(request: HttpRequest, walk: Walk): Promise<Landing> {
  return named(walk, () => walk.session.open(request));
}

/** With what the layer below throws named for the login. */
async function named<T>({ signIn }: Walk, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw cause instanceof HttpError ? asLoginError(cause, { host: signIn.provider, login: signIn.login }, "login form") : cause;
  }
}

/** What a browser would request next, or the end. */
async function answerPage(response: HttpResponse, login: Walk): Promise<HttpRequest | End> {
  const walk = walkAt(response.url, login);
  const next = postsResponse(response) ? undefined : await walk.driver.answer?.(response, walk.signIn);
  if (next !== undefined) {
    walk.policy.checkRequest(next.url, next.body !== undefined);
    return next;
  }
  const page = readPage(response.url, response.body);
  if (response.status < 400 && walk.goal.isEndPage(page)) return { kind: "page", page };
  const known = walk.driver.read?.(page, walk.signIn);
  const demand = known ?? readDemand(page);
  const isToldApart = demand.kind === "answer" || demand.kind === "refusal" || known?.kind === "person";
  if (response.status >= 400 && !isToldApart) throw errorPage(response, page, walk);
  return meet(demand, page, walk);
}

/** Such a page is the end, or is sent on; to a driver it may look like a login that begins. */
function postsResponse({ url, body }: HttpResponse): boolean {
  const isPossible = body.includes("SAMLResponse");
  return isPossible && readPage(url, body).forms.some(({ fields }) => fields.some(({ name }) => name === "SAMLResponse"));
}

async function meet(demand: Demand, page: Page, walk: Walk): Promise<HttpRequest | End> {
  if (demand.kind !== "person" && demand.kind !== "refusal" && demand.startsOver === true) startOver(walk);
  switch (demand.kind) {
    case "answer":
      return fillIn(demand, page, walk);
    case "choose": {
      const { way, factor } = await chooseWay(demand.ways, walk.signIn.answers.hasPassword, walk.signIn);
      walk.progress.factor = factor;
      walk.policy.checkSubmission(page.url, way.form, true);
      return submission(way.form, entriesOf(way.form, new Map(), way.button));
    }
    case "go-on":
      walk.policy.checkSubmission(page.url, demand.form, false);
      return submission(demand.form, entriesOf(demand.form, new Map(), demand.button));
    case "follow":
      return walk.policy.onLink(page.url, demand.url) === "stop" ? { kind: "url", url: demand.url } : { method: "GET", url: demand.url };
    case "person":
      throw personNeeded(demand, page, walk);
    case "refusal":
      throw failure(walk, "provider-refused", shorten(demand.text), demand.hint);
  }
}

/** Once: that something is asked for again is then no refusal. */
function startOver({ progress, signIn }: Walk): void {
  if (progress.hasStartedOver) return;
  progress.hasStartedOver = true;
  progress.factor = undefined;
  signIn.answers.noteAccepted();
}

/**
 * The walk as it is at a page: where a federation led away, be it to another issuer on the same host, questions and errors name that place,
 * and its own driver is asked if it is known.
 */
function walkAt(page: URL, walk: Walk): Walk {
  const { policy, driver, signIn } = walk;
  const place = driver.placeOf?.(page);
  const isOwnPlace = place === undefined || place === driver.placeOf?.(signIn.home.entrance);
  if (policy.isHome(page) && isOwnPlace) return walk;
  const guest = providerOfPage(page);
  const provider = (guest ?? driver).placeOf?.(page) ?? page.host;
  const there = { ...signIn, provider, answers: signIn.answers.at(provider), ...(guest === undefined ? {} : { startUrl: page }) };
  return { ...walk, isAway: true, driver: guest ?? driver, signIn: there };
}

async function fillIn(demand: Answer, page: Page, walk: Walk): Promise<HttpRequest> {
  const { policy, signIn } = walk;
  const { form, username, password, code, choices } = demand;
  policy.checkSubmission(page.url, form, true);
  const otherWay = wayAround(demand, walk);
  if (otherWay !== undefined) {
    policy.checkSubmission(page.url, otherWay, true);
    return submission(otherWay, entriesOf(otherWay, new Map(), undefined));
  }
  const error = page.errors[0] === undefined ? undefined : shorten(page.errors[0]).replace(/\.$/, "");
  const asked = { username: username !== undefined, password: password !== undefined, code: code !== undefined, error };
  const beside = { credentials: asked.username || asked.password, code: asked.code };
  const chosen = await chooseAll(choices, beside, signIn);
  const factor = chosen.factor ?? (await factorOf(demand, walk));
  if (!asked.code) walk.progress.factor = chosen.factor;
  const given = await signIn.answers.give({ ...asked, factor });
  const { values } = chosen;
  if (username !== undefined && given.username !== undefined) values.set(username.name, given.username);
  if (password !== undefined && given.password !== undefined) values.set(password.name, given.password.reveal());
  if (code !== undefined && given.code !== undefined) values.set(code.name, given.code.reveal());
  return submission(form, entriesOf(form, values, mainButton(form)));
}

/** For a code of a factor that mfa_type does not mean, before any factor was chosen. */
function wayAround({ factor, otherWay }: Answer, { progress, signIn }: Walk): Form | undefined {
  const wanted = wantedKinds(signIn.login);
  return factor === undefined || progress.factor !== undefined || (wanted?.includes(factor.kind) ?? true) ? undefined : otherWay;
}

/** What the code that a page asks for is of. mfa_type is held to it, unless that was done where it was chosen. */
async function factorOf({ factor }: Answer, { progress, signIn }: Walk): Promise<ChosenFactor | undefined> {
  if (factor === undefined || progress.factor !== undefined) return factor ?? progress.factor;
  return signIn.factors.choose([{ ...factor, value: undefined }]);
}

function personNeeded({ what, isEachTime = false }: Extract<Demand, { kind: "person" }>, page: Page, walk: Walk): LoginError {
  const title = page.title === "" ? "" : `, on the page "${shorten(page.title)}"`;
  const account = walk.isAway ? undefined : walk.driver.accountUrl?.(walk.signIn.home);
  const url = account ?? new URL(page.url.pathname, page.url.origin);
  const once = `open ${shorten(url.href)} in a browser, do what it asks, then try again`;
  return failure(walk, "page-not-answerable", `asks for ${shorten(what)}${title}`, isEachTime ? walk.signIn.useBrowser : once);
}

function errorPage(response: HttpResponse, page: Page, walk: Walk): LoginError {
  const text = page.errors[0] ?? page.title;
  // Before anything was filled in, only the request itself can be wrong.
  const { login } = walk.signIn;
  const hint = login.kind === "oidc" ? AS_REGISTERED : `check ${describeOrigin(login.authUrl.origin)}`;
  return failure(
    walk,
    "provider-refused",
    `answers ${response.status}${text === "" ? "" : `: ${shorten(text)}`}`,
    walk.signIn.answers.wereGiven || response.status >= 500 ? undefined : hint,
  );
}

/** `what` goes on from the provider's host. */
function failure(walk: Walk, code: ErrorCode, what: string, hint?: string): LoginError {
  const { provider } = walk.signIn;
  return new LoginError(code, `${provider} ${what}`, { provider, step: "login form", hint });
}
