/**
 * The login at a provider's own web pages, without a browser: from the authorization request through whatever HTML forms come, until the
 * redirect URI, which is not requested.
 */

import { LoginError } from "../../errors.ts";
import { submission } from "../../http/form.ts";
import { HttpError } from "../../http/http-error.ts";
import { type Page, readPage } from "../../http/page.ts";
import type { Landing, Session } from "../../http/session.ts";
import type { HttpRequest, HttpResponse } from "../../world.ts";
import { providerByHost } from "../providers/detect.ts";
import type { Provider, SignIn } from "../providers/provider.ts";
import type { LoginAnswers } from "./form-answers.ts";
import { chooseAll, type Chooser, chooseWay } from "./form-choice.ts";
import { type Answer, entriesOf, mainButton, readDemand } from "./form-page.ts";
import type { FormPolicy } from "./form-policy.ts";
import type { Metadata } from "./metadata.ts";
import { shorten } from "./protocol-error.ts";
import { asLoginError } from "./provider-http.ts";

export interface FormWalk {
  readonly metadata: Metadata;
  readonly driver: Provider;
  readonly session: Session;
  readonly policy: FormPolicy;
  readonly answers: LoginAnswers;
  readonly chooser: Chooser;
  readonly signIn: SignIn;
}

const MAX_PAGES = 15;

/**
 * The redirect URI with the parameters that the provider gave it; they are not checked yet.
 *
 * @throws LoginError `credentials-refused`, `code-refused`, `page-not-answerable`, `untrusted-destination`, `provider-refused`,
 *   `provider-answer`, `provider-unreachable`; PersonNeededError; CancelledError
 */
export async function walkLoginForms(authorizeUrl: URL, walk: FormWalk): Promise<URL> {
  let landing = await open({ method: "GET", url: authorizeUrl }, walk);
  for (let pages = 0; landing.kind === "page"; pages += 1) {
    if (pages === MAX_PAGES) throw failure(walk, "page-not-answerable", `shows more than ${MAX_PAGES} pages`);
    landing = await open(await answerPage(landing.response, walk), walk);
  }
  return landing.url;
}

async function open(request: HttpRequest, { session, chooser }: FormWalk): Promise<Landing> {
  try {
    return await session.open(request);
  } catch (cause) {
    throw cause instanceof HttpError ? asLoginError(cause, chooser.provider, "login form") : cause;
  }
}

async function answerPage(response: HttpResponse, login: FormWalk): Promise<HttpRequest> {
  const walk = walkAt(response.url, login);
  const next = await walk.driver.answer?.(response, walk.signIn);
  if (next !== undefined) {
    walk.policy.checkRequest(next.url, next.body !== undefined);
    return next;
  }
  const page = readPage(response.url, response.body);
  const action = walk.driver.demandOf(page);
  if (action !== undefined) throw personNeeded(action, page, walk);
  const demand = readDemand(page);
  if (response.status >= 400 && demand.kind !== "answer") throw errorPage(response, page, walk);
  switch (demand.kind) {
    case "answer":
      return fillIn(demand, page, walk);
    case "choose": {
      const way = await chooseWay(demand.ways, walk.chooser);
      walk.policy.checkSubmission(page.url, way.form, true);
      return submission(way.form, entriesOf(way.form, new Map(), way.button));
    }
    case "go-on":
      walk.policy.checkSubmission(page.url, demand.form, false);
      return submission(demand.form, entriesOf(demand.form, new Map(), demand.button));
    case "person":
      throw personNeeded(demand.what, page, walk);
  }
}

/** The walk as it is at a page: where a federation led away, questions and errors name that host, and its own driver is asked if it is known. */
function walkAt(page: URL, walk: FormWalk): FormWalk {
  if (walk.policy.isHome(page)) return walk;
  const answers = walk.answers.at(page.host);
  const guest = providerByHost(page.hostname);
  const signIn = { ...walk.signIn, provider: page.host, answers, ...(guest === undefined ? {} : { authorizeUrl: page }) };
  return { ...walk, driver: guest ?? walk.driver, answers, chooser: { ...walk.chooser, provider: page.host }, signIn };
}

async function fillIn(demand: Answer, page: Page, { policy, answers, chooser }: FormWalk): Promise<HttpRequest> {
  const { form, username, password, code, choices } = demand;
  policy.checkSubmission(page.url, form, true);
  const error = page.errors[0] === undefined ? undefined : shorten(page.errors[0]).replace(/\.$/, "");
  const asked = { username: username !== undefined, password: password !== undefined, code: code !== undefined, error };
  const values = await chooseAll(choices, asked.username || asked.password || chooser.login.mfaCode !== undefined, chooser);
  const given = await answers.give(asked);
  if (username !== undefined && given.username !== undefined) values.set(username.name, given.username);
  if (password !== undefined && given.password !== undefined) values.set(password.name, given.password.reveal());
  if (code !== undefined && given.code !== undefined) values.set(code.name, given.code.reveal());
  return submission(form, entriesOf(form, values, mainButton(form)));
}

function personNeeded(what: string, page: Page, walk: FormWalk): LoginError {
  const title = page.title === "" ? "" : `, on the page "${shorten(page.title)}"`;
  const account = walk.policy.isHome(page.url) ? walk.driver.accountUrl(walk.metadata) : undefined;
  const url = account ?? new URL(page.url.pathname, page.url.origin);
  return failure(
    walk,
    "page-not-answerable",
    `asks for ${shorten(what)}${title}`,
    `open ${shorten(url.href)} in a browser, do what it asks, then try again`,
  );
}

function errorPage(response: HttpResponse, page: Page, walk: FormWalk): LoginError {
  const text = page.errors[0] ?? page.title;
  // Before anything was filled in, only the request itself can be wrong.
  const hint = "web_identity_client_id and web_identity_redirect_uri must be as they are registered there";
  return failure(
    walk,
    "provider-refused",
    `answers ${response.status}${text === "" ? "" : `: ${shorten(text)}`}`,
    walk.answers.wereGiven || response.status >= 500 ? undefined : hint,
  );
}

/** `what` goes on from the provider's host. */
function failure(walk: FormWalk, code: "page-not-answerable" | "provider-refused", what: string, hint?: string): LoginError {
  const { provider } = walk.chooser;
  return new LoginError(code, `${provider} ${what}`, { provider, step: "login form", hint });
}
