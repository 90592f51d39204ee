/**
 * A page of Entra's login → what its script would work with: one JSON object, assigned to `$Config` in a script of the page.
 *
 * There is no documentation of it. The names are those that saml2aws (pkg/provider/aad) and DavMail read; the object has some two hundred
 * more. The end of the JSON is found by counting braces outside strings, for `};` may stand in a string.
 */

import { LoginError } from "../../errors.ts";
import { formPost } from "../../http/form.ts";
import type { HttpRequest, HttpResponse } from "../../world.ts";
import { type Json, parseObject, textAt } from "../json.ts";

export interface EntraPage {
  readonly url: URL;
  /** The host that errors name. */
  readonly provider: string;
  /** "ConvergedSignIn", "KmsiInterrupt" …; empty where the page does not say. */
  readonly id: string;
  readonly fields: Json;
}

const CONFIG = /\$Config\s*=\s*\{/;

/**
 * Undefined for a page without `$Config`.
 *
 * @throws LoginError `provider-answer` for one that is not a JSON object
 */
export function readEntraPage({ url, body }: HttpResponse, provider: string): EntraPage | undefined {
  const found = CONFIG.exec(body);
  if (found === null) return undefined;
  const start = found.index + found[0].length - 1;
  const fields = parseObject(body.slice(start, endOfObject(body, start)));
  if (fields === undefined) throw notUnderstood(provider, "its login page holds no $Config that can be read");
  return { url, provider, id: textOf(fields, "pgid"), fields };
}

/** A string, or a number as one; empty for anything else. */
export function textOf(fields: Json, name: string): string {
  return textAt(fields, name) ?? "";
}

/** An address in the page, which may be relative; undefined where there is none. */
export function urlOf({ fields, url }: EntraPage, name: string): URL | undefined {
  const text = textOf(fields, name);
  return text === "" || !URL.canParse(text, url.href) ? undefined : new URL(text, url);
}

/** @throws LoginError `provider-answer` */
export function requiredUrl(page: EntraPage, name: string): URL {
  const url = urlOf(page, name);
  if (url === undefined) throw notUnderstood(page.provider, `its page "${page.id}" has no ${name}`);
  return url;
}

/** What the page's form would post to `urlPost`: the fields given, with the tokens that each of these pages hands out. */
export function buildPost(page: EntraPage, given: Readonly<Record<string, string>>): HttpRequest {
  const { fields } = page;
  const tokens = {
    canary: textOf(fields, "canary"),
    ctx: textOf(fields, "sCtx"),
    hpgrequestid: textOf(fields, "sessionId"),
    [textOf(fields, "sFTName") || "flowToken"]: textOf(fields, "sFT"),
  };
  return formPost(requiredUrl(page, "urlPost"), { ...tokens, ...given });
}

/** What the page's script would send to one of Microsoft's own addresses. */
export function buildCall(page: EntraPage, url: URL, content: unknown): HttpRequest {
  const { fields } = page;
  const headers = {
    accept: "application/json",
    "content-type": "application/json; charset=UTF-8",
    canary: textOf(fields, "apiCanary"),
    "client-request-id": textOf(fields, "correlationId"),
    hpgact: textOf(fields, "hpgact"),
    hpgid: textOf(fields, "hpgid"),
    hpgrequestid: textOf(fields, "sessionId"),
  };
  const usable = Object.fromEntries(Object.entries(headers).filter(([, value]) => /^[!-~ ]+$/.test(value)));
  return { method: "POST", url, headers: usable, body: JSON.stringify(content) };
}

/** @throws LoginError `provider-answer` */
export function parseReply({ status, body, url }: HttpResponse, provider: string): Json {
  const fields = status === 200 ? parseObject(body) : undefined;
  const name = url.pathname.split("/").at(-1) ?? "";
  if (fields === undefined) throw notUnderstood(provider, `${name} answers ${status === 200 ? "no JSON object" : String(status)}`);
  return fields;
}

export function notUnderstood(provider: string, what: string): LoginError {
  return new LoginError("provider-answer", `the answer of ${provider} is not understood: ${what}`, { provider, step: "login form" });
}

/** Behind the brace that closes the one at `start`; the text's end where none does. */
function endOfObject(text: string, start: number): number {
  let depth = 0;
  let isInString = false;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (isInString) {
      if (character === "\\") at += 1;
      else if (character === '"') isInString = false;
    } else if (character === '"') isInString = true;
    else if (character === "{") depth += 1;
    else if (character === "}" && (depth -= 1) === 0) return at + 1;
  }
  return text.length;
}
