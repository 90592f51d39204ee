/**
 * A person at Chromium: `chromium-saml.mjs USER PASSWORD URL` opens the URL, fills in Keycloak's login page, and writes into RESULT_FILE where that
 * led and what is shown there, as JSON.
 */

import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [username, password, address] = process.argv.slice(2);
const { RESULT_FILE } = process.env;

const home = mkdtempSync(join(tmpdir(), "chromium-"));
const env = { ...process.env, HOME: home };
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"], env });
const page = await browser.newPage();
const problems = [];
page.on("console", (message) => problems.push(message.text()));
page.on("pageerror", (error) => problems.push(String(error)));
await page.goto(address);
await page.fill("#username", username);
await page.fill("#password", password);
problems.length = 0; // Keycloak's
await page.click("#kc-login");
await page.waitForURL(/^http:\/\/localhost:\d+\/saml\/acs$/);
const text = await page.locator("main").innerText();
const result = { url: page.url(), text, problems };
await browser.close();
rmSync(home, { recursive: true, maxRetries: 5, retryDelay: 200 });
writeFileSync(`${RESULT_FILE}.new`, JSON.stringify(result));
renameSync(`${RESULT_FILE}.new`, RESULT_FILE);
