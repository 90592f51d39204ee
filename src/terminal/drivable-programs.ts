/** Platform and environment → where Chrome, Edge and Chromium are looked for, in order. Other browsers have no debugging pipe. */

import type { DrivableName, Environment } from "../world.ts";

export interface BrowserProgram {
  readonly name: DrivableName;
  /** A word to look for in PATH, or a path. */
  readonly program: string;
}

type Table = Readonly<Record<DrivableName, readonly string[]>>;

/** As their packages for Debian, Fedora and Arch name them. */
const LINUX: Table = {
  chrome: ["google-chrome", "google-chrome-stable"],
  msedge: ["microsoft-edge", "microsoft-edge-stable"],
  chromium: ["chromium", "chromium-browser"],
};

/** In a folder of applications: the machine's, or the user's own. */
const MACOS: Table = {
  chrome: ["Google Chrome.app/Contents/MacOS/Google Chrome"],
  msedge: ["Microsoft Edge.app/Contents/MacOS/Microsoft Edge"],
  chromium: ["Chromium.app/Contents/MacOS/Chromium"],
};

/** In a folder of programs: the machine's, or the user's own. */
const WINDOWS: Table = {
  chrome: ["Google\\Chrome\\Application\\chrome.exe"],
  msedge: ["Microsoft\\Edge\\Application\\msedge.exe"],
  chromium: ["Chromium\\Application\\chrome.exe"],
};

const ORDER: readonly DrivableName[] = ["chrome", "chromium", "msedge"];

export function browserPrograms(wanted: DrivableName | undefined, env: Environment, platform: NodeJS.Platform): readonly BrowserProgram[] {
  const names = wanted === undefined ? ORDER : [wanted];
  return names.flatMap((name) => programsOf(name, env, platform).map((program) => ({ name, program })));
}

function programsOf(name: DrivableName, env: Environment, platform: NodeJS.Platform): readonly string[] {
  if (platform === "darwin") return below(["/Applications", env["HOME"] && `${env["HOME"]}/Applications`], MACOS[name], "/");
  if (platform !== "win32") return LINUX[name];
  return below([env["ProgramFiles"] || "C:\\Program Files", env["ProgramFiles(x86)"], env["LOCALAPPDATA"]], WINDOWS[name], "\\");
}

function below(folders: readonly (string | undefined)[], paths: readonly string[], separator: string): string[] {
  return folders.flatMap((folder) => (folder ? paths.map((path) => folder + separator + path) : []));
}
