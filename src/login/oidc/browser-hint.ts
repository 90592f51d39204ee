/** What to do about a login that takes a browser: the settings that make it so, with the redirect URI that suits the profile's provider. */

import type { OidcLogin } from "../../config/profile.ts";
import type { Provider } from "../providers/provider.ts";

/** Without a port: providers that keep to RFC 8252 section 7.3 take any. */
const ANYWHERE = "http://127.0.0.1/callback";

/** "set web_identity_redirect_uri = …, and register it at the provider". */
export function browserSettings({ browserRedirect = { uri: ANYWHERE } }: Pick<Provider, "browserRedirect">, login?: OidcLogin): string {
  const { uri, as } = browserRedirect;
  const isOtherFlow = login?.flow !== undefined && login.flow.value !== "browser";
  return `set web_identity_redirect_uri = ${uri}${isOtherFlow ? ", without web_identity_flow" : ""}, and register it at the provider${as === undefined ? "" : ` as ${as}`}`;
}

/** For a form login that meets what only a browser can do. */
export function useBrowser(driver: Provider, login: OidcLogin): string {
  return `log in with a browser: ${browserSettings(driver, login)}`;
}
