/**
 * One makes it, everybody has it: of all who want the same thing at once, in this process and in others, one does the work and the others
 * read what it stored.
 *
 * Read; if there is nothing, take the lock and read again, because somebody may have been faster; make it only then. Those who wait are
 * woken when the holder ends. They read first and contend for the lock only if there is still nothing: so a hundred waiters finish at once,
 * and when the holder was killed or cancelled one of them takes over. Where it was refused they fail with its error instead of asking for
 * the same refusal a hundred times.
 *
 * With AWSRUNAS_STORE=none there is nothing to read from others, and only this process shares.
 */

import type { Environment } from "../world.ts";
import type { LockOptions } from "./lock.ts";
import { packRefusal, unpackRefusal } from "./refusal.ts";
import { storeMode } from "./store.ts";

export interface Flight<T> {
  /** The same for the same thing. Two flights may be nested only if their names always nest the same way. */
  readonly name: string;
  /** What is stored and good, else `undefined`. */
  readonly read: () => Promise<T | undefined>;
  /** The work; leaves its result where `read` finds it. */
  readonly make: () => Promise<T>;
}

export interface SingleFlightOptions extends LockOptions {
  readonly env: Environment;
  /** Who brings some of their own shares with all others as another process does: what is stored, and refusals. */
  readonly flights?: Flights | undefined;
}

/** Those under way, by home and name. */
export type Flights = Map<string, Promise<unknown>>;

/** Of this process. */
const underWay: Flights = new Map();

/**
 * The stored thing, or the one that this or another process makes now. A caller who joins a flight of its own process shares that flight's
 * options, its signal included.
 *
 * @throws what `read` and `make` throw, another process's refusal, StoreError "lock-timeout", or the signal's reason
 */
export function singleFlight<T>(flight: Flight<T>, options: SingleFlightOptions): Promise<T> {
  const id = JSON.stringify([options.homeDir, flight.name]);
  const { flights = underWay } = options;
  const running = flights.get(id);
  if (running !== undefined) return running as Promise<T>;
  const started = fly(flight, options).finally(() => flights.delete(id));
  flights.set(id, started);
  return started;
}

async function fly<T>(flight: Flight<T>, options: SingleFlightOptions): Promise<T> {
  const stored = await flight.read();
  if (stored !== undefined) return stored;
  if (storeMode(options.env, options.platform) === "none") return flight.make();
  const { takeTurn } = await import("./lock.ts"); // not needed on the warm path
  return takeTurn<T>(
    flight.name,
    {
      own: async (leave) => (await flight.read()) ?? (await makeOrLeave(flight, leave)),
      async afterOther(lastWords) {
        const refusal = lastWords && unpackRefusal(lastWords);
        if (refusal) throw refusal;
        return flight.read();
      },
    },
    options,
  );
}

async function makeOrLeave<T>(flight: Flight<T>, leave: (lastWords: string) => void): Promise<T> {
  try {
    return await flight.make();
  } catch (error) {
    const line = packRefusal(error);
    if (line !== undefined) leave(line);
    throw error;
  }
}
