/** SAML in a browser that is driven, where no program has to run: time, and what a person is told. Whole logins are in test/binary/saml-browser.test.ts. */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it, onTestFinished, test } from "vitest";

import { folderKey } from "../../src/login/saml/browser-folder.ts";
import { logIn } from "../../src/login/saml/login.ts";
import type { BrowserEnd, Clock, DrivableBrowser } from "../../src/world.ts";
import { findDrivable } from "../../src/terminal/drivable-browser.ts";
import { realClock, samlLoginOf, toolsWith } from "./fixtures.ts";

const login = samlLoginOf("https://idp.example.com/aws", { provider: "browser" });

async function noHttp(): Promise<never> {
  throw new Error("only the browser goes to the provider");
}

/** Answers what it is asked, and sends events as fast as they are taken. */
const FLOOD = `
const { Socket } = require("node:net");
const [input, output] = [new Socket({ fd: 3 }), new Socket({ fd: 4 })];
for (const pipe of [input, output]) pipe.on("error", () => process.exit(0));
let text = "";
input.on("close", () => process.exit(0)).on("data", (data) => {
  const parts = (text + data).split("\\0");
  text = parts.pop();
  for (const part of parts) answer(JSON.parse(part));
});
function answer({ id, method, sessionId }) {
  const isFirst = method === "Target.setAutoAttach" && sessionId === undefined;
  if (isFirst) send({ method: "Target.attachedToTarget", params: { sessionId: "page", targetInfo: { type: "page" } } });
  send({ id, result: {}, sessionId });
  if (isFirst) pour();
  if (method === "Browser.close") process.exit(0);
}
const send = (message) => output.write(JSON.stringify(message) + "\\0");
const event = JSON.stringify({ method: "Page.frameNavigated", params: { frame: "x".repeat(200) } }) + "\\0";
const pour = () => output.write(event.repeat(1_000), () => setImmediate(pour));
`;

/** Says yes to everything, and shows a page on which nobody does anything; or falls silent, and does what the test says instead. */
function idleBrowser(instead?: (tell: (message: object) => void) => void) {
  const asked: string[] = [];
  const folders: string[] = [];
  let listener = (_bytes: Uint8Array): void => {};
  let end = (_end: BrowserEnd): void => {};
  const tell = (message: object) => listener(Buffer.from(`${JSON.stringify(message)}\0`));
  const program: DrivableBrowser = {
    name: "chrome",
    start: async (args) => {
      folders.push(args.find((word) => word.startsWith("--user-data-dir="))?.slice("--user-data-dir=".length) ?? "");
      return {
        write: (text) => {
          const { id, method, sessionId } = JSON.parse(text.slice(0, -1)) as { id: number; method: string; sessionId?: string };
          asked.push(method);
          if (instead !== undefined && method === "Target.setAutoAttach" && sessionId === undefined) setImmediate(() => instead(tell));
          if (instead !== undefined && method !== "Browser.getVersion") return;
          if (method === "Target.setAutoAttach" && sessionId === undefined)
            tell({ method: "Target.attachedToTarget", params: { sessionId: "page", targetInfo: { type: "page" } } });
          tell({ id, result: {} });
          if (method === "Browser.close") end({ status: 0, complaint: "" });
        },
        onOutput: (wanted) => void (listener = wanted),
        ended: new Promise((resolve) => (end = resolve)),
        kill: () => end({ status: 137, complaint: "" }),
      };
    },
  };
  return { asked, folders, browser: { isAvailable: true, open: async () => false, findDrivable: async () => program } };
}

test("a browser's profile is no other user's, whichever name tells them apart", async () => {
  const users = [{}, { username: "jo" }, { username: "al" }, { federatedUsername: "jo" }, { federatedUsername: "al" }];
  const keys = await Promise.all(users.map((user) => folderKey(samlLoginOf("https://idp.example.com/aws", user))));
  expect(new Set(keys).size).toBe(users.length);
});

describe("a SAML login in a driven browser", () => {
  it("waits five minutes for the person, then closes the browser and leaves nothing", async () => {
    const { asked, folders, browser } = idleBrowser();
    const waits: number[] = [];
    const clock: Clock = {
      now: () => Date.now(),
      sleep: async (durationMs) => {
        waits.push(durationMs);
        await expect.poll(() => asked).toContain("Page.navigate");
      },
    };
    const tools = toolsWith(noHttp, { browser, clock, profile: "dev" });
    await expect(logIn(login, tools)).rejects.toMatchObject({
      code: "approval-refused",
      message: "nobody logged in at idp.example.com within 5 minutes",
    });
    expect(waits).toEqual([300_000]);
    expect(asked.at(-1)).toBe("Browser.close");
    expect(tools.lines).toEqual(["Log in at idp.example.com for profile dev in the window that Chrome opens."]);
    expect(folders.map((folder) => existsSync(folder))).toEqual([false]);
  });

  it.runIf(process.platform !== "win32")("holds its limit, and no more memory, while the browser pours out events", async () => {
    const folder = mkdtempSync(join(tmpdir(), "flood-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, "chromium"), `#!${process.execPath}\n${FLOOD}`, { mode: 0o755 });
    const browser = {
      isAvailable: true,
      open: async () => false,
      findDrivable: async () => findDrivable("chromium", { PATH: folder }, "linux"),
    };
    const clock: Clock = { ...realClock, sleep: () => realClock.sleep(1_500) };
    const before = process.memoryUsage().heapUsed;
    await expect(logIn(login, toolsWith(noHttp, { browser, clock }))).rejects.toMatchObject({ code: "approval-refused" });
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(300 * 1024 * 1024);
  });

  it("ends a browser that opens pages without end and answers nothing", async () => {
    let opened = 0;
    const { browser } = idleBrowser((tell) => {
      for (; opened < 20_000; opened += 1)
        tell({ method: "Target.attachedToTarget", params: { sessionId: `page ${opened}`, targetInfo: { type: "page" } } });
    });
    const clock: Clock = { ...realClock, sleep: () => new Promise(() => {}) };
    await expect(logIn(login, toolsWith(noHttp, { browser, clock }))).rejects.toMatchObject({
      code: "browser-unusable",
      message: expect.stringContaining("it has more open than it answers for"),
    });
  });

  it("needs a window to be shown", async () => {
    await expect(logIn(login, toolsWith(noHttp))).rejects.toMatchObject({
      code: "person-needed",
      message: "the login at idp.example.com takes a browser window, and none can be shown here",
      hint: "run it where there is a display, or set saml_provider to the provider's name to log in by its forms",
    });
  });

  it("needs a browser that can be driven", async () => {
    const browser = { isAvailable: true, open: async () => false, findDrivable: async () => undefined };
    await expect(logIn(login, toolsWith(noHttp, { browser }))).rejects.toMatchObject({
      code: "browser-unusable",
      message: "none of Chrome, Chromium and Edge is installed",
    });
  });
});
