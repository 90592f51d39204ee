/** The log as loud as the user asked. */

import type { Log } from "../world.ts";

/** Without -v neither debug nor trace lines, with one no trace lines. */
export function limitLog(log: Log, verbosity: number): Log {
  return {
    warn: (message) => log.warn(message),
    info: (message) => log.info(message),
    debug: (message) => (verbosity > 0 ? log.debug(message) : undefined),
    trace: (message) => (verbosity > 1 ? log.trace(message) : undefined),
  };
}
