/** Getting credentials while a command runs: its terminal is not ours to ask on, and what was given for one use is used up. */

import { describeOrigin } from "../config/origin.ts";
import type { Login, OidcLogin, Profile } from "../config/profile.ts";
import { PersonNeededError } from "../errors.ts";
import type { Browser, Log, Terminal } from "../world.ts";
import type { CredentialTools } from "./provider.ts";

/** A terminal on which nobody answers. */
const NOBODY: Terminal = {
  isAvailable: false,
  isUnattended: true,
  ask: refuse,
  askSecret: refuse,
  choose: refuse,
  say: () => {},
  showWait: () => () => {},
  showQr: async () => {},
};

const NOWHERE: Browser = { isAvailable: false, open: async () => false };

/** The same tools without a person; what would be told to one goes to the debug log. */
export function unattendedTools(tools: Omit<CredentialTools, "terminal" | "browser"> & Partial<CredentialTools>): CredentialTools {
  const { log } = tools;
  const quiet: Log = {
    warn: (message) => log.warn(message),
    info: (message) => log.debug(message),
    debug: (message) => log.debug(message),
  };
  return { ...tools, terminal: NOBODY, browser: NOWHERE, log: quiet };
}

/** The same profile without the one-time code, which the first login used. */
export function unattendedProfile(profile: Profile): Profile {
  const { login } = profile;
  return { ...profile, login: withoutCode(login) };
}

function withoutCode(login: Login): Login {
  return login.kind === "token" ? login : { ...login, mfaCode: undefined };
}

/** What `work` does with a person to ask, unless the profile says that there is none: then what needs one fails at once and says so. */
export async function asAttended<T>(
  { attendance }: Pick<OidcLogin, "attendance">,
  tools: CredentialTools,
  work: (tools: CredentialTools) => Promise<T>,
): Promise<T> {
  if (attendance?.value !== "never") return work(tools);
  try {
    return await work(unattendedTools(tools));
  } catch (cause) {
    if (!(cause instanceof PersonNeededError)) throw cause;
    throw new PersonNeededError(
      `the login needs a person, and login = never says that there is none (${describeOrigin(attendance.origin)})`,
      {
        hint: "a person logs in with AWSRUNAS_LOGIN=auto aws-runas login PROFILE",
        cause,
      },
    );
  }
}

async function refuse(): Promise<never> {
  throw new PersonNeededError("a login in the background has nobody to ask");
}
