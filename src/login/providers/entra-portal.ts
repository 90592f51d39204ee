/**
 * The page by which Microsoft's portals start a SAML application: a script that goes on to the application's login at Entra, beside a form that
 * is never sent (saml2aws pkg/provider/aad, testdata/SAMLRequest.html). Newer ones redirect.
 */

import { settingKey } from "../../config/setting-key.ts";
import type { Page } from "../../http/page.ts";
import type { HttpRequest, HttpResponse } from "../../world.ts";
import type { Demand } from "../forms/demand.ts";
import { isEntraHost, isPortal } from "./entra-clouds.ts";
import type { SignIn } from "./provider.ts";
import { unescapeScript } from "./script-string.ts";

const LOCATION = /\blocation(?:\.href)?\s*=\s*(?:'([^'\n]{1,20000})'|"([^"\n]{1,20000})")/g;

/** Where the form beside the script would go. */
const NEVER_SENT = "/redirecttofederatedapplication.aspx";

/** Undefined for a page of anybody else, or one that goes elsewhere. */
export function startApplication({ url, body }: HttpResponse): HttpRequest | undefined {
  if (!isPortal(url.hostname)) return undefined;
  const targets = [...body.matchAll(LOCATION)].map(([, single, double]) => unescapeScript(single ?? double ?? ""));
  const target = targets
    .filter((text) => URL.canParse(text))
    .map((text) => new URL(text))
    .find(isRequest);
  return target && { method: "GET", url: target };
}

/** A portal's page that leads nowhere: of no application, or of none that this user has. Undefined for all others. */
export function readPortal({ url, forms, refresh }: Page, { login }: Pick<SignIn, "login">): Demand | undefined {
  const isDeadEnd = refresh === undefined && forms.every(({ action }) => action.pathname.endsWith(NEVER_SENT));
  if (login.kind !== "saml" || !isPortal(url.hostname) || !isDeadEnd) return undefined;
  const hint = `${settingKey(login, "auth_url")} must be the application's User access URL (Properties of the enterprise application)`;
  return { kind: "refusal", text: "does not lead on to an application's login", hint };
}

function isRequest({ protocol, hostname, searchParams }: URL): boolean {
  return protocol === "https:" && isEntraHost(hostname) && searchParams.has("SAMLRequest");
}
