/**
 * Whom a server that root started goes on as: the user who called sudo, else the owner of HOME; and giving root up, for good.
 *
 * The Go tool gives root up in one thread of six. The runtimes call libc, whose calls act on all threads; that is checked afterwards, and the
 * program ends if a thread kept anything. The user's supplementary groups are not taken up.
 */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { InternalError, UsageError } from "../../errors.ts";
import type { Environment, OwnProcess } from "../../world.ts";

export interface User {
  readonly uid: number;
  readonly gid: number;
  readonly name: string | undefined;
  readonly homeDir: string;
}

/**
 * Undefined where root itself is meant: it did not come by sudo, and HOME is its own.
 *
 * @throws UsageError where nobody is to be found
 */
export function userToBecome(env: Environment, homeDir: string, passwords = readPasswords()): User | undefined {
  const owner = ownerOf(homeDir);
  const caller = callerOf(env);
  const isRoots = owner?.uid === 0 && (env["SUDO_UID"] || "0") === "0";
  const found = caller ?? owner;
  if (isRoots) return undefined;
  if (found === undefined || found.uid === 0) {
    throw new UsageError("root has nobody to go on as: SUDO_UID and SUDO_GID name no user, and HOME is not one's", {
      hint: "start it by sudo",
    });
  }
  const entry = entryOf(found.uid, passwords);
  const home = owner?.uid === found.uid ? homeDir : entry?.homeDir;
  if (home === undefined)
    throw new UsageError(`the home folder of user ${found.uid} is not known`, { hint: "keep HOME: sudo --preserve-env=HOME" });
  return { ...found, name: entry?.name, homeDir: home };
}

interface Ids {
  readonly uid: number;
  readonly gid: number;
}

/** As sudo says it; undefined for root and for half of it. */
function callerOf(env: Environment): Ids | undefined {
  const [uid, gid] = ["SUDO_UID", "SUDO_GID"].map((name) => (/^\d{1,10}$/.test(env[name] ?? "") ? Number(env[name]) : undefined));
  return uid === undefined || gid === undefined || uid === 0 ? undefined : { uid, gid };
}

function ownerOf(folder: string): Ids | undefined {
  const found = statSync(folder, { throwIfNoEntry: false });
  return found && { uid: found.uid, gid: found.gid };
}

function readPasswords(): string {
  try {
    return readFileSync("/etc/passwd", "utf8");
  } catch {
    return "";
  }
}

function entryOf(uid: number, passwords: string): { readonly name: string; readonly homeDir: string } | undefined {
  const entries = passwords.split("\n").map((line) => line.split(":"));
  const [name, , , , , homeDir] = entries.find((fields) => fields[2] === String(uid)) ?? [];
  return name && homeDir ? { name, homeDir } : undefined;
}

/** @throws InternalError where any of it is left */
export function becomeUser({ uid, gid }: User, own: OwnProcess): void {
  own.setgroups?.([gid]);
  own.setgid?.(gid);
  own.setuid?.(uid);
  const isLeft =
    own.getuid?.() !== uid || canReturn(own) || (own.platform === "linux" && !threads().every((status) => isOf(status, uid, gid)));
  if (isLeft) throw new InternalError("root's rights could not be given up");
}

function canReturn(own: OwnProcess): boolean {
  try {
    own.setuid?.(0);
    return true;
  } catch {
    return false;
  }
}

/** @see proc(5): a thread that has ended meanwhile is none of ours any more. */
function threads(): readonly string[] {
  return readdirSync("/proc/self/task").flatMap((id) => {
    try {
      return [readFileSync(`/proc/self/task/${id}/status`, "utf8")];
    } catch {
      return [];
    }
  });
}

/** Real, effective, saved and file system's. */
function isOf(status: string, uid: number, gid: number): boolean {
  const field = (name: string) => new RegExp(`^${name}:\\s*(.*?)\\s*$`, "m").exec(status)?.[1]?.split(/\s+/) ?? [];
  const isAll = (name: string, id: number) => field(name).length === 4 && field(name).every((each) => each === String(id));
  const hasNoRights = ["CapEff", "CapPrm", "CapAmb"].every((name) => /^0+$/.test(field(name)[0] ?? ""));
  return isAll("Uid", uid) && isAll("Gid", gid) && field("Groups").every((group) => group === String(gid)) && hasNoRights;
}
