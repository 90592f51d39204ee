/** The last requests that a server answered, the newest first: who asks for what. */

import { shorten } from "../../errors.ts";
import type { Answered } from "./server.ts";

export interface Recent {
  add(answered: Answered): void;
  list(): readonly Answered[];
}

const KEPT = 50;
const MAX_LENGTH = 200;
/** What the page alone asks for; browsers tell no Origin with what they get. */
const UNTOLD: ReadonlySet<string> = new Set(["/", "/site.js", "/site.css", "/icon.svg", "/state"]);

/** Adding is cheap, as it is done for every request; what is made of it waits until somebody looks. */
export function createRecent(): Recent {
  const ring: Answered[] = [];
  let added = 0;
  return {
    add(answered) {
      if (answered.isPage || UNTOLD.has(answered.path) || answered.path.startsWith("/site/")) return;
      ring[added % KEPT] = answered;
      added += 1;
    },
    list: () => [...ring.slice(added % KEPT), ...ring.slice(0, added % KEPT)].toReversed().map(fitToShow),
  };
}

function fitToShow(answered: Answered): Answered {
  const { path, client, method } = answered;
  return { ...answered, method: short(method), path: short(path), client: short(client) };
}

function short(text: string): string {
  return shorten(text).slice(0, MAX_LENGTH);
}
