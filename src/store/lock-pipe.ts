/**
 * The place of a lock on Windows: a named pipe. Windows gives a pipe's first instance to one process only and takes the name away when that
 * process ends, so listening is holding.
 */

import { dial, listenAt, type Lock, type LockPlace } from "./lock-server.ts";

/** The place of the lock with this pipe's name, `\\.\pipe\…`. */
export function openPipePlace(pipe: string): LockPlace {
  return { findHolder: () => dial(pipe), claim: () => claim(pipe) };
}

async function claim(pipe: string): Promise<Lock | undefined> {
  try {
    const server = await listenAt(pipe);
    return { release: (lastWords) => server.close(lastWords) };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return undefined;
    throw error;
  }
}
