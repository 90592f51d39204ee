/**
 * A profile that reads its id tokens → the same with the holder of the token that is there now, so that what is kept for one holder is never
 * handed to another. A profile of another kind is given back as it is, and costs nothing.
 */

import type { Profile } from "../config/profile.ts";
import type { Environment } from "../world.ts";

/** @throws LoginError `token-unavailable` for a file or variable without a token: then nothing that was kept for it is handed out either. */
export async function withHolder(profile: Profile, tools: { readonly env: Environment; readonly homeDir: string }): Promise<Profile> {
  const { login } = profile;
  if (login.kind !== "token") return profile;
  const { identifyHolder } = await import("../login/token-source.ts");
  return { ...profile, login: { ...login, ...(await identifyHolder(login.source, tools)) } };
}
