/** Waits for a push to be approved, and shows the number to pick on the device once the provider tells it, which may be late. */

import { waitForApproval } from "../oidc/approval.ts";
import type { SignIn } from "./provider.ts";

export type PushState<T> =
  | { readonly kind: "waiting"; readonly number?: string | undefined }
  | { readonly kind: "done"; readonly result: T };

export interface Push<T> {
  /** Asks the provider once; throws a denial. */
  readonly ask: () => Promise<PushState<T>>;
  readonly intervalMs: number;
  readonly message: string;
  /** Where it is known from the start. */
  readonly number: string | undefined;
}

/** As long as Okta lets a push live. */
const LIMIT_MS = 300_000;
/** A first and a second factor may both be pushes; more would be pushes without end. */
const TOTAL_LIMIT_MS = 2 * LIMIT_MS;
const SHORTEST_MS = 1000;
const LONGEST_MS = 15_000;

/** When all pushes of a login (its `factors`, which all of its pages share) have to be over. */
const ends = new WeakMap<SignIn["factors"], number>();

/** @throws LoginError `approval-refused` when nobody answers in five minutes; what `ask` throws */
export async function waitForPush<T>(push: Push<T>, { provider, terminal, clock, factors }: SignIn): Promise<T> {
  const lastEnd = ends.get(factors) ?? clock.now() + TOTAL_LIMIT_MS;
  ends.set(factors, lastEnd);
  const endsAt = Math.min(clock.now() + LIMIT_MS, lastEnd);
  const intervalMs = Math.min(Math.max(push.intervalMs, SHORTEST_MS), LONGEST_MS);
  let number = push.number;
  for (;;) {
    const shown = number;
    const poll = async () => {
      const state = await push.ask();
      const isNews = state.kind === "done" || (state.number !== undefined && state.number !== shown);
      return isNews ? { result: state } : "waiting";
    };
    const approval = { poll, intervalMs, limitMs: endsAt - clock.now(), message: push.message, number };
    const news = await waitForApproval(approval, { provider, terminal, clock });
    if (news.kind === "done") return news.result;
    number = news.number;
    await clock.sleep(intervalMs);
  }
}
