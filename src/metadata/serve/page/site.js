/**
 * The page of `aws-runas serve`: asks the server every second how things are, shows it, and sends what the person wants. Plain modules as the
 * browser runs them; everything shown is text, never markup.
 */

import { showActive, tick } from "./site/active.js";
import { announce, byId, setAttribute, setText } from "./site/elements.js";
import { createLogin } from "./site/login.js";
import { createProblem } from "./site/problem.js";
import { createProfiles } from "./site/profiles.js";
import { showRequests } from "./site/requests.js";
import { ask, dropToken, enter, giveToken, hasToken, takeToken } from "./site/server.js";

const LOOK_MS = 1_000;
const HIDDEN_LOOK_MS = 15_000;
/** Thousands of profiles are a second's work for the server. */
const LIST_MS = 300_000;
const WRONG_KEY = "That is not this server's token. It is new with each start, and in a file every hour.";
const NO_KEY = "That is neither a token nor an address that ends in one.";
const LOST_KEY = "The server does not know this tab any more. It was started anew, or this page was asleep for long.";

/** What was asked for and has no end yet; another order takes its place, and what the server then says of the first is nothing new. */
let wanted;
let [activeName, listedAt, timer, round] = [undefined, 0, undefined, 0];

const problem = createProblem({ again: () => void ((wanted?.name ?? activeName) === activeName ? refresh() : switchTo(wanted.name)) });
const login = createLogin({
  answer: async (body) => {
    const before = wanted;
    const answer = await ask("POST", body instanceof URLSearchParams ? "/auth" : "/answer", body);
    return { answer, before };
  },
  done: ({ answer, before }) => settle(answer, before),
  cancel: async () => {
    wanted = undefined;
    await settle(await ask("POST", "/cancel"), undefined);
  },
});
const profiles = createProfiles((name) => void switchTo(name));

async function switchTo(name) {
  if (wanted?.isBusy === true && wanted.name === name && wanted.isRefresh !== true) return;
  if (name === activeName) return announce(`${name} is active already`);
  await order({ name, isBusy: true }, () => ask("POST", "/profile", name));
}

async function refresh() {
  if (wanted?.isBusy === true && wanted.isRefresh === true) return;
  setText(byId("refresh"), "Getting new credentials…");
  await order({ name: activeName, isRefresh: true, isBusy: true }, () => ask("POST", "/refresh"));
  setText(byId("refresh"), "Get new credentials");
}

async function order(next, send) {
  wanted = next;
  problem.clear();
  login.expect();
  profiles.showActive(activeName, next.isRefresh === true ? undefined : next.name);
  await settle(await send(), next);
}

function failed({ name, isRefresh } = {}) {
  if (name === undefined) return "That did not work";
  return `${isRefresh === true ? "No new credentials" : "No credentials"} for ${name}`;
}

/** A look that began before is out of date when it comes back. */
async function settle(answer, before) {
  if (wanted !== before) return;
  round++;
  if (wanted !== undefined) wanted.isBusy = false;
  if (answer.kind === "failed" && answer.value?.code !== "cancelled") problem.show(answer.value, failed(before));
  await look();
}

async function look() {
  clearTimeout(timer);
  const begun = round;
  const entered = await enter();
  const answer = entered === "ok" ? await ask("GET", "/state") : { kind: entered };
  clearTimeout(timer);
  if (answer.kind === "stranger") return askForKey(entered === "ok" ? LOST_KEY : WRONG_KEY);
  if (begun === round) show(answer);
  timer = setTimeout(look, document.hidden ? HIDDEN_LOOK_MS : LOOK_MS);
}

function show({ kind, value }) {
  showLink(kind);
  if (kind !== "ok") return;
  unlock();
  const before = activeName;
  activeName = value.active?.name ?? undefined;
  showActive(value.active);
  problem.follow(value.login === null ? value.problem : null);
  login.show(value.login);
  if (value.login === null && wanted?.isBusy !== true) finish(value, before);
  profiles.showActive(activeName, wanted?.isBusy === true && wanted.isRefresh !== true ? wanted.name : value.login?.profile);
  showRequests(value.requests, value.active?.now === undefined ? Date.now() : new Date(value.active.now).getTime());
  if (Date.now() - listedAt > LIST_MS && !document.hidden) void list();
}

/** Of what was wanted: said once. */
function finish({ problem: trouble }, before) {
  if (wanted !== undefined && trouble === null && !problem.isShown() && (wanted.isRefresh === true || wanted.name === activeName)) {
    announce(wanted.isRefresh === true ? "New credentials are there" : `${activeName} is active now`);
    wanted = undefined;
    listedAt = 0;
    login.forget();
  } else if (activeName !== before && before !== undefined) announce(`${activeName ?? "No profile"} is active now`);
}

async function list() {
  listedAt = Date.now();
  const { kind, value } = await ask("GET", "/profiles");
  if (kind === "ok") profiles.show(value);
}

function showLink(kind) {
  const isGood = kind === "ok";
  const text = isGood ? "Connected" : kind === "gone" ? "No answer: aws-runas may have ended" : "The server has a fault";
  if (byId("link-text").textContent !== text && !isGood) announce(text, true);
  setText(byId("link-text"), text);
  setAttribute(byId("link"), "data-tone", isGood ? "good" : "over");
  byId("columns").classList.toggle("stale", !isGood);
}

/** What is shown and typed waits behind it. */
function askForKey(reason) {
  dropToken();
  sayOfKey(reason);
  byId("columns").hidden = true;
  byId("key").hidden = false;
  setText(byId("link-text"), "Locked");
  setAttribute(byId("link"), "data-tone", "soon");
  byId("key-field").focus();
}

function sayOfKey(reason = "") {
  setText(byId("key-problem"), reason);
  byId("key-problem").hidden = reason === "";
  setAttribute(byId("key-field"), "aria-invalid", String(reason !== ""));
  if (reason !== "") announce(reason, true);
}

/** Once the server has answered. */
function unlock() {
  const hadFocus = byId("key").contains(document.activeElement);
  byId("key").hidden = true;
  byId("columns").hidden = false;
  if (hadFocus) byId("active-name").focus();
}

/** The server may be another than before. */
function open() {
  listedAt = 0;
  void look();
}

function begin() {
  setText(byId("place"), location.host);
  setText(byId("search-key"), /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘ K" : "Ctrl K");
  byId("refresh").addEventListener("click", () => void refresh());
  byId("key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const isKey = giveToken(byId("key-field").value);
    byId("key-field").value = "";
    if (isKey) open();
    else sayOfKey(NO_KEY);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey) return;
    event.preventDefault();
    byId("search").focus();
    byId("search").select();
  });
  document.addEventListener("visibilitychange", () => !document.hidden && byId("key").hidden && void look());
  setInterval(tick, 1_000);
  // Into a tab that has the page already.
  addEventListener("hashchange", () => takeToken() && open());
  if (takeToken() || hasToken()) open();
  else askForKey();
}

begin();
