/**
 * `aws-runas run --profiles A,B,C COMMAND…`: one command with each profile's credentials, side by side.
 *
 * Logins come first and one after the other, as they may ask; profiles that share one make it once. Then the commands run, and a table
 * says how each ended.
 */

import { type AwsFiles, loadFiles } from "../../config/files.ts";
import type { Profile } from "../../config/profile.ts";
import { resolveProfile } from "../../config/resolve.ts";
import type { Credentials } from "../../credentials/credentials.ts";
import { type CredentialTools, getCredentials } from "../../credentials/provider.ts";
import { keepFresh } from "../../credentials/refresher.ts";
import { UsageError } from "../../errors.ts";
import { endpointEnvironment } from "../../exec/environment.ts";
import { findProgram } from "../../exec/lookup.ts";
import { type Ended, type NamedRun, runMany } from "../../exec/run-many.ts";
import { type ContainerEndpoint, startContainerEndpoint } from "../../metadata/container.ts";
import { openStore } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { copyFiles } from "../child-copies.ts";
import type { CommandRequest } from "../commands.ts";
import { table } from "../table.ts";

const DEFAULT_JOBS = 8;
const HEAD = ["PROFILE", "STATUS", "SECONDS"];

interface Ready {
  readonly profile: Profile;
  readonly fresh: () => Promise<Credentials>;
}

/** Resolves with 0 when every command did, else with 1, or 128 + n when signal n ended us; throws every error there is before they run. */
export async function runRunMany(request: CommandRequest, world: World): Promise<number> {
  const { words: command } = request;
  if (command[0] === undefined) throw new UsageError("run what?", { hint: "aws-runas run --profiles A,B COMMAND…" });
  const jobs = jobsOf(request.values.get("jobs"));
  findProgram(command[0], world);
  const files = loadFiles(world.env, world.homeDir);
  const ready = await logIn(namesOf(request.values.get("profiles")), files, request, world);
  const childFiles = await copyFiles(files, world);
  const endpoints: ContainerEndpoint[] = [];
  try {
    const runs: NamedRun[] = [];
    for (const { profile, fresh } of ready) {
      const endpoint = await startContainerEndpoint({ credentials: fresh, log: world.log });
      endpoints.push(endpoint);
      runs.push({ name: profile.name, env: endpointEnvironment({ env: world.env, profile, endpoint, files: childFiles }) });
    }
    const { ended, signalStatus } = await runMany({ ...world, command, runs, jobs, now: () => world.clock.now() });
    world.stderr.write(table([HEAD, ...ended.map(cellsOf)]));
    return signalStatus ?? (ended.every(({ status }) => status === 0) ? 0 : 1);
  } finally {
    childFiles.remove();
    await Promise.all(endpoints.map((endpoint) => endpoint.close()));
  }
}

/** In turn: what one login leaves in the store the next finds there. */
async function logIn(
  names: readonly string[],
  files: AwsFiles,
  { settings, refresh }: CommandRequest,
  world: World,
): Promise<readonly Ready[]> {
  const profiles = names.map((name) => resolveProfile({ name, files, env: world.env, flags: settings }));
  for (const warning of new Set(profiles.flatMap(({ warnings }) => warnings))) world.log.warn(warning);
  const tools: CredentialTools = { ...world, store: openStore(world) };
  const ready: Ready[] = [];
  for (const profile of profiles) {
    ready.push({ profile, fresh: keepFresh(profile, await getCredentials({ profile, refresh }, tools), tools) });
  }
  return ready;
}

function namesOf(text: string | undefined): readonly string[] {
  const names = [...new Set((text ?? "").split(",").map((name) => name.trim()))].filter((name) => name !== "");
  if (names.length === 0) throw new UsageError("no profiles are named", { hint: "aws-runas run --profiles A,B COMMAND…" });
  return names;
}

function jobsOf(text: string | undefined): number {
  const jobs = text === undefined ? DEFAULT_JOBS : Number(text);
  if (!Number.isInteger(jobs) || jobs < 1) throw new UsageError("the flag --jobs takes a number from 1");
  return jobs;
}

function cellsOf({ name, status, durationMs }: Ended): readonly string[] {
  return [name, String(status), (durationMs / 1000).toFixed(1)];
}
