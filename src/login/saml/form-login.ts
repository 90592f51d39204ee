/** SAML by the provider's forms: from the page that the login starts at to the form that a browser would post to AWS, which is not sent. */

import type { SamlLogin } from "../../config/profile.ts";
import { InternalError } from "../../errors.ts";
import { type Beginning, logInByForms } from "../forms/log-in.ts";
import type { End } from "../forms/walk.ts";
import type { LoginTools } from "../login-tools.ts";
import { providerHttp } from "../provider-http.ts";
import { detectByPage, namedProvider, providerOfPage } from "../providers/detect.ts";
import { generic } from "../providers/generic.ts";
import { withoutApiCredentials } from "../providers/onelogin-settings.ts";
import type { Assertion } from "./assertion.ts";
import { isForAws, responseIn } from "./response-form.ts";
import { readAssertion } from "./read-assertion.ts";
import { samlSessionId } from "./session-id.ts";

const USE_BROWSER = "set saml_provider = browser to log in with a browser";

/** @throws LoginError; PersonNeededError; CancelledError */
export function logInByForm(login: SamlLogin, tools: LoginTools): Promise<Assertion> {
  const configured = new URL(login.authUrl.value);
  const known = namedProvider(login) ?? providerOfPage(configured);
  const driver = known ?? generic;
  // Whoever that is does not get what may be OneLogin's API credentials.
  const url = known === undefined ? withoutApiCredentials(configured) : (driver.samlStart?.(configured, login) ?? configured);
  return logInByForms({
    login,
    tools,
    driver,
    detect: known === undefined ? detectByPage : undefined,
    home: { driver: driver.name, id: samlSessionId(url.href), issuer: url, entrance: url },
    host: url.host,
    useBrowser: USE_BROWSER,
    http: providerHttp({ host: url.host, login }, tools),
    begin: async () => begin(url, tools),
    // What an application calls its user differs from one to the next.
    subjectOf: () => login.username?.value ?? "",
  });
}

function begin(url: URL, tools: LoginTools): Beginning<Assertion> {
  return {
    startUrl: url,
    goal: { isEndUrl: () => false, isEndPage: isForAws },
    finish: async (end) => readAssertion(responseAt(end), url.host, tools),
  };
}

function responseAt(end: End): string {
  const response = end.kind === "response" ? end.response.reveal() : end.kind === "page" ? responseIn(end.page) : undefined;
  if (response === undefined) throw new InternalError("a SAML login ends with a response");
  return response;
}
