/**
 * One provider's credentials: from memory, the store or a login, by the same steps and thresholds as everything else here.
 *
 * The SDK asks again when they are about to expire, and then for each request; nothing happens in between, so there is nothing to close. Where
 * nobody can be asked, a failure is the answer for some seconds, and a login that was refused is not repeated.
 */

import { loadFiles } from "../config/files.ts";
import type { Profile } from "../config/profile.ts";
import { resolveProfile } from "../config/resolve.ts";
import type { Credentials } from "../credentials/credentials.ts";
import { exchangeKept, getCredentials } from "../credentials/provider.ts";
import { isFinal, type Refresher, refresherOf } from "../credentials/refresher.ts";
import { unattendedProfile, unattendedTools } from "../credentials/unattended.ts";
import { PersonNeededError } from "../errors.ts";
import { refuseUncheckedTls } from "../http/unchecked-tls.ts";
import { ownSystem } from "../system.ts";
import type { AwsRunasIdentity, AwsRunasOptions } from "./options.ts";
import { type AbortableTools, openTools, profileName } from "./tools.ts";
import { untilAborted } from "./until-aborted.ts";

/** How soon after a failure it is tried again, where nobody was asked. */
const PAUSE_MS = 5_000;

/** @throws UsageError where no profile is named; ConfigError */
export function openSupply(options: AwsRunasOptions): Supply {
  const tools = openTools(options);
  refuseUncheckedTls(ownSystem().env);
  return new Supply(options, profileName(options, tools.env), tools);
}

export class Supply {
  readonly #name: string;
  readonly #tools: AbortableTools;
  readonly #isAttended: boolean;
  /** For the first attempt alone. */
  #refresh: boolean;
  #isFirst = true;
  #asked: Promise<Credentials> | undefined;
  #refresher: Refresher | undefined;
  #problem: { readonly error: unknown; readonly at: number } | undefined;

  constructor({ prompts, refresh }: AwsRunasOptions, name: string, tools: AbortableTools) {
    this.#name = name;
    this.#tools = tools;
    this.#isAttended = prompts !== undefined;
    this.#refresh = refresh ?? false;
  }

  /** One answer for all who ask at once. @throws as `getCredentials`, and the signal's reason */
  async identity(): Promise<AwsRunasIdentity> {
    const { signal } = this.#tools;
    signal.throwIfAborted();
    this.#asked ??= untilAborted(this.#credentials(), signal).finally(() => (this.#asked = undefined));
    return asIdentity(await this.#asked);
  }

  async #credentials(): Promise<Credentials> {
    try {
      if (this.#refresher !== undefined) return await this.#refresher.credentials();
    } catch (error) {
      if (!this.#isAttended && isFinal(error)) this.#problem ??= { error, at: 0 };
    }
    return this.#begin();
  }

  async #begin(): Promise<Credentials> {
    const problem = this.#problem;
    if (problem !== undefined && Math.abs(this.#now() - problem.at) < PAUSE_MS) throw problem.error;
    try {
      const profile = this.#resolve();
      const first = await (problem !== undefined && isFinal(problem.error) ? this.#exchange(profile, problem.error) : this.#get(profile));
      this.#problem = undefined;
      // Nobody is asked by it: flights of its own keep those who may be asked from sharing its failure.
      this.#refresher = refresherOf(profile, first, { ...unattendedTools(this.#tools), flights: new Map() });
      return await this.#refresher.credentials();
    } catch (error) {
      if (!this.#isAttended) this.#problem = { error, at: this.#now() };
      throw error;
    }
  }

  /** Read anew each time; a one-time code is good for the first login. */
  #resolve(): Profile {
    const { env, homeDir, log } = this.#tools;
    const profile = resolveProfile({ name: this.#name, files: loadFiles(env, homeDir), env, flags: {} });
    if (!this.#isFirst) return unattendedProfile(profile);
    for (const warning of profile.warnings) log.warn(warning);
    this.#isFirst = false;
    return profile;
  }

  async #get(profile: Profile): Promise<Credentials> {
    const refresh = this.#refresh;
    this.#refresh = false;
    try {
      return await getCredentials({ profile, refresh }, this.#tools);
    } catch (cause) {
      throw this.#isAttended || !(cause instanceof PersonNeededError) ? cause : nobodyToAsk(this.#name, cause);
    }
  }

  /** Somebody may have logged in elsewhere. */
  async #exchange(profile: Profile, refused: unknown): Promise<Credentials> {
    const found = await exchangeKept(profile, this.#tools);
    if (found === undefined) throw refused;
    return found;
  }

  #now(): number {
    return this.#tools.clock.now();
  }
}

function nobodyToAsk(name: string, cause: PersonNeededError): PersonNeededError {
  return new PersonNeededError(`the login for ${name} needs a person, and fromAwsRunas was given no prompts to ask one`, {
    hint: `log in with aws-runas login ${name}, or give fromAwsRunas prompts`,
    cause,
  });
}

function asIdentity({ accessKeyId, secretAccessKey, sessionToken, expiresAt, assumedRoleArn }: Credentials): AwsRunasIdentity {
  const accountId = assumedRoleArn?.split(":")[4];
  return {
    accessKeyId,
    secretAccessKey: secretAccessKey.reveal(),
    sessionToken: sessionToken.reveal(),
    expiration: expiresAt,
    ...(accountId ? { accountId } : {}),
  };
}
