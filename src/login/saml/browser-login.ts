/**
 * SAML in a browser that we start: the person logs in there however the provider wants it (passkeys, known devices), and the login ends where the
 * browser is about to post the response to AWS. That is not sent: AWS would sign the browser in, and a page of ours is shown in its place.
 *
 * The window is always shown, also where the provider knows the browser and asks nothing: what happens in a person's name, they see.
 *
 * @see docs/decisions/0018-a-browser-by-its-debugging-pipe.md
 */

import type { SamlLogin } from "../../config/profile.ts";
import { CancelledError, LoginError, messageOf, PersonNeededError, RunasError } from "../../errors.ts";
import type { DrivableBrowser } from "../../world.ts";
import { Pages } from "../devtools/pages.ts";
import { type BrowserProfile, endedByItself, type RunningBrowser, startBrowser } from "../devtools/start.ts";
import { textAt } from "../json.ts";
import type { LoginTools } from "../login-tools.ts";
import { failurePage, successPage } from "../loopback/page.ts";
import { tell } from "../loopback/person.ts";
import type { Assertion } from "./assertion.ts";
import { AWS_SIGN_IN_PATTERNS } from "./aws-sign-in.ts";
import { folderKey, openProfileFolder } from "./browser-folder.ts";
import { type Posted, takePosted } from "./posted-response.ts";
import { readAssertion } from "./read-assertion.ts";
import { requireSafeStart } from "./safe-start.ts";

const LIMIT_MS = 5 * 60_000;
const TITLES = { chrome: "Chrome", msedge: "Edge", chromium: "Chromium" };
/** A page of the browser's own then says so, and nobody can log in. */
const UNREACHABLE = /^net::ERR_(NAME_|CONNECTION_|ADDRESS_|INTERNET_|TIMED_OUT|PROXY_|TUNNEL_)/;

interface Visit {
  readonly url: URL;
  readonly program: DrivableBrowser;
  readonly tools: LoginTools;
}

/**
 * @throws PersonNeededError where no window can be shown; LoginError "browser-unusable", "approval-refused" when nobody logs in in time,
 *   "provider-unreachable", "untrusted-destination", "assertion-invalid"; CancelledError when the window is closed; StoreError
 */
export async function logInByBrowser(login: SamlLogin, tools: LoginTools): Promise<Assertion> {
  const url = new URL(login.authUrl.value);
  requireSafeStart(url);
  const program = await findBrowser(login, url.host, tools);
  return tools.inTurn(`browser-${await folderKey(login)}`, async () => {
    const folder = await openProfileFolder(program.name, login, tools);
    try {
      return await visit(folder, { url, program, tools });
    } finally {
      folder.close();
    }
  });
}

async function findBrowser({ browser: wanted }: SamlLogin, host: string, { browser }: LoginTools): Promise<DrivableBrowser> {
  if (browser.findDrivable === undefined) {
    throw new PersonNeededError(`the login at ${host} takes a browser window, and none can be shown here`, {
      hint: "run it where there is a display, or set saml_provider to the provider's name to log in by its forms",
    });
  }
  const found = await browser.findDrivable(wanted?.value);
  if (found !== undefined) return found;
  const what =
    wanted === undefined ? "none of Chrome, Chromium and Edge is installed" : `${TITLES[wanted.value]} (auth_browser) is not installed`;
  throw new LoginError("browser-unusable", what, {
    provider: host,
    step: "browser",
    hint: "install it, or set saml_provider to the provider's name to log in by its forms",
  });
}

async function visit(profile: BrowserProfile, { url, program, tools }: Visit): Promise<Assertion> {
  const { host } = url;
  const browser = await startBrowser(program, profile, host);
  const ending = new AbortController();
  try {
    tell(invitation(host, program, tools), tools);
    const limit = timeLimit(host, tools, ending.signal);
    const posted = await Promise.race([firstPosted(browser, url, tools), limit]);
    return await finish(posted, host, tools);
  } finally {
    ending.abort();
    await browser.close();
  }
}

function firstPosted(browser: RunningBrowser, url: URL, tools: LoginTools): Promise<Posted> {
  const { host } = url;
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(error instanceof RunasError ? error : unwatched(host, error));
    const pages = new Pages(browser, {
      patterns: AWS_SIGN_IN_PATTERNS,
      onRequest: (request) => void takePosted(request, browser).then((posted) => posted && resolve(posted), fail),
      onFirstPage: (page) => void goTo(url, page, { browser, tools }).catch(fail),
      onLastClosed: () => reject(closedEarly(host)),
      onFailure: fail,
    });
    browser.onEvent((event) => pages.receive(event));
    void browser.ended.then((end) => reject(end.status === 0 ? closedEarly(host) : endedByItself(host, end)));
    pages.watch().catch(fail);
  });
}

/** Answered when the page is there; that it takes its time is for the person to see. */
async function goTo(url: URL, page: string, { browser, tools }: { browser: RunningBrowser; tools: LoginTools }): Promise<void> {
  const going = await browser.call("Page.navigate", { url: url.href }, page).catch((error: unknown) => {
    tools.log.debug(`the browser does not say that it is at ${url.host}: ${messageOf(error)}`);
    return {};
  });
  const problem = textAt(going, "errorText") ?? "";
  if (!UNREACHABLE.test(problem)) return;
  throw new LoginError("provider-unreachable", `the browser does not reach ${url.host}: ${problem}`, {
    provider: url.host,
    step: "browser",
  });
}

/** The browser is told how it ended before it is closed. */
async function finish({ response, show }: Posted, host: string, tools: LoginTools): Promise<Assertion> {
  const { profile } = tools;
  try {
    const assertion = readAssertion(response, host, tools);
    await show(successPage({ profile, user: assertion.user }));
    tell(`Logged in as ${assertion.user}.`, tools);
    return assertion;
  } catch (error) {
    const message = error instanceof RunasError ? error.message : "internal error";
    await show(failurePage({ title: "The login did not work", message, profile }));
    throw error;
  }
}

function invitation(host: string, { name }: DrivableBrowser, { profile }: LoginTools): string {
  const what = profile === undefined ? `Log in at ${host}` : `Log in at ${host} for profile ${profile}`;
  return `${what} in the window that ${TITLES[name]} opens.`;
}

async function timeLimit(host: string, { clock }: LoginTools, signal: AbortSignal): Promise<never> {
  await clock.sleep(LIMIT_MS, signal);
  throw new LoginError("approval-refused", `nobody logged in at ${host} within ${LIMIT_MS / 60_000} minutes`, {
    provider: host,
    step: "browser",
  });
}

function closedEarly(host: string): CancelledError {
  return new CancelledError(`the browser window was closed before the login at ${host} was done`);
}

function unwatched(provider: string, cause: unknown): LoginError {
  return new LoginError("browser-unusable", `the browser does not show what it posts: ${messageOf(cause)}`, {
    provider,
    step: "browser",
    cause,
  });
}
