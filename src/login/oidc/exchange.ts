/** The authorization code → the token endpoint's answer (RFC 6749 section 4.1.3). */

import { authorizationCodeGrantRequest } from "oauth4webapi";

import type { Http } from "../../world.ts";
import type { Authorization } from "./authorize.ts";
import { by } from "./fetch.ts";
import type { Metadata } from "./metadata.ts";

/**
 * The answer, not looked at yet.
 *
 * @param parameters from `readRedirect`
 */
export function exchangeCode(parameters: URLSearchParams, authorization: Authorization, metadata: Metadata, http: Http): Promise<Response> {
  const { clientId, clientAuth, redirectUri, codeVerifier } = authorization;
  return authorizationCodeGrantRequest(metadata, { client_id: clientId }, clientAuth, parameters, redirectUri, codeVerifier, by(http));
}
