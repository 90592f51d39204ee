/**
 * The Http of one login: errors named for the step they happen in, a line to the log for each request (without its query, which may hold
 * secrets), and a limit to the time that the login spends waiting for servers. A person's typing does not count.
 */

import { HttpError } from "../http/http-error.ts";
import { type ErrorCode, LoginError, printable } from "../errors.ts";
import type { Clock, Http, HttpRequest, HttpResponse, Log } from "../world.ts";

const REQUEST_LIMIT_MS = 30_000;
const LOGIN_LIMIT_MS = 120_000;

export interface ProviderHttpTools {
  readonly http: Http;
  readonly clock: Clock;
  readonly log: Log;
  /** For all requests together; two minutes by default. */
  readonly limitMs?: number;
}

/** Gives the Http for a named step; all of them share the time limit. */
export type ProviderHttp = (step: string) => Http;

/** `provider` is the host that error messages name. */
export function providerHttp(provider: string, { http, clock, log, limitMs = LOGIN_LIMIT_MS }: ProviderHttpTools): ProviderHttp {
  let remainingMs = limitMs;
  const send = async (request: HttpRequest): Promise<HttpResponse> => {
    if (remainingMs <= 0) throw new HttpError("timeout", request.url.host, `${request.url.host} is too slow for a login`);
    const startedAt = clock.now();
    try {
      return await http({ ...request, timeoutMs: Math.min(REQUEST_LIMIT_MS, remainingMs) });
    } finally {
      remainingMs -= clock.now() - startedAt;
    }
  };
  return (step) => async (request) => {
    const line = `${request.method} ${printable(request.url.origin + request.url.pathname)}`;
    try {
      const response = await send(request);
      log.debug(`${line} → ${response.status}`);
      return response;
    } catch (cause) {
      log.debug(`${line} failed`);
      throw cause instanceof HttpError ? asLoginError(cause, provider, step) : cause;
    }
  };
}

/** Also for what a session makes of redirects. */
export function asLoginError(cause: HttpError, provider: string, step: string): LoginError {
  return new LoginError(codeOf(cause), printable(cause.message), { provider, step, cause, hint: hintFor(cause) });
}

function codeOf(error: HttpError): ErrorCode {
  if (error.kind === "insecure") return "untrusted-destination";
  return error.kind === "unreachable" || error.kind === "timeout" ? "provider-unreachable" : "provider-answer";
}

function hintFor({ kind }: HttpError): string | undefined {
  if (kind === "insecure") return "use its https address; plain http is for providers on this machine";
  if (kind !== "unreachable" && kind !== "timeout") return undefined;
  return "check web_identity_auth_url or saml_auth_url, the network, HTTPS_PROXY and NO_PROXY; AWS_CA_BUNDLE, if a proxy signs with a CA of its own";
}
