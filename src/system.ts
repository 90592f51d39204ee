/** What the program and the library both take of the process: its environment, its clock, the user's home, its place at the terminal. */

import { readFileSync } from "node:fs";
import type { Clock, Environment, OwnProcess } from "./world.ts";

export interface System {
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
  readonly process: OwnProcess;
}

export function ownSystem(): System {
  return { env: { ...process.env }, platform: process.platform, process };
}

/** HOME's, else the system's. A user whom the system does not know (a container's arbitrary id) has none; "/" is what container runtimes say then. */
export function homeOf(env: Environment): string {
  return env["HOME"] || systemHome();
}

function systemHome(): string {
  try {
    return process.getBuiltinModule("node:os").homedir();
  } catch {
    return "/";
  }
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (durationMs, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const timer = setTimeout(finish, durationMs);
      function finish(): void {
        signal?.removeEventListener("abort", abort);
        resolve();
      }
      function abort(): void {
        clearTimeout(timer);
        reject(signal?.reason);
      }
      signal?.addEventListener("abort", abort, { once: true });
    }),
};

/** Of job control. */
export interface Groups {
  /** The process's own. */
  readonly group: number;
  /** The one that the terminal's keys go to; 0 or less where there is no terminal, or none that is seen from here. */
  readonly foregroundGroup: number;
}

/** True where a question would stop us (SIGTTIN, SIGTTOU) until somebody types `fg`; false where that cannot be found out. */
export function isInBackground(): boolean {
  const groups = readGroups(process.platform, process.pid);
  if (groups === undefined || groups.foregroundGroup <= 0 || groups.group === groups.foregroundGroup) return false;
  return !isInHandsOfSudo(groups);
}

/**
 * In a pipeline sudo starts what it runs in the background of a terminal that it makes for it: it passes the keys' signals on, and brings to the
 * foreground what a question stops. Linux alone: macOS's sudo makes no terminal unless it is told.
 *
 * @see sudoers(5), use_pty
 */
export function isInHandsOfSudo({ foregroundGroup }: Groups): boolean {
  const leader = readLinuxStatus(foregroundGroup);
  return leader?.name === "sudo" && leader.session === foregroundGroup;
}

/** Undefined where nothing tells. */
export function readGroups(platform: NodeJS.Platform, pid: number): Groups | undefined {
  if (platform === "win32") return undefined;
  return platform === "linux" ? readLinuxStatus(pid) : readPs(pid);
}

interface LinuxStatus extends Groups {
  readonly name: string;
  readonly state: string;
  readonly session: number;
}

/** @see proc(5), /proc/pid/stat: after the name in parentheses come state, ppid, pgrp, session, tty_nr, tpgid */
export function readLinuxStatus(pid: number): LinuxStatus | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const nameEnd = text.lastIndexOf(")");
    const [state = "", , group, session, , foregroundGroup] = text.slice(nameEnd + 2).split(" ");
    const name = text.slice(text.indexOf("(") + 1, nameEnd);
    return { name, state, group: Number(group), session: Number(session), foregroundGroup: Number(foregroundGroup) };
  } catch {
    return undefined;
  }
}

const PS_LIMIT_MS = 5_000;

function readPs(pid: number): Groups | undefined {
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  const { status, stdout } = spawnSync("/bin/ps", ["-o", "pgid=,tpgid=", "-p", String(pid)], { encoding: "utf8", timeout: PS_LIMIT_MS });
  const [group, foregroundGroup] = status === 0 ? stdout.trim().split(/\s+/).map(Number) : [];
  return group === undefined || foregroundGroup === undefined ? undefined : { group, foregroundGroup };
}
