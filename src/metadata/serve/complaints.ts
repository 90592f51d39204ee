/** Why a profile has no credentials, on stderr: most SDKs do not show the reason that they are given. */

import type { Log } from "../../world.ts";

export interface Complaints {
  /** Said once, and again when there were credentials meanwhile. */
  missing(name: string, reason: string): void;
  given(name: string): void;
}

const MOST_KEPT = 1_000;

export function createComplaints(log: Log): Complaints {
  const said = new Map<string, string>();
  return {
    missing(name, reason) {
      if (said.get(name) === reason) return;
      log.warn(`no credentials for ${name}: ${reason}`);
      if (said.size >= MOST_KEPT) said.clear();
      said.set(name, reason);
    },
    given: (name) => void said.delete(name),
  };
}
