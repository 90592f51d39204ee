/**
 * The page of `serve` in Chromium: axe-core's checks at two widths in both schemes, with thousands of profiles; and by keyboard alone against both
 * artefacts, which log in at the sandbox. With PAGE_PICTURES=FOLDER it leaves pictures of all there is to see.
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AxeResults } from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { type Artefact, artefacts, makeHome, start } from "../binary/artefacts.ts";
import { type PageApi, startPageApi } from "../metadata/programs/page-api.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Where pictures go, to be looked at. */
const pictures = process.env["PAGE_PICTURES"];
const home = mkdtempSync(join(tmpdir(), "chromium-"));
let browser: Browser;

beforeAll(async () => {
  const env = { ...process.env, HOME: home };
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"], env });
});
afterAll(async () => {
  await browser.close();
  rmSync(home, { recursive: true, maxRetries: 5, retryDelay: 200 });
});

interface View {
  readonly page: Page;
  /** What the policy stopped, and scripts that failed. */
  readonly faults: string[];
}

async function openView(options: Parameters<Browser["newContext"]>[0] = {}): Promise<View> {
  const context = await browser.newContext(options);
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  // That a request was answered with an error is said on the console as well.
  page.on("console", (message) => void (message.text().startsWith("Failed to load resource") || faults.push(message.text())));
  page.on("request", (request) => void (/^(http:\/\/127\.0\.0\.1|data:)/.test(request.url()) || faults.push(request.url())));
  return { page, faults };
}

async function violations(page: Page): Promise<unknown> {
  const session = await page.context().newCDPSession(page);
  await session.send("Runtime.evaluate", { expression: `${axe};0` });
  const results = await page.evaluate<AxeResults>("axe.run(document)");
  expect(results.passes.length).toBeGreaterThan(15);
  return results.violations.map(({ id, nodes }) => ({ id, nodes: nodes.map(({ html, failureSummary }) => `${html}: ${failureSummary}`) }));
}

const focused = (page: Page) => page.evaluate<string>("document.activeElement.id");

describe.each([
  { width: 400, colorScheme: "light" },
  { width: 400, colorScheme: "dark" },
  { width: 1400, colorScheme: "light" },
  { width: 1400, colorScheme: "dark" },
] as const)("at $width px, $colorScheme", ({ width, colorScheme }) => {
  let api: PageApi;
  afterEach(() => api.listener.close());

  async function openPage(): Promise<View> {
    api = await startPageApi({ active: "billing-dev-admin-0000" });
    const client = { authorization: api.token, "user-agent": "Boto3/1.34.2 md/Botocore#1.34.2" };
    for (const path of ["/credentials", "/credentials/arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fadmin"])
      await fetch(`http://${api.listener.authority}${path}`, { headers: client });
    const view = await openView({ viewport: { width, height: 900 }, colorScheme, reducedMotion: "reduce" });
    await view.page.goto(`http://${api.listener.authority}/#${api.token}`);
    await view.page.waitForSelector(".row");
    return view;
  }

  async function pick(page: Page, text: string): Promise<void> {
    await page.keyboard.press("Control+k");
    await page.keyboard.type(text);
    await page.keyboard.press("Enter");
  }

  async function looksRight(page: Page, name: string): Promise<void> {
    if (pictures !== undefined) await page.screenshot({ path: join(pictures, `${name}-${colorScheme}-${width}.png`), fullPage: true });
    expect({ name, violations: await violations(page) }).toEqual({ name, violations: [] });
    expect(await page.evaluate("document.documentElement.scrollWidth > innerWidth")).toBe(false);
  }

  test("nothing is in axe-core's or the policy's way, whatever is shown", async () => {
    const { page, faults } = await openPage();
    await page.click("summary");
    expect(await page.innerText("#clients")).toContain("GET /credentials/arn:aws:iam::123456789012:role/admin");
    await looksRight(page, "main");
    await page.fill("#search", "prod admin");
    await looksRight(page, "search");
    await page.fill("#search", "there is no such profile");
    await looksRight(page, "nothing");
    await pick(page, "password");
    await page.fill("#login-password", "wrong");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#login-said p");
    await looksRight(page, "password");
    await page.fill("#login-password", "right");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#login-code");
    await looksRight(page, "code");
    await pick(page, "choice-");
    await page.waitForSelector(".choice");
    await looksRight(page, "choice");
    await pick(page, "push-");
    await page.waitForSelector("#login-number:not([hidden])");
    expect(await page.innerText("#login-number")).toBe("42");
    await looksRight(page, "push");
    await pick(page, "device-");
    await page.waitForSelector("#login-qr svg");
    expect(await page.innerText(".device-code code")).toBe("WDJB-MJHT");
    expect(await page.getAttribute("#login-said a", "href")).toBe("https://login.example.com/device");
    await looksRight(page, "device");
    await page.click("#login-cancel");
    await page.waitForSelector("#login[hidden]", { state: "attached" });
    await pick(page, "broken-");
    await page.waitForSelector("#problem:not([hidden])");
    // In sight, though the list that it was picked from is far below on a narrow screen.
    expect((await page.locator("#problem").boundingBox())?.y).toBeGreaterThanOrEqual(0);
    expect(await page.innerText("#problem-title")).toBe("No credentials for broken-role");
    expect(await page.innerText("#problem-text")).toBe("[profile broken-role] has no saml_auth_url (that is its second source).");
    expect(await page.innerText("#problem-advice")).toBe("Set saml_auth_url in the profile or SAML_AUTH_URL.");
    await looksRight(page, "problem");
    await page.evaluate("scrollTo(0, 10_000)");
    await api.listener.close();
    await page.waitForSelector(".stale", { timeout: 5_000 });
    expect(await page.innerText("#link-text")).toContain("No answer");
    const { y = -1, height = 0 } = (await page.locator("#link").boundingBox()) ?? {};
    expect({ isInSight: y >= 0 && y + height <= 900 }).toEqual({ isInSight: true });
    if (pictures !== undefined) await page.screenshot({ path: join(pictures, `ended-${colorScheme}-${width}.png`) });
    expect(faults).toEqual([]);
  });

  test.each([
    ["good", 3_600_000],
    ["soon", 599_000],
    ["over", 50_000],
  ])("the ring is %s, in words too", async (tone, leftMs) => {
    const { page } = await openPage();
    api.leftMs = leftMs;
    await page.waitForSelector(`#ring[data-tone=${tone}]`);
    expect(await page.innerText("#active-chip-text")).toBe({ good: "Valid", soon: "Ends soon", over: "About to end" }[tone]);
    expect(await page.getAttribute("#ring", "aria-label")).toMatch(/ left$/);
    await looksRight(page, `ring-${tone}`);
  });

  test("without the token it shows nothing but where to put it", async () => {
    api = await startPageApi();
    const { page, faults } = await openView({ viewport: { width, height: 900 }, colorScheme });
    await page.goto(`http://${api.listener.authority}/`);
    await page.waitForSelector("#key:not([hidden])");
    expect(await page.isVisible("#columns")).toBe(false);
    await looksRight(page, "key");
    await page.keyboard.type("nonsense");
    await page.keyboard.press("Enter");
    expect(await page.innerText("#key-problem")).toContain("neither a token nor an address");
    await page.keyboard.type("not-the-token-of-this-server");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#key-problem >> text=That is not this server's token");
    await looksRight(page, "key-wrong");
    await page.keyboard.type(`http://127.0.0.1:1/#${api.token}`);
    await page.keyboard.press("Enter");
    await page.waitForSelector(".row");
    expect(await page.innerText("#active-name")).toBe("None yet");
    await looksRight(page, "empty");
    expect(faults).toEqual([]);
  });
});

test("the page asked for the token anew when the one in the file was replaced; it has one of its own, and says what happened when that is over", async () => {
  const api = await startPageApi({ active: "billing-dev-admin-0000" });
  onTestFinished(() => api.listener.close());
  const { page, faults } = await openView({ viewport: { width: 1400, height: 900 } });
  await page.goto(`http://${api.listener.authority}/#${api.token}`);
  await page.waitForSelector(".row");
  await api.pass(61 * 60_000);
  await page.waitForTimeout(1_500);
  await api.pass(6 * 60_000);
  await page.fill("#search", "ledger-prod");
  await page.waitForTimeout(1_500);
  expect(await page.isVisible("#key")).toBe(false);
  expect(await page.innerText("#link-text")).toBe("Connected");
  const old = await fetch(`http://${api.listener.authority}/state`, { headers: { authorization: api.token } });
  expect(old.status).toBe(401);
  await api.pass(19 * 3_600_000);
  await page.waitForSelector("#key-problem >> text=does not know this tab any more");
  expect(await focused(page)).toBe("key-field");
  await page.evaluate(`location.hash = ${JSON.stringify(api.current())}`);
  await page.waitForSelector(".row");
  expect(await page.inputValue("#search")).toBe("ledger-prod");
  expect(page.url()).toBe(`http://${api.listener.authority}/`);
  expect(faults).toEqual([]);
});

describe("with thousands of profiles", () => {
  let api: PageApi;
  let view: View;
  const openPage = async (): Promise<Page> => {
    api = await startPageApi({ active: "billing-dev-admin-0000", profiles: 10_000 });
    view = await openView({ viewport: { width: 1400, height: 900 } });
    await view.page.goto(`http://${api.listener.authority}/#${api.token}`);
    await view.page.waitForSelector(".row");
    return view.page;
  };
  afterEach(async () => {
    await api.listener.close();
    if (view.faults.length > 0) throw new Error(view.faults.join("\n"));
  });

  test("only those in sight are in the document, and a search answers within a frame or two", async () => {
    const page = await openPage();
    expect(await page.innerText("#count")).toBe("10,000 profiles");
    expect(await page.locator(".row").count()).toBeLessThan(60);
    await page.focus("#search");
    const took = await page.evaluate<number>(`(() => {
      const search = document.getElementById("search");
      const begin = performance.now();
      for (const text of ["p", "pr", "pro", "prod", "prod ad"]) { search.value = text; search.dispatchEvent(new Event("input")); }
      return (performance.now() - begin) / 5;
    })()`);
    expect(took).toBeLessThan(50);
    await page.focus("#list");
    await page.keyboard.press("End");
    const marked = page.locator(".row.marked");
    await marked.waitFor();
    expect(await marked.getAttribute("aria-posinset")).toBe(await marked.getAttribute("aria-setsize"));
    expect(await page.getAttribute("#list", "aria-activedescendant")).toBe(await marked.getAttribute("id"));
  });

  test("one click switches, and focus and what was typed stay through updates", async () => {
    const page = await openPage();
    await page.fill("#search", "ledger-prod");
    const row = page.locator(".row").nth(1);
    const name = await row.getAttribute("title");
    await row.click();
    await page.waitForFunction(isActive, name);
    await page.waitForTimeout(1_000);
    expect(await page.innerText("#polite")).toContain(`${name} is active now`);
    await page.focus("#search");
    await page.evaluate("document.getElementById('search').setSelectionRange(2, 4)");
    await page.waitForTimeout(2_500);
    expect(await focused(page)).toBe("search");
    expect(await page.evaluate("[document.getElementById('search').value, document.getElementById('search').selectionStart]")).toEqual([
      "ledger-prod",
      2,
    ]);
    expect(api.posted).toEqual(["/profile"]);
  });

  test("a login that somebody else began takes no focus and loses none of what is typed", async () => {
    const page = await openPage();
    await page.focus("#search");
    const post = (path: string, body: string) =>
      fetch(`http://${api.listener.authority}${path}`, { method: "POST", body, headers: { authorization: api.token } });
    await post("/profile", "password-admin");
    await page.waitForSelector("#login-password");
    expect(await focused(page)).toBe("search");
    await page.focus("#login-password");
    await page.keyboard.type("half of it");
    await page.waitForTimeout(2_500);
    expect(await page.inputValue("#login-password")).toBe("half of it");
    expect(await focused(page)).toBe("login-password");
  });

  test("an approved push and a chosen factor end where the profile is active", async () => {
    const page = await openPage();
    await page.fill("#search", "push-deploy");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#login-number:not([hidden])");
    expect(await focused(page)).toBe("login");
    api.approve();
    await page.waitForFunction(isActive, "push-deploy");
    expect(await page.isVisible("#login")).toBe(false);
    expect(await focused(page)).toBe("active-name");
    expect(await page.innerText("#polite")).toContain("push-deploy is active now");
    await page.fill("#search", "choice-");
    await page.keyboard.press("Enter");
    await page.waitForSelector(".choice:focus");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#login-code:focus");
    expect(api.posted).toEqual(["/profile", "/profile", "/answer"]);
  });
});

describe.each(artefacts)("$name", (artefact: Artefact) => {
  let sandbox: Sandbox;
  beforeAll(async () => void (sandbox = await startSandbox()));
  afterAll(() => sandbox.stop());

  /** Its address, with the token in it. */
  async function serve(...words: string[]): Promise<URL> {
    const place = makeHome(sandbox.configText);
    const child = start(artefact, ["serve", "ecs", "-p", "0", ...words], { env: { ...sandbox.environment, HOME: place.path } });
    onTestFinished(() => {
      child.kill();
      place.remove();
    });
    let said = "";
    child.stderr?.on("data", (text) => (said += String(text)));
    await expect.poll(() => said, { timeout: 20_000 }).toContain("/#");
    return new URL(/http:\S+#\S+/.exec(said)?.[0] ?? "");
  }

  test("by keyboard alone: search, switch, a wrong and a right password, a code, new credentials", async () => {
    const address = await serve();
    const token = address.hash.slice(1);
    const { page, faults } = await openView({ viewport: { width: 1400, height: 900 } });
    await page.goto(address.href);
    await page.waitForSelector(".row");
    expect(page.url()).toBe(`${address.origin}/`);
    const kept = await page.evaluate<string>("JSON.stringify(Object.values(sessionStorage))");
    expect(kept).toMatch(/^\["[\w-]{43}"\]$/);
    expect(kept).not.toContain(token);
    await page.keyboard.press("Tab");
    expect(await page.innerText(":focus")).toBe("Skip to the profiles");
    await page.keyboard.press("Enter");
    expect(await focused(page)).toBe("search");
    await page.keyboard.type("totp");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#login-password:focus", { timeout: 20_000 });
    await page.keyboard.type("wrong-password");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#login-said p", { timeout: 20_000 });
    await page.waitForSelector("#login-password:focus", { timeout: 20_000 });
    expect(await page.inputValue("#login-password")).toBe("");
    await page.keyboard.type(sandbox.users.tess.password);
    await page.keyboard.press("Enter");
    await page.waitForSelector("#login-code:focus", { timeout: 20_000 });
    await page.keyboard.type(sandbox.provider.totp("tess"));
    await page.keyboard.press("Enter");
    await page.waitForFunction(isActive, "totp", { timeout: 20_000 });
    expect(await page.innerText("#active-facts")).toMatch(/123456789012[^]*developer/);
    expect(await page.getAttribute("#ring", "data-tone")).toBe("good");
    await page.focus("#refresh");
    await page.keyboard.press("Enter");
    await expect.poll(() => page.innerText("#polite"), { timeout: 20_000 }).toContain("New credentials are there");
    expect(await page.evaluate("document.documentElement.outerHTML")).not.toContain(token);
    expect(faults).toEqual([]);
    await page.reload();
    await page.waitForFunction(isActive, "totp");
  });

  test("another profile can be picked while a login waits, and a cancelled one is no problem", async () => {
    const address = await serve();
    const { page, faults } = await openView({ viewport: { width: 1400, height: 900 } });
    await page.goto(address.href);
    await page.waitForSelector(".row");
    const pick = async (name: string) => {
      await page.fill("#search", name);
      await page.keyboard.press("Enter");
    };
    await pick("device-code");
    await page.waitForSelector("#login-qr svg", { timeout: 20_000 });
    await pick("totp");
    await page.waitForSelector("#login-password:focus", { timeout: 4_000 });
    expect(await page.innerText("#login-title")).toBe("Log in to totp");
    expect(await page.innerText("#login-form .question")).toMatch(/^tess at 127\.0\.0\.1/);
    await pick("device-code");
    await page.waitForSelector("#login-qr svg", { timeout: 20_000 });
    await page.click("#login-cancel");
    await page.waitForSelector("#login", { state: "hidden" });
    // The request that began the first login is answered by now.
    await page.waitForTimeout(6_000);
    expect(await page.isVisible("#problem")).toBe(false);
    expect(await page.innerText("#active-name")).toBe("None yet");
    expect(faults).toEqual([]);
  });

  test("another origin's page can neither read nor change anything, nor show the page in a frame, even with the token", async () => {
    const address = await serve();
    const other = await startOther();
    const { page } = await openView();
    await page.goto(other.origin);
    const outcome = await page.evaluate(tryAll, { origin: address.origin, token: address.hash.slice(1) });
    expect(outcome).toEqual({
      read: "failed",
      withToken: "failed",
      simple: "failed",
      blind: "opaque",
      script: "failed",
      style: "failed",
      framed: "loaded",
    });
    // What the frame holds is the refusal.
    expect(await page.frames()[1]?.content()).not.toContain("columns");
    const headers = { authorization: address.hash.slice(1) };
    const state = (await (await fetch(`${address.origin}/state`, { headers })).json()) as Record<string, unknown>;
    expect(state).toMatchObject({ active: null, login: null });
  });
});

/** Runs in the browser. */
const isActive = (name: string | null): boolean =>
  (globalThis as unknown as Globals).document.getElementById("active-name").textContent === name;

interface Globals {
  readonly document: {
    getElementById(id: string): { textContent: string };
    createElement(name: string): EventTarget & { src: string };
    readonly body: { append(node: unknown): void };
  };
}

/** Runs in the browser, on another origin's page. */
async function tryAll({ origin, token }: { origin: string; token: string }): Promise<Record<string, string>> {
  const { document } = globalThis as unknown as Globals;
  const attempt = (path: string, init?: RequestInit) =>
    fetch(origin + path, init).then(
      (response) => (response.type === "opaque" ? "opaque" : "read"),
      () => "failed",
    );
  const load = (name: string, set: (node: ReturnType<Globals["document"]["createElement"]>) => void) =>
    new Promise<string>((resolve) => {
      const node = document.createElement(name);
      node.addEventListener("load", () => resolve("loaded"));
      node.addEventListener("error", () => resolve("failed"));
      set(node);
      document.body.append(node);
    });
  return {
    read: await attempt("/state"),
    withToken: await attempt("/state", { headers: { authorization: token } }),
    simple: await attempt("/profile", { method: "POST", body: "developer", headers: { "content-type": "text/plain" } }),
    blind: await attempt("/profile", { method: "POST", body: "developer", mode: "no-cors" }),
    script: await load("script", (node) => void (node.src = `${origin}/site.js`)),
    style: await load("link", (node) => void Object.assign(node, { rel: "stylesheet", href: `${origin}/site.css` })),
    framed: await load("iframe", (node) => void (node.src = `${origin}/`)),
  };
}

async function startOther(): Promise<{ origin: string }> {
  const server: Server = createServer((_, response) =>
    response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>other</title>"),
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void (server.closeAllConnections(), server.close()));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
