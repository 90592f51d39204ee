/** The log as loud as the user asked. */

import type { Log } from "../world.ts";

/** Without -v no debug lines. What -vv adds is said of errors (render-error.ts). */
export function limitLog(log: Log, verbosity: number): Log {
  return {
    warn: (message) => log.warn(message),
    info: (message) => log.info(message),
    debug: (message) => (verbosity > 0 ? log.debug(message) : undefined),
  };
}
