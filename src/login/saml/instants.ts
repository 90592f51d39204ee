/** Times in SAML messages (xs:dateTime, in UTC: SAML 2.0 Core section 1.3.3), and how far two clocks may differ. */

/** Either way: what is nearer than this to a limit is left to AWS, whose clock counts. */
export const SKEW_MS = 3 * 60_000;

const INSTANT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:(\.\d{1,3})\d*)?(Z|[+-]\d\d:\d\d)?$/;

/** Milliseconds; undefined where it is no such time. One that does not say so is in UTC all the same. */
export function readInstant(text: string | undefined): number | undefined {
  const [, seconds, fraction = "", zone = "Z"] = INSTANT.exec(text?.trim() ?? "") ?? [];
  if (seconds === undefined) return undefined;
  const instant = Date.parse(seconds + fraction + zone);
  return Number.isNaN(instant) ? undefined : instant;
}
