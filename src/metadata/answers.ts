/**
 * Answers of the credential endpoints: credentials in the form every SDK takes, and errors as JSON `{"code","message"}`, which Go's SDK shows.
 *
 * SDKs repeat a request answered 5xx up to nine times, and one answered 4xx seldom: what only a person can mend is 4xx.
 */

import type { Credentials } from "../credentials/credentials.ts";
import { type ErrorCode, RunasError } from "../errors.ts";
import type { LocalResponse } from "./listen.ts";

/** Failures that may be gone by the next request. */
const PASSING: ReadonlySet<ErrorCode> = new Set(["aws-unreachable", "provider-unreachable"]);

export interface Reason {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** What a client may be told of an error. */
export function readableReason(error: unknown): Reason {
  if (!(error instanceof RunasError) || error.code === "internal") return { status: 500, code: "internal", message: "internal error" };
  const message = error.hint === undefined ? error.message : `${error.message} (${error.hint})`;
  return { status: statusOf(error.code), code: error.code, message };
}

function statusOf(code: ErrorCode): number {
  if (code === "profile-not-found") return 404;
  return PASSING.has(code) ? 503 : 403;
}

/** The container endpoint's form, as every SDK takes it: all four fields, whole seconds, "Z". */
export function credentialsBody(credentials: Credentials): object {
  return {
    AccessKeyId: credentials.accessKeyId,
    SecretAccessKey: credentials.secretAccessKey.reveal(),
    Token: credentials.sessionToken.reveal(),
    Expiration: wholeSeconds(credentials.expiresAt),
  };
}

/** "2026-11-25T07:00:00Z". */
export function wholeSeconds(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

export function failure(status: number, code: string, message: string, headers: Record<string, string> = {}): LocalResponse {
  return respond(status, { code, message }, headers);
}

export function respond(status: number, body: unknown, headers: Record<string, string> = {}): LocalResponse {
  return respondText(status, JSON.stringify(body), headers);
}

const COMMON = { "content-type": "application/json", "cache-control": "no-store" };

/** Of JSON that is text already. Go's SDK reads an error's body only when the type is exactly this, without a charset. */
export function respondText(status: number, body: string, headers?: Record<string, string>): LocalResponse {
  return { status, headers: headers === undefined ? COMMON : { ...COMMON, ...headers }, body };
}
