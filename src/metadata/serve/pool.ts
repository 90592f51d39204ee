/**
 * The profiles that a server hands out: each got once, however many ask, kept fresh in the background, and none waiting for another's login.
 *
 * Nobody is asked anything here: where a login needs a person, that is the answer, until one has logged in elsewhere or through `open`.
 */

import type { Profile } from "../../config/profile.ts";
import type { Credentials } from "../../credentials/credentials.ts";
import { type CredentialTools, exchangeKept, getCredentials } from "../../credentials/provider.ts";
import { isFinal, keepFresh } from "../../credentials/refresher.ts";
import { unattendedProfile, unattendedTools } from "../../credentials/unattended.ts";
import { needsRefresh } from "../../credentials/thresholds.ts";
import { AwsError, ConfigError, PersonNeededError } from "../../errors.ts";
import { type Configuration, isSameProfile } from "./configuration.ts";

export interface PoolOptions {
  readonly configuration: Configuration;
  readonly tools: CredentialTools;
}

export interface Pool {
  /** What can be handed out without a wait: what nearly every request gets. */
  atHand(name: string): Credentials | undefined;
  /** Of the profile, within some seconds. Throws as `getCredentials` does. */
  credentials(name: string): Promise<Credentials>;
  /** The same with a person to ask, in place of what was kept in memory, which stays when it fails. */
  open(name: string, tools: CredentialTools, options?: OpenOptions): Promise<Credentials>;
  /** What is known of it without asking anybody; undefined before it was asked for. */
  peek(name: string): Member | undefined;
  close(): void;
}

export interface OpenOptions {
  /** Instead of the configuration's, whatever that says from then on. */
  readonly profile?: Profile | undefined;
  /** As `-r`. */
  readonly refresh?: boolean;
  /** Aborted, nothing takes the place of what was kept. */
  readonly signal?: AbortSignal;
}

/** A profile of the pool. */
export interface Member {
  readonly profile: Profile;
  /** The last that were handed out. */
  readonly credentials: Credentials | undefined;
  readonly problem: unknown;
}

/** A first login by a kept session takes some seconds; waiting longer gains nothing, as SDKs give up. */
const ANSWER_WITHIN_MS = 5_000;
/** How soon after a failure it is tried again; until then it is the answer. */
const PAUSE_MS = 5_000;

export function createPool({ configuration, tools }: PoolOptions): Pool {
  const { resolve, edition } = configuration;
  const slots = new Map<string, Slot>();
  const drop = (name: string): void => {
    slots.get(name)?.stop();
    slots.delete(name);
  };
  const slotOf = (name: string): Slot => {
    const kept = slots.get(name);
    const isGood = kept !== undefined && isUpToDate(kept, name, configuration);
    if (!isGood) drop(name);
    const slot = isGood ? kept : new Slot(resolve(name), tools);
    slot.edition = edition();
    slots.set(name, slot);
    return slot;
  };
  return {
    atHand(name) {
      const slot = slots.get(name);
      return slot !== undefined && (slot.isPinned || slot.edition === edition()) ? slot.atHand() : undefined;
    },
    credentials: async (name) => slotOf(name).credentials(),
    async open(name, attended, { profile, refresh = false, signal } = {}) {
      const slot = new Slot(profile ?? resolve(name), tools, profile !== undefined);
      slot.edition = edition();
      const credentials = await slot.open(attended, { refresh, signal });
      drop(name);
      slots.set(name, slot);
      return credentials;
    },
    peek: (name) => slots.get(name)?.member(),
    close() {
      for (const name of slots.keys()) drop(name);
    },
  };
}

/** A file that is broken for a while (half written, half edited) takes nothing from those who have credentials. */
function isUpToDate(slot: Slot, name: string, { resolve, edition }: Configuration): boolean {
  if (slot.isPinned || slot.edition === edition()) return true;
  try {
    return isSameProfile(resolve(name), slot.profile);
  } catch (error) {
    return error instanceof ConfigError && (error.code === "config-syntax" || error.code === "config-unreadable");
  }
}

/** One profile: nothing yet, a first attempt under way, a failure, or credentials that are kept fresh. */
class Slot {
  readonly profile: Profile;
  /** Of no profile of the configuration. */
  readonly isPinned: boolean;
  /** Of the configuration, when the profile was last found to be as it stands there. */
  edition = 0;
  readonly #tools: CredentialTools;
  readonly #end = new AbortController();
  #fresh: (() => Promise<Credentials>) | undefined;
  #last: Credentials | undefined;
  #attempt: Promise<Credentials> | undefined;
  #problem: { readonly error: unknown; readonly at: number } | undefined;

  constructor(profile: Profile, tools: CredentialTools, isPinned = false) {
    this.profile = profile;
    this.isPinned = isPinned;
    this.#tools = tools;
  }

  /** What the refresher need not be asked for: it would give these, or some that are newer. */
  atHand(): Credentials | undefined {
    return this.#last !== undefined && !needsRefresh(this.#last, this.#now()) ? this.#last : undefined;
  }

  async credentials(): Promise<Credentials> {
    if (this.#fresh !== undefined) return (this.#last = await this.#fresh());
    this.#attempt ??= this.#begin().finally(() => (this.#attempt = undefined));
    return within(ANSWER_WITHIN_MS, this.#attempt);
  }

  async open(attended: CredentialTools, { refresh, signal }: { refresh: boolean; signal: AbortSignal | undefined }): Promise<Credentials> {
    const credentials = await getCredentials({ profile: this.profile, refresh }, attended);
    signal?.throwIfAborted();
    return this.#keep(credentials);
  }

  member(): Member {
    return { profile: this.profile, credentials: this.#last, problem: this.#problem?.error };
  }

  stop(): void {
    this.#end.abort();
  }

  async #begin(): Promise<Credentials> {
    const quiet = unattendedTools(this.#tools);
    const profile = unattendedProfile(this.profile);
    const problem = this.#problem;
    if (problem !== undefined && Math.abs(this.#now() - problem.at) < PAUSE_MS) throw problem.error;
    try {
      // A refused login is not repeated by itself; a person may have logged in elsewhere.
      const isLost = problem !== undefined && isFinal(problem.error);
      const found = isLost ? await exchangeKept(profile, quiet) : await getCredentials({ profile, refresh: false }, quiet);
      if (found === undefined) throw problem?.error;
      return this.#keep(found);
    } catch (thrown) {
      const error = this.#explain(thrown);
      this.#problem = { error, at: this.#now() };
      throw error;
    }
  }

  #keep(first: Credentials): Credentials {
    this.#problem = undefined;
    this.#last = first;
    this.#fresh = keepFresh(this.profile, first, this.#tools, this.#end.signal);
    return first;
  }

  #explain(error: unknown): unknown {
    const { name } = this.profile;
    if (!(error instanceof PersonNeededError) || error.hint !== undefined) return error;
    return new PersonNeededError(`the login of ${name} needs a person`, {
      hint: `run aws-runas login ${name} in a terminal of the server's machine`,
      cause: error,
    });
  }

  #now(): number {
    return this.#tools.clock.now();
  }
}

/** @throws AwsError "aws-unreachable" when `work` takes longer; it goes on */
export async function within<T>(durationMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new AwsError("aws-unreachable", "new credentials are still on their way")), durationMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
