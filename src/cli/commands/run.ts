/**
 * The main job: a profile's credentials, handed to a command — by an endpoint that lives as long as it does, or as variables — or printed.
 *
 * With cached credentials this is the path whose time counts: only what the endpoint and the start of a program need is imported here.
 */

import { loadFiles } from "../../config/files.ts";
import type { AwsFiles } from "../../config/files.ts";
import { describeOrigin } from "../../config/origin.ts";
import type { Profile } from "../../config/profile.ts";
import { profileExists, resolveProfile } from "../../config/resolve.ts";
import { withChosenRole } from "../../credentials/chosen-role.ts";
import type { Credentials } from "../../credentials/credentials.ts";
import { getCredentials } from "../../credentials/provider.ts";
import type { CredentialTools } from "../../credentials/provider.ts";
import { keepFresh } from "../../credentials/refresher.ts";
import { sessionProfile } from "../../credentials/source.ts";
import { UsageError } from "../../errors.ts";
import { endpointEnvironment, variableEnvironment } from "../../exec/environment.ts";
import { findProgram } from "../../exec/lookup.ts";
import { runCommand } from "../../exec/run.ts";
import { startContainerEndpoint } from "../../metadata/container.ts";
import { openStore } from "../../store/store.ts";
import type { World } from "../../world.ts";
import type { RunOptions } from "../options.ts";
import { copyFiles } from "../child-copies.ts";
import { chooseProfile } from "../profile-choice.ts";

export interface RunRequest {
  readonly words: readonly string[];
  /** True when `--` came before the first word. */
  readonly dashesFirst: boolean;
  readonly options: RunOptions;
}

interface HandOver {
  readonly command: readonly string[];
  readonly profile: Profile;
  /** Already described, where that was asked for. */
  readonly credentials: Promise<Credentials>;
  readonly files: AwsFiles;
  readonly tools: CredentialTools;
}

/** Resolves with the command's exit status; throws every error there is. */
export async function run({ words, dashesFirst, options }: RunRequest, world: World): Promise<number> {
  const { env } = world;
  const files = loadFiles(env, world.homeDir);
  const chosen = chooseProfile({ words, dashesFirst, env, profileExists: (word) => profileExists(word, files) });
  const { profile: name } = chosen;
  const command = options.startsShell ? shellInstead(chosen.command, world) : chosen.command;
  if (command.length > 0 && options.outputWasGiven && options.output === "json") {
    throw new UsageError("-O json prints credentials and runs nothing, so no command can follow");
  }
  const resolved = resolveProfile({ name, files, env, flags: options.settings, isForSession: options.session });
  const profile = options.session ? sessionProfile(resolved) : resolved;
  for (const warning of profile.warnings) world.log.warn(warning);
  world.log.debug(roleText(profile));
  // nobody should log in for a command that does not exist
  if (command[0] !== undefined) findProgram(command[0], { ...world, mayBeProfile: !dashesFirst && command.length === words.length });
  const tools: CredentialTools = { ...world, store: openStore(world) };
  const credentials = getCredentials({ profile, refresh: options.refresh }, tools).then(async (found) => {
    if (options.showsIdentity || options.showsExpiry) await describe({ profile, credentials: found, options }, world);
    if (options.writesFile) await write(profile.name, found, { files, world });
    return found;
  });
  if (command.length === 0) return print({ profile, credentials: await credentials, options }, world);
  const handOver = { command, profile, credentials, files, tools };
  return options.asVariables ? runWithVariables(handOver, world) : runWithEndpoint(handOver, world);
}

/** @throws UsageError where there is a command */
function shellInstead(command: readonly string[], { env, platform }: World): readonly string[] {
  if (command.length > 0) throw new UsageError("-i starts a shell, so no command can follow");
  return [platform === "win32" ? env["ComSpec"] || "cmd.exe" : env["SHELL"] || "/bin/sh"];
}

interface Result {
  readonly profile: Profile;
  readonly credentials: Credentials;
  readonly options: RunOptions;
}

async function write(name: string, credentials: Credentials, { files, world }: { files: AwsFiles; world: World }): Promise<void> {
  const { writeCredentials } = await import("../../config/write-credentials.ts");
  const section = await writeCredentials(name, credentials, { ...world, files });
  world.log.info(`the credentials are in ${files.credentials.label} as the profile ${section}`);
}

function roleText({ roleArn, login }: Profile): string {
  if (roleArn !== undefined) return `the role is ${roleArn.value}, by ${describeOrigin(roleArn.origin)}`;
  return login.kind === "saml" ? "there is no role_arn: one of the roles that are offered" : "there is no role: the session's credentials";
}

/** The expiry first: whose the credentials are, STS may not tell. */
async function describe({ profile, credentials, options }: Result, world: World): Promise<void> {
  if (options.showsExpiry) {
    const { expiryText } = await import("../expiry.ts");
    world.log.info(`the credentials expire at ${expiryText(credentials.expiresAt, world.clock.now())}`);
  }
  if (options.showsIdentity) {
    const { openSts } = await import("../../aws/sts.ts");
    const { arn, account, userId } = await openSts(withChosenRole(profile, credentials), world).getCallerIdentity(credentials);
    world.log.info(`the credentials are ${arn} (account ${account}, user id ${userId})`);
  }
}

async function print({ profile, credentials, options }: Result, world: World): Promise<number> {
  const { credentialProcessOutput, shellAssignments } = await import("../../exec/print.ts");
  const { env, platform, stdout } = world;
  stdout.write(
    options.output === "json" ? credentialProcessOutput(credentials) : shellAssignments({ credentials, profile, env, platform }),
  );
  return 0;
}

async function runWithVariables({ command, profile, credentials }: HandOver, world: World): Promise<number> {
  const { becomeCommand } = await import("../../exec/become.ts");
  const request = {
    command,
    env: variableEnvironment({ env: world.env, profile, credentials: await credentials }),
    process: world.process,
  };
  becomeCommand(request);
  return runCommand(request);
}

/** The endpoint starts while what the store keeps is deciphered, which happens on another thread. */
async function runWithEndpoint({ command, profile, credentials, files, tools }: HandOver, world: World): Promise<number> {
  const fresh = credentials.then((first) => keepFresh(profile, first, tools));
  const starting = startContainerEndpoint({ credentials: async () => (await fresh)(), log: world.log });
  const [endpoint] = await Promise.all([starting, fresh]);
  const childFiles = await copyFiles(files, world);
  try {
    const env = endpointEnvironment({ env: world.env, profile, endpoint, files: childFiles });
    return await runCommand({ command, env, process: world.process });
  } finally {
    childFiles.remove();
    await endpoint.close();
  }
}
