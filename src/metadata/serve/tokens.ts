/**
 * The token that clients of a server send as their Authorization header: one for the server's life, or, where clients read it from a file
 * for each request, a new one every hour; the one before it is taken for a while longer.
 */

import { randomBytes, timingSafeEqual } from "node:crypto";
import { Secret } from "../../secret.ts";
import type { Clock } from "../../world.ts";

export interface Tokens {
  readonly current: Secret;
  accepts(authorization: string | undefined): boolean;
  /** Where it is time: a new one, taken at once and current when `publish` is done. Rejects as that does; then the one before stays. */
  rotate(publish: (next: Secret) => Promise<void>): Promise<void> | undefined;
}

const ROTATED_AFTER_MS = 60 * 60_000;
/** Who read the file just before it was rewritten has sent by then. */
const TAKEN_FOR_MS = 5 * 60_000;

/** @param first instead of a random one */
export function createTokens(clock: Clock, first?: Secret): Tokens {
  let current = checkOf(first ?? newToken());
  let previous: { readonly check: Check; readonly at: number } | undefined;
  let coming: Check | undefined;
  let madeAt = clock.now();
  const passedSince = (at: number) => Math.abs(clock.now() - at); // a clock that was set back must not keep a token alive
  const replace = async (publish: (next: Secret) => Promise<void>): Promise<void> => {
    const next = (coming = checkOf(newToken()));
    await publish(next.token);
    previous = { check: current, at: clock.now() };
    madeAt = clock.now();
    [current, coming] = [next, undefined];
  };
  return {
    get current() {
      return current.token;
    },
    accepts(given = "") {
      if (current.matches(given) || coming?.matches(given) === true) return true;
      return previous !== undefined && passedSince(previous.at) < TAKEN_FOR_MS && previous.check.matches(given);
    },
    rotate: (publish) => (passedSince(madeAt) < ROTATED_AFTER_MS ? undefined : replace(publish)),
  };
}

/** 256 bits in base64url: no character that a header or a shell minds. */
function newToken(): Secret {
  return new Secret(randomBytes(32).toString("base64url"));
}

interface Check {
  readonly token: Secret;
  /** In a time that tells nothing but the length. */
  matches(given: string): boolean;
}

/** What is given is written into the same bytes each time: every request is checked, and what it leaves behind is collected. */
function checkOf(token: Secret): Check {
  const expected = Buffer.from(token.reveal());
  const written = Buffer.alloc(expected.length);
  return {
    token,
    matches(given) {
      if (given.length !== expected.length) return false;
      written.write(given, "latin1");
      return timingSafeEqual(written, expected);
    },
  };
}
