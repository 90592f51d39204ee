/** Questions of a login page with a few answers: which second factor, which way to log in. */

import type { OidcLogin } from "../../config/profile.ts";
import { PersonNeededError } from "../../errors.ts";
import type { Terminal } from "../../world.ts";
import type { Choice, Way } from "./form-page.ts";
import { shorten } from "./protocol-error.ts";

export interface Chooser {
  readonly provider: string;
  readonly login: OidcLogin;
  readonly terminal: Terminal;
}

/** Ways with a code, for when the profile or a given code asks for one. */
const CODE_LABEL = /\b(one-time|code|otp|totp|authenticator app)/i;

/** The way that mfa_type or a given code means, else the person's choice. */
export async function chooseWay(ways: readonly Way[], chooser: Chooser): Promise<Way> {
  const { mfaType, mfaCode } = chooser.login;
  const wantsCode = mfaCode !== undefined || ["code", "otp", "totp"].includes(mfaType?.value ?? "");
  const withCode = ways.filter((way) => CODE_LABEL.test(way.label));
  if (wantsCode && withCode.length === 1 && withCode[0] !== undefined) return withCode[0];
  return choose(`How to go on at ${chooser.provider}`, ways, chooser);
}

/** One value for each choice: what the page has preset where nobody is there to ask, or `usePreset` says so. */
export async function chooseAll(choices: readonly Choice[], usePreset: boolean, chooser: Chooser): Promise<Map<string, string>> {
  const chosen = new Map<string, string>();
  for (const { name, label, options, preset } of choices) {
    const isSettled = preset !== undefined && (usePreset || options.length === 1 || !chooser.terminal.isAvailable);
    const question = label === "" ? `Which one, for ${chooser.provider}` : shorten(label);
    chosen.set(name, isSettled ? preset : (await choose(question, options, chooser)).value);
  }
  return chosen;
}

function choose<T extends { readonly label: string }>(
  question: string,
  options: readonly T[],
  { provider, terminal }: Chooser,
): Promise<T> {
  if (!terminal.isAvailable) {
    const labels = options.map((option) => shorten(option.label)).join(", ");
    throw new PersonNeededError(`${provider} asks to choose one of ${labels}, and there is no terminal to ask on`, {
      hint: "set mfa_type = code where a one-time code is one of them",
    });
  }
  return terminal.choose(
    question,
    options.map((option) => ({ value: option, label: shorten(option.label) })),
  );
}
