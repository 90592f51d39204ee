/**
 * Opens a web page in the person's browser: the one that AWSRUNAS_BROWSER or BROWSER names, else the system's; none where one of them says
 * "none".
 *
 * Over SSH and without a display there is no system's browser, but one that a variable names is tried (editors that work on another machine
 * set BROWSER). What is started outlives us, writes nothing to our terminal, and gets the user's environment without passwords and credentials.
 * The URL becomes an argument, which other users may read: a page whose address is a secret must not be opened by this.
 */

import { withoutCredentials } from "../exec/environment.ts";
import type { Browser, BrowserChoice, Environment } from "../world.ts";

type Command = readonly [program: string, ...args: string[]];

export function createBrowser(env: Environment, platform: NodeJS.Platform): Browser {
  return {
    get isAvailable() {
      return browserCommands("", env, platform).length > 0;
    },
    open: async (url, choice) => {
      const commands =
        choice === undefined ? browserCommands(url.href, env, platform) : chosenBrowsers(url.href, choice, { env, platform });
      for (const command of commands) if (await start(command, env)) return true;
      return false;
    },
    ...(canShowWindow(env, platform)
      ? { findDrivable: async (wanted) => (await import("./drivable-browser.ts")).findDrivable(wanted, env, platform) }
      : {}),
  };
}

/** Of a browser that we start ourselves: what a variable names as the browser may show one elsewhere, and does not count. */
function canShowWindow(env: Environment, platform: NodeJS.Platform): boolean {
  if ((env["AWSRUNAS_BROWSER"] || env["BROWSER"])?.toLowerCase() === "none" || isOverSsh(env)) return false;
  return platform === "darwin" || platform === "win32" || hasDisplay(env);
}

/** In the order in which they are tried. */
export function browserCommands(url: string, env: Environment, platform: NodeJS.Platform): readonly Command[] {
  const { AWSRUNAS_BROWSER: own, BROWSER: listed } = env;
  if ((own || listed)?.toLowerCase() === "none") return [];
  if (own) return namedBrowser(own, url);
  const named = (listed ?? "").split(platform === "win32" ? ";" : ":").flatMap((text) => namedBrowser(text, url));
  return [...named, ...systemBrowsers(url, env, platform)];
}

/** Those of the chosen kind, in the order in which they are tried; AWSRUNAS_BROWSER, where it is set, is one. */
export function chosenBrowsers(
  url: string,
  { kind, name }: BrowserChoice,
  { env, platform }: { env: Environment; platform: NodeJS.Platform },
): readonly Command[] {
  const isFirefox = kind === "firefox-container";
  const page = isFirefox ? `ext+container:name=${encodeURIComponent(name)}&url=${encodeURIComponent(url)}` : url;
  const flags = isFirefox ? [] : [`--profile-directory=${name}`];
  const { AWSRUNAS_BROWSER: own } = env;
  if (own) return namedBrowser(own, page).map(([program, ...args]): Command => [program, ...flags, ...args]);
  const app = isFirefox ? "Firefox" : "Google Chrome";
  if (platform === "darwin") return [["open", "-n", "-a", app, "--args", ...flags, page]];
  if (platform === "win32") {
    const folder = env["ProgramFiles"] || "C:\\Program Files";
    const path = isFirefox ? "Mozilla Firefox\\firefox.exe" : "Google\\Chrome\\Application\\chrome.exe";
    return [[`${folder}\\${path}`, ...flags, page]];
  }
  const programs = isFirefox ? ["firefox", "firefox-esr"] : ["google-chrome", "google-chrome-stable", "chromium", "chromium-browser"];
  return programs.map((program): Command => [program, ...flags, page]);
}

/** A command with %s for the URL, or the URL last; quotes keep a path with blanks together. No shell reads it. */
function namedBrowser(text: string, url: string): Command[] {
  const words = (text.match(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g) ?? []).map((word) => word.replaceAll(/"([^"]*)"|'([^']*)'/g, "$1$2"));
  const [program, ...args] = words;
  if (program === undefined) return [];
  return [[program, ...(text.includes("%s") ? args.map((word) => word.replaceAll("%s", () => url)) : [...args, url])]];
}

function systemBrowsers(url: string, env: Environment, platform: NodeJS.Platform): Command[] {
  if (isOverSsh(env)) return [];
  if (platform === "darwin") return [["open", url]];
  // By its path: Windows looks for programs in the current folder first.
  if (platform === "win32")
    return [[`${env["SystemRoot"] || env["SYSTEMROOT"] || "C:\\Windows"}\\System32\\rundll32.exe`, ...protocolHandler(url)]];
  const onDisplay: Command[] = hasDisplay(env) ? [["xdg-open", url]] : [];
  if (!env["WSL_DISTRO_NAME"]) return onDisplay;
  return [
    ["wslview", url],
    ["rundll32.exe", ...protocolHandler(url)],
    ["/mnt/c/Windows/System32/rundll32.exe", ...protocolHandler(url)],
    ...onDisplay,
  ];
}

function isOverSsh(env: Environment): boolean {
  return Boolean(env["SSH_CONNECTION"] || env["SSH_TTY"]);
}

function hasDisplay(env: Environment): boolean {
  return Boolean(env["DISPLAY"] || env["WAYLAND_DISPLAY"]);
}

function protocolHandler(url: string): readonly string[] {
  return ["url.dll,FileProtocolHandler", url];
}

const STARTED_AFTER_MS = 3_000;

/** True when it is running after a while, or ended well. */
async function start([program, ...args]: Command, env: Environment): Promise<boolean> {
  const { spawn } = await import("node:child_process");
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: "ignore", detached: true, env: withoutCredentials(env) });
    const timer = setTimeout(() => resolve(true), STARTED_AFTER_MS);
    const end = (hasStarted: boolean) => {
      clearTimeout(timer);
      resolve(hasStarted);
    };
    child.once("error", () => end(false)).once("exit", (status) => end(status === 0));
    child.unref();
  });
}
