/**
 * The active profile: its facts, and a ring that runs down with its credentials.
 *
 * The ring goes by the server's clock; the browser's may be another machine's.
 */

import { byId, element, setAttribute, setText } from "./elements.js";
import { clockTime, duration, spokenDuration } from "./times.js";

const MINUTE = 60_000;
const WORDS = { good: "Valid", soon: "Ends soon", over: "About to end", idle: "No credentials yet" };

let active = null;
/** Of the server's clock, beyond ours. */
let offsetMs = 0;

export function showActive(next) {
  active = next;
  if (active !== null && active.now !== undefined) offsetMs = new Date(active.now).getTime() - Date.now();
  setText(byId("active-name"), active === null ? "None yet" : (active.name ?? "A profile of its own"));
  byId("active-hint").hidden = active !== null;
  byId("refresh").hidden = active === null;
  showFacts();
  tick();
}

/** To be called every second. */
export function tick() {
  const { tone, leftMs, share } = remaining();
  setAttribute(byId("ring"), "data-tone", tone);
  setAttribute(byId("active-chip"), "data-tone", tone);
  byId("active-chip").hidden = active === null;
  setAttribute(byId("ring-arc"), "stroke-dasharray", `${(share * 100).toFixed(2)} 100`);
  const [time, ...units] = tone === "idle" ? ["–"] : ringWords(leftMs);
  setText(byId("ring-time"), time);
  setText(byId("ring-unit"), units.join(" "));
  setAttribute(byId("ring"), "aria-label", tone === "idle" ? "No credentials" : `${spokenDuration(leftMs)} left`);
  setText(byId("active-chip-text"), leftMs <= 0 && tone !== "idle" ? "Ended" : WORDS[tone]);
  document.title = active === null ? "aws-runas" : `${active.name ?? "profile"} · aws-runas`;
}

function remaining() {
  if (active === null || !active.expiresAt) return { tone: "idle", leftMs: 0, share: 0 };
  const end = new Date(active.expiresAt).getTime();
  const leftMs = end - (Date.now() + offsetMs);
  const begin = active.issuedAt ? new Date(active.issuedAt).getTime() : end - 60 * MINUTE;
  const lifeMs = Math.max(end - begin, 1);
  return { tone: toneOf(leftMs, lifeMs), leftMs, share: Math.min(1, Math.max(0, leftMs / lifeMs)) };
}

function toneOf(leftMs, lifeMs) {
  if (leftMs < Math.min(5 * MINUTE, lifeMs / 10)) return "over";
  return leftMs < Math.min(15 * MINUTE, lifeMs / 3) ? "soon" : "good";
}

function ringWords(leftMs) {
  const text = duration(leftMs);
  const hours = /^(\d+) h (\d+) min$/.exec(text);
  if (hours !== null) return [`${hours[1]}:${hours[2].padStart(2, "0")}`, "hours left"];
  return text.endsWith(" min") ? [text.slice(0, -4), "minutes left"] : [text, leftMs > 0 ? "left" : "ended"];
}

function showFacts() {
  const facts = active === null ? [] : factsOf(active);
  const list = byId("active-facts");
  const key = JSON.stringify(facts);
  if (list.dataset.shown === key) return;
  list.dataset.shown = key;
  list.replaceChildren(
    ...facts.map(([word, value, isCode]) =>
      element("div", {}, element("dt", {}, word), element("dd", isCode ? { class: "code" } : {}, value)),
    ),
  );
}

function factsOf({ account, role, arn, user, region, kind, expiresAt }) {
  const until = expiresAt ? clockTime(new Date(expiresAt), new Date(Date.now() + offsetMs)) : undefined;
  const facts = [
    ["Account", account, true],
    ["Role", roleName(role)],
    ["Signed in as", user],
    ["Region", region, true],
    ["Valid until", until],
    ["Login", kind && kindName(kind)],
    ["Identity", arn, true],
  ];
  return facts.filter(([, value]) => Boolean(value));
}

/** "arn:aws:iam::123456789012:role/team/admin" → "team/admin". */
export function roleName(role) {
  return role ? role.replace(/^arn:[^/]*:role\//, "") : undefined;
}

export function kindName(kind) {
  return { oidc: "OpenID Connect", saml: "SAML", iam: "IAM keys", token: "Token" }[kind] ?? kind;
}
