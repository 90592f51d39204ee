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
  let current = asBytes(first ?? newToken());
  let previous: { readonly bytes: Buffer; readonly until: number } | undefined;
  let coming: Buffer | undefined;
  let madeAt = clock.now();
  const replace = async (publish: (next: Secret) => Promise<void>): Promise<void> => {
    const next = newToken();
    const bytes = (coming = asBytes(next));
    await publish(next);
    previous = { bytes: current, until: clock.now() + TAKEN_FOR_MS };
    madeAt = clock.now();
    [current, coming] = [bytes, undefined];
  };
  return {
    get current() {
      return new Secret(current.toString());
    },
    accepts(given = "") {
      if (isSame(given, current) || (coming !== undefined && isSame(given, coming))) return true;
      return previous !== undefined && clock.now() < previous.until && isSame(given, previous.bytes);
    },
    rotate: (publish) => (clock.now() - madeAt < ROTATED_AFTER_MS ? undefined : replace(publish)),
  };
}

/** 256 bits in base64url: no character that a header or a shell minds. */
function newToken(): Secret {
  return new Secret(randomBytes(32).toString("base64url"));
}

function asBytes(token: Secret): Buffer {
  return Buffer.from(token.reveal());
}

/** The length is no secret. */
function isSame(given: string, expected: Buffer): boolean {
  return given.length === expected.length && timingSafeEqual(Buffer.from(given, "latin1"), expected);
}
