/** When something expires, for a person: the local time with its zone, and how long that is from now. */

/** "2026-11-23 10:04:05 +0100 (in 59 minutes)". */
export function expiryText(expiresAt: Date, now: number): string {
  return `${localTime(expiresAt)} (${timeLeft(expiresAt.getTime() - now)})`;
}

function localTime(date: Date): string {
  const offsetMinutes = -date.getTimezoneOffset();
  const local = new Date(date.getTime() + offsetMinutes * 60_000).toISOString();
  const size = Math.abs(offsetMinutes);
  const zone = `${offsetMinutes < 0 ? "-" : "+"}${twoDigits(Math.floor(size / 60))}${twoDigits(size % 60)}`;
  return `${local.slice(0, 10)} ${local.slice(11, 19)} ${zone}`;
}

function timeLeft(durationMs: number): string {
  const seconds = Math.floor(durationMs / 1000);
  if (seconds <= 0) return "already over";
  if (seconds < 60) return `in ${count(seconds, "second")}`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `in ${count(minutes, "minute")}`;
  const rest = minutes % 60;
  return `in ${count(Math.floor(minutes / 60), "hour")}${rest === 0 ? "" : ` ${count(rest, "minute")}`}`;
}

function count(amount: number, unit: string): string {
  return `${amount} ${unit}${amount === 1 ? "" : "s"}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
