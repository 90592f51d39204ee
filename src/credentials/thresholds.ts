/**
 * When credentials and tokens are still good: the two thresholds, and what makes them scale down for short lives.
 *
 * Times: a request signed now may be retried for minutes, so the last 5 minutes are kept back; boto3 asks again below 15 minutes, so refreshing
 * starts a little before those are reached (the clients' own limits: 5 minutes in Go and JavaScript, 15 in boto3).
 */

import type { IdToken } from "../login/id-token.ts";
import type { Credentials } from "./credentials.ts";

const MINUTE_MS = 60_000;
const HANDED_OUT_UNTIL_MS = 5 * MINUTE_MS;
const REFRESHED_FROM_MS = 15 * MINUTE_MS;
const REFRESH_LEAD_MS = MINUTE_MS;
const TOKEN_MARGIN_MS = MINUTE_MS;
/** A clock this far before the time of issue was set back since: what it says of the expiry is worth nothing. */
const CLOCK_TOLERANCE_MS = MINUTE_MS;

/** Whether to hand them out: not in their last 5 minutes, or the last tenth of their life where that is less. @param now milliseconds */
export function isUsable(credentials: Credentials, now: number): boolean {
  return remainingMs(credentials, now) > Math.min(HANDED_OUT_UNTIL_MS, lifeMs(credentials) / 10);
}

/** Whether to get new ones where no person is needed: in their last 15 minutes, or half of their life where that is less. */
export function needsRefresh(credentials: Credentials, now: number): boolean {
  return remainingMs(credentials, now) <= refreshMarginMs(credentials);
}

/** The same a minute earlier (or a tenth of their life), so that new ones are there before a client could see old ones. */
export function needsRefreshSoon(credentials: Credentials, now: number): boolean {
  const lead = Math.min(REFRESH_LEAD_MS, lifeMs(credentials) / 10);
  return remainingMs(credentials, now) <= refreshMarginMs(credentials) + lead;
}

/** A token is good until a minute before it expires. */
export function isTokenUsable(token: IdToken, now: number): boolean {
  return token.expiresAt.getTime() - now > TOKEN_MARGIN_MS;
}

function refreshMarginMs(credentials: Credentials): number {
  return Math.min(REFRESHED_FROM_MS, lifeMs(credentials) / 2);
}

function lifeMs(credentials: Credentials): number {
  return credentials.expiresAt.getTime() - credentials.issuedAt.getTime();
}

function remainingMs(credentials: Credentials, now: number): number {
  const wasSetBack = now < credentials.issuedAt.getTime() - CLOCK_TOLERANCE_MS;
  return wasSetBack ? 0 : credentials.expiresAt.getTime() - now;
}
