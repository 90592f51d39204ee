/** A request that reached the port of a login → the page that it is answered with. */

import type { ServerResponse } from "node:http";

import { failurePage, type Page } from "./page.ts";

const LIMIT_MS = 1_000;

export interface PageAnswer {
  readonly status: number;
  readonly page: Page;
  /** The methods that would have been right, for 405. */
  readonly allow?: string;
}

/** For whatever this login does not wait for. */
export function strayPage(): Page {
  return failurePage({ title: "Nothing waits for this", message: "This address does not belong to a login that is under way." });
}

/** Resolves when it has been sent, or cannot be. */
export function sendPage(response: ServerResponse, { status, page, allow }: PageAnswer): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) return resolve();
    const timer = setTimeout(resolve, LIMIT_MS);
    response.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
    const allowed = status === 405 && allow !== undefined ? { allow } : {};
    response.writeHead(status, { ...page.headers, ...allowed, connection: "close" }).end(page.html);
  });
}
