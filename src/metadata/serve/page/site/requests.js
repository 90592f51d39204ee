/** What programs asked, by program; each opens to its requests. What is open stays so. */

import { byId, element, setText } from "./elements.js";
import { ago } from "./times.js";

const NAMES = [
  [/^Boto3\/(\S+)/i, "boto3"],
  [/^aws-cli\/(\S+)/, "AWS CLI"],
  [/^Botocore\/(\S+)/i, "botocore"],
  [/^aws-sdk-js\/(\S+)/, "AWS SDK for JavaScript"],
  [/^aws-sdk-go(?:-v2)?\/(\S+)/, "AWS SDK for Go"],
  [/^aws-sdk-java\/(\S+)/, "AWS SDK for Java"],
  [/^aws-sdk-rust\/(\S+)/, "AWS SDK for Rust"],
  [/^Mozilla\//, "A web browser"],
];
const MAX_SHOWN = 10;
const shown = new Map();

export function showRequests(requests, now) {
  const clients = new Map();
  for (const request of requests.filter((each) => !isOurs(each)))
    clients.set(request.client, [...(clients.get(request.client) ?? []), request]);
  byId("requests-none").hidden = clients.size > 0;
  for (const [client, entry] of shown) if (!clients.has(client)) void (entry.node.remove(), shown.delete(client));
  let before = null;
  for (const [client, made] of clients) {
    const entry = shown.get(client) ?? created(client);
    entry.update(made, now);
    const place = before === null ? byId("clients").firstChild : before.nextSibling;
    // Moving a node takes the focus away.
    if (place !== entry.node && !entry.node.contains(document.activeElement)) byId("clients").insertBefore(entry.node, place);
    before = entry.node;
  }
}

/** This browser's, unless another page was refused. The server cuts long names. */
function isOurs({ client, status }) {
  return status !== 403 && client !== "" && navigator.userAgent.startsWith(client);
}

function created(client) {
  const [when, badge] = [element("span", { class: "when" }), element("span", { class: "status" })];
  const [number, word] = [element("span"), element("span", { class: "times-word" })];
  const count = element("span", { class: "times" }, number, word);
  const rows = element("tbody");
  const head = element("tr", {}, ...["When", "Request", "Answer"].map((title) => element("th", { scope: "col" }, title)));
  const summary = element("summary", { title: client }, element("span", { class: "client" }, clientName(client)), count, badge, when);
  const node = element("details", { class: "asker" }, summary, element("table", {}, element("thead", {}, head), rows));
  byId("clients").append(node);
  let key = "";
  const entry = {
    node,
    update(made, now) {
      setText(number, made.length.toLocaleString());
      setText(word, made.length === 1 ? " request" : " requests");
      setText(when, ago(now - new Date(made[0].at).getTime()));
      showStatus(badge, made[0].status);
      const next = JSON.stringify([made, Math.floor(now / 5_000)]);
      if (next === key) return;
      key = next;
      rows.replaceChildren(...made.slice(0, MAX_SHOWN).map((request) => row(request, now)));
    },
  };
  shown.set(client, entry);
  return entry;
}

function row({ at, method, path, status }, now) {
  const answer = element("span", { class: "status" });
  showStatus(answer, status);
  const cells = [ago(now - new Date(at).getTime()), element("code", {}, `${method} ${decoded(path)}`), answer];
  return element("tr", {}, ...cells.map((cell) => element("td", {}, cell)));
}

/** A role's ARN is percent-encoded in a path, and hard to read so. */
function decoded(path) {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

function showStatus(node, status) {
  node.dataset.tone = status < 400 ? "good" : status < 500 ? "soon" : "over";
  setText(node, String(status));
}

function clientName(client) {
  for (const [pattern, name] of NAMES) {
    const found = pattern.exec(client);
    if (found !== null) return found[1] === undefined ? name : `${name} ${found[1]}`;
  }
  return client.split(" ")[0] || "A program without a name";
}
