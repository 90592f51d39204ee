/**
 * Filtered copies of the user's AWS files for one run, where the command's SDK would find other credentials in the originals.
 *
 * They lie in a private folder under the system's temporary one, named after our process. A run that was killed leaves its folder; the
 * next run that makes one removes it. The copies hold no secret (config/child-files.ts).
 */

import { lstatSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { OwnProcess } from "../world.ts";

export interface ChildFiles {
  /** Path of the copy; undefined where the original will do. */
  readonly config?: string | undefined;
  readonly credentials?: string | undefined;
  remove(): void;
}

export interface ChildFilesOptions {
  /** `os.tmpdir()`. */
  readonly parentFolder: string;
  readonly process: OwnProcess;
}

/** Writes the texts given, one of them at least. */
export function writeChildFiles(texts: { config?: string; credentials?: string }, options: ChildFilesOptions): ChildFiles {
  const folder = mkdtempSync(join(options.parentFolder, `aws-runas-${options.process.pid}-`));
  removeLeftovers(folder, options);
  const write = (name: string, text: string | undefined): string | undefined => {
    if (text === undefined) return undefined;
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  return {
    config: write("config", texts.config),
    credentials: write("credentials", texts.credentials),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Only folders of our own user: others may plant what they like in a shared temporary folder. What cannot be removed stays. */
function removeLeftovers(ownFolder: string, { parentFolder, process: own }: ChildFilesOptions): void {
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
