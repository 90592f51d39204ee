/**
 * An id token from GitHub Actions: the job asks its runner's service for one, for the audience that AWS is to check.
 *
 * @see https://docs.github.com/en/actions/reference/security/oidc "Methods for requesting the OIDC token"
 */

import { HttpError } from "../../http/http-error.ts";
import { messageOf, printable } from "../../errors.ts";
import type { Environment, Http, HttpRequest, HttpResponse } from "../../world.ts";
import { isText, parseObject } from "../json.ts";
import { MAX_TOKEN_BYTES } from "./file.ts";
import { sourceError } from "./source-error.ts";

const PERMISSION = "the job needs `permissions: id-token: write`";
const LIMIT_MS = 30_000;

/** @throws LoginError `token-unavailable` */
export async function requestToken(audience: string, { env, http }: { readonly env: Environment; readonly http: Http }): Promise<string> {
  const request = tokenRequest(audience, env);
  const response = await http(request).catch((cause: unknown) => {
    if (cause instanceof HttpError) throw sourceError(`no id token from GitHub Actions: ${printable(messageOf(cause))}`, { cause });
    throw cause;
  });
  return readToken(response);
}

/** Plain http only to this machine: Http sees to that. */
export function tokenRequest(audience: string, env: Environment): HttpRequest {
  const { ACTIONS_ID_TOKEN_REQUEST_URL: address, ACTIONS_ID_TOKEN_REQUEST_TOKEN: token } = env;
  if (!address || !token || !URL.canParse(address)) {
    const problem = address && token ? "ACTIONS_ID_TOKEN_REQUEST_URL is no URL" : "ACTIONS_ID_TOKEN_REQUEST_URL and its _TOKEN are not set";
    throw sourceError(`no id token from GitHub Actions: ${problem}`, { hint: `${PERMISSION}; elsewhere than in a job there is none` });
  }
  const url = new URL(address);
  url.searchParams.set("audience", audience);
  const headers = { authorization: `bearer ${token}`, accept: "application/json" };
  return { method: "GET", url, headers, timeoutMs: LIMIT_MS, maxBytes: MAX_TOKEN_BYTES };
}

export function readToken({ status, url, body }: HttpResponse): string {
  if (status !== 200) {
    const hint = status === 401 || status === 403 ? PERMISSION : undefined;
    throw sourceError(`no id token from GitHub Actions: ${url.host} answers ${status}`, { hint });
  }
  const value = parseObject(body)?.["value"];
  if (!isText(value)) throw sourceError(`no id token from GitHub Actions: ${url.host} answers something without a token`);
  return value.trim();
}
