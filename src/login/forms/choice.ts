/**
 * Questions of a login page with a few answers. Which second factor is the FactorChooser's to say, so that mfa_type and what was chosen the
 * last time hold; anything else is the person's.
 */

import type { ProviderLogin } from "../../config/profile.ts";
import { PersonNeededError, shorten } from "../../errors.ts";
import type { Terminal } from "../../world.ts";
import { type ChosenFactor, type Factor, type FactorChooser, wantedKinds } from "./factors.ts";
import type { Choice, Way } from "./demand.ts";
import { kindOfWay, type WayKind } from "./ways.ts";

export interface Chooser {
  readonly provider: string;
  readonly login: ProviderLogin;
  readonly terminal: Terminal;
  readonly factors: FactorChooser;
}

export interface ChosenWay {
  readonly way: Way;
  /** Undefined for what is no second factor. */
  readonly factor: ChosenFactor | undefined;
}

/** The password where it is one of the ways, was not given yet and mfa_type names none of the others; else the chosen factor. */
export async function chooseWay(ways: readonly Way[], hasPassword: boolean, chooser: Chooser): Promise<ChosenWay> {
  const kinds = ways.map((way) => ({ way, kind: way.kind ?? kindOfWay(way.label) }));
  const byPassword = kinds.find(({ kind }) => kind === "password")?.way;
  const factors = kinds.flatMap(({ way, kind }) => (isFactor(kind) ? [{ kind, label: way.label, value: way }] : []));
  const isSettled = factors.some(({ kind }) => wantedKinds(chooser.login)?.includes(kind));
  if (byPassword !== undefined && !hasPassword && !isSettled) return asWay(byPassword);
  const areKnown = factors.length > 0 && kinds.every(({ kind }) => kind !== undefined);
  if (!areKnown && !isSettled) return asWay(await ask(`How to go on at ${chooser.provider}`, ways, chooser));
  const factor = await chooser.factors.choose(factors);
  return { way: factor.value, factor };
}

/** What stands on the page beside its choices. */
export interface Beside {
  readonly credentials: boolean;
  readonly code: boolean;
}

export interface ChosenValues {
  /** By field name. */
  readonly values: Map<string, string>;
  readonly factor: ChosenFactor | undefined;
}

/** One value for each choice: what the page has preset where nobody is there to ask, or beside a user name or password. */
export async function chooseAll(choices: readonly Choice[], beside: Beside, chooser: Chooser): Promise<ChosenValues> {
  const values = new Map<string, string>();
  let factor: ChosenFactor | undefined;
  for (const choice of choices) {
    const chosen = (await chooseDevice(choice, beside, chooser)) ?? (await chooseFactor(choice, beside, chooser));
    factor = chosen?.factor ?? factor;
    values.set(choice.name, chosen?.value ?? (await chooseValue(choice, beside, chooser)));
  }
  return { values, factor };
}

interface ChosenValue {
  readonly value: string;
  readonly factor: ChosenFactor;
}

/** Of several radio buttons beside a code: which of the person's devices makes it. */
async function chooseDevice({ isRadio, options, preset }: Choice, beside: Beside, { factors }: Chooser): Promise<ChosenValue | undefined> {
  if (isRadio !== true || !beside.code || options.length < 2) return undefined;
  const presetFirst = options.toSorted((one, other) => Number(other.value === preset) - Number(one.value === preset));
  const device = await factors.chooseDevice(presetFirst.map(({ label, value }) => ({ kind: "totp", label, value })));
  return { value: device.value, factor: device };
}

/** Where each of them is a factor by its words. */
async function chooseFactor({ options }: Choice, beside: Beside, { factors }: Chooser): Promise<ChosenValue | undefined> {
  const known = options.flatMap(({ label, value }) => {
    const kind = kindOfWay(label);
    return isFactor(kind) ? [{ kind, label, value }] : [];
  });
  if (beside.credentials || beside.code || options.length < 2 || known.length < options.length) return undefined;
  const factor = await factors.choose(known);
  return { value: factor.value, factor };
}

async function chooseValue({ label, options, preset, hint }: Choice, beside: Beside, chooser: Chooser): Promise<string> {
  const usePreset = beside.credentials || chooser.login.mfaCode !== undefined || options.length === 1 || !chooser.terminal.isAvailable;
  if (preset !== undefined && usePreset) return preset;
  return (await ask(label === "" ? `Which one, for ${chooser.provider}` : shorten(label), options, chooser, hint)).value;
}

function ask<T extends { readonly label: string }>(
  question: string,
  options: readonly T[],
  { provider, terminal }: Chooser,
  hint = "set mfa_type = code where a one-time code is one of them",
): Promise<T> {
  if (!terminal.isAvailable) {
    const labels = options.map((option) => shorten(option.label)).join(", ");
    throw new PersonNeededError(`${provider} asks to choose one of ${labels}, and there is no terminal to ask on`, { hint });
  }
  return terminal.choose(
    question,
    options.map((option) => ({ value: option, label: shorten(option.label) })),
  );
}

function isFactor(kind: WayKind | undefined): kind is Factor<unknown>["kind"] {
  return kind !== undefined && kind !== "password";
}

function asWay(way: Way): ChosenWay {
  return { way, factor: undefined };
}
