/**
 * Credentials for a profile: from the store, else by the whole chain of login and roles.
 *
 * This is the warm path. With credentials in the store nothing but the store is loaded: no SDK, no login, no network.
 */

import type { Profile } from "../config/profile.ts";
import type { Flights } from "../store/single-flight.ts";
import type { Store } from "../store/store.ts";
import type { Browser, Clock, Environment, Log, OwnProcess, Terminal } from "../world.ts";
import type { Credentials } from "./credentials.ts";
import { withHolder } from "./holder.ts";
import { findSession } from "./iam-session.ts";
import { find, forget, KEPT_CREDENTIALS, KEPT_TOKEN, type LoginHolder } from "./kept.ts";
import { sourceProfiles } from "./source.ts";
import { isTokenUsable, isUsable, needsRefreshSoon } from "./thresholds.ts";

export interface CredentialTools {
  readonly env: Environment;
  readonly homeDir: string;
  readonly platform: NodeJS.Platform;
  readonly clock: Clock;
  readonly terminal: Terminal;
  readonly browser: Browser;
  readonly log: Log;
  readonly process: OwnProcess;
  readonly store: Store;
  /** Ends waiting, and what is requested of others. */
  readonly signal?: AbortSignal | undefined;
  /** Where what is under way is noted, so that it is shared; this process's, unless given. */
  readonly flights?: Flights | undefined;
}

export interface CredentialRequest {
  readonly profile: Profile;
  /**
   * `-r`: the profile's cached credentials, those of all roles on the way and the token are dropped first; the provider's session is kept. A
   * role that is left to the person is asked for again, so what another process of theirs chooses meanwhile does not count.
   */
  readonly refresh: boolean;
}

/**
 * Credentials that are usable now, from the store where it has such.
 *
 * @throws LoginError, PersonNeededError and CancelledError from the login; AwsError from STS.
 */
export async function getCredentials({ profile, refresh }: CredentialRequest, tools: CredentialTools): Promise<Credentials> {
  const held = await withHolder(profile, tools);
  if (refresh) await forgetAll(held, tools.store);
  const asksAgain = refresh && held.roleArn === undefined && tools.terminal.isAvailable;
  const isOthers = ({ chosenRoleArn }: Credentials) => asksAgain && chosenRoleArn !== undefined;
  return findOrObtain(held, tools, (credentials) => isUsable(credentials, tools.clock.now()) && !isOthers(credentials));
}

/** What `-r` drops. @throws LoginError `token-unavailable` where nothing tells whose credentials to drop */
export async function forgetKept(profile: Profile, tools: CredentialTools): Promise<void> {
  await forgetAll(await withHolder(profile, tools), tools.store);
}

/** What is in the store and needs no refresh for a while: this process or another got it. */
export async function findFresh(profile: Profile, tools: CredentialTools): Promise<Credentials | undefined> {
  const { store, clock } = tools;
  return find(KEPT_CREDENTIALS, (credentials) => !needsRefreshSoon(credentials, clock.now()), store)(await withHolder(profile, tools));
}

/** The same, else what an id token, an assertion or IAM's session in the store gives: a person may have left it there by a login for another role. */
export async function exchangeKept(profile: Profile, tools: CredentialTools): Promise<Credentials | undefined> {
  const found = await findFresh(profile, tools);
  if (found !== undefined || profile.login.kind === "token") return found;
  return (await hasKeptProof(profile, tools)) ? renewCredentials(profile, tools) : undefined;
}

async function hasKeptProof(profile: Profile, tools: CredentialTools): Promise<boolean> {
  const now = tools.clock.now();
  if (profile.login.kind === "iam") return (await findSession(profile, tools)) !== undefined;
  if (profile.login.kind !== "saml")
    return (await find(KEPT_TOKEN, (kept) => isTokenUsable(kept, now), tools.store)(profile)) !== undefined;
  const { isAssertionUsable, KEPT_ASSERTION } = await import("./kept-assertion.ts");
  return (await find(KEPT_ASSERTION, (kept) => isAssertionUsable(kept, now), tools.store)(profile)) !== undefined;
}

/** Credentials as `findFresh` finds them, else new ones; throws as `getCredentials` does. */
export async function renewCredentials(profile: Profile, tools: CredentialTools): Promise<Credentials> {
  return findOrObtain(await withHolder(profile, tools), tools, (credentials) => !needsRefreshSoon(credentials, tools.clock.now()));
}

async function findOrObtain(profile: Profile, tools: CredentialTools, isGood: (credentials: Credentials) => boolean): Promise<Credentials> {
  const found = await find(KEPT_CREDENTIALS, isGood, tools.store)(profile);
  if (found !== undefined) return found;
  const { obtainCredentials } = await import("./chain.ts");
  return obtainCredentials(profile, tools, isGood);
}

async function forgetAll(profile: Profile, store: Store): Promise<void> {
  for (const step of [...sourceProfiles(profile), profile]) await forget(KEPT_CREDENTIALS, step, store);
  await forgetProof(profile, store);
}

/** The id token or assertion of the login; IAM's session is among the credentials. */
export async function forgetProof(holder: LoginHolder, store: Store): Promise<void> {
  if (holder.login.kind === "iam") return;
  if (holder.login.kind !== "saml") return forget(KEPT_TOKEN, holder, store);
  return forget((await import("./kept-assertion.ts")).KEPT_ASSERTION, holder, store);
}
