/**
 * `saml_provider = browserne`: SAML in the person's own browser, which the provider sends back to a port of this machine with the response.
 *
 * The response is for that port and not for AWS's sign-in, so a role's trust policy has to allow it (`SAML:aud`). The address that the
 * browser opens holds nothing secret, but what proves that a response answers it: see decision 0017.
 *
 * @see SAML 2.0 Profiles section 4.1 (Web Browser SSO)
 */

import type { SamlLogin } from "../../config/profile.ts";
import { PersonNeededError, RunasError } from "../../errors.ts";
import type { LoginTools } from "../login-tools.ts";
import { failurePage, successPage } from "../loopback/page.ts";
import { awaitPerson, tell } from "../loopback/person.ts";
import { providerHttp } from "../provider-http.ts";
import { openAcs, type Posted } from "./acs.ts";
import type { Assertion } from "./assertion.ts";
import { type AuthnRequest, buildAuthnRequest } from "./authn-request.ts";
import { checkResponse } from "./check-response.ts";
import type { IdpKeys } from "./idp-metadata.ts";
import { findIdpKeys } from "./metadata-source.ts";
import { describeAssertion } from "./read-assertion.ts";
import { requireSafeStart } from "./safe-start.ts";

/**
 * @throws LoginError `assertion-invalid`, `provider-refused`, `approval-refused` when nobody comes back in time, `redirect-unusable`; what
 *   `findIdpKeys` throws; PersonNeededError at once where there is neither browser nor terminal; CancelledError
 */
export async function logInByLoopback(login: SamlLogin, tools: LoginTools): Promise<Assertion> {
  const url = new URL(login.authUrl.value);
  const { host } = url;
  requireSafeStart(url);
  if (!tools.browser.isAvailable && !tools.terminal.isAvailable)
    throw new PersonNeededError(`the login at ${host} needs a person, and there is neither browser nor terminal`);
  const keys = await findIdpKeys(login, providerHttp({ host, login }, tools)("metadata"), tools);
  if (keys === undefined) tools.log.debug(`there is no metadata of ${host}: only AWS verifies who signed the response`);
  const acs = await openAcs(host, tools.log);
  try {
    const request = buildAuthnRequest(login, acs.url, tools.clock.now());
    const arrived = acs.arrival(request.relayState);
    const posted = await awaitPerson({ url: request.url, host, tools, arrived, elsewhere: elsewhere(acs.url) });
    return await finish(posted, { request, keys, host, tools });
  } finally {
    acs.close();
  }
}

function elsewhere(acsUrl: string): string {
  const { port } = new URL(acsUrl);
  return `The browser comes back to port ${port} of the machine that it runs on: if that is another, forward it to this one (ssh -L ${port}:localhost:${port}).`;
}

interface Waited {
  readonly request: AuthnRequest;
  readonly keys: IdpKeys | undefined;
  readonly host: string;
  readonly tools: LoginTools;
}

/** The browser is told how it ended once it has. */
async function finish({ response, answer }: Posted, { request, keys, host, tools }: Waited): Promise<Assertion> {
  const { profile, clock } = tools;
  try {
    const element = checkResponse(response, { request, keys, provider: host, now: clock.now() });
    const assertion = describeAssertion(element, { field: response, provider: host, tools });
    await answer(successPage({ profile, user: assertion.user }));
    tell(`Logged in as ${assertion.user}.`, tools);
    return assertion;
  } catch (error) {
    const message = error instanceof RunasError ? error.message : "internal error";
    await answer(failurePage({ title: "The login did not work", message, profile }));
    throw error;
  }
}
