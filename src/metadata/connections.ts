/**
 * How many connections a server under Node keeps: a new one pushes out the oldest of those that wait for no answer.
 *
 * Turning the new one away, as `maxConnections` does, would let whoever opens that many keep everybody out; pushed out is who has had time to
 * ask. An answer that takes a while is for those who have known a token.
 */

import type { Socket } from "node:net";

/** More than come in one go, as 511 wait to be taken, and fewer than the descriptors of a process, of which refreshing needs some. */
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
