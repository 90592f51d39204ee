/** What a setting that OIDC and SAML both have is called in the files: `web_identity_username`, `saml_username`. */

import type { ProviderLogin } from "./profile.ts";

type Shared =
  | "auth_url"
  | "username"
  | "provider"
  | "trusted_origins"
  | "idp_hint"
  | "auth_service"
  | "api_client_id"
  | "api_client_secret";

export function settingKey({ kind }: Pick<ProviderLogin, "kind">, setting: Shared): string {
  return `${kind === "saml" ? "saml" : "web_identity"}_${setting}`;
}

/** The variable that says the same. Passwords have one, and stand in no file. */
export function settingVariable({ kind }: Pick<ProviderLogin, "kind">, setting: "username" | "password"): string {
  return `${kind === "saml" ? "SAML" : "WEB_IDENTITY"}_${setting.toUpperCase()}`;
}
