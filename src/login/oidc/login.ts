/** A profile's OIDC settings → a validated id token: discovery, a refresh token where one is kept, else the flow that the settings ask for. */

import type { OidcLogin } from "../../config/profile.ts";
import { LoginError } from "../../errors.ts";
import type { IdToken, Tokens } from "../id-token.ts";
import { logInByBrowser } from "./browser-login.ts";
import type { LoginTools } from "../login-tools.ts";
import type { LoginContext } from "./context.ts";
import { logInByDevice } from "./device-login.ts";
import { discover } from "./discovery.ts";
import { chooseFlow, type Flow, wantedFlow } from "./flow.ts";
import { logInByForm } from "./form-login.ts";
import { providerHttp } from "../provider-http.ts";
import { keepRefreshToken, logInByRefresh } from "./refresh.ts";

/**
 * @throws ConfigError for settings that no flow fits; LoginError; PersonNeededError; CancelledError
 */
export async function logIn(login: OidcLogin, tools: LoginTools): Promise<IdToken> {
  const wanted = wantedFlow(login);
  const http = providerHttp({ host: new URL(login.authUrl.value).host, login }, tools);
  const discovered = await discover(login, { ...tools, http: http("discovery") });
  const context = { ...discovered, login, http, tools, host: new URL(discovered.metadata.issuer).host };
  const refreshed = await logInByRefresh(context);
  if (refreshed !== undefined) return refreshed;
  const tokens = await logInByFlow(chooseFlow(wanted, context, tools), context);
  await keepRefreshToken(tokens, context);
  return tokens.idToken;
}

function logInByFlow(flow: Flow, context: LoginContext): Promise<Tokens> {
  switch (flow.kind) {
    case "form":
      return logInByForm(context, flow.redirectUri);
    case "browser":
      return logInByBrowser(context, flow.redirectUri);
    case "device":
      return flow.insteadOf === undefined ? logInByDevice(context) : logInByDeviceElseBrowser(context, flow.insteadOf);
  }
}

/** A provider that has the device flow may refuse it to this client, which is registered for the browser's: then the redirect is pasted. */
async function logInByDeviceElseBrowser(context: LoginContext, redirectUri: string): Promise<Tokens> {
  try {
    return await logInByDevice(context);
  } catch (error) {
    if (!(error instanceof LoginError) || error.code !== "provider-refused") throw error;
    context.tools.log.debug(`${error.message}: going on without a device's code`);
    return logInByBrowser(context, redirectUri);
  }
}
