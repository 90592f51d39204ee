/**
 * Which of the words is the profile and which are the command.
 *
 * The first word is the profile, unless AWS_PROFILE (else AWS_DEFAULT_PROFILE) names one and the first word does not: then all words are
 * the command. `--` before the first word forces that second reading; one `--` after the profile is dropped.
 */

import { UsageError } from "../errors.ts";
import type { Environment } from "../world.ts";

export interface ProfileChoice {
  readonly profile: string;
  /** Empty when there is nothing to run. */
  readonly command: readonly string[];
}

export interface ProfileQuestion {
  readonly words: readonly string[];
  /** True when `--` came before the first word. */
  readonly dashesFirst: boolean;
  readonly env: Environment;
  readonly profileExists: (name: string) => boolean;
}

/** @throws UsageError when neither a word nor the environment names a profile. */
export function chooseProfile({ words, dashesFirst, env, profileExists }: ProfileQuestion): ProfileChoice {
  const fallback = env["AWS_PROFILE"] || env["AWS_DEFAULT_PROFILE"] || undefined;
  const [first, ...rest] = words;
  if (fallback !== undefined && (first === undefined || dashesFirst || !(first === fallback || profileExists(first)))) {
    return { profile: fallback, command: words };
  }
  if (first === undefined || first === "") {
    throw new UsageError("no profile is named", { hint: "name one, or set AWS_PROFILE; aws-runas --help says more" });
  }
  return { profile: first, command: rest[0] === "--" ? rest.slice(1) : rest };
}
