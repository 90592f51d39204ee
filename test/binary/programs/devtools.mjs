/**
 * A browser without a person, as far as its debugging pipe shows one: it loads pages, submits their first form, opens frames' and pop-ups' pages, and
 * stops at what Fetch.enable names. NOTES is a file that gets a line for all it is asked and does; MISCHIEF makes it fail in some way.
 *
 * @see https://chromedevtools.github.io/devtools-protocol/ for the methods and events, and what they have in them
 */

import { appendFileSync, readFileSync } from "node:fs";
import { Socket } from "node:net";

const { NOTES, MISCHIEF } = process.env;
const folder = process.argv.find((word) => word.startsWith("--user-data-dir="))?.slice("--user-data-dir=".length) ?? "";
const input = new Socket({ fd: 3 });
const output = new Socket({ fd: 4 });
const patterns = new Map();
const stopped = new Map();
const waiting = new Map();
let sessions = 0;

note(`started ${process.pid} ${process.argv.slice(2).join(" ")}`);
note(`environment ${Object.keys(process.env).sort().join(" ")}`);
if (MISCHIEF === "broken") end(127, "error while loading shared libraries: libnss3.so: cannot open shared object file");
if (MISCHIEF === "in use") end(21, "Failed to create SingletonLock: File exists (17)");

// What lies in its profile tells a second visit from a first.
appendFileSync(`${folder}/Visits`, "1");
note(`visits ${readFileSync(`${folder}/Visits`, "utf8").length}`);

let text = "";
input.setEncoding("utf8").on("data", (data) => {
  text += data;
  for (let at = text.indexOf("\0"); at >= 0; at = text.indexOf("\0")) {
    const message = JSON.parse(text.slice(0, at));
    text = text.slice(at + 1);
    void receive(message);
  }
});
// Chromium quits when its pipe ends, whether in order or not.
for (const pipe of [input, output]) pipe.on("error", () => {});
input.on("close", () => (note("pipe ended"), process.exit(0)));

async function receive({ id, method, params, sessionId }) {
  note(`${sessionId ?? "browser"} ${method}`);
  const answer = (result = {}) => send({ id, result, sessionId });
  if (method === "Browser.getVersion") return MISCHIEF === "mute" || answer({ product: "Fake/1.0" });
  if (method === "Target.setAutoAttach") return sessionId === undefined ? (open("about:blank", false), answer()) : answer();
  if (method === "Fetch.enable") return MISCHIEF === "blind" ? refuse(id, sessionId) : (patterns.set(sessionId, params.patterns), answer());
  if (method === "Runtime.runIfWaitingForDebugger") return (answer(), waiting.get(sessionId)?.());
  if (method === "Page.navigate") return visit(params.url, sessionId).then((errorText) => answer({ frameId: "f", errorText }));
  if (method === "Network.getRequestPostData") return answer({ postData: stopped.get(params.requestId.replace("network-", "")) });
  if (method === "Fetch.continueRequest") return (note("sent"), answer());
  if (method === "Fetch.fulfillRequest") return (note(`shown ${params.responseCode} ${Buffer.from(params.body, "base64")}`), answer());
  if (method !== "Browser.close") return refuse(id, sessionId);
  if (MISCHIEF === "stays") return undefined;
  answer();
  output.end(() => process.exit(0));
}

/** A page, which waits to be let go before it loads anything. */
function open(url, isNew = true) {
  const sessionId = `page-${(sessions += 1)}`;
  const targetInfo = { targetId: `t-${sessionId}`, type: "page", url, title: "", attached: true };
  send({ method: "Target.attachedToTarget", params: { sessionId, targetInfo, waitingForDebugger: isNew } });
  if (isNew) waiting.set(sessionId, () => void visit(url, sessionId));
  return sessionId;
}

async function visit(address, sessionId, form) {
  if (MISCHIEF === "crash") end(139, "Received signal 11 SEGV_MAPERR");
  if (MISCHIEF === "close") return close(sessionId);
  const page = await fetch(address, { method: form ? "POST" : "GET", body: form }).catch(() => undefined);
  if (page === undefined) return "net::ERR_CONNECTION_REFUSED";
  const html = await page.text();
  const popUp = /window\.open\("([^"]*)"/.exec(html)?.[1];
  if (popUp !== undefined) return void open(new URL(popUp, page.url).href);
  const action = /<form[^>]* action="([^"]*)"/.exec(html)?.[1];
  if (action === undefined) return undefined;
  const fields = [...html.matchAll(/<input[^>]* name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]);
  return submit(new URL(action, page.url).href, new URLSearchParams(fields), sessionId);
}

function submit(url, form, sessionId) {
  if (!patterns.get(sessionId)?.some((pattern) => isMatch(pattern, url))) return visit(url, sessionId, form);
  const requestId = `interception-${stopped.size + 1}`;
  stopped.set(requestId, String(form));
  const data = { postData: String(form), postDataEntries: [{ bytes: Buffer.from(String(form)).toString("base64") }] };
  const request = { url, method: "POST", hasPostData: true, headers: {}, ...(MISCHIEF === "long" ? {} : data) };
  send({
    method: "Fetch.requestPaused",
    sessionId,
    params: { requestId, request, networkId: `network-${requestId}`, resourceType: "Document" },
  });
  return undefined;
}

function isMatch({ urlPattern, requestStage }, url) {
  const expression = urlPattern.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
  return requestStage === "Request" && new RegExp(`^${expression}$`).test(url);
}

/** The person closes the window, and with the last one goes the browser. */
function close(sessionId) {
  send({ method: "Target.detachedFromTarget", params: { sessionId } });
  output.end(() => process.exit(0));
}

function refuse(id, sessionId) {
  send({ id, sessionId, error: { code: -32601, message: "'it' wasn't found" } });
}

function send(message) {
  output.write(`${JSON.stringify(message)}\0`);
}

function note(line) {
  if (NOTES) appendFileSync(NOTES, `${line.replaceAll("\n", " ")}\n`);
}

function end(status, complaint) {
  process.stderr.write(`${complaint}\n`);
  process.exit(status);
}
