/** Why there are no credentials: for the client, and on stderr, as most SDKs do not show the reason that they are given. */

import type { Log } from "../world.ts";
import { failureFor, readableReason, reasonText } from "./answers.ts";
import type { LocalResponse } from "./listen.ts";

export interface Complaints {
  /** The answer to a client of `name`; said on stderr once, and again when there were credentials meanwhile. */
  missing(name: string, error: unknown): LocalResponse;
  given(name: string): void;
}

const MOST_KEPT = 1_000;

export function createComplaints(log: Log): Complaints {
  const said = new Map<string, string>();
  return {
    missing(name, error) {
      const reason = readableReason(error);
      const text = reasonText(reason);
      if (said.get(name) !== text) {
        log.warn(`no credentials for ${name}: ${text}`);
        if (said.size >= MOST_KEPT) said.clear();
        said.set(name, text);
      }
      return failureFor(reason);
    },
    given: (name) => void said.delete(name),
  };
}
