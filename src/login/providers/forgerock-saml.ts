/**
 * AM's addresses for SAML: where a login starts that the identity provider begins itself, and which AM and realm such an address is of.
 *
 * It starts at `…/am/idpssoinit?metaAlias=/alpha/idp&spEntityID=urn:amazon:webservices`, or at the JSP of older releases. A metaAlias is the realm
 * and the name of an identity provider in it; in the top realm the name alone. Where a profile names no more than the realm, by the address of
 * its callbacks, its OAuth2 endpoints or its login page, that name is `saml-idp`, as the Go tool has it.
 *
 * @see https://docs.pingidentity.com/pingam/8/am-saml2/saml2-standalone-mode.html
 */

import type { SamlLogin } from "../../config/profile.ts";
import { type AmRealm, LOGIN_PAGE, realmNamedBy } from "./forgerock-realm.ts";

const AWS = "urn:amazon:webservices";
const USUAL_NAME = "saml-idp";
const AUTHENTICATE = /\/json\/(?:.*\/)?authenticate\/*$/;
const START = /^(.*)\/(?:idpssoinit|saml2\/jsp\/idpSSOInit\.jsp)$/;
/** Where a request that came from elsewhere is answered. */
const SERVICE = /^(.*)\/(?:SSORedirect|SSOPOST|WSFederationServlet)(?:\/metaAlias(\/.*))?$/;

/** True for pages that no other provider has under such a path. */
export function isAmPage(page: URL): boolean {
  return isSamlStart(page) || SERVICE.test(page.pathname) || LOGIN_PAGE.test(page.pathname) || AUTHENTICATE.test(page.pathname);
}

export function isSamlStart(page: URL): boolean {
  return START.test(page.pathname);
}

/** Of a profile that names a realm; undefined where its address is what a browser would open. */
export function samlStartOf(authUrl: URL, { entityId }: Pick<SamlLogin, "entityId">): URL | undefined {
  const goto = gotoIn(authUrl);
  if (goto !== undefined) return goto;
  const named = realmNamedBy(authUrl);
  if (named === undefined) return undefined;
  const start = new URL(`${named.base}/idpssoinit`);
  start.searchParams.set("metaAlias", `${named.realm === "/" ? "" : named.realm}/${USUAL_NAME}`);
  start.searchParams.set("spEntityID", entityId?.value ?? AWS);
  return start;
}

/** Of an address that a SAML or WS-Federation login comes by. */
export function realmOfSaml({ origin, pathname, searchParams }: URL): AmRealm | undefined {
  const [, startBase] = START.exec(pathname) ?? [];
  const [, serviceBase, aliasInPath] = SERVICE.exec(pathname) ?? [];
  const base = startBase ?? serviceBase;
  if (base === undefined) return undefined;
  const alias = searchParams.get("metaAlias") ?? aliasInPath ?? "";
  const realm = alias.replace(/\/[^/]*$/, "");
  return { base: origin + base, realm: searchParams.get("realm") ?? (realm === "" ? "/" : realm) };
}

/** Of a login page as it stands in a browser that began at the right place. */
function gotoIn(page: URL): URL | undefined {
  const text = page.searchParams.get("goto");
  if (text === null || !URL.canParse(text, page.href)) return undefined;
  const goto = new URL(text, page);
  return goto.origin === page.origin && START.test(goto.pathname) ? goto : undefined;
}
