/** Waiting for a person to approve a login on another device: polled as the provider asks, for a limited time, a number to match shown large. */

import { LoginError, PersonNeededError } from "../../errors.ts";
import type { Clock, Terminal } from "../../world.ts";

export interface Approval<T> {
  /** Asks once; "waiting" for no answer yet. A denial is an error, thrown by the caller, and never asked again. */
  readonly poll: () => Promise<"waiting" | { readonly result: T }>;
  readonly intervalMs: number;
  /** A minute unless told, five at most. */
  readonly limitMs?: number;
  /** For the person: "Approve the login in Okta Verify". */
  readonly message: string;
  /** To be picked on the other device. */
  readonly number?: string | undefined;
}

const LIMIT_MS = 60_000;
const LONGEST_LIMIT_MS = 300_000;

/** @throws LoginError `approval-refused` when nobody answers in time; PersonNeededError where a number has nobody to see it; what `poll` throws */
export async function waitForApproval<T>(
  approval: Approval<T>,
  { provider, terminal, clock }: { readonly provider: string; readonly terminal: Terminal; readonly clock: Clock },
): Promise<T> {
  const { poll, intervalMs, message, number } = approval;
  if (terminal.isUnattended === true) throw new PersonNeededError(`${provider} waits for a person to approve the login`);
  if (number !== undefined && !terminal.isAvailable) throw nobodySees(provider);
  const endsAt = clock.now() + Math.min(approval.limitMs ?? LIMIT_MS, LONGEST_LIMIT_MS);
  const stop = terminal.showWait(message, number);
  try {
    while (clock.now() < endsAt) {
      const answer = await poll();
      if (answer !== "waiting") return answer.result;
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
