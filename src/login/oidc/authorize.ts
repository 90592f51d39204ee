/**
 * The authorization request with PKCE, state and nonce, and the redirect that answers it: RFC 6749 section 4.1, RFC 7636, RFC 9207, OpenID
 * Connect Core 1.0 section 3.1.2.
 */

import {
  calculatePKCECodeChallenge,
  type ClientAuth,
  generateRandomCodeVerifier,
  generateRandomNonce,
  generateRandomState,
  validateAuthResponse,
} from "oauth4webapi";

import type { OidcLogin } from "../../config/profile.ts";
import { Secret } from "../../secret.ts";
import { clientAuth } from "./client-auth.ts";
import type { Discovered } from "./discovery.ts";
import type { Metadata } from "./metadata.ts";
import { atStep, type Secrets } from "./protocol-error.ts";

/** One request, and what its answers are checked against; used once. */
export interface Authorization {
  readonly url: URL;
  readonly clientId: string;
  readonly clientAuth: ClientAuth;
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
  /** The provider promises to name itself in the redirect (`iss`, RFC 9207). */
  readonly isIssuerPromised: boolean;
  /** What goes along with the code. */
  readonly secrets: Secrets;
}

export async function buildAuthorization(
  { metadata, provider }: Discovered,
  login: OidcLogin,
  redirectUri: string,
): Promise<Authorization> {
  const state = generateRandomState();
  const nonce = generateRandomNonce();
  const codeVerifier = generateRandomCodeVerifier();
  const clientId = login.clientId.value;
  const url = new URL(metadata.authorization_endpoint);
  const parameters = {
    ...provider.authorizationParameters?.(login),
    response_type: "code",
    client_id: clientId,
    redirect_uri: redirectUri,
    scope: login.scopes.join(" "),
    state,
    nonce,
    code_challenge: await calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return {
    url,
    clientId,
    clientAuth: clientAuth(login, metadata),
    redirectUri,
    state,
    nonce,
    codeVerifier,
    isIssuerPromised: metadata.authorization_response_iss_parameter_supported,
    secrets: [new Secret(codeVerifier), login.clientSecret?.value],
  };
}

/** True when a URL is the redirect URI, whatever parameters it carries. One without a path may come with a slash: Entra adds it. */
export function isRedirect(url: URL, redirectUri: string): boolean {
  const expected = new URL(redirectUri);
  const isSamePath = (url.pathname || "/") === (expected.pathname || "/");
  return url.protocol === expected.protocol && url.host === expected.host && isSamePath;
}

/**
 * The parameters of a redirect that passed every check: state, issuer (required where the provider promises it), no error.
 *
 * @throws LoginError `provider-refused` with the provider's own words, `provider-answer`
 */
export function readRedirect(redirect: URL, authorization: Authorization, metadata: Metadata): Promise<URLSearchParams> {
  const where = { provider: new URL(metadata.issuer).host, step: "authorize" };
  const client = { client_id: authorization.clientId };
  return atStep(where, "provider-answer", () => validateAuthResponse(metadata, client, redirect, authorization.state));
}
