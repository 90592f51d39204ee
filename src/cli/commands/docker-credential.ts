/**
 * `docker-credential-aws-runas get|list|store|erase` (also `aws-runas docker-credential …`): docker asks here whenever it needs a login for a
 * registry of ECR's, so that none is ever typed or kept.
 *
 * The profile is the one that the environment names, else the one whose role is in the registry's account. What goes wrong is said on stdout
 * too, which is where docker takes it from.
 *
 * @see https://github.com/docker/docker-credential-helpers, "Development"
 */

import { parseRoleArn } from "../../aws/partition.ts";
import { hostOf, type Registry, registryOfHost } from "../../aws/registries.ts";
import { type AwsFiles, loadFiles } from "../../config/files.ts";
import { type ProfileRequest, resolveProfile, resolveTarget } from "../../config/resolve.ts";
import { indexFiles, profileNames } from "../../config/sections.ts";
import { ConfigError, printable, RunasError, UsageError } from "../../errors.ts";
import type { World } from "../../world.ts";
import type { CommandRequest } from "../commands.ts";
import { loginFor, openRegistryProfile } from "./registry-profile.ts";

/** What docker takes for "ask elsewhere, or go on without". */
const NOT_FOUND = "credentials not found in native keychain";

/** Resolves with 0, and with 1 for a registry that is not ECR's, as the protocol has it. */
export async function runDockerCredential({ words }: CommandRequest, world: World): Promise<number> {
  try {
    return await answer(words, world);
  } catch (error) {
    if (error instanceof RunasError) world.stdout.write(`${printable(error.message)}\n`);
    throw error;
  }
}

async function answer([action, ...others]: readonly string[], world: World): Promise<number> {
  if (others.length > 0) throw new UsageError("docker-credential takes one word", { hint: "get, list, store or erase" });
  switch (action) {
    case "get":
      return get(world);
    case "list":
      world.stdout.write("{}\n");
      return 0;
    case "store":
      return store(world);
    case "erase":
      await world.stdin.readAll(); // nothing is kept
      return 0;
    case "version":
      world.stdout.write(`docker-credential-aws-runas ${world.version}\n`);
      return 0;
    default:
      throw new UsageError("docker-credential what?", { hint: "get, list, store or erase" });
  }
}

async function get(world: World): Promise<number> {
  const server = (await world.stdin.readAll()).trim();
  const registry = registryOfHost(hostOf(server));
  if (registry === undefined) {
    world.stdout.write(`${NOT_FOUND}\n`);
    return 1;
  }
  const wanted = profileFor(registry, world);
  const opened = await openRegistryProfile({ ...wanted, profile: resolveProfile(wanted), refresh: false }, world);
  const { username, password } = await loginFor(registry, opened, world);
  world.stdout.write(`${JSON.stringify({ ServerURL: server, Username: username, Secret: password.reveal() })}\n`);
  return 0;
}

/** Of ECR's nothing needs to be kept; a login for another registry must not be taken for kept. */
async function store(world: World): Promise<number> {
  if (registryOfHost(hostOf(serverOf(await world.stdin.readAll()))) !== undefined) return 0;
  throw new UsageError("this helper keeps no logins, and makes those for ECR alone", {
    hint: "name it under credHelpers in docker's config.json, for registries of ECR's, not as credsStore",
  });
}

function serverOf(text: string): string {
  try {
    const login: unknown = JSON.parse(text);
    const server = typeof login === "object" && login !== null && "ServerURL" in login ? login.ServerURL : undefined;
    return typeof server === "string" ? server : "";
  } catch {
    return "";
  }
}

/** @throws ConfigError "config-missing" where none or several may be meant */
function profileFor(registry: Registry, { env, homeDir }: World): ProfileRequest {
  const files = loadFiles(env, homeDir);
  const named = env["AWSRUNAS_PROFILE"] || env["AWS_PROFILE"] || env["AWS_DEFAULT_PROFILE"];
  const names = named ? [named] : registry.kind === "public" ? [] : profilesIn(registry.account, indexFiles(files), env);
  const [name] = names;
  if (name !== undefined && names.length === 1) return { name, files, env, flags: {} };
  const problem =
    names.length === 0 ? "no profile has a role in its account" : `several profiles have a role in its account: ${names.join(", ")}`;
  throw new ConfigError("config-missing", `${registry.host}: ${problem}`, { hint: "name the profile by AWS_PROFILE" });
}

function profilesIn(account: string, files: AwsFiles, env: World["env"]): string[] {
  return profileNames(files).filter((name) => {
    try {
      const role = resolveTarget({ name, files, env, flags: {} }).profile?.roleArn;
      return role !== undefined && parseRoleArn(role.value).account === account;
    } catch {
      return false;
    }
  });
}
