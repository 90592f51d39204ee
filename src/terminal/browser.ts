/**
 * Opens a web page in the person's browser: the one that AWSRUNAS_BROWSER or BROWSER names, else the system's.
 *
 * Over SSH and without a display there is none, unless a variable names one (editors that work on another machine set BROWSER). What is started
 * outlives us and writes nothing to our terminal. The URL holds no secret: state and PKCE challenge are of no use to those who see it.
 */

import type { Browser, Environment } from "../world.ts";

type Command = readonly [program: string, ...args: string[]];

export function createBrowser(env: Environment, platform: NodeJS.Platform): Browser {
  const commands = (url: string) => [...namedBrowsers(env, url), ...systemBrowsers(env, platform, url)];
  return {
    get isAvailable() {
      return commands("").length > 0;
    },
    open: async (url) => {
      for (const command of commands(url.href)) if (await start(command)) return true;
      return false;
    },
  };
}

/** BROWSER lists commands, parted by colons, with %s for the URL or the URL last. */
function namedBrowsers(env: Environment, url: string): Command[] {
  const own = env["AWSRUNAS_BROWSER"];
  const listed = own ? [own] : (env["BROWSER"] ?? "").split(":");
  return listed.flatMap((text): Command[] => {
    const [program, ...args] = text.split(/\s+/).filter((word) => word !== "");
    if (program === undefined) return [];
    const filled = args.map((word) => word.replaceAll("%s", url));
    return [[program, ...(text.includes("%s") ? filled : [...args, url])]];
  });
}

function systemBrowsers(env: Environment, platform: NodeJS.Platform, url: string): Command[] {
  if (env["SSH_CONNECTION"] || env["SSH_TTY"]) return [];
  if (platform === "darwin") return [["open", url]];
  if (platform === "win32") return [["rundll32", "url.dll,FileProtocolHandler", url]];
  if (env["WSL_DISTRO_NAME"]) {
    return [
      ["wslview", url],
      ["rundll32.exe", "url.dll,FileProtocolHandler", url],
    ];
  }
  return env["DISPLAY"] || env["WAYLAND_DISPLAY"] ? [["xdg-open", url]] : [];
}

const STARTED_AFTER_MS = 5_000;

/** True when it is running after a while, or ended well. */
async function start([program, ...args]: Command): Promise<boolean> {
  const { spawn } = await import("node:child_process");
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: "ignore", detached: true });
    const timer = setTimeout(() => resolve(true), STARTED_AFTER_MS);
    const end = (hasStarted: boolean) => {
      clearTimeout(timer);
      resolve(hasStarted);
    };
    child.once("error", () => end(false)).once("exit", (status) => end(status === 0));
    child.unref();
  });
}
