/** One-time codes by time: RFC 6238 with SHA-1, 30 seconds, six digits, each good for one use. */

import { createHmac } from "node:crypto";

const STEP_MS = 30_000;

/** The code of a secret (its raw characters, not base32) in a 30-second step. @see RFC 4226, section 5.3 */
export function codeOfStep(secret: string, step: number): string {
  const counter = Buffer.alloc(8);
  counter.writeBigInt64BE(BigInt(step));
  const digest = createHmac("sha1", secret).update(counter).digest();
  const offset = digest.readUInt8(digest.length - 1) & 0x0f;
  const number = digest.readUInt32BE(offset) & 0x7fff_ffff;
  return String(number % 1_000_000).padStart(6, "0");
}

/** One user's authenticator and the server's memory of it. */
export class Totp {
  readonly #secret: string;
  readonly #now: () => number;
  #lastUsedStep = -1;

  constructor(secret: string, now: () => number = Date.now) {
    this.#secret = secret;
    this.#now = now;
  }

  /** A code that will be accepted now. @throws when the two that could be have been used: the next comes within 30 seconds */
  code(): string {
    const step = Math.max(this.#step(), this.#lastUsedStep + 1);
    if (step > this.#step() + 1) throw new Error("no unused one-time code is left in this half minute");
    return codeOfStep(this.#secret, step);
  }

  /** Accepts the code of this step or a neighbour, if neither it nor a later one was accepted before. */
  accept(code: string): boolean {
    const step = [-1, 0, 1].map((drift) => this.#step() + drift).find((candidate) => codeOfStep(this.#secret, candidate) === code);
    if (step === undefined || step <= this.#lastUsedStep) return false;
    this.#lastUsedStep = step;
    return true;
  }

  #step(): number {
    return Math.floor(this.#now() / STEP_MS);
  }
}
