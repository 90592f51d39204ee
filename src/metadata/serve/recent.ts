/** The last requests that a server answered, the newest first: who asks for what. */

import { shorten } from "../../errors.ts";
import type { Answered } from "./server.ts";

export interface Recent {
  add(answered: Answered): void;
  list(): readonly Answered[];
}

const KEPT = 50;
const MAX_LENGTH = 200;
/** The page itself, which asks for /state all the time. */
const UNTOLD: ReadonlySet<string> = new Set(["/", "/site.js", "/site.css", "/icon.svg", "/qr", "/state"]);

export function createRecent(): Recent {
  let kept: readonly Answered[] = [];
  return {
    add(answered) {
      if (UNTOLD.has(answered.path) || answered.path.startsWith("/site/")) return;
      const { path, client, method } = answered;
      kept = [{ ...answered, method: short(method), path: short(path), client: short(client) }, ...kept.slice(0, KEPT - 1)];
    },
    list: () => kept,
  };
}

function short(text: string): string {
  return shorten(text).slice(0, MAX_LENGTH);
}
