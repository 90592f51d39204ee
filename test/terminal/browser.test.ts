/** Which browser is started, and what it is given; those that are started are small programs of this test. */

import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { browserCommands, chosenBrowsers, createBrowser } from "../../src/terminal/browser.ts";
import type { Environment } from "../../src/world.ts";

const URL_TEXT = "https://acme.example/authorize?client_id=a&state=x$(touch%20y)%26;'";
const url = new URL(URL_TEXT);

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aws runas browser "));
});

afterEach(() => rmSync(folder, { recursive: true }));

/** A shell script that notes its arguments and environment beside it, before it does what it is to do. */
function program(name: string, then = "exit 0"): string {
  const file = join(folder, name);
  writeFileSync(file, `#!/bin/sh\nenv > "$0.env"\nprintf '%s\\n' "$@" > "$0.writing"\nmv "$0.writing" "$0.args"\n${then}\n`);
  chmodSync(file, 0o700);
  return file;
}

const argumentsOf = (file: string) => (existsSync(`${file}.args`) ? readFileSync(`${file}.args`, "utf8").trimEnd().split("\n") : undefined);
const open = (env: Environment) => createBrowser({ PATH: process.env["PATH"], ...env }, "linux").open(url);

describe("the browser that a variable names", () => {
  it("gets the address as its last argument, as it is: no shell reads it", async () => {
    const browser = program("browser");
    expect(await open({ AWSRUNAS_BROWSER: `"${browser}" --new-window` })).toBe(true);
    expect(argumentsOf(browser)).toEqual(["--new-window", url.href]);
    expect(existsSync("y")).toBe(false);
  });

  it("gets it where %s stands", async () => {
    const browser = program("browser");
    expect(await open({ AWSRUNAS_BROWSER: `'${browser}' --app=%s 'in front'` })).toBe(true);
    expect(argumentsOf(browser)).toEqual([`--app=${url.href}`, "in front"]);
  });

  it("gets the user's environment without passwords, codes and credentials", async () => {
    const browser = program("browser");
    const secrets = { WEB_IDENTITY_PASSWORD: "s1", MFA_CODE: "s2", AWS_SECRET_ACCESS_KEY: "s3", WEB_IDENTITY_CLIENT_SECRET: "s4" };
    await open({ AWSRUNAS_BROWSER: `"${browser}"`, ...secrets, DISPLAY: ":9", LANG: "de_DE.UTF-8" });
    const seen = readFileSync(`${browser}.env`, "utf8");
    expect(seen).toMatch(/^DISPLAY=:9$/m);
    expect(seen).toMatch(/^LANG=de_DE.UTF-8$/m);
    for (const name of Object.keys(secrets)) expect(seen).not.toContain(name);
  });

  it("counts as opened when it keeps running", async () => {
    const browser = program("browser", "sleep 5");
    const startedAt = Date.now();
    expect(await open({ AWSRUNAS_BROWSER: `"${browser}"` })).toBe(true);
    expect(Date.now() - startedAt).toBeLessThan(4_500);
  });

  it.each([
    ["is not there", () => join(folder, "missing")],
    ["fails", () => program("browser", "exit 3")],
    ["is no program", () => folder],
  ])("that %s is no browser, and AWSRUNAS_BROWSER has no second choice", async (_what, make) => {
    const second = program("second");
    expect(await open({ AWSRUNAS_BROWSER: `"${make()}"`, BROWSER: `"${second}"` })).toBe(false);
    expect(argumentsOf(second)).toBeUndefined();
  });

  it("by BROWSER is the first of the list that starts", async () => {
    const [failing, good, unused] = [program("failing", "exit 1"), program("good"), program("unused")];
    expect(await open({ BROWSER: `"${join(folder, "missing")}":"${failing}":"${good}" -x:"${unused}"` })).toBe(true);
    expect([failing, good, unused].map(argumentsOf)).toEqual([[url.href], ["-x", url.href], undefined]);
  });

  it("really goes there", async () => {
    const seen: string[] = [];
    const server = createServer((request, response) => response.end(void seen.push(request.url ?? "")));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/authorize?a=b&c=d`);
    const script = join(folder, "browser.mjs");
    writeFileSync(script, "await fetch(process.argv[2]);");
    const env = { PATH: process.env["PATH"], AWSRUNAS_BROWSER: `"${process.execPath}" "${script}"` };
    expect(await createBrowser(env, "linux").open(address)).toBe(true);
    await vi.waitFor(() => expect(seen).toEqual(["/authorize?a=b&c=d"]));
    server.close();
  });
});

describe("the system's browser", () => {
  const handler = (file: string) => [file, "url.dll,FileProtocolHandler", "U"];

  it.each<[string, NodeJS.Platform, Environment, readonly (readonly string[])[]]>([
    ["macOS", "darwin", {}, [["open", "U"]]],
    ["Windows, not by what lies in the current folder", "win32", { SystemRoot: "D:\\Win" }, [handler("D:\\Win\\System32\\rundll32.exe")]],
    ["Windows that does not say where it is", "win32", {}, [handler("C:\\Windows\\System32\\rundll32.exe")]],
    ["Linux with X", "linux", { DISPLAY: ":0" }, [["xdg-open", "U"]]],
    ["Linux with Wayland", "linux", { WAYLAND_DISPLAY: "wayland-0" }, [["xdg-open", "U"]]],
    ["Linux without a display", "linux", {}, []],
    [
      "WSL",
      "linux",
      { WSL_DISTRO_NAME: "Debian" },
      [["wslview", "U"], handler("rundll32.exe"), handler("/mnt/c/Windows/System32/rundll32.exe")],
    ],
    [
      "WSL with a display",
      "linux",
      { WSL_DISTRO_NAME: "Debian", DISPLAY: ":0" },
      [["wslview", "U"], handler("rundll32.exe"), handler("/mnt/c/Windows/System32/rundll32.exe"), ["xdg-open", "U"]],
    ],
    ["the other end of SSH", "darwin", { SSH_CONNECTION: "10.0.0.1 1 10.0.0.2 22" }, []],
    ["the other end of SSH with X forwarded", "linux", { SSH_TTY: "/dev/pts/1", DISPLAY: "localhost:10.0" }, []],
    ["an editor at the other end of SSH", "linux", { SSH_TTY: "/dev/pts/1", BROWSER: "/editor/helper.sh" }, [["/editor/helper.sh", "U"]]],
    [
      "a list before the system's",
      "linux",
      { DISPLAY: ":0", BROWSER: "firefox:w3m" },
      [
        ["firefox", "U"],
        ["w3m", "U"],
        ["xdg-open", "U"],
      ],
    ],
    [
      "a list on Windows",
      "win32",
      { BROWSER: '"C:\\Program Files\\b.exe" -x;c.exe', SystemRoot: "W" },
      [["C:\\Program Files\\b.exe", "-x", "U"], ["c.exe", "U"], handler("W\\System32\\rundll32.exe")],
    ],
    ["our own variable, which stands alone", "linux", { DISPLAY: ":0", BROWSER: "firefox", AWSRUNAS_BROWSER: "a:b" }, [["a:b", "U"]]],
    ["AWSRUNAS_BROWSER = none", "linux", { DISPLAY: ":0", BROWSER: "firefox", AWSRUNAS_BROWSER: "none" }, []],
    ["BROWSER = none", "darwin", { BROWSER: "NONE" }, []],
    ["AWSRUNAS_BROWSER over BROWSER = none", "darwin", { BROWSER: "none", AWSRUNAS_BROWSER: "x" }, [["x", "U"]]],
    ["empty variables", "linux", { DISPLAY: ":0", BROWSER: "", AWSRUNAS_BROWSER: "" }, [["xdg-open", "U"]]],
  ])("on %s", (_where, platform, env, expected) => {
    expect(browserCommands("U", env, platform)).toEqual(expected);
    expect(createBrowser(env, platform).isAvailable).toBe(expected.length > 0);
  });
});

describe("a browser that is chosen", () => {
  const page = "http://127.0.0.1:1/x?a=b";

  it.each([
    ["linux", { kind: "chrome-profile", name: "Profile 2" }, ["google-chrome", "--profile-directory=Profile 2", page]],
    [
      "linux",
      { kind: "firefox-container", name: "dev & co" },
      ["firefox", "ext+container:name=dev%20%26%20co&url=http%3A%2F%2F127.0.0.1%3A1%2Fx%3Fa%3Db"],
    ],
    ["darwin", { kind: "chrome-profile", name: "P" }, ["open", "-n", "-a", "Google Chrome", "--args", "--profile-directory=P", page]],
    [
      "win32",
      { kind: "chrome-profile", name: "P" },
      [String.raw`C:\Program Files\Google\Chrome\Application\chrome.exe`, "--profile-directory=P", page],
    ],
  ] as const)("on %s is started as %j", (platform, choice, command) => {
    expect(chosenBrowsers(page, choice, { env: {}, platform })[0]).toEqual(command);
  });

  it("is the one that AWSRUNAS_BROWSER names", () => {
    const env = { AWSRUNAS_BROWSER: "/opt/brave" };
    expect(chosenBrowsers(page, { kind: "chrome-profile", name: "P" }, { env, platform: "linux" })).toEqual([
      ["/opt/brave", "--profile-directory=P", page],
    ]);
  });
});
