/**
 * Logins that are begun and answered over HTTP: one at a time, the same for all who ask for the same profile.
 *
 * A request does not wait for a person: it gets the question, or, after some seconds with neither question nor end, that the login goes on. What
 * it was for, the change of the active profile, is done when the login ends well, and only then.
 */

import type { Credentials } from "../../credentials/credentials.ts";
import type { CredentialTools } from "../../credentials/provider.ts";
import { CancelledError, PersonNeededError } from "../../errors.ts";
import type { Clock } from "../../world.ts";
import type { OpenOptions, Pool } from "./pool.ts";
import { PageTerminal, type Question } from "./page-terminal.ts";

/** What a login is for. */
export interface Order extends Pick<OpenOptions, "profile" | "refresh"> {
  /** Of the profile. */
  readonly name: string;
  /** Once the credentials are there. */
  readonly onDone: () => void;
}

/** How far a login is. */
export type Progress =
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "asks"; readonly question: Question }
  | { readonly kind: "goes-on" };

/** Servers close connections that say nothing for ten seconds. */
const ANSWER_WITHIN_MS = 5_000;

/** One login, from its beginning to its end. */
export class DeskLogin {
  readonly order: Order;
  readonly terminal: PageTerminal;
  readonly #clock: Clock;
  readonly #end = new AbortController();
  readonly #watchers = new Set<() => void>();
  readonly #work: Promise<Progress>;
  #result: Progress | undefined;

  /** @param after the one before, which may be in the middle of a request: it comes to its end first */
  constructor(order: Order, { pool, tools }: DeskOptions, after?: DeskLogin) {
    this.order = order;
    this.#clock = tools.clock;
    this.#end.signal.addEventListener("abort", () => this.#wake(), { once: true });
    this.terminal = new PageTerminal(tools.clock, this.#end, () => this.#wake());
    this.#work = this.#run(pool, this.#toolsFrom(tools), after?.ended);
  }

  /** Undefined while it goes on. Ended by a person or the clock it is over at once, though its last request may still be under way. */
  get outcome(): Progress | undefined {
    const { aborted, reason } = this.#end.signal;
    return this.#result ?? (aborted ? { kind: "failed", error: reason } : undefined);
  }

  /** Resolves when nothing of it is under way any more. */
  get ended(): Promise<unknown> {
    return this.#work;
  }

  /** What comes next: a question or the end. */
  async progress(): Promise<Progress> {
    const over = new AbortController();
    const late = this.#clock
      .sleep(ANSWER_WITHIN_MS, over.signal)
      .catch(() => undefined)
      .then(() => true);
    try {
      for (let isLate = false; ;) {
        if (this.outcome !== undefined) return this.outcome;
        const { question } = this.terminal;
        if (question !== undefined) return { kind: "asks", question };
        if (isLate) return { kind: "goes-on" };
        isLate = await Promise.race([late, this.#nextChange()]);
      }
    } finally {
      over.abort();
    }
  }

  cancel(): void {
    this.#end.abort(new CancelledError());
  }

  async #run(pool: Pool, tools: CredentialTools, after?: Promise<unknown>): Promise<Progress> {
    try {
      await after;
      this.#end.signal.throwIfAborted();
      await this.#open(pool, tools);
      this.order.onDone();
      this.#result = { kind: "done" };
    } catch (error) {
      this.#result = { kind: "failed", error: this.#end.signal.aborted ? this.#end.signal.reason : error };
    }
    this.#wake();
    return this.#result;
  }

  /** An attempt in the background, which has nobody to ask, may be under way: its end is not this login's. */
  async #open(pool: Pool, tools: CredentialTools): Promise<Credentials> {
    const { name, profile, refresh = false } = this.order;
    const open = () => pool.open(name, tools, { profile, refresh, signal: this.#end.signal });
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof PersonNeededError) || this.terminal.wasUsed || this.#end.signal.aborted) throw error;
      return open();
    }
  }

  /** Sleeping ends with the login; so does waiting for another process's. */
  #toolsFrom(tools: CredentialTools): CredentialTools & { readonly signal: AbortSignal } {
    const { clock } = tools;
    const end = this.#end.signal;
    const sleep: Clock["sleep"] = (durationMs, signal) =>
      clock.sleep(durationMs, signal === undefined ? end : AbortSignal.any([signal, end]));
    return { ...tools, terminal: this.terminal, clock: { now: () => clock.now(), sleep }, signal: end };
  }

  #nextChange(): Promise<false> {
    return new Promise((resolve) => this.#watchers.add(() => resolve(false)));
  }

  #wake(): void {
    for (const watcher of this.#watchers) watcher();
    this.#watchers.clear();
  }
}

export interface DeskOptions {
  readonly pool: Pool;
  readonly tools: CredentialTools;
}

export class LoginDesk {
  readonly #options: DeskOptions;
  #login: DeskLogin | undefined;

  constructor(options: DeskOptions) {
    this.#options = options;
  }

  /** The one that is not over. */
  get current(): DeskLogin | undefined {
    return this.#login?.outcome === undefined ? this.#login : undefined;
  }

  /** Why the last one failed; undefined when it did not, or was cancelled. */
  get problem(): unknown {
    const outcome = this.#login?.outcome;
    return outcome?.kind !== "failed" || outcome.error instanceof CancelledError ? undefined : outcome.error;
  }

  /** Begins a login, or joins the one for the same profile; one for another is cancelled. */
  begin(order: Order): DeskLogin {
    const before = this.current;
    if (before !== undefined && isSame(before.order, order)) return before;
    before?.cancel();
    return (this.#login = new DeskLogin(order, this.#options, this.#login));
  }

  cancel(): void {
    this.current?.cancel();
  }
}

/** Settings that are tried are another profile each time. */
function isSame(one: Order, other: Order): boolean {
  return one.name === other.name && one.refresh === other.refresh && one.profile === other.profile;
}
