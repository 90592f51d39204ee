/**
 * The token endpoint's answer → an id token that passed every check of OpenID Connect Core 1.0 section 3.1.3.7: issuer, audience,
 * authorized party, nonce, times, algorithm, and the signature, which a code flow over TLS could do without but we do not.
 *
 * Answers to a code, a device code and a refresh token (section 12.2) differ in the nonce alone: an id token with a nonce that was not asked
 * for is another login's, and refused.
 */

import {
  getValidatedIdTokenClaims,
  type IDToken,
  JWT_TIMESTAMP_CHECK,
  jwksCache,
  OperationProcessingError,
  processAuthorizationCodeResponse,
  processGenericTokenEndpointResponse,
  type TokenEndpointResponse,
  validateApplicationLevelSignature,
} from "oauth4webapi";

import { LoginError } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import { userOf } from "../claims.ts";
import type { IdToken, Tokens } from "../id-token.ts";
import { isText, type Json } from "../json.ts";
import type { DiscoveryTools } from "./discovery.ts";
import { fetchKeys, findKeys, type ProviderKeys } from "./keys.ts";
import type { Metadata } from "./metadata.ts";
import { atStep, type Secrets, type Where } from "./protocol-error.ts";
import { checkTimes, type Clocks, readClocks, timeRefusal } from "./token-times.ts";

/** Those with a public key: neither "none" nor an HMAC. */
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"];

/** What was asked for: an `Authorization`, or what the other grants have of it. */
export interface Asked {
  readonly clientId: string;
  /** Has to be in the token. */
  readonly nonce?: string;
  /** May be in the token, and nothing else may: the nonce of the login that a refresh token comes from. */
  readonly earlierNonce?: string | undefined;
  /** What was sent along. */
  readonly secrets?: Secrets;
}

export interface Expected {
  readonly authorization: Asked;
  readonly metadata: Metadata;
  /** Who logged in, if that was asked or configured. */
  readonly username: string | undefined;
}

/** @throws LoginError `token-invalid`, `provider-refused` for an OAuth error, `provider-answer`, `provider-unreachable` */
export async function validateTokens(response: Response, expected: Expected, tools: DiscoveryTools): Promise<Tokens> {
  const { secrets = [] } = expected.authorization;
  const where = { provider: new URL(expected.metadata.issuer).host, step: "id token", secrets };
  const clocks = readClocks(response, tools.clock.now());
  return atStep(where, "token-invalid", async () => {
    const { raw, claims, refresh } = await readClaims(response, expected, (cause) => timeRefusalOf(cause, clocks, where));
    checkTimes(claims, clocks, where);
    checkParty(claims, expected.authorization.clientId, where);
    await verifySignature(response, expected.metadata, tools);
    return { idToken: asIdToken(raw, claims, expected.username), ...refresh, nonce: claims.nonce };
  });
}

type RefreshFacts = Pick<Tokens, "refreshToken" | "refreshTokenLife">;

/** The library looks at the authorized party of tokens with several audiences alone; AWS takes it for the audience wherever there is one. */
function checkParty({ azp }: IDToken, clientId: string, where: Where): void {
  if (azp === undefined || azp === clientId) return;
  throw new LoginError("token-invalid", `the id token of ${where.provider} is authorized for another client (azp)`, where);
}

async function readClaims(
  response: Response,
  expected: Expected,
  explain: (cause: unknown) => unknown,
): Promise<{ raw: string; claims: IDToken; refresh: RefreshFacts }> {
  const tokens = await readTokens(response, expected).catch((cause: unknown) => {
    throw explain(cause);
  });
  const claims = getValidatedIdTokenClaims(tokens);
  if (claims === undefined || tokens.id_token === undefined) throw new Error("it has no id token");
  return { raw: tokens.id_token, claims, refresh: refreshFacts(tokens) };
}

async function readTokens(response: Response, { metadata, authorization }: Expected): Promise<TokenEndpointResponse> {
  const as = { ...metadata, id_token_signing_alg_values_supported: ALGORITHMS };
  const { clientId, nonce, earlierNonce } = authorization;
  const client = { client_id: clientId };
  if (nonce !== undefined) return processAuthorizationCodeResponse(as, client, response, { expectedNonce: nonce, requireIdToken: true });
  const tokens = await processGenericTokenEndpointResponse(as, client, response);
  const found = getValidatedIdTokenClaims(tokens)?.nonce;
  if (found !== undefined && found !== earlierNonce) throw new Error("its id token has the nonce of another login");
  return tokens;
}

/** Their life under the names that Keycloak and Microsoft have for it; zero means that it has no end. */
export function refreshFacts(answer: Json): RefreshFacts {
  const { refresh_token: token, refresh_expires_in: life = answer["refresh_token_expires_in"] } = answer;
  return {
    refreshToken: isText(token) ? new Secret(token) : undefined,
    refreshTokenLife: typeof life === "number" && life > 0 ? life : undefined,
  };
}

function timeRefusalOf(cause: unknown, clocks: Clocks, where: Where): unknown {
  const isAboutTime = cause instanceof OperationProcessingError && cause.code === JWT_TIMESTAMP_CHECK;
  return isAboutTime ? timeRefusal("has expired or is not valid yet", clocks, where) : cause;
}

/** With the kept keys first; a key they do not have, or one that was replaced under its name, costs one request. */
async function verifySignature(response: Response, metadata: Metadata, tools: DiscoveryTools): Promise<void> {
  const found = await findKeys(metadata, tools);
  try {
    await verifyWith(found, response, metadata);
  } catch (cause) {
    if (found.areFresh) throw cause;
    await verifyWith(await fetchKeys(metadata, tools), response, metadata);
  }
}

function verifyWith({ keys }: ProviderKeys, response: Response, metadata: Metadata): Promise<void> {
  // oauth4webapi remembers keys by this object and fetches them when they are five minutes old: a new object, and keys without age.
  return validateApplicationLevelSignature({ ...metadata }, response, { [jwksCache]: { jwks: keys, uat: Number.POSITIVE_INFINITY } });
}

function asIdToken(raw: string, claims: IDToken, username: string | undefined): IdToken {
  return {
    raw: new Secret(raw),
    issuer: claims.iss,
    subject: claims.sub,
    audience: [claims.aud].flat(),
    expiresAt: new Date(claims.exp * 1000),
    user: userOf(claims) ?? username ?? claims.sub,
  };
}
