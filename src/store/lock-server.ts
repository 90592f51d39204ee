/** What both kinds of lock have in common: a holder listens, and others stay connected to it for as long as it holds. */

import { connect, createServer, type Server, type Socket } from "node:net";

/** Held until released, or until this process ends. */
export interface Lock {
  /** Lets the next one in, after `lastWords` to all who wait now. */
  release(lastWords?: string): Promise<void>;
}

/** Where one contender contends for one lock. */
export interface LockPlace {
  /** A connection to the living holder, "busy" when one lives but cannot be connected to now, `undefined` when there is none. */
  findHolder(): Promise<Socket | "busy" | undefined>;
  /** The lock, or `undefined` when somebody else was faster. */
  claim(): Promise<Lock | undefined>;
}

/** A listening server and those who are connected to it. It does not keep the process alive. */
export interface LockServer {
  /** Ends all connections, after `lastWords` if there are any, and no longer listens (a Unix socket's file is then gone). */
  close(lastWords?: string): Promise<void>;
}

/** Nobody listens there: not any more, not at all, or nobody that we may talk to (root's, after a sudo). */
const DEAD = new Set(["ECONNREFUSED", "ENOENT", "EACCES"]);

/** Listens at a socket's path or pipe's name. Rejects with the system's error, EADDRINUSE when the name is taken. */
export async function listenAt(path: string): Promise<LockServer> {
  const waiting = new Set<Socket>();
  const server = createServer((socket) => {
    waiting.add(socket.unref().resume());
    socket.on("error", () => undefined); // killed while waiting
    socket.on("close", () => waiting.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  server.unref();
  return { close: (lastWords) => closeServer(server, waiting, lastWords) };
}

/** Connects to whoever listens at `path`. */
export function dial(path: string): Promise<Socket | "busy" | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => resolve(socket));
    socket.once("error", (error: NodeJS.ErrnoException) => resolve(DEAD.has(error.code ?? "") ? undefined : "busy"));
  });
}

async function closeServer(server: Server, waiting: Set<Socket>, lastWords: string | undefined): Promise<void> {
  // One turn of the event loop, so that those who are connected but not yet accepted hear it too.
  await new Promise((resolve) => setImmediate(resolve));
  for (const socket of waiting) {
    if (lastWords === undefined) socket.destroy();
    else socket.end(`${lastWords}\n`);
  }
  server.close();
}
