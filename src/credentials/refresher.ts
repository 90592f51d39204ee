/**
 * Credentials for a command that outlives them: refreshed ahead of time while it runs, handed out at once.
 *
 * Two clocks disagree when a machine sleeps, so nothing is planned far ahead: a short tick compares the wall clock with the expiry, and so does
 * every request. Requests never wait longer than Java's client does (one second); a failed refresh is tried again at growing intervals and
 * comes to light only when the credentials at hand are no longer usable.
 */

import type { Profile } from "../config/profile.ts";
import { AwsError, type ErrorCode, LoginError, messageOf, PersonNeededError } from "../errors.ts";
import type { Clock, Log } from "../world.ts";
import { withChosenRole } from "./chosen-role.ts";
import type { Credentials } from "./credentials.ts";
import { type CredentialTools, exchangeKept, findFresh, renewCredentials } from "./provider.ts";
import { isUsable, needsRefresh, needsRefreshSoon } from "./thresholds.ts";
import { unattendedProfile, unattendedTools } from "./unattended.ts";

const TICK_MS = 20_000;
const ANSWER_WITHIN_MS = 800;
const FIRST_PAUSE_MS = 5_000;
const LONGEST_PAUSE_MS = 60_000;

/** The failures of a login that may go by themselves. Any other would come again, and count against the account. */
const PASSING_FAILURES: ReadonlySet<ErrorCode> = new Set(["provider-unreachable", "provider-answer", "token-unavailable"]);

/**
 * Keeps the credentials fresh for as long as the process lives, without keeping it alive.
 *
 * The function it gives answers within a second. It goes on until the process ends, or `signal` is aborted.
 *
 * @throws PersonNeededError when they ran out and only a person can log in again; LoginError or AwsError when the last attempt failed otherwise,
 *   AwsError "aws-unreachable" while the first is under way.
 */
export function keepFresh(profile: Profile, first: Credentials, tools: CredentialTools, signal?: AbortSignal): () => Promise<Credentials> {
  const refresher = refresherOf(profile, first, unattendedTools(tools));
  if (signal?.aborted !== true) {
    const timer = setInterval(() => refresher.tick(), TICK_MS).unref();
    signal?.addEventListener("abort", () => clearInterval(timer), { once: true });
  }
  return () => refresher.credentials();
}

/** @param quiet the tools of getting credentials without a person (`unattendedTools`) */
export function refresherOf(profile: Profile, first: Credentials, quiet: CredentialTools): Refresher {
  const unattended = unattendedProfile(withChosenRole(profile, first));
  return new Refresher(first, {
    name: profile.name,
    clock: quiet.clock,
    log: quiet.log,
    look: () => findFresh(unattended, quiet),
    exchange: () => exchangeKept(unattended, quiet),
    renew: () => renewCredentials(unattended, quiet),
  });
}

export interface RefresherOptions {
  /** Of the profile, for messages. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  /** What another process left in the store; costs nothing. */
  readonly look: () => Promise<Credentials | undefined>;
  /** The same, or what an id token in the store gives; costs no login. */
  readonly exchange: () => Promise<Credentials | undefined>;
  /** The same, else new ones from STS. */
  readonly renew: () => Promise<Credentials>;
}

/** The credentials at hand and the one refresh under way. */
export class Refresher {
  #current: Credentials;
  readonly #options: RefresherOptions;
  #attempt: Attempt | undefined;
  #failure: unknown;
  #nextPauseMs = FIRST_PAUSE_MS;
  /** After an attempt only the store is looked at for a while. `at`: milliseconds since the epoch. */
  #pause = { at: Number.NEGATIVE_INFINITY, forMs: 0 };
  /** After a login that only a person can mend none is begun. */
  #needsPerson = false;

  constructor(first: Credentials, options: RefresherOptions) {
    this.#current = first;
    this.#options = options;
  }

  /** To be called often; refreshes when it is nearly time. */
  tick(): void {
    if (needsRefreshSoon(this.#current, this.#now())) this.#refresh();
  }

  async credentials(): Promise<Credentials> {
    if (!needsRefresh(this.#current, this.#now())) return this.#current;
    const attempt = this.#refresh();
    await (isUsable(this.#current, this.#now()) ? attempt.grace : within(ANSWER_WITHIN_MS, attempt.end));
    if (isUsable(this.#current, this.#now())) return this.#current;
    throw this.#explain();
  }

  #now(): number {
    return this.#options.clock.now();
  }

  #refresh(): Attempt {
    this.#attempt ??= startAttempt(this.#tryRefresh().finally(() => (this.#attempt = undefined)));
    return this.#attempt;
  }

  async #tryRefresh(): Promise<void> {
    const { look, exchange, renew, log } = this.#options;
    const isPaused = Math.abs(this.#now() - this.#pause.at) < this.#pause.forMs; // else a clock that was set back would make it long
    const get = this.#needsPerson ? exchange : renew;
    try {
      const found = await (isPaused ? look() : get());
      if (found !== undefined) this.#accept(found);
    } catch (error) {
      log.debug(`refreshing the credentials failed: ${messageOf(error)}`);
      if (!isPaused) this.#reject(error);
    }
  }

  #accept(fresh: Credentials): void {
    this.#current = fresh;
    this.#failure = undefined;
    this.#needsPerson = false;
    this.#nextPauseMs = FIRST_PAUSE_MS;
    this.#pause = { at: this.#now(), forMs: FIRST_PAUSE_MS };
  }

  #reject(error: unknown): void {
    this.#failure = error;
    this.#needsPerson ||= isFinal(error);
    this.#pause = { at: this.#now(), forMs: this.#nextPauseMs };
    this.#nextPauseMs = Math.min(this.#nextPauseMs * 2, LONGEST_PAUSE_MS);
  }

  #explain(): unknown {
    const failure = this.#failure;
    if (failure === undefined) return new AwsError("aws-unreachable", "new credentials are still on their way");
    if (!isFinal(failure)) return failure;
    return new PersonNeededError(`the credentials of ${this.#options.name} ran out, and a new login needs a person`, {
      hint: `log in again: run aws-runas ${this.#options.name} with the same flags in another terminal; this command then goes on`,
      cause: failure,
    });
  }
}

/** A login that got as far as a question has sent the password, and may have had a code sent: it is no more repeated than a refused one. */
export function isFinal(error: unknown): boolean {
  return error instanceof PersonNeededError || (error instanceof LoginError && !PASSING_FAILURES.has(error.code));
}

interface Attempt {
  readonly end: Promise<void>;
  /** Its end, or the moment from which those who have something to go on with wait no longer. */
  readonly grace: Promise<void>;
}

function startAttempt(end: Promise<void>): Attempt {
  return { end, grace: within(ANSWER_WITHIN_MS, end) };
}

/** Resolves when `work` does, and after `durationMs` at the latest. */
async function within(durationMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, durationMs);
  });
  await Promise.race([work, late]);
  clearTimeout(timer);
}
