/**
 * Waits for the browser to come back to the redirect URI (RFC 8252 section 7.3): of all requests that reach the port, the first that carries
 * this login's `state`.
 *
 * Anybody on this machine can connect, and any web page can send a browser here. What is not a GET of the exact path under the exact Host
 * with the right `state` is answered and forgotten, however often it comes. The authorization URL, which holds the state, is never served.
 */

import type { IncomingMessage, ServerResponse } from "node:http";

import { isSame } from "../../store/primitives.ts";
import type { Log } from "../../world.ts";
import { sendPage, strayPage } from "../loopback/answer.ts";
import { listenForCallback } from "../loopback/listener.ts";
import type { Page } from "../loopback/page.ts";

export interface Callback {
  /** To be sent to the provider; with the port that was found where none was configured. */
  readonly redirectUri: string;
  /** Resolves with the redirect that carries this state; its other parameters are not checked yet. */
  arrival(state: string): Promise<Arrival>;
  close(): void;
}

export interface Arrival {
  readonly url: URL;
  /** Shows the page to the browser, which waits for it; resolves when it has been sent, or cannot be. */
  answer(page: Page): Promise<void>;
}

export interface CallbackOptions {
  readonly redirectUri: string;
  /** The provider's host, for errors. */
  readonly provider: string;
  readonly log: Log;
}

interface Waiting {
  readonly redirectUri: URL;
  readonly state: string;
  readonly arrive: (arrival: Arrival) => void;
}

/** Listens before it resolves. @throws what `listenForCallback` throws */
export async function openCallback({ redirectUri, provider, log }: CallbackOptions): Promise<Callback> {
  let waiting: Waiting | undefined;
  const onRequest = async (request: IncomingMessage, response: ServerResponse, keep: () => void): Promise<void> => {
    const current = waiting;
    const refusal = current === undefined ? 400 : await refusalOf(request, current);
    if (current === undefined || current !== waiting || refusal !== undefined) {
      log.debug(`a request to the redirect URI is not this login's: ${refusal ?? 400}`);
      return sendPage(response, { status: refusal ?? 400, page: strayPage(), allow: "GET, HEAD" });
    }
    waiting = undefined;
    keep();
    const url = new URL(current.redirectUri);
    url.search = searchOf(request);
    current.arrive({ url, answer: (page) => sendPage(response, { status: page.isFailure ? 400 : 200, page }) });
  };
  const listener = await listenForCallback({ redirectUri, provider, onRequest: (...parts) => void onRequest(...parts) });
  return {
    redirectUri: listener.redirectUri,
    arrival: (state) =>
      new Promise((arrive) => {
        waiting = { redirectUri: new URL(listener.redirectUri), state, arrive };
      }),
    close: listener.close,
  };
}

/** The status for a request that is not the redirect; undefined for the one that is. */
async function refusalOf(request: IncomingMessage, { redirectUri, state }: Waiting): Promise<number | undefined> {
  const { method, url = "", headers } = request;
  if (headers.host !== redirectUri.host) return 403;
  if (url.split("?")[0] !== redirectUri.pathname) return 404;
  if (method === "HEAD") return 200;
  if (method !== "GET") return 405;
  const isOurs = await isSame(new URLSearchParams(searchOf(request)).get("state") ?? "", state);
  return isOurs ? undefined : 400;
}

function searchOf({ url = "" }: IncomingMessage): string {
  return url.includes("?") ? url.slice(url.indexOf("?")) : "";
}
