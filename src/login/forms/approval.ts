/**
 * Waiting for a person to approve a login on another device: polled as the provider asks, for a limited time, a number to match shown large as
 * soon as the provider tells it, which may be late.
 */

import { LoginError, PersonNeededError } from "../../errors.ts";
import type { Clock, Terminal } from "../../world.ts";

/** A denial is an error, thrown by `poll`, and never asked again. */
export type Polled<T> =
  /** `number` is to be picked on the other device. */
  { readonly kind: "waiting"; readonly number?: string | undefined } | { readonly kind: "done"; readonly result: T };

export interface Approval<T> {
  /** Asks the provider once. */
  readonly poll: () => Promise<Polled<T>>;
  readonly intervalMs: number;
  /** Five minutes at most. */
  readonly limitMs: number;
  /** For the person: "Approve the login at id.example in Okta Verify". */
  readonly message: string;
  /** Where it is known from the start. */
  readonly number?: string | undefined;
}

/** Where the login is. */
export interface ApprovalPlace {
  readonly provider: string;
  readonly terminal: Terminal;
  readonly clock: Clock;
  /** The same all through a login, wherever it leads. */
  readonly factors: object;
}

const LONGEST_LIMIT_MS = 300_000;
/** A first and a second factor may both be pushes; more would be pushes without end. */
const TOTAL_LIMIT_MS = 2 * LONGEST_LIMIT_MS;

/** When all approvals of a login, by its `factors`, have to be over. */
const ends = new WeakMap<object, number>();

/** @throws LoginError `approval-refused` when nobody answers in time; PersonNeededError where a number has nobody to see it; what `poll` throws */
export async function waitForApproval<T>(
  { poll, intervalMs, limitMs, message, number }: Approval<T>,
  { provider, terminal, clock, factors }: ApprovalPlace,
): Promise<T> {
  const checkSeen = (picked: string | undefined): void => {
    if (picked !== undefined && !terminal.isAvailable) throw nobodySees(provider);
  };
  if (terminal.isUnattended === true) throw new PersonNeededError(`${provider} waits for a person to approve the login`);
  checkSeen(number);
  const lastEnd = ends.get(factors) ?? clock.now() + TOTAL_LIMIT_MS;
  ends.set(factors, lastEnd);
  const endsAt = Math.min(clock.now() + Math.min(limitMs, LONGEST_LIMIT_MS), lastEnd);
  let shown = number;
  let stop = terminal.showWait(message, shown);
  try {
    while (clock.now() < endsAt) {
      const answer = await poll();
      if (answer.kind === "done") return answer.result;
      if (answer.number !== undefined && answer.number !== shown) {
        checkSeen(answer.number);
        stop();
        shown = answer.number;
        stop = terminal.showWait(message, shown);
      }
      await clock.sleep(intervalMs);
    }
  } finally {
    stop();
  }
  throw new LoginError("approval-refused", `nobody approved the login at ${provider} in time`, { provider, step: "second factor" });
}

function nobodySees(provider: string): PersonNeededError {
  return new PersonNeededError(`${provider} asks for a number to be picked on another device, and there is no terminal to show it on`, {
    hint: "set mfa_type = code, and give one with -o CODE or MFA_CODE",
  });
}
