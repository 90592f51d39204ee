/**
 * A kept refresh token → a new id token, without a person (RFC 6749 section 6, OpenID Connect Core 1.0 section 12).
 *
 * Most providers take a refresh token once and give the next one with the answer; whoever shows a used one is taken for a thief, and the whole
 * session is revoked (RFC 9700 section 4.14). So processes take turns, and the next token is in the store before anything else is made of the
 * answer. A process that is killed, or cut off, between the provider's answer and that moment loses the session: the next login is a full one.
 */

import { refreshTokenGrantRequest } from "oauth4webapi";

import { LoginError, shorten } from "../../errors.ts";
import { withoutSecrets } from "../../secret.ts";
import type { IdToken, Tokens } from "../id-token.ts";
import { isText, type Json } from "../json.ts";
import { clientAuth } from "./client-auth.ts";
import type { LoginContext } from "./context.ts";
import { by, readObject } from "./fetch.ts";
import { type Secrets } from "./protocol-error.ts";
import { readRefreshToken, refreshKey, type RefreshToken, refreshTokenOf, writeRefreshToken } from "./refresh-token.ts";
import { refreshFacts, validateTokens } from "./validate.ts";

/**
 * - `spent`: this token is not taken (any more); another process may have a newer one
 * - `useless`: no token of this kind will ever be of use
 * - `not-now`: says nothing about the token, and a login would end the same way
 * - `no-login`: says nothing about the token, but the id token will not do, as where a clock is wrong
 */
type Refusal = { readonly kind: "spent" | "useless" | "not-now" | "no-login"; readonly why: string };

const STEP = "refresh";

/**
 * Undefined when there is none kept, or none that is still taken: only a login helps then.
 *
 * @throws LoginError `provider-unreachable`; `provider-answer` where the provider cannot answer now and nobody is there to log in instead
 */
export async function logInByRefresh(context: LoginContext): Promise<IdToken | undefined> {
  const key = await refreshKey(context);
  if ((await readRefreshToken(key, context)) === undefined) return undefined;
  return context.tools.inTurn(turnOf(key), () => refreshKept(key, context));
}

/** Keeps what a login gave for the next time. */
export async function keepRefreshToken(tokens: Tokens, context: LoginContext): Promise<void> {
  const refreshToken = refreshTokenOf(tokens);
  if (refreshToken === undefined) return;
  const key = await refreshKey(context);
  await context.tools.inTurn(turnOf(key), () => writeRefreshToken(key, refreshToken, tokens.refreshTokenLife, context));
}

const turnOf = (key: string) => `refresh-${key}`;

/** Once more where meanwhile another machine with the same home has put a newer token there. */
async function refreshKept(key: string, context: LoginContext): Promise<IdToken | undefined> {
  const first = await readRefreshToken(key, context);
  const outcome = first && (await refreshWith(first, key, context));
  if (outcome?.kind !== "spent") return settle(outcome, key, context);
  const newer = await readRefreshToken(key, context);
  if (newer === undefined || newer.token.reveal() === first?.token.reveal()) return settle(outcome, key, context);
  return settle(await refreshWith(newer, key, context), key, context);
}

type Outcome = Refusal | { readonly kind: "refreshed"; readonly idToken: IdToken };

async function settle(outcome: Outcome | undefined, key: string, { tools, host: provider }: LoginContext): Promise<IdToken | undefined> {
  if (outcome === undefined || outcome.kind === "refreshed") return outcome?.idToken;
  const message = `${provider} gives nothing for the refresh token: ${outcome.why}`;
  if (outcome.kind === "spent" || outcome.kind === "useless") await tools.store.remove("refresh", key);
  if (outcome.kind === "not-now" && !tools.terminal.isAvailable) throw new LoginError("provider-answer", message, { provider, step: STEP });
  tools.log.debug(`${message}; logging in`);
  return undefined;
}

async function refreshWith(kept: RefreshToken, key: string, context: LoginContext): Promise<Outcome> {
  const { metadata, login, http } = context;
  const client = { client_id: login.clientId.value };
  const auth = clientAuth(login, metadata);
  const response = await refreshTokenGrantRequest(metadata, client, auth, kept.token.reveal(), by(http(STEP)));
  const answer = await readObject(response.clone());
  if (response.status !== 200) return refusalOf(response.status, answer, [kept.token, login.clientSecret?.value]);
  await keepNext(kept, answer, key, context);
  if (!isText(answer["id_token"])) return { kind: "useless", why: "the answer has no id token" };
  return readAnswer(response, kept, context);
}

/** A provider that gives no new one goes on taking the old one. */
async function keepNext(kept: RefreshToken, answer: Json, key: string, context: LoginContext): Promise<void> {
  const { refreshToken: token, refreshTokenLife } = refreshFacts(answer);
  if (token !== undefined) await writeRefreshToken(key, { ...kept, token }, refreshTokenLife, context);
}

/** An id token for somebody else ends the session. */
async function readAnswer(response: Response, kept: RefreshToken, { metadata, login, tools, http }: LoginContext): Promise<Outcome> {
  const authorization = { clientId: login.clientId.value, earlierNonce: kept.nonce };
  try {
    const expected = { authorization, metadata, username: kept.user };
    const { idToken } = await validateTokens(response, expected, { ...tools, http: http("keys") });
    const isSame = idToken.subject === kept.subject && sorted(idToken.audience) === sorted(kept.audience);
    return isSame ? { kind: "refreshed", idToken } : { kind: "useless", why: "the id token is for another user or client" };
  } catch (cause) {
    if (cause instanceof LoginError && cause.code === "token-invalid") return { kind: "no-login", why: cause.message };
    throw cause;
  }
}

/** RFC 6749 section 5.2. A client that is not let in says nothing about the token: the user may correct its secret. */
function refusalOf(status: number, { error, error_description: description }: Json, secrets: Secrets): Refusal {
  if (!isText(error)) return { kind: "not-now", why: `it answers ${status}` };
  const why = shorten(withoutSecrets(isText(description) ? `${error}: ${description}` : error, secrets));
  if (status >= 500 || status === 429 || error === "invalid_client") return { kind: "not-now", why };
  return { kind: error === "invalid_grant" ? "spent" : "useless", why };
}

function sorted(values: readonly string[]): string {
  return JSON.stringify(values.toSorted());
}
