/**
 * How many connections a server under Node keeps: a new one pushes out the oldest of those that wait for no answer.
 *
 * Turning the new one away, as `maxConnections` does, would let whoever opens that many keep everybody out; the oldest have had time to ask.
 * Those that wait for an answer are kept: only who knows a token is let wait for long.
 */

import type { Socket } from "node:net";

/** More than the 511 that the system queues for us, so that one burst pushes out nobody of its own; fewer than our descriptors, as refreshing needs some. */
const MOST = 512;

export class Connections {
  readonly #open = new Set<Socket>();
  readonly #answering = new Set<Socket>();

  add(socket: Socket): void {
    this.#open.add(socket);
    socket.once("close", () => this.#open.delete(socket));
    if (this.#open.size > MOST) this.#oldest()?.destroy();
  }

  /** Not to be pushed out until `answered`. */
  answering(socket: Socket, answered: Promise<unknown>): void {
    this.#answering.add(socket);
    void answered.then(() => this.#answering.delete(socket));
  }

  #oldest(): Socket | undefined {
    for (const socket of this.#open) if (!this.#answering.has(socket) && !socket.destroyed) return socket;
    return undefined;
  }
}
