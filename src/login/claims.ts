/**
 * The claims of an id token, read and not verified (RFC 7519 section 7.2 without the signature): whoever made the login, or STS, verifies it.
 */

import { isText, type Json, parseObject } from "./json.ts";

export type Claims = Json;

/** Which claim says best, to a person, who the token is for. */
const USER_CLAIMS = ["preferred_username", "upn", "email", "unique_name"];

/** What differs between two tokens of one holder: when they were made, and their numbers (and Kubernetes' own advice when to fetch another). */
const OF_ONE_TOKEN = new Set(["exp", "iat", "nbf", "jti", "auth_time"]);

/** Undefined for what is no JWT in compact form. */
export function decodeClaims(jwt: string): Claims | undefined {
  const [header = "", payload = "", signature, ...rest] = jwt.split(".");
  const isWhole = rest.length === 0 && [header, payload, signature].every((part) => part !== undefined && /^[\w-]+$/.test(part));
  return isWhole && readPart(header) !== undefined ? readPart(payload) : undefined;
}

/** Who the token is for, as a person would say it; undefined where no claim says. */
export function userOf(claims: Claims): string | undefined {
  return USER_CLAIMS.map((name) => claims[name]).find(isText);
}

/** All that a token says of its holder, as text; the same for the next one that the same holder gets, unless something about them changed. */
export function holderText(claims: Claims): string {
  const lasting = Object.entries(claims).filter(([name]) => !OF_ONE_TOKEN.has(name));
  return JSON.stringify(lasting.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function readPart(part: string): Claims | undefined {
  return parseObject(Buffer.from(part, "base64url").toString("utf8"));
}
