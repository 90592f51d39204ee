/**
 * A password that a provider refused → a mark in the store for a minute, so that no other run sends it again meanwhile: providers lock accounts
 * after three to five wrong ones, and a refusal that travels by the lock (store/single-flight.ts) reaches only those who wait for it already.
 *
 * Marked is the password, by a salted hash inside an encrypted entry, for the name and place it was sent as: another one is not held up, and
 * neither is whoever types one or logs in by `aws-runas login`.
 */

import type { Login, ProviderLogin } from "../../config/profile.ts";
import { LoginError } from "../../errors.ts";
import type { Secret } from "../../secret.ts";
import { entryKey } from "../../store/entry-key.ts";
import { packRefusal, unpackRefusal } from "../../store/refusal.ts";
import type { Store } from "../../store/store.ts";
import type { Clock } from "../../world.ts";
import { isObject } from "../json.ts";

const REMEMBERED_MS = 60_000;

/** A password that nobody typed, and where it goes. */
export interface KnownPassword {
  readonly login: ProviderLogin;
  /** Who asks. */
  readonly host: string;
  readonly username: string | undefined;
  readonly password: Secret;
}

export async function markRefused(
  sent: KnownPassword,
  refusal: LoginError,
  { store, clock }: { store: Store; clock: Clock },
): Promise<void> {
  const salt = crypto.randomUUID();
  const at = clock.now();
  const mark = { at, salt, hash: await hashOf(sent, salt), refusal: packRefusal(refusal) };
  await store.write("refusal", await keyOf(sent.login), mark, new Date(at + REMEMBERED_MS));
}

/** What the provider said when it refused the same password a moment ago. */
export async function findRefusal(known: KnownPassword, { store, clock }: { store: Store; clock: Clock }): Promise<Error | undefined> {
  const mark = await store.read("refusal", await keyOf(known.login));
  if (!isObject(mark) || typeof mark["salt"] !== "string" || typeof mark["refusal"] !== "string") return undefined;
  if (Math.abs(clock.now() - Number(mark["at"])) >= REMEMBERED_MS) return undefined; // else a clock that was set back would make it long
  return mark["hash"] === (await hashOf(known, mark["salt"])) ? unpackRefusal(mark["refusal"]) : undefined;
}

/** Somebody wants it tried again. @throws StoreError "store-unusable" */
export async function forgetRefusal(login: Login, store: Store): Promise<void> {
  if (login.kind !== "oidc" && login.kind !== "saml") return;
  const key = await keyOf(login);
  if ((await store.read("refusal", key)) !== undefined) await store.remove("refusal", key); // a store that is of no use has none
}

function keyOf({ kind, authUrl, username }: ProviderLogin): Promise<string> {
  return entryKey({ kind, authUrl: authUrl.value, username: username?.value });
}

function hashOf({ host, username, password }: KnownPassword, salt: string): Promise<string> {
  return entryKey({ salt, host, username, password: password.reveal() });
}
