/** What every `serve` starts from: the profile that is active at first, and the pool that gets credentials. */

import { loadFiles } from "../../config/files.ts";
import { profileExists, resolveProfile } from "../../config/resolve.ts";
import type { CredentialTools } from "../../credentials/provider.ts";
import { ConfigError, messageOf, UsageError } from "../../errors.ts";
import { openConfiguration } from "../../metadata/serve/configuration.ts";
import { createPool, type Pool } from "../../metadata/serve/pool.ts";
import { openStore } from "../../store/store.ts";
import type { World } from "../../world.ts";
import type { CommandRequest } from "../commands.ts";

export interface Served {
  readonly pool: Pool;
  readonly tools: CredentialTools;
}

/** Where a server listens. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** Reads nothing yet. */
export function servedPool({ settings }: CommandRequest, world: World): Served {
  const tools: CredentialTools = { ...world, store: openStore(world) };
  return { pool: createPool({ configuration: openConfiguration(world, settings), tools }), tools };
}

/** The profile that is named, undefined where none is. @throws ConfigError for one that does not exist, UsageError */
export function firstProfile({ words, settings }: CommandRequest, { env, homeDir }: World): string | undefined {
  const name = profileName(words, env);
  const files = loadFiles(env, homeDir);
  if (name !== undefined && !profileExists(name, files)) resolveProfile({ name, files, env, flags: settings });
  return name;
}

function profileName(words: readonly string[], env: World["env"]): string | undefined {
  const [name, ...others] = words;
  if (others.length > 0) throw new UsageError("there is a word too many after the profile", { hint: "aws-runas serve ecs|ec2 [PROFILE]" });
  const found = name ?? (env["AWS_PROFILE"] || env["AWS_DEFAULT_PROFILE"]);
  if (found === "") throw new ConfigError("config-value", "the profile's name is empty");
  return found;
}

/** @throws UsageError */
export function portOf(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) throw new UsageError("the flag --port takes a number from 0 to 65535");
  return port;
}

/** What is said where an address is not to be had. Bun tells a port in use by its code alone. */
export function placeError({ host, port }: Place, cause: unknown): UsageError {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
  const [reason, hint] = REASONS.get(code) ?? [messageOf(cause), "it has to be an address of this machine"];
  return new UsageError(`cannot listen at ${host}, port ${port}: ${reason}`, { hint, cause });
}

const REASONS: ReadonlyMap<unknown, readonly [reason: string, hint: string]> = new Map([
  [
    "EADDRINUSE",
    ["another program listens there", "it may be an aws-runas: use or end that one; or take another port: -p PORT, -p 0 for any"],
  ],
  ["EACCES", ["the system does not allow it", "take a port above 1023: -p PORT"]],
]);
