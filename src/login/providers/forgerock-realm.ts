/**
 * AM's realms as its addresses name them. They nest: `/a/b` is `/realms/root/realms/a/realms/b` in a path, or `/a/b` as older releases write it,
 * or stands in a parameter.
 */

/** A realm of an AM: "https://sso.example/am" and "/alpha/beta"; the top one is "/". */
export interface AmRealm {
  readonly base: string;
  readonly realm: string;
}

export const OAUTH2 = /^(.*)\/oauth2(\/.*)?$/;
export const LOGIN_PAGE = /^(.*)\/(?:XUI|UI\/Login)(?:\/.*)?$/;
const CALLBACKS = /^(.*?)\/json(\/.*)?$/;
const ENDPOINT = /\/(authorize|access_token|authenticate)$/;

/** Of an address of OAuth2; undefined when it is none. */
export function realmOfOAuth(url: URL): AmRealm | undefined {
  return realmBy(OAUTH2, url);
}

/** Of an address that says no more than where a realm is: of its callbacks, of OAuth2, or its login page. */
export function realmNamedBy(url: URL): AmRealm | undefined {
  return realmBy(CALLBACKS, url) ?? realmOfOAuth(url) ?? realmBy(LOGIN_PAGE, url);
}

/** `/alpha/beta` → `/realms/root/realms/alpha/realms/beta`; empty for the top realm. */
export function realmPathOf(realm: string): string {
  const names = namesIn(realm);
  return names.length === 0 ? "" : `/realms/root${names.map((name) => `/realms/${encodeURIComponent(name)}`).join("")}`;
}

/** By the parameter, else by what `pattern` has behind the base. */
function realmBy(pattern: RegExp, { origin, pathname, searchParams }: URL): AmRealm | undefined {
  const [, base, rest = ""] = pattern.exec(pathname.replace(/\/+$/, "")) ?? [];
  if (base === undefined) return undefined;
  const path = rest.replace(ENDPOINT, "").replace(/^\/realms\/root(?=\/|$)/, "");
  const names = namesIn(searchParams.get("realm") ?? decoded(path.replaceAll("/realms/", "/")));
  return { base: origin + base, realm: `/${names.join("/")}` };
}

function namesIn(realm: string): string[] {
  return realm === "root" ? [] : realm.split("/").filter((name) => name !== "" && name !== ".." && name !== ".");
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
