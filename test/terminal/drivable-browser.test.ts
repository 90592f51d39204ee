/** Which browsers are looked for and where, when a window can be shown, and what one that is started gets: two pipes and a clean environment. */

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createBrowser } from "../../src/terminal/browser.ts";
import { browserPrograms } from "../../src/terminal/drivable-programs.ts";
import type { Environment } from "../../src/world.ts";

describe("browsers that can be driven are looked for", () => {
  it.each<[string, NodeJS.Platform, Environment, readonly string[]]>([
    [
      "Linux",
      "linux",
      {},
      ["google-chrome", "google-chrome-stable", "chromium", "chromium-browser", "microsoft-edge", "microsoft-edge-stable"],
    ],
    [
      "macOS",
      "darwin",
      { HOME: "/Users/jo" },
      [
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Users/jo/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Users/jo/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
        "/Users/jo/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
      ],
    ],
    [
      "Windows",
      "win32",
      { ProgramFiles: "D:\\P", "ProgramFiles(x86)": "D:\\P86", LOCALAPPDATA: "D:\\L" },
      ["D:\\P", "D:\\P86", "D:\\L"]
        .map((folder) => `${folder}\\Google\\Chrome\\Application\\chrome.exe`)
        .concat(["D:\\P", "D:\\P86", "D:\\L"].map((folder) => `${folder}\\Chromium\\Application\\chrome.exe`))
        .concat(["D:\\P", "D:\\P86", "D:\\L"].map((folder) => `${folder}\\Microsoft\\Edge\\Application\\msedge.exe`)),
    ],
  ])("on %s", (_where, platform, env, expected) => {
    expect(browserPrograms(undefined, env, platform).map(({ program }) => program)).toEqual(expected);
  });

  it("of one kind, where one is wanted", () => {
    expect(browserPrograms("msedge", {}, "linux")).toEqual([
      { name: "msedge", program: "microsoft-edge" },
      { name: "msedge", program: "microsoft-edge-stable" },
    ]);
    expect(browserPrograms("chrome", {}, "win32").map(({ program }) => program)).toEqual([
      "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    ]);
  });

  it.each<[string, NodeJS.Platform, Environment, boolean]>([
    ["X", "linux", { DISPLAY: ":0" }, true],
    ["Wayland", "linux", { WAYLAND_DISPLAY: "wayland-0" }, true],
    ["no display", "linux", {}, false],
    ["no display but a BROWSER", "linux", { BROWSER: "/editor/helper.sh" }, false],
    ["macOS", "darwin", {}, true],
    ["Windows", "win32", {}, true],
    ["the other end of SSH", "darwin", { SSH_CONNECTION: "10.0.0.1 1 10.0.0.2 22" }, false],
    ["SSH with X forwarded", "linux", { SSH_TTY: "/dev/pts/1", DISPLAY: "localhost:10.0" }, false],
    ["AWSRUNAS_BROWSER = none", "linux", { DISPLAY: ":0", AWSRUNAS_BROWSER: "none" }, false],
    ["BROWSER = none", "darwin", { BROWSER: "None" }, false],
    ["AWSRUNAS_BROWSER over BROWSER = none", "darwin", { BROWSER: "none", AWSRUNAS_BROWSER: "firefox" }, true],
  ])("only where a window can be shown: %s", (_where, platform, env, expected) => {
    expect(createBrowser(env, platform).findDrivable !== undefined).toBe(expected);
  });
});

describe("a browser that is started", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "aws runas drivable "));
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  /** A shell script in PATH by this name. */
  function program(name: string, script: string): void {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }

  const find = (wanted?: "chrome" | "chromium", env: Environment = {}) =>
    createBrowser({ PATH: `${folder}:/usr/bin:/bin`, DISPLAY: ":9", ...env }, "linux").findDrivable?.(wanted);

  async function outputOf(args: readonly string[], env: Environment = {}): Promise<string> {
    const driven = await (await find("chrome", env))?.start(args);
    let text = "";
    driven?.onOutput((bytes) => (text += Buffer.from(bytes).toString()));
    driven?.write("hello\n");
    await driven?.ended;
    return text;
  }

  it("reads its descriptor 3 and writes its descriptor 4", async () => {
    program("google-chrome", 'read line <&3; echo "$line $*" >&4');
    expect(await outputOf(["--one", "two three"])).toBe("hello --one two three\n");
  });

  it("gets the user's environment without passwords, codes and credentials", async () => {
    program("google-chrome", "env >&4");
    const secrets = { SAML_PASSWORD: "s1", MFA_CODE: "s2", AWS_SECRET_ACCESS_KEY: "s3", SAML_API_CLIENT_SECRET: "s4" };
    const text = await outputOf([], { ...secrets, LANG: "de_DE.UTF-8" });
    expect(text).toMatch(/^LANG=de_DE.UTF-8$/m);
    for (const name of Object.keys(secrets)) expect(text).not.toContain(name);
  });

  it("tells how it ended, and the end of what it said", async () => {
    program("google-chrome", 'i=0; while [ $i -lt 2000 ]; do echo "line $i"; i=$((i + 1)); done >&2; exit 3');
    const end = await (await (await find())?.start([]))?.ended;
    expect(end).toMatchObject({ status: 3, complaint: expect.stringMatching(/line 1999\n$/) });
    expect(end?.complaint.length).toBeLessThanOrEqual(4_000);
  });

  it("is killed at once, and what is written to it then is lost without a word", async () => {
    program("google-chrome", "exec sleep 30");
    const driven = await (await find())?.start([]);
    driven?.kill();
    expect(await driven?.ended).toMatchObject({ status: 137 });
    driven?.write("hello\n");
  });

  it("is the first that is there, by the order of kinds", async () => {
    expect(await find("chrome")).toBeUndefined();
    program("google-chrome-stable", "exit 0");
    program("google-chrome", "exit 0");
    program("chromium", "exit 0");
    expect(await find()).toMatchObject({ name: "chrome" });
    expect(await find("chromium")).toMatchObject({ name: "chromium" });
  });

  it("that cannot be executed is an error of the system's", async () => {
    program("google-chrome", "exit 0");
    writeFileSync(join(folder, "google-chrome"), "#!/nonexistent/interpreter\n");
    await expect((await find("chrome"))?.start([])).rejects.toMatchObject({ code: "ENOENT" });
  });
});
