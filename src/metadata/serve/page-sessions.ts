/**
 * Tokens of the page's own, given for the server's: good for what a page asks, though for no credentials, and for as long as it goes on asking.
 *
 * The server's own token may be replaced every hour (token-file.ts), and a page cannot read the file. What is kept is digests, in memory alone.
 */

import { createHash, randomBytes } from "node:crypto";
import { Secret } from "../../secret.ts";
import type { Clock } from "../../world.ts";

export interface PageSessions {
  begin(): Secret;
  /** Whether it is one's; that counts as asking. */
  accepts(authorization: string | undefined): boolean;
}

/** A machine that sleeps overnight comes back to a page that works. */
const UNUSED_MS = 18 * 60 * 60_000;
/** More tabs than anybody has; the one that was silent for longest gives way. */
const MOST = 64;

export function createPageSessions(clock: Clock): PageSessions {
  /** When each last asked, the longest silent first. */
  const sessions = new Map<string, number>();
  const note = (digest: string): void => {
    sessions.delete(digest);
    sessions.set(digest, clock.now());
  };
  return {
    begin() {
      const token = randomBytes(32).toString("base64url");
      for (const digest of [...sessions.keys()].slice(0, Math.max(0, sessions.size - MOST + 1))) sessions.delete(digest);
      note(digestOf(token));
      return new Secret(token);
    },
    accepts(given = "") {
      const digest = digestOf(given);
      const askedAt = sessions.get(digest);
      if (askedAt === undefined || Math.abs(clock.now() - askedAt) > UNUSED_MS) return false; // also by a clock that was set back
      note(digest);
      return true;
    },
  };
}

/** What is looked up tells nothing of the token by the time that it takes. */
function digestOf(token: string): string {
  return createHash("sha256").update(token).digest("base64");
}
