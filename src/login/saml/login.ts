/** A profile's SAML settings → an assertion for AWS, by the provider that the settings name. */

import type { SamlLogin } from "../../config/profile.ts";
import type { LoginTools } from "../login-tools.ts";
import type { Assertion } from "./assertion.ts";
import { logInByBrowser } from "./browser-login.ts";
import { logInByForm } from "./form-login.ts";
import { logInByLoopback } from "./loopback-login.ts";

/** @throws ConfigError for an unknown provider; LoginError; PersonNeededError; CancelledError; StoreError */
export async function logIn(login: SamlLogin, tools: LoginTools): Promise<Assertion> {
  if (login.provider?.value === "browser") return logInByBrowser(login, tools);
  return login.provider?.value === "browserne" ? logInByLoopback(login, tools) : logInByForm(login, tools);
}
