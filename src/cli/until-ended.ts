/**
 * Waits for the signal that ends a server: Ctrl-C, TERM, and HUP of the terminal that it is on; a second one ends the program at once.
 *
 * Where none of stdin, stdout and stderr is a terminal, HUP is not for us: so it is under nohup, which has it ignored, and Node forgets that.
 */

import type { World } from "../world.ts";

export function untilEnded({ process: own, stdin, stdout, stderr }: Pick<World, "process" | "stdin" | "stdout" | "stderr">): Promise<void> {
  const isOnTerminal = stdin.isTerminal || stdout.isTerminal || stderr.isTerminal;
  return new Promise((resolve) => {
    const keepAlive = setInterval(() => {}, 60_000);
    const stay = (): void => {};
    const end = (): void => {
      clearInterval(keepAlive);
      for (const [signal, listener] of listeners) own.off(signal, listener);
      resolve();
    };
    const listeners: readonly [NodeJS.Signals, () => void][] = [
      ["SIGINT", end],
      ["SIGTERM", end],
      ["SIGHUP", isOnTerminal ? end : stay],
    ];
    for (const [signal, listener] of listeners) own.on(signal, listener);
  });
}
