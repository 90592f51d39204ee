/** Making the file that holds the store's key, and keeping others out of it. */

import fs from "node:fs";
import type { Log } from "../world.ts";
import { temporaryName } from "./atomic-file.ts";
import { readKeyFile } from "./data-key.ts";

/** Afterwards there is a whole key at `path`: ours, or that of a process which was faster. */
export function createKeyFile(path: string, key: Uint8Array): void {
  const temporary = temporaryName(path);
  try {
    writeFlushed(temporary, key);
    linkIfPossible(temporary, path);
    // Still none: what is there is damaged, or this file system has no hard links. Then the last writer wins and other entries are misses.
    if (readKeyFile(path) === undefined) fs.renameSync(temporary, path);
  } finally {
    fs.rmSync(temporary, { force: true });
  }
}

function writeFlushed(path: string, content: Uint8Array): void {
  const file = fs.openSync(path, "wx", 0o600);
  try {
    fs.writeSync(file, content);
    fs.fsyncSync(file);
  } finally {
    fs.closeSync(file);
  }
}

function linkIfPossible(from: string, to: string): void {
  try {
    fs.linkSync(from, to);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (!["EEXIST", "EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(code)) throw error;
  }
}

/** A mode that lets others read is mended, with a warning. */
export function closeToOthers(path: string, log: Log): void {
  const mode = fs.statSync(path).mode & 0o777;
  if ((mode & 0o077) === 0) return;
  fs.chmodSync(path, 0o600);
  log.warn(`${path} could be read by others (mode ${mode.toString(8)}) and is now closed to them; delete it if somebody may have read it`);
}
