/** What the program and the library both take of the process: its environment, its clock, the user's home. */

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
