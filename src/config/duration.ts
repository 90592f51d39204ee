/**
 * Durations as people write them → whole seconds: Go's duration strings ("90m", "1h30m", "1.5h") and plain numbers, which are seconds.
 *
 * @see https://pkg.go.dev/time#ParseDuration
 */

import { ConfigError } from "../errors.ts";
import { describeOrigin } from "./origin.ts";
import type { Setting } from "./profile.ts";

const MIN_SECONDS = 15 * 60;
/** What STS takes for a role, and for a session token. */
const MAX_ROLE_HOURS = 12;
const MAX_SESSION_HOURS = 36;

const SECONDS_OF: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, μs: 1e-6, ns: 1e-9 };

/** @returns seconds, perhaps with a fraction and of any size; undefined when `text` is not a duration. */
export function parseDuration(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text);
  if (!/^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:h|ms|m|s|us|µs|μs|ns))+$/.test(text)) return undefined;
  const parts = text.matchAll(/([\d.]+)(h|ms|m|s|us|µs|μs|ns)/g);
  const seconds = [...parts].reduce((sum, [, number, unit]) => sum + Number(number) * (SECONDS_OF[unit ?? ""] ?? 0), 0);
  const rounded = Math.round(seconds * 1e9) / 1e9;
  return text.startsWith("-") ? -rounded : rounded;
}

/**
 * How long a role's credentials are to live, in seconds, 900–43200.
 *
 * @throws ConfigError "config-value" when it is no duration, outside of these bounds or not a whole number of seconds.
 */
export function roleSeconds(setting: Setting<string>): number {
  return secondsWithin(setting, MAX_ROLE_HOURS, "these are AWS's limits; a role may have a lower one of its own");
}

/** How long a session token is to live, in seconds, 900–129600. @throws ConfigError as `roleSeconds` */
export function sessionSeconds(setting: Setting<string>): number {
  return secondsWithin(setting, MAX_SESSION_HOURS, "these are AWS's limits for a user's session token");
}

function secondsWithin({ value, origin }: Setting<string>, maxHours: number, hint: string): number {
  const seconds = durationOf({ value, origin });
  if (seconds < MIN_SECONDS || seconds > maxHours * 3600) {
    throw new ConfigError("config-value", `${describeOrigin(origin)}: "${value}" is outside of 15m to ${maxHours}h`, { hint });
  }
  if (!Number.isInteger(seconds)) throw durationError({ value, origin }, "is not a whole number of seconds");
  return seconds;
}

/** @throws ConfigError "config-value" when it is no duration. */
export function durationOf(setting: Setting<string>): number {
  const seconds = parseDuration(setting.value);
  if (seconds === undefined) throw durationError(setting, "is not a duration");
  return seconds;
}

function durationError({ value, origin }: Setting<string>, problem: string): ConfigError {
  return new ConfigError("config-value", `${describeOrigin(origin)}: "${value}" ${problem}`, {
    hint: "write it as 90m, 1h30m, or in whole seconds as 3600",
  });
}
