/** Waits for the signal that ends a server: Ctrl-C, TERM, HUP; a second one ends the program at once. */

import type { OwnProcess } from "../world.ts";

const SIGNALS: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP"];

export function untilEnded(own: OwnProcess): Promise<void> {
  return new Promise((resolve) => {
    const keepAlive = setInterval(() => {}, 60_000);
    const end = (): void => {
      clearInterval(keepAlive);
      for (const signal of SIGNALS) own.off(signal, end);
      resolve();
    };
    for (const signal of SIGNALS) own.on(signal, end);
  });
}
