/** Getting credentials while a command runs: its terminal is not ours to ask on, and what was given for one use is used up. */

import type { Profile } from "../config/profile.ts";
import { PersonNeededError } from "../errors.ts";
import type { Browser, Log, Terminal } from "../world.ts";
import type { CredentialTools } from "./provider.ts";

/** A terminal on which nobody answers. */
const NOBODY: Terminal = {
  isAvailable: false,
  ask: refuse,
  askSecret: refuse,
  choose: refuse,
  say: () => {},
  showWait: () => () => {},
  showQr: async () => {},
};

const NOWHERE: Browser = { isAvailable: false, open: async () => false };

/** The same tools without a person; what would be told to one goes to the debug log. */
export function unattendedTools(tools: CredentialTools): CredentialTools {
  const { log } = tools;
  const quiet: Log = {
    warn: (message) => log.warn(message),
    info: (message) => log.debug(message),
    debug: (message) => log.debug(message),
    trace: (message) => log.trace(message),
  };
  return { ...tools, terminal: NOBODY, browser: NOWHERE, log: quiet };
}

/** The same profile without the one-time code, which the first login used. */
export function unattendedProfile(profile: Profile): Profile {
  return { ...profile, login: { ...profile.login, mfaCode: undefined } };
}

async function refuse(): Promise<never> {
  throw new PersonNeededError("a login in the background has nobody to ask");
}
