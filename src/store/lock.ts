/**
 * A lock between processes that dies with its holder.
 *
 * Whoever finds it held keeps a connection to the holder, which ends at the moment the holder lets go or is killed: no polling, no stale
 * lock files, no time after which a holder is presumed dead. How a holder is found and how one becomes it differs by platform:
 * lock-sockets.ts for Unix, lock-pipe.ts for Windows.
 *
 * A holder may leave last words, a line that those who wait receive. A killed one says nothing.
 */

import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, StoreError } from "../errors.ts";
import type { Log } from "../world.ts";
import { entryKey } from "./entry-key.ts";
import { openPipePlace } from "./lock-pipe.ts";
import type { Lock, LockPlace } from "./lock-server.ts";
import { openSocketPlace } from "./lock-sockets.ts";

export interface LockOptions {
  readonly homeDir: string;
  readonly platform: NodeJS.Platform;
  readonly log: Log;
  /** Ends a wait with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for others in all; ten minutes by default. */
  readonly limitMs?: number | undefined;
}

export interface Turns<T> {
  /** Runs while the lock is held. What it passes to `leave` is received by those who wait. */
  own(leave: (lastWords: string) => void): Promise<T>;
  /** Runs when another's turn has ended: any result but `undefined` ends the wait with it. */
  afterOther(lastWords: string | undefined): Promise<T | undefined>;
}

const LIMIT_MS = 600_000;
const NOTICE_AFTER_MS = 1_000;
const BUSY_RETRY_MS = 50;

/**
 * Takes the lock called `name` for one turn, waiting for others to end theirs. Where there can be no lock (no folder that holds sockets, a
 * full disk), there is a warning and the turn is taken at once.
 *
 * @throws StoreError "lock-timeout" when the limit is over; the signal's reason when it is aborted; what `turns` throws
 */
export async function takeTurn<T>(name: string, turns: Turns<T>, options: LockOptions): Promise<T> {
  const place = forgiving(openPlace(name, options), options.log);
  const patience = startPatience(options);
  try {
    for (;;) {
      patience.signal.throwIfAborted();
      const holder = await place.findHolder();
      if (holder !== undefined) {
        const result = await turns.afterOther(await untilItEnds(holder, patience.signal));
        if (result !== undefined) return result;
        continue;
      }
      const lock = await place.claim();
      if (lock === undefined) continue;
      patience.end();
      return await holdFor(lock, turns);
    }
  } finally {
    patience.end();
  }
}

/** Runs `work` while holding the lock called `name`. @throws as `takeTurn` */
export async function withLock<T>(name: string, work: () => Promise<T>, options: LockOptions): Promise<T> {
  return takeTurn<T>(name, { own: work, afterOther: async () => undefined }, options);
}

async function openPlace(name: string, { homeDir, platform }: LockOptions): Promise<LockPlace> {
  const id = (await entryKey({ name, homeDir })).slice(0, 16);
  return platform === "win32" ? openPipePlace(`\\\\.\\pipe\\aws-runas-${id}`) : openSocketPlace(id, homeDir);
}

/** A lock spares logins; that there can be none must not prevent one. */
function forgiving(opening: Promise<LockPlace>, log: Log): LockPlace {
  const goWithout = (error: unknown): Lock => {
    log.warn(`cannot wait for other aws-runas processes: ${messageOf(error)}`);
    return { release: async () => undefined };
  };
  return {
    findHolder: () => opening.then((place) => place.findHolder()).catch(() => undefined),
    claim: () => opening.then((place) => place.claim()).catch(goWithout),
  };
}

async function holdFor<T>(lock: Lock, turns: Turns<T>): Promise<T> {
  let lastWords: string | undefined;
  try {
    return await turns.own((words) => {
      lastWords = words;
    });
  } finally {
    await lock.release(lastWords);
  }
}

/** Resolves to the holder's last words when its connection ends, however it does. */
async function untilItEnds(holder: Socket | "busy", signal: AbortSignal): Promise<string | undefined> {
  let lastWords = "";
  try {
    if (holder === "busy") return await sleep(BUSY_RETRY_MS, undefined, { signal });
    holder.setEncoding("utf8").on("data", (text: string) => (lastWords += text));
    await once(holder, "close", { signal });
  } catch {
    signal.throwIfAborted(); // else: the connection broke, which is an end as well
  } finally {
    if (holder !== "busy") holder.destroy();
  }
  return lastWords.endsWith("\n") ? lastWords.trimEnd() : undefined;
}

/** The limits of one wait: a signal that ends it, and a notice after a second so that it does not look like a hang. */
function startPatience({ log, signal, limitMs }: LockOptions): { signal: AbortSignal; end(): void } {
  const limit = new AbortController();
  const tooLong = () => {
    const hint = "look for an aws-runas that waits for an answer or was stopped, and end it";
    limit.abort(new StoreError("lock-timeout", "gave up waiting for another aws-runas to log in", { hint }));
  };
  const timers = [
    setTimeout(tooLong, limitMs ?? LIMIT_MS),
    setTimeout(() => log.info("waiting for another aws-runas to log in"), NOTICE_AFTER_MS),
  ];
  return {
    signal: AbortSignal.any(signal === undefined ? [limit.signal] : [signal, limit.signal]),
    end: () => timers.forEach(clearTimeout),
  };
}
