/**
 * All pages of a browser: whatever it opens (a tab, a pop-up, a frame, a worker) waits until its requests are watched, so that none is missed.
 *
 * @see https://chromedevtools.github.io/devtools-protocol/tot/Target/#method-setAutoAttach
 * @see https://chromedevtools.github.io/devtools-protocol/tot/Fetch/
 */

import { messageOf } from "../../errors.ts";
import { type Json, textAt } from "../json.ts";
import type { Connection, DevToolsEvent } from "./connection.ts";

export interface PagesOptions {
  /** Of URLs: requests to others are not stopped at all. */
  readonly patterns: readonly string[];
  /** A request that is stopped before it is sent. */
  readonly onRequest: (request: StoppedRequest) => void;
  readonly onFirstPage: (sessionId: string) => void;
  readonly onLastClosed: () => void;
  /** A page whose requests cannot be watched. */
  readonly onFailure: (error: unknown) => void;
}

/** Where it is stopped, and `Fetch.requestPaused`'s parameters. */
export interface StoppedRequest {
  readonly sessionId: string;
  readonly params: Json;
}

/** Kinds of targets that can post a form; workers and the like need not be watched. */
const POSTING = new Set(["page", "iframe", "webview"]);

export class Pages {
  readonly #browser: Connection;
  readonly #options: PagesOptions;
  readonly #windows = new Set<string>();
  #hadWindow = false;

  constructor(browser: Connection, options: PagesOptions) {
    this.#browser = browser;
    this.#options = options;
  }

  /** Those that are there, and all that come. @throws DevToolsError */
  async watch(): Promise<void> {
    await this.#attach();
  }

  receive({ method, params, sessionId }: DevToolsEvent): void {
    if (method === "Target.attachedToTarget") void this.#prepare(params).catch(this.#options.onFailure);
    else if (method === "Target.detachedFromTarget") this.#remove(textAt(params, "sessionId") ?? "");
    else if (method === "Fetch.requestPaused" && sessionId !== undefined) this.#options.onRequest({ sessionId, params });
  }

  async #attach(sessionId?: string): Promise<void> {
    await this.#browser.call("Target.setAutoAttach", { autoAttach: true, waitForDebuggerOnStart: true, flatten: true }, sessionId);
  }

  /** All is sent at once: the target is let go only after what came before was done. */
  async #prepare(params: Json): Promise<void> {
    const sessionId = textAt(params, "sessionId") ?? "";
    const type = textAt(params, "targetInfo", "type") ?? "";
    if (type === "page") this.#windows.add(sessionId);
    const patterns = this.#options.patterns.map((urlPattern) => ({ urlPattern, requestStage: "Request" }));
    const [, watching] = await Promise.allSettled([
      this.#attach(sessionId),
      this.#browser.call("Fetch.enable", { patterns }, sessionId),
      this.#browser.call("Runtime.runIfWaitingForDebugger", {}, sessionId),
    ]);
    if (watching?.status === "rejected" && POSTING.has(type) && !isGone(watching.reason)) throw watching.reason;
    if (type !== "page" || this.#hadWindow) return;
    this.#hadWindow = true;
    this.#options.onFirstPage(sessionId);
  }

  #remove(sessionId: string): void {
    if (this.#windows.delete(sessionId) && this.#windows.size === 0) this.#options.onLastClosed();
  }
}

/** It was closed in the meantime. */
function isGone(error: unknown): boolean {
  return /session|target|browser has ended/i.test(messageOf(error));
}
