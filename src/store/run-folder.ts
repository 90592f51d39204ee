/**
 * The folder that lock sockets live in: `~/.aws/aws-runas/run`, or one of the shared `/tmp` where the home's path is too long for a socket,
 * cannot be written, or is on a file system without sockets (some container mounts).
 *
 * Processes must come to the same folder by themselves, so nothing but the home decides: no variable, no chance.
 */

import fs from "node:fs";
import { join } from "node:path";
import { StoreError } from "../errors.ts";
import { entryKey } from "./entry-key.ts";
import { makePrivateFolder, storeFolder } from "./folder.ts";
import { listenAt } from "./lock-server.ts";

/** A socket's path has at most 107 bytes on Linux and 103 on macOS; Node 20 cuts off the rest without a word. */
const MAX_PATH_BYTES = 100;

/** The folder, made if needed and tried. @throws a file system error or StoreError "store-unusable" when neither place will do */
export async function openRunFolder(homeDir: string): Promise<string> {
  const own = join(storeFolder(homeDir), "run");
  if (Buffer.byteLength(join(own, socketName())) <= MAX_PATH_BYTES) {
    try {
      makePrivateFolder(own);
      await trySocket(own);
      return own;
    } catch {
      // The shared place is tried instead; its error is the one to be told.
    }
  }
  return openSharedFolder(join("/tmp", `aws-runas-${(await entryKey({ homeDir })).slice(0, 16)}`));
}

/** A random name for a socket; never the same one twice. */
export function socketName(): string {
  return `~${Buffer.from(crypto.getRandomValues(new Uint8Array(8))).toString("hex")}`;
}

/** Anybody may have made this folder before us, so it must be a real one that is closed to others, and ours: what we make in it has its owner. */
async function openSharedFolder(folder: string): Promise<string> {
  makeUnlessThere(folder);
  const found = fs.lstatSync(folder);
  const isClosed = found.isDirectory() && (found.mode & 0o077) === 0;
  if (!isClosed || (await trySocket(folder)) !== found.uid) throw new StoreError("store-unusable", `${folder} belongs to somebody else`);
  return folder;
}

/** Not `makePrivateFolder`, which would follow a link that somebody planted there. */
function makeUnlessThere(folder: string): void {
  try {
    fs.mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** Makes a socket and removes it again. @returns the user it belonged to */
async function trySocket(folder: string): Promise<number> {
  const path = join(folder, socketName());
  const server = await listenAt(path);
  const { uid } = fs.lstatSync(path);
  await server.close();
  return uid;
}
