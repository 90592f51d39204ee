/**
 * Checks a request's Signature Version 4 in full: scope, date, session token and signature.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */

import { createHash, createHmac, timingSafeEqual } from "node:crypto";

import type { ReceivedRequest } from "./loopback-server.ts";
import { Refusal } from "./sts-answers.ts";

/** Credentials that STS has given out, or a user's long-term ones, and whose they are. */
export interface Session {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Undefined for long-term ones, which do not expire. */
  readonly sessionToken: string | undefined;
  readonly expiresAt: Date | undefined;
  readonly partition: string;
  readonly account: string;
  /** The role's ARN or the user's: what trust policies name. */
  readonly principal: string;
  /** Whose one-time code opened the session. */
  readonly isMfaPresent: boolean;
  /** "arn:aws:sts::123456789012:assumed-role/developer/alice". */
  readonly arn: string;
  /** "AROA…:alice", "AIDA…". */
  readonly userId: string;
}

const ALGORITHM = "AWS4-HMAC-SHA256";
const MAX_SKEW_MS = 5 * 60_000;
const FORBIDDEN = 403;

/** Gives the session whose key signed the request; `sessions` is by access key id. @throws Refusal as STS words it */
export function verifySignature(request: ReceivedRequest, sessions: ReadonlyMap<string, Session>, nowMs: number): Session {
  const authorization = parseAuthorization(request);
  const session = sessions.get(authorization.accessKeyId);
  if (session === undefined || header(request, "x-amz-security-token") !== (session.sessionToken ?? "")) throw invalidToken();
  checkScope(authorization, session);
  checkDate(authorization, nowMs);
  const expected = sign(authorization, session.secretAccessKey, canonicalRequest(request, authorization.signedHeaders));
  if (!isEqual(expected, authorization.signature)) {
    const advice = "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.";
    throw mismatch(`The request signature we calculated does not match the signature you provided. ${advice}`);
  }
  if (session.expiresAt !== undefined && session.expiresAt.getTime() <= nowMs) {
    throw new Refusal("ExpiredToken", "The security token included in the request is expired", FORBIDDEN);
  }
  return session;
}

interface Authorization {
  readonly accessKeyId: string;
  /** "20260102". */
  readonly day: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** "20260102T030405Z". */
  readonly date: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=(?<accessKeyId>\w+)\/(?<day>\d{8})\/(?<region>[\w-]+)\/(?<service>\w+)\/aws4_request, ?SignedHeaders=(?<signedHeaders>[\w;-]+), ?Signature=(?<signature>[0-9a-f]{64})$/;

function parseAuthorization(request: ReceivedRequest): Authorization {
  const text = header(request, "authorization");
  if (text === "") throw new Refusal("MissingAuthenticationToken", "Request is missing Authentication Token", FORBIDDEN);
  const groups = AUTHORIZATION.exec(text)?.groups as Record<keyof Authorization, string> | undefined;
  const date = header(request, "x-amz-date");
  if (groups === undefined || !/^\d{8}T\d{6}Z$/.test(date)) {
    throw new Refusal("IncompleteSignature", "The request signature does not conform to AWS standards.");
  }
  return { ...groups, date, signedHeaders: groups.signedHeaders.split(";") };
}

function checkScope({ service, region, signedHeaders, day, date }: Authorization, session: Session): void {
  if (service !== "sts") throw mismatch("Credential should be scoped to correct service: 'sts'.");
  if (partitionOf(region) !== session.partition) throw invalidToken();
  if (!date.startsWith(day)) throw mismatch("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP");
  const token = session.sessionToken === undefined ? [] : ["x-amz-security-token"];
  const missing = ["host", "x-amz-date", ...token].find((name) => !signedHeaders.includes(name));
  if (missing !== undefined) throw mismatch(`'${missing}' must be a 'SignedHeader' in the AWS Authorization.`);
}

/** "aws", "aws-cn" or "aws-us-gov". */
function partitionOf(region: string): string {
  const prefix = /^(cn|us-gov)-/.exec(region)?.[1];
  return prefix === undefined ? "aws" : `aws-${prefix}`;
}

function checkDate({ date }: Authorization, nowMs: number): void {
  const signedAtMs = Date.parse(date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
  const now = basicDate(nowMs);
  if (signedAtMs < nowMs - MAX_SKEW_MS) {
    throw mismatch(`Signature expired: ${date} is now earlier than ${basicDate(nowMs - MAX_SKEW_MS)} (${now} - 5 min.)`);
  }
  if (signedAtMs > nowMs + MAX_SKEW_MS) {
    throw mismatch(`Signature not yet current: ${date} is still later than ${basicDate(nowMs + MAX_SKEW_MS)} (${now} + 5 min.)`);
  }
}

function basicDate(timeMs: number): string {
  return new Date(timeMs).toISOString().replaceAll(/[-:]|\.\d+/g, "");
}

function canonicalRequest(request: ReceivedRequest, signedHeaders: readonly string[]): string {
  const path = request.url.pathname.split("/").map(encode).join("/");
  const query = [...request.url.searchParams].map(([name, value]) => `${encode(name)}=${encode(value)}`).sort();
  const headers = signedHeaders.map((name) => `${name}:${header(request, name).trim().replaceAll(/ +/g, " ")}\n`);
  return [request.method, path, query.join("&"), headers.join(""), signedHeaders.join(";"), sha256(request.body)].join("\n");
}

function sign({ day, region, service, date }: Authorization, secretAccessKey: string, canonical: string): string {
  const scope = [day, region, service, "aws4_request"];
  const key = scope.reduce<string | Buffer>((previous, part) => hmac(previous, part), `AWS4${secretAccessKey}`);
  return hmac(key, [ALGORITHM, date, scope.join("/"), sha256(canonical)].join("\n")).toString("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** As RFC 3986, which leaves fewer characters alone than `encodeURIComponent` does. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function header(request: ReceivedRequest, name: string): string {
  return [request.headers[name] ?? ""].flat().join(",");
}

function isEqual(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function mismatch(message: string): Refusal {
  return new Refusal("SignatureDoesNotMatch", message, FORBIDDEN);
}

function invalidToken(): Refusal {
  return new Refusal("InvalidClientTokenId", "The security token included in the request is invalid.", FORBIDDEN);
}
