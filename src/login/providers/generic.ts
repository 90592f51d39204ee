/** Any provider whose login is plain HTML forms: nothing particular. */

import type { OidcLogin } from "../../config/profile.ts";
import type { Provider } from "./provider.ts";

export const generic: Provider = {
  name: "oidc",
  aliases: ["saml", "form"],
  matches: () => true,
  authorizationParameters,
};

/** By the book, "offline_access" counts with prompt=consent alone (OpenID Connect Core 1.0 section 11); not at the providers known by name. */
function authorizationParameters({ scopes }: OidcLogin): Readonly<Record<string, string>> {
  return scopes.includes("offline_access") ? { prompt: "consent" } : {};
}
