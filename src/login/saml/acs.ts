/**
 * Waits for the browser to post a SAML response to this machine (SAML 2.0 Bindings section 3.5): of all requests that reach the port, the
 * first that carries this login's RelayState.
 *
 * The provider's page posts across origins, so any page may: neither Origin nor Referer tell anything. What is not a form of at most a
 * megabyte, posted to the exact path under the exact Host with the right RelayState, is answered and forgotten, however often it comes.
 */

import type { IncomingMessage, ServerResponse } from "node:http";

import { isSame } from "../../store/primitives.ts";
import type { Log } from "../../world.ts";
import { sendPage, strayPage } from "../loopback/answer.ts";
import { listenForCallback } from "../loopback/listener.ts";
import type { Page } from "../loopback/page.ts";

/** What IAM roles and providers have registered, with any port. */
const ADDRESS = "http://localhost/saml/acs";
const MAX_BODY_BYTES = 1024 * 1024;

export interface Acs {
  /** With the port that was found. */
  readonly url: string;
  /** Resolves with the response that carries this RelayState; nothing else of it is checked yet. */
  arrival(relayState: string): Promise<Posted>;
  close(): void;
}

export interface Posted {
  /** The form field SAMLResponse. */
  readonly response: string;
  /** Shows the page to the browser, which waits for it; resolves when it has been sent, or cannot be. */
  answer(page: Page): Promise<void>;
}

interface Waiting {
  readonly relayState: string;
  readonly arrive: (posted: Posted) => void;
}

/** Listens before it resolves. @throws what `listenForCallback` throws */
export async function openAcs(provider: string, log: Log): Promise<Acs> {
  let waiting: Waiting | undefined;
  let url = new URL(ADDRESS);
  const onRequest = async (request: IncomingMessage, response: ServerResponse, keep: () => void): Promise<void> => {
    const found = refusalOf(request, url) ?? (await readForm(request));
    const form = typeof found === "number" ? undefined : found;
    const isOurs = form !== undefined && waiting !== undefined && (await isSame(form.get("RelayState") ?? "", waiting.relayState));
    const field = form?.get("SAMLResponse") ?? "";
    const current = waiting;
    if (!isOurs || current === undefined || field === "") {
      const status = typeof found === "number" ? found : 400;
      log.debug(`a request to the address that waits for the SAML response is not this login's: ${status}`);
      return sendPage(response, { status, page: strayPage(), allow: "POST" });
    }
    waiting = undefined;
    keep();
    current.arrive({ response: field, answer: (page) => sendPage(response, { status: page.isFailure ? 400 : 200, page }) });
  };
  const listener = await listenForCallback({ redirectUri: ADDRESS, provider, onRequest: (...parts) => void onRequest(...parts) });
  url = new URL(listener.redirectUri);
  return {
    url: listener.redirectUri,
    arrival: (relayState) =>
      new Promise((arrive) => {
        waiting = { relayState, arrive };
      }),
    close: listener.close,
  };
}

/** By its head alone: the status for a request that is no response; undefined for one that may be. */
function refusalOf({ method, url: target = "", headers }: IncomingMessage, url: URL): number | undefined {
  if (headers.host !== url.host) return 403;
  if (target.split("?")[0] !== url.pathname) return 404;
  if (method !== "POST") return 405;
  if (!/^application\/x-www-form-urlencoded(;|$)/i.test(headers["content-type"] ?? "")) return 415;
  return Number(headers["content-length"] ?? 0) > MAX_BODY_BYTES ? 413 : undefined;
}

/** Its fields, or the status that refuses it. */
async function readForm(request: IncomingMessage): Promise<URLSearchParams | number> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of request) {
      if (!(chunk instanceof Uint8Array)) return 400;
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_BODY_BYTES) return 413;
    }
  } catch {
    return 400;
  }
  return new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
}
