/**
 * What the page asks the server, always with a token. The server's comes in the fragment of the address, which no server and no Referer sees, is
 * taken out of the address bar at once, and is traded for one of this tab's own, which is good for no credentials and outlives a replacement of
 * the server's.
 */

const KEPT_AS = "aws-runas-session";
const TOKEN = /^[\w-]{16,}$/;
/** Longer than the server lets a request wait. */
const LIMIT_MS = 20_000;

/** The server's, until it was traded. */
let given;

/** The one in the address bar; false when there is none. */
export function takeToken() {
  const isThere = giveToken(decodedFragment());
  if (isThere) history.replaceState(null, "", location.pathname);
  return isThere;
}

/** From a token, or an address that ends in one; false when it is neither. */
export function giveToken(text) {
  const token = text.trim().split("#").at(-1) ?? "";
  if (!TOKEN.test(token)) return false;
  given = token;
  return true;
}

export function hasToken() {
  return given !== undefined || sessionStorage.getItem(KEPT_AS) !== null;
}

export function dropToken() {
  given = undefined;
  sessionStorage.removeItem(KEPT_AS);
}

/** Trades the token that was given, where there is one. Its `kind` as of `ask`. */
export async function enter() {
  if (given === undefined) return "ok";
  const { kind, value } = await ask("POST", "/session");
  if (kind !== "ok") return kind;
  sessionStorage.setItem(KEPT_AS, value.token);
  given = undefined;
  return kind;
}

/**
 * `kind`: "ok"; "asks" where a login has a question; "stranger" where the token is not the server's; "gone" where there is no answer; "failed".
 */
export async function ask(method, path, body) {
  const headers = { Authorization: given ?? sessionStorage.getItem(KEPT_AS) ?? "", ...typeOf(body) };
  try {
    const sent = body === undefined || typeof body === "string" || body instanceof URLSearchParams ? body : JSON.stringify(body);
    const init = { method, headers, cache: "no-store", credentials: "omit", redirect: "error", signal: AbortSignal.timeout(LIMIT_MS) };
    const response = await fetch(path, sent === undefined ? init : { ...init, body: sent });
    const text = await response.text();
    return { kind: kindOf(response), status: response.status, value: parsed(text) };
  } catch {
    return { kind: "gone", status: 0, value: undefined };
  }
}

function kindOf(response) {
  if (response.ok) return "ok";
  if (response.status !== 401) return "failed";
  return response.headers.has("X-AwsRunas-Authentication-Type") ? "asks" : "stranger";
}

function typeOf(body) {
  if (body === undefined || body instanceof URLSearchParams) return {};
  return { "Content-Type": typeof body === "string" ? "text/plain; charset=utf-8" : "application/json" };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function decodedFragment() {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return "";
  }
}
