/**
 * An Okta org's interfaces as its sign-in page's script calls them: JSON posted with the session's cookies, to the org's own origin and
 * nowhere else, whatever address an answer names.
 *
 * Errors: https://developer.okta.com/docs/reference/error-codes/
 */

import { type ErrorCode, LoginError, printable, shorten } from "../../errors.ts";
import type { HttpRequest } from "../../world.ts";
import type { Factor } from "../forms/factors.ts";
import { originsOf } from "../forms/home.ts";
import { type Json, objectsAt, parseObject, textAt } from "../json.ts";
import type { SignIn } from "./provider.ts";

export interface OktaOrg {
  /** Of the page that asks for the login. */
  readonly page: URL;
  readonly signIn: SignIn;
}

export interface OrgAnswer {
  readonly status: number;
  readonly json: Json;
}

/** What the org says no with. */
export interface OrgRefusal {
  /** "E0000004"; empty for none. */
  readonly code: string;
  /** In its words, causes included. */
  readonly summary: string;
  readonly status: number;
}

export interface Post {
  readonly url: URL;
  readonly body: Json;
  readonly headers?: Readonly<Record<string, string>>;
  readonly step: string;
}

export const TOO_MANY_REQUESTS = 429;
/** As long as Okta lets a push live. */
export const PUSH_LIMIT_MS = 300_000;

/**
 * Posts and reads an answer of any status.
 *
 * @throws LoginError `provider-answer` for what is no JSON object, `provider-refused` for a 5xx, `untrusted-destination`
 */
export async function post(org: OktaOrg, { url, body, headers, step }: Post): Promise<OrgAnswer> {
  const json = { accept: "application/json", "content-type": "application/json", ...headers };
  const response = await org.signIn.send({ method: "POST", url, headers: json, body: asText(org, body, step) }, true);
  if (response.status >= 500) throw failure(org, { code: "provider-refused", what: `answers ${response.status}`, step });
  const read = parseObject(response.body);
  if (read === undefined) throw wrongShape(org, step, `is no JSON (status ${response.status})`);
  return { status: response.status, json: read };
}

/** Fields go back as they came, and JSON can be read at any depth, but written at a few thousand. */
function asText(org: OktaOrg, body: Json, step: string): string {
  try {
    return JSON.stringify(body);
  } catch {
    throw wrongShape(org, step, "nests too deep");
  }
}

/** The address that an answer names. @throws LoginError `provider-answer` for none, `untrusted-destination` for one of another origin */
export function linkOf(org: OktaOrg, href: string | undefined, step: string): URL {
  if (href === undefined || !URL.canParse(href, org.page.href)) throw wrongShape(org, step, "names no address to go on at");
  const url = new URL(href, org.page);
  if ([org.page.origin, ...originsOf(org.signIn.home)].includes(url.origin)) return url;
  const place = printable(url.host === "" ? url.protocol : url.origin);
  const what = `leads to ${place}, which is not its own origin`;
  throw failure(org, { code: "untrusted-destination", what, step });
}

/** A page to go on with, as a browser would. */
export function visit(org: OktaOrg, href: string | undefined, step: string): HttpRequest {
  return { method: "GET", url: linkOf(org, href, step) };
}

/** Undefined for an answer that is no refusal. */
export function readRefusal({ status, json }: OrgAnswer): OrgRefusal | undefined {
  const code = textAt(json, "errorCode");
  if (code === undefined && status < 400) return undefined;
  const summary = [textAt(json, "errorSummary"), ...objectsAt(json, "errorCauses").map((cause) => textAt(cause, "errorSummary"))];
  const words = [...new Set(summary.filter((text) => text !== undefined))].map((text) => text.replace(/\.$/, "")).join(": ");
  return { code: code ?? "", summary: words === "" ? `status ${status}` : words, status };
}

export interface Failure {
  readonly code: ErrorCode;
  /** Goes on from the provider's host. */
  readonly what: string;
  readonly step: string;
  readonly hint?: string | undefined;
}

export function failure({ signIn }: OktaOrg, { code, what, step, hint }: Failure): LoginError {
  return new LoginError(code, `${signIn.provider} ${shorten(what)}`, { provider: signIn.provider, step, hint });
}

/** The org wants something that only a person can give; `what` goes on from "asks for". */
export function personNeeded(org: OktaOrg, what: string, step: string): LoginError {
  const hint = `open ${org.page.origin} in a browser, do what it asks, then try again`;
  return failure(org, { code: "page-not-answerable", what: `asks for ${what}`, step, hint });
}

export function wrongShape(org: OktaOrg, step: string, what: string): LoginError {
  return failure(org, { code: "provider-answer", what: `gave an answer that ${what}`, step });
}

/** What to do about a refusal that trying again does not mend. */
export function refusal(org: OktaOrg, { code, summary, status }: OrgRefusal, step: string): LoginError {
  const number = code === "" ? "" : ` (${code})`;
  return failure(org, { code: "provider-refused", what: `refuses the login: ${summary}${number}`, step, hint: hintFor(org, code, status) });
}

export function lockedOut(org: OktaOrg, summary: string, step: string): LoginError {
  return failure(org, { code: "provider-refused", what: `has locked the account: ${summary}`, step, hint: unlockHint(org) });
}

/** A factor that only a browser has. */
export function needsBrowser(org: OktaOrg, { kind, label }: Factor<unknown>, step: string): LoginError {
  // It lives in a frame of scripts, and ended on 30 March 2024 (https://duo.com/docs/duoweb-v2).
  const isDuo = kind === "duo";
  const what = `asks for ${isDuo ? "Duo's traditional prompt" : label}, which needs a browser`;
  const hint = isDuo ? `have the org's Duo moved to the Universal Prompt, or ${org.signIn.useBrowser}` : org.signIn.useBrowser;
  return failure(org, { code: "page-not-answerable", what, step, hint });
}

function hintFor(org: OktaOrg, code: string, status: number): string | undefined {
  if (status === TOO_MANY_REQUESTS) return "wait a minute, then try again";
  if (["E0000069", "E0000119"].includes(code)) return unlockHint(org);
  if (code === "E0000011") return "the login took too long: try again";
  return undefined;
}

function unlockHint({ page }: OktaOrg): string {
  return `unlock it at ${page.origin}/signin/unlock, wait, or ask an administrator of the org`;
}
