/**
 * The configuration of a server that runs for days: read once, and anew when one of AWS's two files has changed. That is looked for when somebody
 * asks: each time for a profile that is not served yet, once a second at most for one that is.
 */

import { statSync } from "node:fs";
import type { FlagSettings } from "../../config/attributes.ts";
import { type AwsFiles, filePaths, loadFiles } from "../../config/files.ts";
import type { Profile } from "../../config/profile.ts";
import { resolveProfile } from "../../config/resolve.ts";
import { messageOf } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import type { World } from "../../world.ts";

export interface Configuration {
  /** Another number than before: a file has changed since. */
  edition(): number;
  /** @throws ConfigError */
  resolve(name: string): Profile;
}

const LOOK_EVERY_MS = 1_000;

export function openConfiguration({ env, homeDir, clock }: Pick<World, "env" | "homeDir" | "clock">, flags: FlagSettings): Configuration {
  const paths = filePaths(env, homeDir);
  let files: AwsFiles | undefined;
  let seen = stampOf(paths);
  let lookedAt = clock.now();
  let edition = 0;
  const look = (): number => {
    lookedAt = clock.now();
    const stamp = stampOf(paths);
    if (stamp === seen) return edition;
    seen = stamp;
    files = undefined;
    return (edition += 1);
  };
  return {
    edition: () => (Math.abs(clock.now() - lookedAt) < LOOK_EVERY_MS ? edition : look()),
    // Seldom called, and perhaps for a profile that was written just now.
    resolve(name) {
      look();
      files ??= loadFiles(env, homeDir);
      return resolveProfile({ name, files, env, flags });
    },
  };
}

/** Whether two readings of a profile mean the same, wherever in the files they stand. */
export function isSameProfile(one: Profile, other: Profile): boolean {
  return meaningOf(one) === meaningOf(other);
}

function meaningOf(profile: Profile): string {
  return JSON.stringify(profile, function (this: Record<string, unknown>, key: string, value: unknown) {
    const raw = this[key]; // before toJSON, which masks
    if (raw instanceof Secret) return raw.reveal();
    return key === "origin" || key === "warnings" ? undefined : value;
  });
}

/** Changes whenever a file is written to, replaced, made or removed, or can no longer be looked at. */
function stampOf(paths: readonly string[]): string {
  return paths.map(stampOfFile).join();
}

/** Must not throw, as it is part of every request: a link to itself, or a folder that is closed to us, is for the reading of the file to name. */
function stampOfFile(path: string): string {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    return found === undefined ? "" : `${found.ino}:${found.size}:${found.ctimeMs}`; // mtime is what its writer wants it to be
  } catch (error) {
    return messageOf(error);
  }
}
