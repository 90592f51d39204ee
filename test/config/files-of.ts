/** AWS's two files from texts, and a profile resolved from them, without a disk. */

import type { FlagSettings } from "../../src/config/attributes.ts";
import type { AwsFiles } from "../../src/config/files.ts";
import { parseIni } from "../../src/config/ini.ts";
import type { OidcLogin, Profile } from "../../src/config/profile.ts";
import { resolveProfile } from "../../src/config/resolve.ts";
import type { Environment } from "../../src/world.ts";

export interface Setup {
  readonly config?: string;
  readonly credentials?: string;
  readonly env?: Environment;
  readonly flags?: FlagSettings;
}

export const ROLE = "arn:aws:iam::123456789012:role/developer";

/** Every setting a profile cannot do without. */
export const COMPLETE = `web_identity_auth_url = https://id.example.com/realms/x
web_identity_client_id = aws
role_arn = ${ROLE}
`;

export function filesOf({ config = "", credentials = "" }: Setup): AwsFiles {
  return {
    config: parseIni("/home/user/.aws/config", "~/.aws/config", config),
    credentials: parseIni("/home/user/.aws/credentials", "~/.aws/credentials", credentials),
  };
}

/** A profile that logs in with OIDC. */
export type OidcProfile = Profile & { readonly login: OidcLogin };

export function resolve(name: string, setup: Setup): OidcProfile {
  const profile = resolveAny(name, setup);
  const { login } = profile;
  if (login.kind !== "oidc") throw new Error(`${name} logs in by a ${login.kind}`);
  return { ...profile, login };
}

export function resolveAny(name: string, setup: Setup): Profile {
  return resolveProfile({ name, files: filesOf(setup), env: setup.env ?? {}, flags: setup.flags ?? {} });
}

/** What is thrown, with the hint, as the user reads it. */
export function failureOf(action: () => unknown): { code: string; message: string; hint: string | undefined } {
  try {
    action();
  } catch (error) {
    const { code, message, hint } = error as { code: string; message: string; hint: string | undefined };
    return { code, message, hint };
  }
  throw new Error("nothing was thrown");
}
