/** The profile that a command of our own is about: its one word, or the one that AWS_PROFILE names. */

import { loadFiles } from "../config/files.ts";
import { resolveTarget } from "../config/resolve.ts";
import type { Target } from "../config/resolve.ts";
import { UsageError } from "../errors.ts";
import type { Environment, World } from "../world.ts";
import type { CommandRequest } from "./commands.ts";
import { chooseProfile } from "./profile-choice.ts";

/**
 * @param hint what to do instead of a second word, which is not repeated: it may be a secret
 * @throws UsageError when no profile is named, or more than one word is there
 */
export function commandProfile(words: readonly string[], env: Environment, hint: string): string {
  const { profile, command } = chooseProfile({ words, dashesFirst: false, env, profileExists: () => true });
  if (command.length > 0) throw new UsageError("there is a word too many after the profile", { hint });
  return profile;
}

/** The profile that `commandProfile` names, resolved; its warnings are logged. @throws as `commandProfile`; ConfigError */
export function commandTarget({ words, settings }: CommandRequest, world: World, usage: string): Target {
  const name = commandProfile(words, world.env, `aws-runas ${usage}`);
  const target = resolveTarget({ name, files: loadFiles(world.env, world.homeDir), env: world.env, flags: settings });
  for (const warning of target.warnings) world.log.warn(warning);
  return target;
}
