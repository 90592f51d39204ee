/**
 * OneLogin: its login page is a program for a browser, so the login goes by its API, with API credentials of the profile; the session that this
 * opens then answers the authorization request, or SAML's launch. With the id of a SAML application the API gives the response itself.
 */

import { settingKey } from "../../config/setting-key.ts";
import { LoginError } from "../../errors.ts";
import { readPage } from "../../http/page.ts";
import type { Secret } from "../../secret.ts";
import type { HttpRequest, HttpResponse } from "../../world.ts";
import type { OneloginPlace } from "./onelogin-call.ts";
import { assertByApi, logInByApi } from "./onelogin-login.ts";
import { type ApiCredentials, apiCredentials, appIdOf, isOneloginHost, launchUrl, regionOrigin, subdomainOf } from "./onelogin-settings.ts";
import { perLogin } from "./per-login.ts";
import type { Provider, SignIn } from "./provider.ts";

export const onelogin: Provider = {
  name: "onelogin",
  matches: ({ issuer, authorization_endpoint: endpoint }) =>
    isOneloginHost(new URL(issuer).hostname) || isOneloginEndpoint(new URL(endpoint)),
  ownsHost: isOneloginHost,
  // The launch of a SAML application, at a domain of the customer's own.
  ownsPage: ({ pathname }) => pathname.startsWith("/trust/saml2/launch/"),
  samlStart: launchUrl,
  samlResponse,
  loginOrigins: (_, login) => [regionOrigin(login) ?? []].flat(),
  answer,
};

/** The accounts that gave a login a session: a page that asks again does not know it. */
const accountsOf = perLogin(() => new Set<string>());

async function answer(response: HttpResponse, signIn: SignIn): Promise<HttpRequest | undefined> {
  const home = homeOf(response.url, signIn);
  if (response.status >= 400 || response.url.origin !== home.origin) return undefined;
  const hasForms = readPage(response.url, response.body).forms.length > 0;
  const accounts = accountsOf(signIn);
  if (accounts.has(home.origin)) {
    if (hasForms) return undefined;
    throw asksAgain(signIn);
  }
  const credentials = apiCredentials(signIn.login);
  if (credentials === undefined) {
    if (hasForms) return undefined;
    throw noCredentials(signIn);
  }
  accounts.add(home.origin);
  return logInByApi(placeOf(home, credentials, signIn), signIn);
}

/** Where the URL names the application; without API credentials its pages are tried, which tell what to set. */
async function samlResponse(signIn: SignIn): Promise<Secret | undefined> {
  const [appId, credentials] = [appIdOf(signIn.login), apiCredentials(signIn.login)];
  if (appId === undefined || credentials === undefined) return undefined;
  return assertByApi({ ...placeOf(new URL(signIn.home.issuer.origin), credentials, signIn), appId }, signIn);
}

function placeOf(home: URL, credentials: ApiCredentials, { login }: SignIn): OneloginPlace {
  return { home, api: regionOrigin(login) ?? home.origin, subdomain: subdomainOf(login, home), credentials };
}

/** The issuer's origin; where another provider's federation led to OneLogin, that account's. */
function homeOf(url: URL, { home }: SignIn): URL {
  const isGuest = home.driver !== onelogin.name && isOneloginHost(url.hostname);
  return new URL(isGuest ? url.origin : home.issuer.origin);
}

/** A domain of the customer's own. */
function isOneloginEndpoint({ pathname }: URL): boolean {
  return pathname === "/oidc/2/auth";
}

function noCredentials({ provider, login, useBrowser }: SignIn): LoginError {
  return new LoginError(
    "page-not-answerable",
    `${provider} shows a login page that only a browser can use, and there are no API credentials`,
    {
      provider,
      step: "login form",
      hint: `set ${settingKey(login, "api_client_id")} and ${settingKey(login, "api_client_secret")} to OneLogin API credentials, or ${useBrowser}`,
    },
  );
}

function asksAgain({ provider }: SignIn): LoginError {
  return new LoginError("provider-refused", `${provider} logs the user in, then asks to log in again`, {
    provider,
    step: "login form",
    hint: "see in OneLogin whether the user has the application, and what its policy asks for",
  });
}
