/**
 * What the page asks the server, always with the token. It comes in the fragment of the address, which no server and no Referer sees, and is
 * taken out of the address bar at once; after that it is this tab's alone.
 */

const KEPT_AS = "aws-runas-token";
const TOKEN = /^[\w-]{16,}$/;
/** Longer than the server lets a request wait. */
const LIMIT_MS = 20_000;

/** Undefined when neither the address nor the tab has one. */
export function takeToken() {
  const given = decodedFragment();
  if (TOKEN.test(given)) {
    keepToken(given);
    history.replaceState(null, "", location.pathname);
  }
  return sessionStorage.getItem(KEPT_AS) ?? undefined;
}

/** From a token, or an address that ends in one; false when it is neither. */
export function keepToken(text) {
  const token = text.trim().split("#").at(-1) ?? "";
  if (!TOKEN.test(token)) return false;
  sessionStorage.setItem(KEPT_AS, token);
  return true;
}

export function dropToken() {
  sessionStorage.removeItem(KEPT_AS);
}

/**
 * `kind`: "ok"; "asks" where a login has a question; "stranger" where the token is not the server's; "gone" where there is no answer; "failed".
 */
export async function ask(method, path, body) {
  const headers = { Authorization: sessionStorage.getItem(KEPT_AS) ?? "", ...typeOf(body) };
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
