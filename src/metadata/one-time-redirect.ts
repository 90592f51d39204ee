/**
 * An address that may stand in an argument, where other users can read it, for one that may not: a page of our own on loopback that
 * redirects to it once, to the first who asks, within a minute; where the system tells who that is, not to another user.
 */

import { failure } from "./answers.ts";
import { listen } from "./listen.ts";
import { isOtherUsers } from "./peer-user.ts";
import { loadPrimitives } from "../store/primitives.ts";
import type { Clock } from "../world.ts";

export interface OneTimeRedirect {
  readonly url: URL;
  /** Resolves with true when somebody was redirected, with false when nobody came in time; nothing listens any more then. */
  readonly used: Promise<boolean>;
}

const LIMIT_MS = 60_000;
/** The answer is on its way by then. */
const DELIVERED_AFTER_MS = 500;

export async function redirectOnce(target: URL, clock: Clock): Promise<OneTimeRedirect> {
  const { randomBytes } = await loadPrimitives();
  const path = `/${Buffer.from(randomBytes(16)).toString("base64url")}`;
  const waiting = new AbortController();
  let isUsed = false;
  const listener = await listen(async (request, authority) => {
    const isAsked = request.target === path && request.method === "GET" && request.host === authority;
    const ends = { local: request.peerPort() ?? 0, remote: Number(authority.split(":")[1]) };
    if (isUsed || !isAsked || isOtherUsers(ends)) return failure(404, "not-found", "there is nothing here");
    isUsed = true;
    setTimeout(() => waiting.abort(), DELIVERED_AFTER_MS);
    return { status: 302, headers: { location: target.href, "cache-control": "no-store", "referrer-policy": "no-referrer" }, body: "" };
  });
  const used = clock
    .sleep(LIMIT_MS, waiting.signal)
    .catch(() => {})
    .then(() => listener.close())
    .then(() => isUsed);
  return { url: new URL(`http://${listener.authority}${path}`), used };
}
