/**
 * How the client shows the token endpoint who it is: by its id alone, or with its secret in the way that the provider takes (RFC 6749
 * section 2.3.1, OpenID Connect Core 1.0 section 9).
 */

import { type ClientAuth, ClientSecretBasic, ClientSecretPost, None } from "oauth4webapi";

import type { OidcLogin } from "../../config/profile.ts";
import { LoginError, shorten } from "../../errors.ts";
import type { Metadata } from "./metadata.ts";

/** What a provider takes that does not say (OpenID Connect Discovery 1.0 section 3). */
const BY_DEFAULT = ["client_secret_basic"];

/** @throws LoginError `provider-refused` where the provider takes a secret in no way that we know */
export function clientAuth({ clientSecret }: OidcLogin, metadata: Metadata): ClientAuth {
  if (clientSecret === undefined) return None();
  const methods = metadata.token_endpoint_auth_methods_supported ?? BY_DEFAULT;
  if (methods.includes("client_secret_basic")) return ClientSecretBasic(clientSecret.value.reveal());
  if (methods.includes("client_secret_post")) return ClientSecretPost(clientSecret.value.reveal());
  const provider = new URL(metadata.issuer).host;
  throw new LoginError("provider-refused", shorten(`${provider} takes no client secret, only ${methods.join(", ")}`), {
    provider,
    step: "token",
    hint: "register a public client there (PKCE instead of a secret), and remove web_identity_client_secret",
  });
}
