/**
 * `aws-runas ecr login [PROFILE] [REGISTRY…]`: logs docker, podman, nerdctl or finch in to ECR registries.
 *
 * The password goes to the tool's stdin. A tool that fails, or AWS where it refuses, makes us fail; the other registries are tried all the
 * same.
 */

import { ownRegistry, readRegistry, type Registry, registryOfHost, hostOf } from "../../aws/registries.ts";
import { loadFiles } from "../../config/files.ts";
import { profileExists, resolveProfile } from "../../config/resolve.ts";
import { AwsError, CommandError, UsageError } from "../../errors.ts";
import { withoutCredentials } from "../../exec/environment.ts";
import { feedProgram } from "../../exec/feed.ts";
import { findProgram } from "../../exec/lookup.ts";
import type { Secret } from "../../secret.ts";
import type { World } from "../../world.ts";
import type { CommandRequest } from "../commands.ts";
import { renderError } from "../render-error.ts";
import { loginFor, openRegistryProfile } from "./registry-profile.ts";

const CLIENTS = ["docker", "podman", "nerdctl", "finch"];
const USAGE = "aws-runas ecr login [PROFILE] [REGISTRY…]";

/** Resolves with 0, or with the status of the first tool that failed. */
export async function runEcr(request: CommandRequest, world: World): Promise<number> {
  const [what, ...words] = request.words;
  if (what !== "login") throw new UsageError(what === undefined ? "ecr what?" : "ecr does not know this word", { hint: USAGE });
  const { name, rest } = chooseWords(words, world);
  const isPrinted = request.switches.has("print");
  if (isPrinted && rest.length > 1) throw new UsageError("--print prints the password of one registry", { hint: USAGE });
  const client = isPrinted ? undefined : findClient(request.values.get("client"), world);
  const wanted = { name, files: loadFiles(world.env, world.homeDir), env: world.env, flags: request.settings };
  const profile = resolveProfile(wanted);
  for (const warning of profile.warnings) world.log.warn(warning);
  for (const word of rest) checkWord(word);
  const opened = await openRegistryProfile({ ...wanted, profile, refresh: request.refresh }, world);
  const registries = rest.length === 0 ? [ownRegistry(opened.defaults)] : rest.map((word) => readRegistry(word, opened.defaults));
  const statuses: number[] = [];
  for (const registry of registries) {
    statuses.push(
      await tryOne(registries.length > 1, registry, world, async () => {
        const login = await loginFor(registry, opened, world);
        return client === undefined ? print(login.password, world) : logIn({ client, registry, ...login }, world);
      }),
    );
  }
  return statuses.find((status) => status !== 0) ?? 0;
}

/** One of several whose login is refused leaves a line and its status behind. */
async function tryOne(hasOthers: boolean, { host }: Registry, { stderr }: World, attempt: () => Promise<number>): Promise<number> {
  try {
    return await attempt();
  } catch (error) {
    if (!hasOthers || !(error instanceof AwsError || error instanceof UsageError)) throw error;
    const { text, exitStatus } = renderError(error, 0);
    stderr.write(text.replace("aws-runas: ", `aws-runas: ${host}: `));
    return exitStatus;
  }
}

/** The first word is the profile, unless the environment names one and the word is a registry. */
function chooseWords(words: readonly string[], { env, homeDir }: World): { name: string; rest: readonly string[] } {
  const fallback = env["AWS_PROFILE"] || env["AWS_DEFAULT_PROFILE"];
  const [first, ...rest] = words;
  const isRegistry = first === undefined || first === "public" || /^\d{12}$/.test(first) || registryOfHost(hostOf(first)) !== undefined;
  if (first !== undefined && !(isRegistry && fallback && !profileExists(first, loadFiles(env, homeDir)))) return { name: first, rest };
  if (fallback) return { name: fallback, rest: words };
  throw new UsageError("no profile is named", { hint: USAGE });
}

/** Before anybody logs in. */
function checkWord(word: string): void {
  readRegistry(word, { partition: "aws", account: "", region: "" });
}

function print(password: Secret, { stdout }: World): 0 {
  stdout.write(`${password.reveal()}\n`);
  return 0;
}

interface Client {
  readonly name: string;
  readonly file: string;
}

function findClient(wanted: string | undefined, { env, platform }: World): Client {
  if (wanted === "") throw new UsageError("the flag --client takes the name of a container tool", { hint: USAGE });
  if (wanted !== undefined) return { name: wanted, file: findProgram(wanted, { env, platform }) };
  for (const name of CLIENTS) {
    try {
      return { name, file: findProgram(name, { env, platform }) };
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
    }
  }
  throw new CommandError("command-not-found", `none of ${CLIENTS.join(", ")} is installed`, {
    hint: "--client names another tool, --print prints the password",
  });
}

async function logIn(
  { client, registry, username, password }: { client: Client; registry: Registry } & Awaited<ReturnType<typeof loginFor>>,
  world: World,
): Promise<number> {
  const { status, isLate } = await feedProgram({
    file: client.file,
    words: [client.name, "login", "--username", username, "--password-stdin", registry.host],
    env: withoutCredentials(world.env),
    input: password,
  });
  const end = isLate ? "did not end within two minutes" : `ended with status ${status}`;
  if (status !== 0) world.log.warn(`${client.name} login at ${registry.host} ${end}`);
  return status;
}
