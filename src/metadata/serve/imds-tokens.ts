/**
 * Session tokens of an instance metadata service (IMDSv2): random, good for the time that was asked for, and nothing is kept of them.
 *
 * A token is the end of its time, 128 random bits, and an HMAC of both by a key of this run: 56 characters, as AWS's have. So nobody can fill
 * the memory with tokens, nor push out another's.
 */

import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { Secret } from "../../secret.ts";
import type { Clock } from "../../world.ts";

export const MAX_TTL_SECONDS = 21_600;

const TIME_BYTES = 6;
const CLAIM_BYTES = TIME_BYTES + 16;
const MAC_BYTES = 20;

export interface ImdsTokens {
  issue(ttlSeconds: number): Secret;
  accepts(token: string): boolean;
}

export function createImdsTokens(clock: Clock): ImdsTokens {
  const key = randomBytes(32);
  const macOf = (claim: Buffer) => createHmac("sha256", key).update(claim).digest().subarray(0, MAC_BYTES);
  return {
    issue(ttlSeconds) {
      const claim = randomBytes(CLAIM_BYTES);
      claim.writeUIntBE(clock.now() + ttlSeconds * 1000, 0, TIME_BYTES);
      return new Secret(Buffer.concat([claim, macOf(claim)]).toString("base64url"));
    },
    accepts(token) {
      const bytes = Buffer.from(token, "base64url");
      if (bytes.length !== CLAIM_BYTES + MAC_BYTES || bytes.toString("base64url") !== token) return false;
      const claim = bytes.subarray(0, CLAIM_BYTES);
      return timingSafeEqual(bytes.subarray(CLAIM_BYTES), macOf(claim)) && clock.now() < claim.readUIntBE(0, TIME_BYTES);
    },
  };
}

/** The header's value as seconds, from 1 to 21600; undefined for anything else. */
export function readTtl(text: string | undefined): number | undefined {
  const seconds = /^\d{1,5}$/.test(text ?? "") ? Number(text) : 0;
  return seconds >= 1 && seconds <= MAX_TTL_SECONDS ? seconds : undefined;
}
