/** Times as a person says them. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** "1 h 12 min", "47 min", "4:59": by the second where it matters. */
export function duration(ms) {
  if (ms <= 0) return "0:00";
  if (ms >= HOUR) return `${Math.floor(ms / HOUR)} h ${Math.floor((ms % HOUR) / MINUTE)} min`;
  if (ms >= 5 * MINUTE) return `${Math.floor(ms / MINUTE)} min`;
  return `${Math.floor(ms / MINUTE)}:${String(Math.floor((ms % MINUTE) / 1000)).padStart(2, "0")}`;
}

/** The same for a screen reader, by the minute. */
export function spokenDuration(ms) {
  const minutes = Math.floor(ms / MINUTE);
  if (minutes < 1) return "less than a minute";
  const hours = Math.floor(minutes / 60);
  const parts = [hours > 0 && counted(hours, "hour"), minutes % 60 > 0 && counted(minutes % 60, "minute")];
  return parts.filter(Boolean).join(" ");
}

/** "14:32", with the day where it is not today. */
export function clockTime(date, now) {
  const isToday = date.toDateString() === now.toDateString();
  const day = isToday ? {} : { weekday: "short", day: "numeric", month: "short" };
  return date.toLocaleString(undefined, { ...day, hour: "2-digit", minute: "2-digit" });
}

/** "now", "12 s ago", "3 min ago". */
export function ago(ms) {
  if (ms < 5_000) return "now";
  if (ms < MINUTE) return `${Math.floor(ms / 1000)} s ago`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min ago`;
  return `${Math.floor(ms / HOUR)} h ago`;
}

export function counted(count, word) {
  return `${count.toLocaleString()} ${word}${count === 1 ? "" : "s"}`;
}
