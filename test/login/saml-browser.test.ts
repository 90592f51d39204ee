/** SAML in a browser that is driven, where no program has to run: time, and what a person is told. Whole logins are in test/binary/saml-browser.test.ts. */

import { existsSync } from "node:fs";

import { describe, expect, it, test } from "vitest";

import { folderKey } from "../../src/login/saml/browser-folder.ts";
import { logIn } from "../../src/login/saml/login.ts";
import type { BrowserEnd, Clock, DrivableBrowser } from "../../src/world.ts";
import { samlLoginOf, toolsWith } from "./fixtures.ts";

const login = samlLoginOf("https://idp.example.com/aws", { provider: "browser" });

async function noHttp(): Promise<never> {
  throw new Error("only the browser goes to the provider");
}

/** Says yes to everything, and shows a page on which nobody does anything. */
function idleBrowser() {
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
