/**
 * Which second factor to use, of those that a provider offers this user: what mfa_type says, what a code given beforehand asks for, what the
 * person chose the last time, else the person's choice.
 */

import { describeOrigin } from "../../config/origin.ts";
import type { ProviderLogin } from "../../config/profile.ts";
import type { MfaType } from "../../config/values.ts";
import { LoginError, PersonNeededError, shorten } from "../../errors.ts";
import { entryKey } from "../../store/entry-key.ts";
import type { Store } from "../../store/store.ts";
import type { Clock, Terminal } from "../../world.ts";

/** `webauthn` stands for passkeys, security keys and whatever else needs a browser; `idp` for a login at another provider. */
export type FactorKind = "totp" | "push" | "sms" | "email" | "call" | "question" | "duo" | "idp" | "recovery" | "webauthn";

export interface Factor<T> {
  readonly kind: FactorKind;
  /** As the provider calls it: "Okta Verify push". */
  readonly label: string;
  readonly value: T;
}

/** What a code is of, as the person knows it; of kind "question", `label` is the question. */
export type ChosenFactor = Pick<Factor<unknown>, "kind" | "label">;

export interface FactorChooser {
  /** @throws LoginError `page-not-answerable` when nothing offered is wanted or can be answered; PersonNeededError; CancelledError */
  choose<T>(offered: readonly Factor<T>[]): Promise<Factor<T>>;
  /**
   * One of several devices of one factor, the provider's preset first: that one with a code given beforehand or without a terminal, else
   * the person's choice, kept like that of a factor.
   */
  chooseDevice<T>(devices: readonly Factor<T>[]): Promise<Factor<T>>;
  /** For a login that failed: what the person chose in it, now or before, is asked for again the next time. */
  forget(): Promise<void>;
}

export interface FactorOptions {
  /** The host that questions and errors name. */
  readonly provider: string;
  readonly login: ProviderLogin;
  readonly terminal: Terminal;
  readonly store: Store;
  readonly clock: Clock;
  /** The hint for what only a browser can do. */
  readonly useBrowser: string;
}

/** What each value of mfa_type means, the first that is offered is taken. */
const KINDS_OF: Readonly<Record<Exclude<MfaType, "auto">, readonly FactorKind[]>> = {
  none: [],
  code: ["totp", "sms", "email"],
  otp: ["totp"],
  totp: ["totp"],
  push: ["push", "duo"],
  sms: ["sms"],
  email: ["email"],
  call: ["call"],
  question: ["question"],
  duo: ["duo"],
  recovery: ["recovery"],
  webauthn: ["webauthn"],
};
const kindsOf: Readonly<Record<string, readonly FactorKind[] | undefined>> = KINDS_OF;
/** Those that have a telephone ring or a message sent. */
const AT_A_DEVICE: ReadonlySet<FactorKind> = new Set(["push", "call", "duo", "sms", "email"]);
const KEPT_MS = 180 * 24 * 60 * 60 * 1000;

/** What a person may be asked to choose. */
type Topic = "factor" | "device";

export function createFactorChooser(options: FactorOptions): FactorChooser {
  const chosen = new Set<Topic>();
  return {
    async choose(offered) {
      if (offered.length === 0) throw nothingToAnswer(offered, options);
      const settled = settledBy(options, offered);
      const answerable = (settled ?? offered).filter(({ kind }) => kind !== "webauthn");
      const [first] = answerable;
      if (first === undefined) throw nothingToAnswer(settled ?? offered, options);
      if (answerable.length === 1 || settled !== undefined) return attended(first, options);
      chosen.add("factor");
      return attended(await chooseOne(answerable, "factor", options), options);
    },
    async chooseDevice(devices) {
      const [preset] = devices;
      if (preset !== undefined && (options.login.mfaCode !== undefined || !options.terminal.isAvailable)) return preset;
      chosen.add("device");
      return chooseOne(devices, "device", options);
    },
    async forget() {
      for (const topic of chosen) {
        // That it is still kept must not hide why the login failed.
        await options.store.remove("preference", await preferenceKey(topic, options)).catch(() => undefined);
      }
    },
  };
}

/** The kinds that mfa_type names; with `auto`, those that a given code may be of. Undefined when these leave it open. */
export function wantedKinds({ mfaType, mfaCode }: ProviderLogin): readonly FactorKind[] | undefined {
  if (mfaType === undefined || mfaType.value === "auto") return mfaCode && KINDS_OF.code;
  return kindsOf[mfaType.value] ?? [];
}

/** @throws PersonNeededError before a device is rung that nobody is to answer */
function attended<T>(factor: Factor<T>, { provider, terminal }: FactorOptions): Factor<T> {
  if (terminal.isUnattended !== true || !AT_A_DEVICE.has(factor.kind)) return factor;
  throw new PersonNeededError(`${provider} asks for ${labelsOf([factor])}, which needs a person`);
}

/** What is offered of these. Undefined when nothing is settled. */
function settledBy<T>({ login, provider }: FactorOptions, offered: readonly Factor<T>[]): readonly Factor<T>[] | undefined {
  const { mfaType } = login;
  const wanted = (wantedKinds(login) ?? []).flatMap((kind) => offered.filter((factor) => factor.kind === kind));
  if (wanted.length > 0) return wanted;
  if (mfaType === undefined || mfaType.value === "auto") return undefined;
  const message = `${provider} offers ${labelsOf(offered)}, but mfa_type is ${mfaType.value} (${describeOrigin(mfaType.origin)})`;
  const hint = "set mfa_type to one of these, or to auto to be asked";
  throw new LoginError("page-not-answerable", message, { provider, step: "second factor", hint });
}

async function chooseOne<T>(factors: readonly Factor<T>[], topic: Topic, options: FactorOptions): Promise<Factor<T>> {
  const { provider, terminal, store, clock } = options;
  const key = await preferenceKey(topic, options);
  const kept = await store.read("preference", key);
  const before = factors.find(({ kind, label }) => kept === `${kind} ${label}`);
  if (before !== undefined) return before;
  if (!terminal.isAvailable) {
    throw new PersonNeededError(`${provider} offers ${labelsOf(factors)}, and there is no terminal to ask on`, {
      hint: "set mfa_type to the one to use",
    });
  }
  const chosen = await terminal.choose(
    `${topic === "factor" ? "Second factor" : "Device"} for ${provider}`,
    factors.map((factor) => ({ value: factor, label: shorten(factor.label) })),
  );
  await store.write("preference", key, `${chosen.kind} ${chosen.label}`, new Date(clock.now() + KEPT_MS));
  return chosen;
}

/** By user, where the profile names one, at this provider. */
function preferenceKey(topic: Topic, { login }: FactorOptions): Promise<string> {
  return entryKey({ authUrl: login.authUrl.value, username: login.username?.value, preference: topic });
}

function nothingToAnswer(factors: readonly Factor<unknown>[], { provider, useBrowser }: FactorOptions): LoginError {
  const what = factors.length === 0 ? "a second factor, and this user has none" : labelsOf(factors);
  return new LoginError("page-not-answerable", `${provider} asks for ${what}`, {
    provider,
    step: "second factor",
    hint: useBrowser,
  });
}

function labelsOf(factors: readonly Factor<unknown>[]): string {
  return factors.map(({ kind, label }) => `${shorten(label)} (${kind})`).join(", ");
}
