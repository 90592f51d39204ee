/**
 * Logins on the terminal while a server runs: one at a time, for profiles that somebody asked for and that need a person. Nobody's request waits for
 * them; a person who says no, or whose login fails, is not asked for that profile again for a while.
 */

import { messageOf, PersonNeededError } from "../../errors.ts";
import type { Clock, Log } from "../../world.ts";

export interface Asker {
  /** To be told of every failure; does nothing for those that no answer of a person's mends. */
  failed(name: string, error: unknown): void;
}

export interface AskerOptions {
  /** A login with the person at the terminal. */
  readonly open: (name: string) => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Log;
}

const NOT_AGAIN_FOR_MS = 60_000;

export function createAsker({ open, clock, log }: AskerOptions): Asker {
  const asking = new Set<string>();
  const failedAt = new Map<string, number>();
  let last: Promise<void> = Promise.resolve();
  const ask = async (name: string): Promise<void> => {
    log.info(`a program asks for the credentials of ${name}, and a new login needs you`);
    try {
      await open(name);
      failedAt.delete(name);
      log.info(`${name} is logged in`);
    } catch (error) {
      failedAt.set(name, clock.now());
      log.warn(`no login for ${name}: ${messageOf(error)}; a request a minute from now asks again`);
    }
    asking.delete(name);
  };
  return {
    failed(name, error) {
      const sinceMs = Math.abs(clock.now() - (failedAt.get(name) ?? Number.NEGATIVE_INFINITY));
      if (!isForPerson(error) || asking.has(name) || sinceMs < NOT_AGAIN_FOR_MS) return;
      asking.add(name);
      last = last.then(() => ask(name));
    },
  };
}

/** A password that was refused is not sent again by itself: enough of them lock an account. */
function isForPerson(error: unknown): boolean {
  if (!(error instanceof PersonNeededError)) return false;
  return error.cause === undefined || isForPerson(error.cause);
}
