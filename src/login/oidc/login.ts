/** A profile's OIDC settings → a validated id token: discovery, a refresh token where one is kept, else the flow that the settings ask for. */

import type { OidcLogin } from "../../config/profile.ts";
import { ConfigError, UsageError } from "../../errors.ts";
import { isLoopbackName } from "../../http/loopback.ts";
import type { IdToken, Tokens } from "../id-token.ts";
import type { LoginContext, LoginTools } from "./context.ts";
import { logInByDevice } from "./device-login.ts";
import { discover } from "./discovery.ts";
import { logInByForm } from "./form-login.ts";
import { providerHttp } from "./provider-http.ts";
import { keepRefreshToken, logInByRefresh } from "./refresh.ts";

/**
 * @throws UsageError `not-supported` for the browser flow; ConfigError; LoginError; PersonNeededError; CancelledError
 */
export async function logIn(login: OidcLogin, tools: LoginTools): Promise<IdToken> {
  const http = providerHttp(new URL(login.authUrl.value).host, tools);
  const discovered = await discover(login, { ...tools, http: http("discovery") });
  const context = { ...discovered, login, http, tools, host: new URL(discovered.metadata.issuer).host };
  const refreshed = await logInByRefresh(context);
  if (refreshed !== undefined) return refreshed;
  const tokens = await logInByFlow(context);
  await keepRefreshToken(tokens, context);
  return tokens.idToken;
}

function logInByFlow(context: LoginContext): Promise<Tokens> {
  const { flow, redirectUri } = context.login;
  const isDevice = flow === undefined ? redirectUri === undefined : flow.value === "device";
  return isDevice ? logInByDevice(context) : logInByForm(context, formRedirectUri(context.login));
}

/**
 * Where the form flow ends.
 *
 * @throws UsageError `not-supported`; ConfigError `config-missing`
 */
function formRedirectUri({ flow, redirectUri }: OidcLogin): string {
  const asksForForm = "set web_identity_redirect_uri = app:/callback (and register it at the provider) to log in at the provider's forms";
  if (flow !== undefined && flow.value !== "form") throw unsupported(`web_identity_flow = ${flow.value}`, "set web_identity_flow = form");
  if (redirectUri === undefined)
    throw new ConfigError("config-missing", "the form flow needs a web_identity_redirect_uri", { hint: asksForForm });
  const { protocol, hostname } = new URL(redirectUri.value);
  if (flow === undefined && protocol === "http:" && isLoopbackName(hostname)) {
    throw unsupported(
      "the browser flow (web_identity_redirect_uri is on this machine)",
      "set web_identity_flow = form to log in at the provider's forms",
    );
  }
  return redirectUri.value;
}

function unsupported(what: string, hint: string): UsageError {
  return new UsageError(`${what} is not supported in this version`, { code: "not-supported", hint });
}
