/**
 * AM's addresses: which issuer a URL of its guides means, whether a page is its login page, and where its callbacks are.
 *
 * A login page is a program for a browser; all that counts is its URL: `…/XUI/?realm=/corp&goto=…` or `…/UI/Login?…`, or a page of the
 * organisation's own with the same parameters.
 */

import type { Home } from "../forms/home.ts";
import { type AmRealm, LOGIN_PAGE, OAUTH2, realmOfOAuth, realmPathOf } from "./forgerock-realm.ts";
import { realmOfSaml } from "./forgerock-saml.ts";
import type { SignIn } from "./provider.ts";

export interface AmPlace extends AmRealm {
  /** For callbacks, with what the login page was called with; no service. */
  readonly authenticate: URL;
  /** How the login page says to log in; undefined leaves it to the realm. */
  readonly service: AmService | undefined;
  /** Where to go once the session is logged in; undefined: where AM says. */
  readonly after: URL | undefined;
}

/** `type` is "service" for a tree, journey or chain by its name. */
export interface AmService {
  readonly type: string;
  readonly value: string;
}

const AUTHENTICATE = /^(.*)\/json(\/.*)?\/authenticate$/;
const ENDPOINT = /\/(authorize|access_token)$/;
/** Not AM's: the paths of Okta and Entra under /oauth2. */
const FOREIGN = /^\/v\d/;
const NOT_CARRIED = new Set(["realm", "service", "authIndexType", "authIndexValue"]);

/** The issuer that an address of AM means, other than the address itself: an endpoint, a realm in a parameter, a login page. */
export function amIssuersOf(url: URL): readonly string[] | undefined {
  const path = url.pathname.replace(/\/+$/, "");
  const realm = url.searchParams.get("realm");
  const [, base, rest = ""] = OAUTH2.exec(path) ?? [];
  if (base !== undefined && !FOREIGN.test(rest)) {
    const realmPath = rest.replace(ENDPOINT, "");
    if (realmPath === rest && realm === null) return undefined;
    return [url.origin + base + "/oauth2" + (realmPath === "" ? realmPathOf(realm ?? "") : realmPath)];
  }
  const [, jsonBase, jsonRest = ""] = AUTHENTICATE.exec(path) ?? [];
  if (jsonBase !== undefined) return [url.origin + jsonBase + "/oauth2" + (jsonRest === "" ? realmPathOf(realm ?? "") : jsonRest)];
  const [, pageBase] = LOGIN_PAGE.exec(path) ?? [];
  return pageBase === undefined ? undefined : [url.origin + pageBase + "/oauth2" + realmPathOf(realm ?? "")];
}

/** Of a login page; undefined when a URL is none. `isOurs` says that the profile's provider is an AM, not a guest in another's login. */
export function placeOf(page: URL, { home, startUrl }: SignIn, isOurs: boolean): AmPlace | undefined {
  const goto = urlIn(page.searchParams.get("goto"), page);
  const [, pageBase] = LOGIN_PAGE.exec(page.pathname) ?? [];
  const ownBase = isOurs ? baseOf(home) : undefined;
  const isOwn = ownBase !== undefined && leadsTo(ownBase, goto ?? page) && (goto !== undefined || pageBase !== undefined);
  if (!isOwn && pageBase === undefined) return undefined;
  const base = isOwn ? ownBase : page.origin + pageBase;
  // Away from home the request that is told of is the page's.
  const request = isOwn && goto !== undefined && !leadsTo(base, startUrl) ? goto : startUrl;
  const realm = page.searchParams.get("realm") ?? (isOwn ? realmOf(request) : "/");
  const authenticate = new URL(`${base}/json${realmPathOf(realm) || "/realms/root"}/authenticate`);
  for (const [name, value] of page.searchParams) if (!NOT_CARRIED.has(name)) authenticate.searchParams.append(name, value);
  const back = goto?.origin === page.origin ? goto : undefined;
  return { base, realm, authenticate, service: serviceIn(page), after: isOwn ? request : back };
}

/** The same login by another service. */
export function withService(authenticate: URL, service: AmService | undefined): URL {
  const url = new URL(authenticate);
  if (service === undefined) return url;
  url.searchParams.set("authIndexType", service.type);
  url.searchParams.set("authIndexValue", service.value);
  return url;
}

/** Where a person logs in to a realm. */
export function loginPageOf({ base, realm }: AmPlace): string {
  return `${base}/XUI/?realm=${encodeURI(realm)}`;
}

/** Of an authorization request or of a SAML address. */
function realmOf(startUrl: URL): string {
  return (realmOfOAuth(startUrl) ?? realmOfSaml(startUrl))?.realm ?? startUrl.searchParams.get("realm") ?? "/";
}

function baseOf({ entrance }: Home): string | undefined {
  return (realmOfOAuth(entrance) ?? realmOfSaml(entrance))?.base;
}

function leadsTo(base: string, url: URL): boolean {
  return `${url.origin}${url.pathname}`.startsWith(`${base}/`);
}

function serviceIn({ searchParams }: URL): AmService | undefined {
  const [type, value, service] = ["authIndexType", "authIndexValue", "service"].map((name) => searchParams.get(name) || undefined);
  if (type !== undefined && value !== undefined) return { type, value };
  return service === undefined ? undefined : { type: "service", value: service };
}

function urlIn(text: string | null, page: URL): URL | undefined {
  return text !== null && URL.canParse(text, page.href) ? new URL(text, page) : undefined;
}
