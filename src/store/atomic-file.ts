/**
 * Replaces a file in one step: whoever reads it, at whatever moment and after whatever crash, finds the old content or the new.
 *
 * The new content goes to a temporary file in the same folder, is flushed, and is renamed over the target. A symlink is followed, so that
 * a linked `~/.aws/credentials` stays a link. What a killed writer left behind is removed by the next one.
 */

import { promises as fs, type Stats } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { messageOf, StoreError } from "../errors.ts";

/** Older ones belong to nobody: writing takes milliseconds. */
const LEFTOVER_AGE_MS = 60_000;
const TEMPORARY = /^\..+\.[0-9a-f]{16}\.aws-runas$/;

export interface WriteOptions {
  readonly mode?: number;
  readonly isOurs?: boolean;
}

/**
 * Writes `content` to `path`; its folder must exist. The mode is `options.mode`, else the existing file's, else 0600; the owner stays.
 *
 * @param options.isOurs for a file of ours alone, wherever it is: the owner is us, and a link in its place, which another may have put there,
 *   is refused
 * @throws StoreError "store-unusable" when that cannot be done; the file is then as it was
 */
export async function writeFileAtomic(path: string, content: string | Uint8Array, options: WriteOptions = {}): Promise<void> {
  const { mode, isOurs = false } = options;
  try {
    const target = isOurs ? path : await followLinks(path);
    const before = await fs.lstat(target).catch(() => undefined);
    if (before !== undefined && !before.isFile()) throw new StoreError("store-unusable", `${path} is not a regular file`);
    const temporary = temporaryName(target);
    try {
      await writeNew(temporary, content, { mode: mode ?? (before?.mode ?? 0o600) & 0o7777, before: isOurs ? undefined : before });
      await fs.rename(temporary, target);
    } catch (error) {
      await fs.rm(temporary, { force: true });
      throw error;
    }
    await removeLeftovers(target);
  } catch (error) {
    if (error instanceof StoreError) throw error;
    throw new StoreError("store-unusable", `cannot write ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** A name beside `target` that no other process uses, and that is recognised as a leftover when its writer is killed. */
export function temporaryName(target: string): string {
  const random = Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString("hex");
  return join(dirname(target), `.${basename(target)}.${random}.aws-runas`);
}

/** Whether a file of this name is, or was, being written. */
export function isTemporaryName(name: string): boolean {
  return TEMPORARY.test(name);
}

/** The file a chain of symlinks ends at, which need not exist yet. */
async function followLinks(path: string): Promise<string> {
  try {
    return await fs.realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  const link = await fs.readlink(path).catch(() => undefined);
  return link === undefined ? path : followLinks(resolve(dirname(path), link));
}

async function writeNew(path: string, content: string | Uint8Array, like: { mode: number; before: Stats | undefined }): Promise<void> {
  const file = await fs.open(path, "wx", like.mode & 0o700);
  try {
    await file.writeFile(content);
    if (like.before !== undefined) await keepOwner(file, like.before);
    await file.chmod(like.mode); // after chown, which clears bits; and past the umask
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Matters to root, whose temporary file would turn the user's own file into root's. Others cannot give files away, and need not. */
async function keepOwner(file: fs.FileHandle, before: Stats): Promise<void> {
  const now = await file.stat();
  if (now.uid !== before.uid || now.gid !== before.gid) await file.chown(before.uid, before.gid).catch(() => undefined);
}

async function removeLeftovers(target: string): Promise<void> {
  const folder = dirname(target);
  const names = (await fs.readdir(folder).catch(() => [])).filter(isTemporaryName);
  const now = names.length > 0 ? await modifiedAt(target) : 0; // by the file system's clock, which the leftovers have theirs from
  for (const name of names) {
    const path = join(folder, name);
    if (now - (await modifiedAt(path)) > LEFTOVER_AGE_MS) await fs.rm(path, { force: true }).catch(() => undefined);
  }
}

/** Milliseconds since the epoch; NaN, which is older than nothing, when it is gone. */
async function modifiedAt(path: string): Promise<number> {
  const found = await fs.stat(path).catch(() => undefined);
  return found?.mtimeMs ?? Number.NaN;
}
