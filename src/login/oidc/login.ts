/** A profile's OIDC settings → a validated id token: discovery, then the flow that the settings ask for. */

import type { OidcLogin } from "../../config/profile.ts";
import { UsageError } from "../../errors.ts";
import type { IdToken, Tokens } from "../id-token.ts";
import { logInByBrowser } from "./browser-login.ts";
import type { LoginContext, LoginTools } from "./context.ts";
import { discover } from "./discovery.ts";
import { chooseFlow, type Flow, wantedFlow } from "./flow.ts";
import { logInByForm } from "./form-login.ts";
import { providerHttp } from "./provider-http.ts";

/**
 * @throws ConfigError for settings that no flow fits; LoginError; PersonNeededError; CancelledError
 */
export async function logIn(login: OidcLogin, tools: LoginTools): Promise<IdToken> {
  const wanted = wantedFlow(login);
  const http = providerHttp(new URL(login.authUrl.value).host, tools);
  const discovered = await discover(login, { ...tools, http: http("discovery") });
  const context = { ...discovered, login, http, tools, host: new URL(discovered.metadata.issuer).host };
  const { idToken } = await logInByFlow(chooseFlow(wanted, context.metadata, tools), context);
  return idToken;
}

function logInByFlow(flow: Flow, context: LoginContext): Promise<Tokens> {
  switch (flow.kind) {
    case "form":
      return logInByForm(context, flow.redirectUri);
    case "browser":
      return logInByBrowser(context, flow.redirectUri);
    case "device":
      return logInByDevice(context);
  }
}

/** MERGE of branch `device`: this function goes, and `import { logInByDevice } from "./device-login.ts"` takes its place. */
async function logInByDevice({ host }: LoginContext): Promise<Tokens> {
  const hint = "set web_identity_redirect_uri = http://127.0.0.1/callback for the browser flow, app:/callback for the forms";
  throw new UsageError(`the device flow of ${host} is not supported in this version`, { code: "not-supported", hint });
}
