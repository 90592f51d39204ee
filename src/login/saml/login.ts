/** A profile's SAML settings → an assertion for AWS, by the provider that the settings name. */

import type { SamlLogin } from "../../config/profile.ts";
import type { LoginTools } from "../login-tools.ts";
import { withoutApiCredentials } from "../providers/onelogin-settings.ts";
import type { Assertion } from "./assertion.ts";
import { logInByBrowser } from "./browser-login.ts";
import { logInByForm } from "./form-login.ts";
import { logInByLoopback } from "./loopback-login.ts";

/** @throws ConfigError for an unknown provider; LoginError; PersonNeededError; CancelledError; StoreError */
export async function logIn(login: SamlLogin, tools: LoginTools): Promise<Assertion> {
  if (login.provider?.value === "browser") return logInByBrowser(forBrowser(login), tools);
  return login.provider?.value === "browserne" ? logInByLoopback(forBrowser(login), tools) : logInByForm(login, tools);
}

/** A browser shows and keeps where it was: not with OneLogin's API credentials, which only calls of the API need. */
function forBrowser(login: SamlLogin): SamlLogin {
  const url = new URL(login.authUrl.value);
  const shown = withoutApiCredentials(url);
  return shown === url ? login : { ...login, authUrl: { ...login.authUrl, value: shown.href } };
}
