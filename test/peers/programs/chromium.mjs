/**
 * A person at Chromium: `chromium.mjs USER PASSWORD URL` opens the URL, fills in Keycloak's login page, and prints where that led and what is shown
 * there, as JSON; into RESULT_FILE, if that is named. With CUT_OFF this machine's other ports are out of the browser's reach, as on another machine.
 */

import { renameSync, writeFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [username, password, address] = process.argv.slice(2);
const { RESULT_FILE, CUT_OFF } = process.env;

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
const page = await browser.newPage();
const problems = [];
page.on("console", (message) => problems.push(message.text()));
page.on("pageerror", (error) => problems.push(String(error)));
const redirect = page.waitForRequest((request) => new URL(request.url()).searchParams.has("code"));
if (CUT_OFF) await page.route(/[?&]code=/, (route) => route.abort("connectionrefused"));
await page.goto(address);
await page.fill("#username", username);
await page.fill("#password", password);
problems.length = 0; // Keycloak's
await page.click("#kc-login");
const url = (await redirect).url();
const text = CUT_OFF ? "" : await page.locator("main").innerText();
const colour = CUT_OFF ? "" : await page.locator("main").evaluate((main) => getComputedStyle(main).borderTopColor);
await browser.close();

const result = JSON.stringify({ url, text, colour, problems });
if (RESULT_FILE) {
  writeFileSync(`${RESULT_FILE}.new`, result);
  renameSync(`${RESULT_FILE}.new`, RESULT_FILE);
} else console.log(result);
