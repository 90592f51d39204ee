/**
 * A browser's part in a login: cookies are kept and redirects followed, by hand, so that the caller decides about every hop.
 *
 * Secure cookies are sent over plain http too: client.ts speaks it to this machine alone, which is a secure context (W3C Secure Contexts
 * section 3.1), and providers in development set them there. When a cookie ends is told by the server's clock, which need not be ours.
 * Methods after a redirect: RFC 9110 section 15.4.
 */

import { Cookie, CookieJar } from "tough-cookie";

import type { Clock, Http, HttpRequest, HttpResponse } from "../world.ts";
import { HttpError } from "./http-error.ts";

export interface Hop {
  readonly from: URL;
  readonly to: URL;
  /** The body goes along (307 and 308). */
  readonly resendsBody: boolean;
}

/** Where a request ended: at a page, or at a redirect that the caller did not want followed. */
export type Landing = { readonly kind: "page"; readonly response: HttpResponse } | { readonly kind: "stopped"; readonly url: URL };

export interface Session {
  /** Sends the request and follows redirects until a page comes. Rejects with HttpError, and with what `onRedirect` throws. */
  open(request: HttpRequest): Promise<Landing>;
  /** Sends the request with the session's cookies, as a page's script would; a redirect is an answer like any other. Rejects with HttpError. */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Keeps a cookie that a page's script would set for `url`; `cookie` is as in a Set-Cookie header. One that is none is left out. */
  keep(url: URL, cookie: string): Promise<void>;
  /** What `cookies` takes to go on with this session later; plain JSON. */
  cookies(): unknown;
}

export interface SessionOptions {
  readonly http: Http;
  readonly clock: Clock;
  /** From an earlier session; anything that is not that starts an empty one. */
  readonly cookies?: unknown;
  /** Asked before a redirect is followed; what it throws ends the request. */
  readonly onRedirect: (hop: Hop) => "follow" | "stop";
}

const MAX_HOPS = 20;
const HEADERS = { "user-agent": "aws-runas", accept: "text/html,application/xhtml+xml,*/*;q=0.8", "accept-language": "en" };

export function openSession({ http, clock, cookies, onRedirect }: SessionOptions): Session {
  const jar = restoreJar(cookies);
  const send = async (request: HttpRequest): Promise<HttpResponse> => {
    const response = await exchange(request, http, jar);
    await keepCookies(response, jar, clock);
    return response;
  };
  const open = async (first: HttpRequest): Promise<Landing> => {
    let request = first;
    for (let hop = 0; hop <= MAX_HOPS; hop += 1) {
      const response = await send(request);
      const next = nextRequest(request, response);
      if (next === undefined) return { kind: "page", response };
      const resendsBody = next.body !== undefined;
      if (onRedirect({ from: request.url, to: next.url, resendsBody }) === "stop") return { kind: "stopped", url: next.url };
      request = next;
    }
    throw new HttpError("redirect", request.url.host, `more than ${MAX_HOPS} redirects, the last one to ${request.url.host}`);
  };
  const keep = async (url: URL, cookie: string): Promise<void> => {
    await jar.setCookie(cookie, cookieUrl(url), { ignoreError: true });
  };
  return { open, send, keep, cookies: () => jar.toJSON() };
}

function restoreJar(cookies: unknown): CookieJar {
  try {
    return typeof cookies === "object" && cookies !== null ? CookieJar.fromJSON(JSON.stringify(cookies)) : new CookieJar();
  } catch {
    return new CookieJar();
  }
}

async function exchange(request: HttpRequest, http: Http, jar: CookieJar): Promise<HttpResponse> {
  const cookie = await jar.getCookieString(cookieUrl(request.url));
  return http({ ...request, headers: { ...HEADERS, ...request.headers, ...(cookie === "" ? {} : { cookie }) } });
}

async function keepCookies({ headers, url }: HttpResponse, jar: CookieJar, clock: Clock): Promise<void> {
  const date = headers["date"];
  const skewMs = typeof date === "string" ? clock.now() - Date.parse(date) : Number.NaN;
  for (const header of [headers["set-cookie"] ?? []].flat()) {
    const cookie = Cookie.parse(header);
    if (cookie === undefined) continue;
    if (cookie.expires instanceof Date && !Number.isNaN(skewMs)) cookie.expires = new Date(cookie.expires.getTime() + skewMs);
    await jar.setCookie(cookie, cookieUrl(url), { ignoreError: true });
  }
}

function cookieUrl(url: URL): string {
  return url.href.replace(/^http:/, "https:");
}

/** The request that a redirect asks for; undefined when the response is none. */
function nextRequest(request: HttpRequest, response: HttpResponse): HttpRequest | undefined {
  const { location } = response.headers;
  if (![301, 302, 303, 307, 308].includes(response.status) || typeof location !== "string") return undefined;
  if (!URL.canParse(location, request.url.href)) {
    throw new HttpError("redirect", request.url.host, `${request.url.host} redirects to something that is no URL`);
  }
  const url = new URL(location, request.url);
  if (response.status >= 307) return { ...request, url };
  return { method: "GET", url, ...(request.signal === undefined ? {} : { signal: request.signal }) };
}
