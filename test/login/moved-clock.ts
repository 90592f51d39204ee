/** A clock whose waits are over at once, and move it. */

import type { Clock } from "../../src/world.ts";

export interface MovedClock extends Clock {
  /** Every wait, in milliseconds. */
  readonly slept: number[];
  /** Every wait, in seconds. */
  readonly waits: number[];
  /** All of them together. */
  readonly sleptMs: number;
  advance(durationMs: number): void;
}

export function movedClock(): MovedClock {
  let movedMs = 0;
  const slept: number[] = [];
  return {
    slept,
    get waits() {
      return slept.map((durationMs) => Math.round(durationMs / 1000));
    },
    get sleptMs() {
      return slept.reduce((sum, durationMs) => sum + durationMs, 0);
    },
    now: () => Date.now() + movedMs,
    advance: (durationMs) => void (movedMs += durationMs),
    sleep: async (durationMs) => {
      slept.push(durationMs);
      movedMs += durationMs;
    },
  };
}
