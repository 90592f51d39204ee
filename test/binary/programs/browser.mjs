/**
 * A browser without a person: `browser.mjs USER PASSWORD URL` goes to the URL, fills in the sandbox's forms, follows the redirect to loopback, and
 * writes the page that it ends at to PAGE_FILE. MISCHIEF does something to the listener before.
 */

import { writeFileSync } from "node:fs";
import { connect } from "node:net";

const [username, password, address] = process.argv.slice(2);
const { MISCHIEF, PAGE_FILE } = process.env;
const cookies = new Map();

const redirect = await logIn(new URL(address));
if (MISCHIEF === "forge") await forge(redirect, 1000);
if (MISCHIEF === "silence") await stareAt(redirect, 100);
const page = await fetch(redirect);
writeFileSync(PAGE_FILE, `${page.status} ${await page.text()}`);
process.exit(0);

/** The provider's redirect to another origin, which is not followed. */
async function logIn(url, form) {
  const cookie = [...cookies].map((pair) => pair.join("=")).join("; ");
  const response = await fetch(url, { method: form ? "POST" : "GET", body: form, headers: { cookie }, redirect: "manual" });
  for (const line of response.headers.getSetCookie()) cookies.set(...line.split(";", 1)[0].split(/=(.*)/));
  const location = response.headers.get("location");
  if (location === null) return logIn(...answer(url, await response.text()));
  const next = new URL(location, url);
  return next.origin === url.origin ? logIn(next) : next;
}

/** Fills in what a page asks for; consent is refused. */
function answer(url, html) {
  const action = /<form[^>]* action="([^"]*)"/.exec(html)?.[1];
  const hidden = [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, name, value]) => [name, value]);
  return [new URL(action, url), new URLSearchParams([...hidden, ["username", username], ["password", password], ["decision", "deny"]])];
}

async function forge(url, count) {
  for (let sent = 0; sent < count; sent += 20) {
    const forgeries = Array.from({ length: 20 }, (_, index) => fetch(`${url.origin}${url.pathname}?code=forged&state=${sent + index}`));
    for (const response of await Promise.all(forgeries)) if (response.status !== 400) throw new Error(`answered ${response.status}`);
  }
}

/** Connects and says half a request, many times over. */
async function stareAt(url, count) {
  const connected = Array.from({ length: count }, () => {
    const socket = connect(Number(url.port), "127.0.0.1").on("error", () => {});
    return new Promise((resolve) =>
      socket
        .once("connect", () => socket.write("GET /callb"))
        .once("connect", resolve)
        .once("close", resolve),
    );
  });
  await Promise.all(connected);
}
