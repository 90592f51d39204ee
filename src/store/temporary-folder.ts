/**
 * A private folder for one run, under the system's temporary one, named after our process. A run that was killed leaves its folder; the next
 * run that makes one removes it.
 */

import { lstatSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { OwnProcess } from "../world.ts";

export interface RunFolderOptions {
  /** `os.tmpdir()`. */
  readonly parentFolder: string;
  readonly process: OwnProcess;
}

/** Its path; 0700. @param kind becomes part of its name: "browser-" */
export function makeRunFolder(kind: string, options: RunFolderOptions): string {
  const folder = mkdtempSync(join(options.parentFolder, `aws-runas-${options.process.pid}-${kind}`));
  removeLeftovers(folder, options);
  return folder;
}

/** Only folders of our own user: others may plant what they like in a shared temporary folder. What cannot be removed stays. */
function removeLeftovers(ownFolder: string, { parentFolder, process: own }: RunFolderOptions): void {
  const { uid } = lstatSync(ownFolder);
  for (const name of namesIn(parentFolder)) {
    const pid = /^aws-runas-(\d+)-/.exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid), own)) removeIfOwned(join(parentFolder, name), uid);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // a temporary folder may be writable and yet not readable
  }
}

function removeIfOwned(folder: string, uid: number): void {
  try {
    if (lstatSync(folder).uid === uid) rmSync(folder, { recursive: true, force: true });
  } catch {
    // another run was faster
  }
}

function isAlive(pid: number, own: OwnProcess): boolean {
  try {
    return own.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
