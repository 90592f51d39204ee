/**
 * `aws-runas logout PROFILE`: ends a profile's login, for all its roles; with --all, every login there is.
 *
 * First everything that is kept goes, whatever the network does; then providers are told, and what they do not do is a warning. With SAML
 * nobody is told: a logout there (Single Logout) is for the service that was logged in to, which is AWS.
 */

import { loadFiles } from "../../config/files.ts";
import type { Login, SamlLogin } from "../../config/profile.ts";
import { resolveLogin } from "../../config/resolve.ts";
import { indexFiles, profileNames } from "../../config/sections.ts";
import { tokenKey } from "../../credentials/key.ts";
import { type Forgotten, forgetAllBrowsers, forgetLogin, logOutAtProvider, wasAnything } from "../../credentials/logout.ts";
import type { CredentialTools } from "../../credentials/provider.ts";
import { messageOf, UsageError } from "../../errors.ts";
import { openStore } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { commandProfile } from "../command-profile.ts";
import type { CommandRequest } from "../commands.ts";

/** Resolves with 0, also when there was nothing; throws every error there is. */
export async function runLogout({ words, switches, settings }: CommandRequest, world: World): Promise<number> {
  const tools: CredentialTools = { ...world, store: openStore(world) };
  if (switches.has("all")) {
    if (words.length > 0) throw new UsageError("--all is for every login: no profile can follow");
    await logOutOfAll({ settings }, world, tools);
    return 0;
  }
  const name = commandProfile(words, world.env, "aws-runas logout PROFILE, or --all");
  const login = resolveLogin({ name, files: loadFiles(world.env, world.homeDir), env: world.env, flags: settings });
  const forgotten = await forgetLogin(login, tools);
  world.log.info(wasAnything(forgotten) ? `${name} is logged out: dropped ${describe(forgotten, login)}` : `nothing was kept for ${name}`);
  await tellProviders([{ login, forgotten }], tools);
  return 0;
}

interface Ended {
  readonly login: Login;
  readonly forgotten: Forgotten;
}

async function logOutOfAll({ settings }: Pick<CommandRequest, "settings">, world: World, tools: CredentialTools): Promise<void> {
  const ended: Ended[] = [];
  for (const login of await loginsOf({ settings }, world)) ended.push({ login, forgotten: await forgetLogin(login, tools) });
  await tools.store.removeAll();
  await forgetAllBrowsers(tools);
  world.log.info("everything that was kept of logins is gone");
  await tellProviders(ended, tools);
}

/** Those of all profiles, each once. What cannot be read of the configuration must not keep anybody logged in. */
async function loginsOf({ settings }: Pick<CommandRequest, "settings">, world: World): Promise<Login[]> {
  const logins = new Map<string, Login>();
  try {
    const files = indexFiles(loadFiles(world.env, world.homeDir));
    for (const name of profileNames(files)) {
      try {
        const login = resolveLogin({ name, files, env: world.env, flags: settings });
        logins.set(await tokenKey(login), login);
      } catch (error) {
        world.log.debug(`${name} is passed over: ${messageOf(error)}`);
      }
    }
  } catch (error) {
    world.log.warn(`no provider is told: ${messageOf(error)}`);
  }
  return [...logins.values()];
}

/** Each at its own pace: one that does not answer holds up no other. */
async function tellProviders(ended: readonly Ended[], tools: CredentialTools): Promise<void> {
  await Promise.all(
    ended.map(async ({ login, forgotten }) => {
      if (login.kind === "oidc" && wasAnything(forgotten)) await logOutAtProvider(login, forgotten, tools);
      if (login.kind === "saml" && forgotten.sessions.length > 0) tools.log.info(sayUntold(login));
    }),
  );
}

function sayUntold({ authUrl }: SamlLogin): string {
  return `${new URL(authUrl.value).host} is not told, as SAML's logout is for AWS to ask for: the session there lasts until it runs out`;
}

function describe({ token, assertion, browserProfile, sessions, refreshTokens, credentials }: Forgotten, { kind }: Login): string {
  const parts = [
    token && "the id token",
    assertion && "the assertion",
    sessions.length > 0 && "the provider's session",
    refreshTokens.length > 0 && "the refresh token",
    browserProfile && "the browser's profile",
    credentials > 0 && describeCredentials(credentials, kind),
  ];
  return parts.filter((part) => typeof part === "string").join(", ");
}

/** IAM's session counts with its roles. */
function describeCredentials(count: number, kind: Login["kind"]): string {
  const plural = count === 1 ? "" : "s";
  return kind === "iam" ? `${count} set${plural} of credentials` : `the credentials of ${count} role${plural}`;
}
