/**
 * The browser flow: authorization code with PKCE in the person's own browser, which comes back to a port of this machine (RFC 8252, RFC 7636).
 *
 * At the same time the terminal takes the address that the browser ends at, for a browser on another machine; whichever comes first is
 * taken. The address to open is always shown too. It is handed to the browser as an argument, which other users may read: it holds nothing
 * secret, only hashes and random values that are of no use without the code verifier, which stays here.
 */

import { RunasError } from "../../errors.ts";
import type { Tokens } from "../id-token.ts";
import { failurePage, successPage } from "../loopback/page.ts";
import { awaitPerson, tell } from "../loopback/person.ts";
import { type Authorization, buildAuthorization } from "./authorize.ts";
import { type Arrival, openCallback } from "./callback.ts";
import type { LoginContext } from "./context.ts";
import { askForRedirect } from "./pasted-redirect.ts";
import { redeem } from "./redeem.ts";

/**
 * @throws LoginError `redirect-unusable`, `approval-refused` when nobody comes back in time, `provider-refused` and whatever else the redirect
 *   and the token endpoint can be wrong in; PersonNeededError; CancelledError
 */
export async function logInByBrowser(context: LoginContext, redirectUri: string): Promise<Tokens> {
  const callback = await openCallback({ redirectUri, provider: context.host, log: context.tools.log });
  try {
    const authorization = await buildAuthorization(context, context.login, callback.redirectUri);
    // Who is expected: the page may fill it in (OpenID Connect Core 1.0 section 3.1.2.1).
    if (context.login.username !== undefined) authorization.url.searchParams.set("login_hint", context.login.username.value);
    const arrival = await awaitPerson<Arrival>({
      url: authorization.url,
      host: context.host,
      tools: context.tools,
      arrived: callback.arrival(authorization.state),
      asked: async (signal) => ({ url: await askForRedirect(authorization, context.tools.terminal, signal), answer: async () => {} }),
    });
    return await finish(arrival, authorization, context);
  } finally {
    callback.close();
  }
}

/** The browser is told how it ended once it has. */
async function finish({ url, answer }: Arrival, authorization: Authorization, context: LoginContext): Promise<Tokens> {
  const { profile } = context.tools;
  try {
    const tokens = await redeem({ url, authorization, username: undefined }, context);
    await answer(successPage({ profile, user: tokens.idToken.user }));
    tell(`Logged in as ${tokens.idToken.user}.`, context.tools);
    return tokens;
  } catch (error) {
    const message = error instanceof RunasError ? error.message : "internal error";
    await answer(failurePage({ title: "The login did not work", message, profile }));
    throw error;
  }
}
