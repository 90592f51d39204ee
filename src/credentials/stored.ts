/**
 * Credentials and id tokens as the store keeps them: plain JSON on the way in, narrowed field by field on the way out.
 *
 * The store encrypts; here alone secrets become text and text becomes secrets. What does not fit is a miss: an older version may have written it.
 */

import type { IdToken } from "../login/id-token.ts";
import { Secret } from "../secret.ts";
import type { Credentials } from "./credentials.ts";

/** @param login the key of the login that they came by: a logout finds them by it, whatever their role */
export function packCredentials(credentials: Credentials, login: string): unknown {
  return {
    login,
    accessKeyId: credentials.accessKeyId,
    secretAccessKey: credentials.secretAccessKey.reveal(),
    sessionToken: credentials.sessionToken.reveal(),
    issuedAt: credentials.issuedAt.toISOString(),
    expiresAt: credentials.expiresAt.toISOString(),
    assumedRoleArn: credentials.assumedRoleArn,
    chosenRoleArn: credentials.chosenRoleArn,
  };
}

/** Undefined for anything that is not whole. */
export function unpackCredentials(value: unknown): Credentials | undefined {
  if (!isRecord(value)) return undefined;
  const { login, accessKeyId, secretAccessKey, sessionToken, assumedRoleArn, chosenRoleArn } = value;
  const issuedAt = readDate(value["issuedAt"]);
  const expiresAt = readDate(value["expiresAt"]);
  if (!isText(login) || !isText(accessKeyId) || !isText(secretAccessKey) || !isText(sessionToken)) return undefined;
  if (assumedRoleArn !== undefined && !isText(assumedRoleArn)) return undefined;
  if (chosenRoleArn !== undefined && !isText(chosenRoleArn)) return undefined;
  if (issuedAt === undefined || expiresAt === undefined) return undefined;
  return {
    accessKeyId,
    secretAccessKey: new Secret(secretAccessKey),
    sessionToken: new Secret(sessionToken),
    issuedAt,
    expiresAt,
    ...(assumedRoleArn === undefined ? {} : { assumedRoleArn }),
    ...(chosenRoleArn === undefined ? {} : { chosenRoleArn }),
  };
}

/** The key of the login that stored credentials came by; undefined for what is not such. */
export function loginOfCredentials(value: unknown): string | undefined {
  return isRecord(value) && isText(value["login"]) ? value["login"] : undefined;
}

export function packToken(token: IdToken): unknown {
  return { ...token, raw: token.raw.reveal(), expiresAt: token.expiresAt.toISOString() };
}

/** Undefined for anything that is not whole. */
export function unpackToken(value: unknown): IdToken | undefined {
  if (!isRecord(value)) return undefined;
  const { raw, issuer, subject, audience, user } = value;
  const expiresAt = readDate(value["expiresAt"]);
  if (!isText(raw) || !isText(issuer) || !isText(subject) || !isText(user) || expiresAt === undefined) return undefined;
  if (!Array.isArray(audience) || !audience.every(isText)) return undefined;
  return { raw: new Secret(raw), issuer, subject, audience, expiresAt, user };
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

export function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

export function readDate(value: unknown): Date | undefined {
  const date = isText(value) ? new Date(value) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}
