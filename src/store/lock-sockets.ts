/**
 * The place of a lock on Unix: a private folder of sockets, and of names that point to them.
 *
 *     ~4f1c…          a contender's listening socket; a random name, never used twice
 *     9b2e….3   →     ~4f1c…   a symlink: the third holder of lock 9b2e…
 *
 * 1. Read all names of the lock and connect to the sockets they point to. One that answers belongs to the holder: wait for its end.
 * 2. When all are dead (nobody listens there, and nobody ever will again), listen on a socket of our own and point the next number to it.
 *    symlink(2) refuses a number that is taken: then back to 1.
 * 3. Read the names again. One that points to a socket which was not seen dead belongs to somebody who came in between: withdraw, back to 1.
 *    Otherwise the lock is ours, and the dead names are removed.
 *
 * Two cannot hold it: each pointed a name to a socket that already listened and only then read all names, so the later of the two saw the
 * earlier one's name, and cannot have seen its socket dead. Nothing is taken over in place, so no step needs a guard of its own, and dying
 * at any point leaves no more than a dead name, which step 1 is made for.
 *
 * Not covered: two machines on one network home (a socket cannot be reached from the other machine), and more than 500 processes that wait
 * for a stopped one (Bun then reports it as dead). Both may log in twice.
 */

import fs from "node:fs";
import type { Socket } from "node:net";
import { join } from "node:path";
import { dial, listenAt, type Lock, type LockPlace } from "./lock-server.ts";
import { openRunFolder, socketName } from "./run-folder.ts";

/** One contender's view of one lock. */
interface View {
  readonly folder: string;
  readonly id: string;
  /** Names of sockets on which nobody listens; they are never used again. */
  readonly dead: Set<string>;
}

/**
 * The place of lock `id` (16 hex digits) for this home.
 *
 * @throws a file system error, or StoreError "store-unusable", when there is no folder where sockets can be
 */
export async function openSocketPlace(id: string, homeDir: string): Promise<LockPlace> {
  const view: View = { folder: await openRunFolder(homeDir), id, dead: new Set() };
  return { findHolder: () => findHolder(view), claim: () => claim(view) };
}

/** Step 1. */
async function findHolder({ folder, id, dead }: View): Promise<Socket | "busy" | undefined> {
  for (const number of readNumbers(folder, id)) {
    const socket = readTarget(folder, id, number);
    if (socket === undefined || dead.has(socket)) continue;
    const holder = await dial(join(folder, socket));
    if (holder !== undefined) return holder;
    dead.add(socket);
  }
  return undefined;
}

/** Steps 2 and 3. */
async function claim(view: View): Promise<Lock | undefined> {
  const { folder, id } = view;
  const number = Math.max(0, ...readNumbers(folder, id)) + 1;
  const socket = socketName();
  const server = await listenAt(join(folder, socket));
  const release = async (lastWords?: string) => {
    removeName(view, number, socket);
    await server.close(lastWords);
  };
  let isOurs = false;
  try {
    if (pointTo(socket, join(folder, `${id}.${number}`)) && othersAreDead(view, number)) {
      removeDead(view);
      isOurs = true;
    }
  } finally {
    if (!isOurs) await release();
  }
  return isOurs ? { release } : undefined;
}

/** False when the name is taken. */
function pointTo(socket: string, name: string): boolean {
  try {
    fs.symlinkSync(socket, name);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function othersAreDead({ folder, id, dead }: View, own: number): boolean {
  return readNumbers(folder, id).every((number) => {
    const socket = readTarget(folder, id, number);
    return number === own || socket === undefined || dead.has(socket);
  });
}

/**
 * Only the holder does this, and only to those it saw dead: a name that appeared since belongs to somebody who is about to read the names,
 * and would find neither ours (if we have released by then) nor notice that its own is gone.
 */
function removeDead(view: View): void {
  for (const number of readNumbers(view.folder, view.id)) {
    const socket = readTarget(view.folder, view.id, number);
    if (socket === undefined || !view.dead.has(socket)) continue;
    removeName(view, number, socket);
    fs.rmSync(join(view.folder, socket), { force: true });
  }
}

/** Removes the name unless it points to another socket by now. */
function removeName({ folder, id }: View, number: number, socket: string): void {
  if (readTarget(folder, id, number) === socket) fs.rmSync(join(folder, `${id}.${number}`), { force: true });
}

function readNumbers(folder: string, id: string): number[] {
  return fs
    .readdirSync(folder)
    .filter((name) => name.startsWith(`${id}.`))
    .map((name) => Number(name.slice(id.length + 1)));
}

/** The socket that a name points to; `undefined` when the name is gone. */
function readTarget(folder: string, id: string, number: number): string | undefined {
  try {
    return fs.readlinkSync(join(folder, `${id}.${number}`));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
