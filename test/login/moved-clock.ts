/** A clock whose waits are over at once, and move it. */

import type { Clock } from "../../src/world.ts";

export interface MovedClock extends Clock {
  /** Every wait, in seconds. */
  readonly waits: number[];
  advance(durationMs: number): void;
}

export function movedClock(): MovedClock {
  let movedMs = 0;
  const waits: number[] = [];
  return {
    waits,
    now: () => Date.now() + movedMs,
    advance: (durationMs) => void (movedMs += durationMs),
    sleep: async (durationMs) => {
      waits.push(Math.round(durationMs / 1000));
      movedMs += durationMs;
    },
  };
}
