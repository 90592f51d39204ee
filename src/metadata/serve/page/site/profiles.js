/**
 * The list of profiles: thousands, of which only those in sight are in the document. A combobox for assistive technology: focus stays in the
 * search field (or on the list), and the arrow keys move a mark.
 *
 * @see https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
 */

import { kindName, roleName } from "./active.js";
import { announce, byId, element, setAttribute, setText } from "./elements.js";
import { prepared, searched } from "./search.js";
import { counted, duration } from "./times.js";

const ROW_REM = 3.75;
const HEAD_REM = 2.25;
const OVERSCAN = 8;
const SETTLED_MS = 600;

/** `choose(name)` is called with what was picked. */
export function createProfiles(choose) {
  const [list, space, search] = [byId("list"), byId("list-space"), byId("search")];
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const [rowHeight, headHeight] = [ROW_REM * rem, HEAD_REM * rem];
  let [profiles, rows, groups, mark] = [[], [], [], -1];
  let [activeName, busyName, settle] = [undefined, undefined, undefined];
  const drawn = new Map();

  function layOut() {
    groups = [];
    rows = [];
    let top = 0;
    for (const { name, profiles: members } of searched(profiles, search.value)) {
      const group = { name, top, height: headHeight + members.length * rowHeight };
      members.forEach((profile, index) => rows.push({ profile, group, top: top + headHeight + index * rowHeight }));
      groups.push(group);
      top += group.height;
    }
    space.style.height = `${top}px`;
    clear();
    const isNothing = rows.length === 0;
    byId("nothing").hidden = !isNothing;
    list.hidden = isNothing;
    setText(
      byId("nothing"),
      profiles.length === 0 ? "There are no profiles in the configuration." : `Nothing matches “${search.value.trim()}”.`,
    );
    setText(
      byId("count"),
      rows.length === profiles.length
        ? counted(rows.length, "profile")
        : `${rows.length.toLocaleString()} of ${profiles.length.toLocaleString()}`,
    );
    draw();
  }

  function clear() {
    for (const { node } of drawn.values()) node.remove();
    drawn.clear();
  }

  /** What is in sight, and a little around it. */
  function draw() {
    const from = list.scrollTop - OVERSCAN * rowHeight;
    const to = list.scrollTop + list.clientHeight + OVERSCAN * rowHeight;
    const wanted = new Set();
    for (const group of groups) {
      if (group.top > to || group.top + group.height < from) continue;
      wanted.add(group);
      if (!drawn.has(group)) drawn.set(group, drawGroup(group));
    }
    for (let index = firstBelow(from); index < rows.length && rows[index].top <= to; index++) {
      wanted.add(rows[index]);
      if (!drawn.has(rows[index])) drawn.set(rows[index], drawRow(rows[index], index));
    }
    for (const [key, { node }] of drawn) if (!wanted.has(key)) void (node.remove(), drawn.delete(key));
    for (const each of drawn.values()) each.update?.();
  }

  function firstBelow(top) {
    let [low, high] = [0, rows.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (rows[middle].top + rowHeight < top) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  function drawGroup({ name, top, height }) {
    const node = element(
      "div",
      { class: "group", role: "group", "aria-label": name },
      element("p", { class: "group-name", role: "presentation" }, name),
    );
    node.style.top = `${top}px`;
    node.style.height = `${height}px`;
    space.append(node);
    return { node };
  }

  function drawRow({ profile, group, top }, index) {
    const state = element("span", { class: "row-state" });
    const text = element("span", { class: "row-text" }, element("span", { class: "row-name" }, ...marked(profile.name)), detail(profile));
    const node = element("div", { class: "row", role: "option", id: `row-${index}`, title: profile.name }, text, state);
    node.setAttribute("aria-setsize", String(rows.length));
    node.setAttribute("aria-posinset", String(index + 1));
    node.style.top = `${top - group.top}px`;
    node.addEventListener("click", () => pick(index));
    drawn.get(group)?.node.append(node);
    const update = () => {
      const isActive = profile.name === activeName;
      setAttribute(node, "aria-selected", String(isActive));
      node.classList.toggle("marked", index === mark);
      node.classList.toggle("busy", profile.name === busyName);
      showState(state, profile, isActive, profile.name === busyName);
    };
    update();
    return { node, update };
  }

  function detail({ account, role, problem, kind }) {
    if (problem) return element("span", { class: "row-detail bad" }, `⚠ ${problem}`);
    const parts = [account, roleName(role), kind && kindName(kind)].filter(Boolean);
    return element("span", { class: "row-detail" }, ...parts.flatMap((part, index) => [...(index > 0 ? [" · "] : []), ...marked(part)]));
  }

  /** What was searched for stands out. */
  function marked(text) {
    const words = search.value.split(/\s+/).filter(Boolean);
    if (words.length === 0) return [text];
    const pattern = new RegExp(`(${words.map((word) => word.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)).join("|")})`, "gi");
    // What is split at stands at every odd place.
    return text.split(pattern).map((part, index) => (index % 2 === 1 ? element("mark", {}, part) : part));
  }

  function moveTo(index) {
    if (rows.length === 0) return;
    mark = Math.min(Math.max(index, 0), rows.length - 1);
    const { top } = rows[mark];
    if (top - headHeight < list.scrollTop) list.scrollTop = top - headHeight;
    else if (top + rowHeight > list.scrollTop + list.clientHeight) list.scrollTop = top + rowHeight - list.clientHeight;
    draw();
    for (const node of [search, list]) node.setAttribute("aria-activedescendant", `row-${mark}`);
  }

  function unmark() {
    mark = -1;
    for (const node of [search, list]) node.removeAttribute("aria-activedescendant");
  }

  function pick(index) {
    const row = rows[index];
    clearTimeout(settle); // how many there are is not to be said over what comes of this
    if (row !== undefined) choose(row.profile.name);
  }

  function onKey(event) {
    const page = Math.max(1, Math.floor(list.clientHeight / rowHeight) - 1);
    const isList = event.currentTarget === list;
    const moves = {
      ArrowDown: mark + 1,
      ArrowUp: mark - 1,
      PageDown: mark + page,
      PageUp: mark - page,
      ...(isList ? { Home: 0, End: rows.length - 1 } : {}),
    };
    if (event.key in moves) moveTo(moves[event.key]);
    else if (event.key === "Enter" || (isList && event.key === " ")) pick(mark < 0 && search.value.trim() !== "" ? 0 : mark);
    else if (event.key === "Escape" && search.value !== "") find("");
    else return;
    event.preventDefault();
  }

  function find(text) {
    search.value = text;
    unmark();
    list.scrollTop = 0;
    layOut();
    if (text.trim() !== "" && rows.length > 0) moveTo(0);
    clearTimeout(settle);
    settle = setTimeout(() => announce(counted(rows.length, "profile")), SETTLED_MS);
  }

  search.addEventListener("input", () => find(search.value));
  search.addEventListener("keydown", onKey);
  list.addEventListener("keydown", onKey);
  list.addEventListener("focus", () => mark < 0 && moveTo(rows.findIndex(({ profile }) => profile.name === activeName)));
  list.addEventListener("scroll", draw, { passive: true });
  new ResizeObserver(draw).observe(list);

  return {
    /** Keeps the mark where it was. */
    show(next) {
      const [markedName, scrollTop] = [rows[mark]?.profile.name, list.scrollTop];
      profiles = prepared(next);
      layOut();
      list.scrollTop = scrollTop;
      const index = markedName === undefined ? -1 : rows.findIndex(({ profile }) => profile.name === markedName);
      if (index >= 0) moveTo(index);
      else unmark();
      draw();
    },
    showActive(name, busy) {
      if (name === activeName && busy === busyName) return;
      [activeName, busyName] = [name, busy];
      draw();
    },
  };
}

function showState(node, { cached, expiresAt }, isActive, isBusy) {
  const left = expiresAt ? new Date(expiresAt).getTime() - Date.now() : 0;
  const [text, tone] = isBusy
    ? ["Logging in", "busy"]
    : isActive
      ? ["Active", "active"]
      : cached && left > 0
        ? [duration(left), "kept"]
        : ["", ""];
  setAttribute(node, "data-tone", tone);
  if (tone === "kept") setAttribute(node, "aria-label", `credentials kept, ${text} left`);
  else node.removeAttribute("aria-label");
  setText(node, text);
}
