/** Token endpoints of the fake provider for the grants that are not a code's. */

import type * as jose from "jose";
import { type Answer, type FakeProvider, json } from "./fake-provider.ts";

/** Claims that are good for two hours, so that a moved clock does not end them. */
export async function idTokenOf(provider: FakeProvider, claims: Record<string, unknown> = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const all = {
    iss: provider.issuer,
    sub: "subject-1",
    aud: "client-1",
    iat: now,
    exp: now + 7200,
    preferred_username: "alice",
    ...claims,
  };
  return provider.makeToken(JSON.parse(JSON.stringify(all)) as jose.JWTPayload, provider.header);
}

/** @see https://www.rfc-editor.org/rfc/rfc6749#section-5.1 */
export async function tokensOf(provider: FakeProvider, members: Record<string, unknown> = {}): Promise<Answer> {
  return json({ access_token: "access", token_type: "Bearer", expires_in: 300, id_token: await idTokenOf(provider), ...members });
}

/** @see https://www.rfc-editor.org/rfc/rfc6749#section-5.2 */
export const refusal = (error: string, description?: string, status = 400): Answer =>
  json({ error, error_description: description }, status);
