/**
 * Waits for the browser to come back to the redirect URI (RFC 8252 section 7.3): of all requests that reach the port, the first that carries
 * this login's `state`.
 *
 * Anybody on this machine can connect, and any web page can send a browser here. What is not a GET of the exact path under the exact Host
 * with the right `state` is answered and forgotten, however often it comes. The authorization URL, which holds the state, is never served.
 */

import type { IncomingMessage, ServerResponse } from "node:http";

import { loadPrimitives } from "../../store/primitives.ts";
import { failurePage, type Page } from "./callback-page.ts";
import { type Listener, listenForCallback } from "./callback-listener.ts";

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

const ANSWER_LIMIT_MS = 1_000;

/** Listens before it resolves. @throws what `listenForCallback` throws */
export async function openCallback(redirectUri: string, provider: string): Promise<Callback> {
  let expected: { readonly state: string; readonly arrive: (arrival: Arrival) => void } | undefined;
  const onRequest = async (request: IncomingMessage, response: ServerResponse, keep: () => void): Promise<void> => {
    const refusal = refusalOf(request, new URL(listener.redirectUri));
    if (refusal !== undefined) return void refusal(response);
    const url = new URL(request.url ?? "", listener.redirectUri);
    const waiting = expected;
    const isOurs = waiting !== undefined && (await isSame(url.searchParams.get("state") ?? "", waiting.state));
    if (!isOurs || expected !== waiting) return void send(response, 400, stray());
    expected = undefined;
    keep();
    waiting.arrive({ url, answer: (page) => send(response, page.isFailure ? 400 : 200, page) });
  };
  const listener: Listener = await listenForCallback({ redirectUri, provider, onRequest: (...parts) => void onRequest(...parts) });
  return {
    redirectUri: listener.redirectUri,
    arrival: (state) =>
      new Promise((arrive) => {
        expected = { state, arrive };
      }),
    close: listener.close,
  };
}

/** In a time that tells nothing of either text, whatever their lengths: digests are compared, to the last byte. */
export async function isSame(given: string, expected: string): Promise<boolean> {
  const { sha256 } = await loadPrimitives();
  const digest = (text: string) => sha256(new TextEncoder().encode(text));
  const [left, right] = await Promise.all([digest(given), digest(expected)]);
  return left.reduce((difference, byte, index) => difference | (byte ^ (right[index] ?? 0)), 0) === 0;
}

function stray(): Page {
  return failurePage({ title: "Nothing waits for this", message: "This address does not belong to a login that is under way." });
}

/** How a request is answered that cannot be the redirect; undefined when it can. */
function refusalOf(
  { method, url = "", headers }: IncomingMessage,
  expected: URL,
): ((response: ServerResponse) => Promise<void>) | undefined {
  if (headers.host !== expected.host) return (response) => send(response, 403, stray());
  if (url.split("?")[0] !== expected.pathname) return (response) => send(response, 404, stray());
  if (method === "HEAD") return (response) => send(response, 200, stray());
  if (method === "GET") return undefined;
  return (response) => send(response.setHeader("allow", "GET, HEAD"), 405, stray());
}

/** Resolves when it has been sent, or cannot be. */
function send(response: ServerResponse, status: number, { html, headers }: Page): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) return resolve();
    const timer = setTimeout(resolve, ANSWER_LIMIT_MS);
    response.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
    response.writeHead(status, { ...headers, connection: "close" }).end(html);
  });
}
