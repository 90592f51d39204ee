/**
 * A person at Chromium: `chromium.mjs USER PASSWORD URL` opens the URL, fills in Keycloak's login page, and prints where that led and what is shown
 * there, as JSON; into RESULT_FILE, if that is named. With CUT_OFF the redirect URI is out of the browser's reach, as from another machine.
 */

import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [username, password, address] = process.argv.slice(2);
const { RESULT_FILE, CUT_OFF } = process.env;

const port = new URL(new URL(address).searchParams.get("redirect_uri")).port;
const home = mkdtempSync(join(tmpdir(), "chromium-"));
const args = ["--no-sandbox", ...(CUT_OFF ? [`--host-resolver-rules=MAP 127.0.0.1:${port} ~NOTFOUND`] : [])];
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args, env: { ...process.env, HOME: home } });
const page = await browser.newPage();
const problems = [];
page.on("console", (message) => problems.push(message.text()));
page.on("pageerror", (error) => problems.push(String(error)));
const redirect = page.waitForRequest((request) => new URL(request.url()).searchParams.has("code"));
await page.goto(address);
await page.fill("#username", username);
await page.fill("#password", password);
problems.length = 0; // Keycloak's
await page.click("#kc-login");
const url = (await redirect).url();
if (CUT_OFF) await page.waitForURL(/^chrome-error:/);
const text = CUT_OFF ? "" : await page.locator("main").innerText();
const colour = CUT_OFF ? "" : await page.locator("main").evaluate((main) => getComputedStyle(main).borderTopColor);
await browser.close();
rmSync(home, { recursive: true, maxRetries: 5, retryDelay: 200 });

const result = JSON.stringify({ url, text, colour, problems });
if (RESULT_FILE) {
  writeFileSync(`${RESULT_FILE}.new`, result);
  renameSync(`${RESULT_FILE}.new`, RESULT_FILE);
} else console.log(result);
