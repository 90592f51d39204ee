/** Whether an id token's times fit our clock and, where they do not, whose clock is wrong: the provider's `Date` header tells. */

import type { IDToken } from "oauth4webapi";

import { LoginError } from "../../errors.ts";
import type { Where } from "./protocol-error.ts";

/** How far ahead of our clock a token may have been issued; AWS allows as much. */
const FUTURE_MS = 5 * 60 * 1000;
/** From here a difference between the clocks is worth naming. */
const SKEW_MS = 60 * 1000;

/** Our clock and the provider's, in milliseconds since the epoch; the provider's is undefined when it does not tell. */
export interface Clocks {
  readonly ours: number;
  readonly theirs: number | undefined;
}

export function readClocks(response: Response, now: number): Clocks {
  const theirs = Date.parse(response.headers.get("date") ?? "");
  return { ours: now, theirs: Number.isNaN(theirs) ? undefined : theirs };
}

/** @throws LoginError `token-invalid` */
export function checkTimes(claims: Pick<IDToken, "exp" | "iat">, clocks: Clocks, where: Where): void {
  if (Number.isNaN(new Date(claims.exp * 1000).getTime())) throw timeRefusal("expires at an impossible time", clocks, where);
  if (claims.exp * 1000 <= clocks.ours) throw timeRefusal(`expired at ${asTime(claims.exp)}`, clocks, where);
  if (claims.iat * 1000 > clocks.ours + FUTURE_MS) throw timeRefusal(`is issued in the future, at ${asTime(claims.iat)}`, clocks, where);
}

/** `problem` goes on from "the id token …". */
export function timeRefusal(problem: string, clocks: Clocks, where: Where): LoginError {
  const skew = describeSkew(clocks, where.provider);
  const details = { ...where, hint: skew === undefined ? undefined : "set this computer's clock" };
  return new LoginError("token-invalid", `the id token of ${where.provider} ${problem}${skew === undefined ? "" : `: ${skew}`}`, details);
}

function describeSkew({ ours, theirs }: Clocks, provider: string): string | undefined {
  if (theirs === undefined || Math.abs(ours - theirs) < SKEW_MS) return undefined;
  const seconds = Math.round(Math.abs(ours - theirs) / 1000);
  const amount = seconds < 600 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
  return `this computer's clock is ${amount} ${ours > theirs ? "ahead of" : "behind"} the clock of ${provider}`;
}

function asTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? "an impossible time" : date.toISOString();
}
