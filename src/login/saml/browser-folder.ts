/**
 * Where a browser that we start keeps its profile: one folder for each provider, user (`federated_username` too) and kind of browser, so that
 * the provider recognises the browser. The provider's cookies are in it; browsers encrypt them with the system's keychain where there is one.
 */

import { existsSync, readdirSync, rmSync } from "node:fs";
import type { SamlLogin } from "../../config/profile.ts";
import { messageOf, StoreError } from "../../errors.ts";
import { entryKey } from "../../store/entry-key.ts";
import { makePrivateFolder } from "../../store/folder.ts";
import { makeRunFolder } from "../../store/temporary-folder.ts";
import type { DrivableName } from "../../world.ts";
import type { BrowserProfile } from "../devtools/start.ts";
import type { LoginTools } from "../login-tools.ts";

export interface ProfileFolder extends BrowserProfile {
  /** To be called when the browser has ended. */
  close(): void;
}

type Owner = Pick<SamlLogin, "authUrl" | "username" | "federatedUsername">;

type FolderTools = Pick<LoginTools, "browserHome" | "process">;

/** What the folders of a login are told by. */
export async function folderKey({ authUrl, username, federatedUsername }: Owner): Promise<string> {
  const { origin } = new URL(authUrl.value);
  return (await entryKey({ origin, username: username?.value, federatedUsername: federatedUsername?.value })).slice(0, 16);
}

/**
 * Where there is no `browserHome`, one that is gone when it is closed, or after the next run where this one is killed.
 *
 * @throws StoreError "store-unusable"
 */
export async function openProfileFolder(name: DrivableName, owner: Owner, tools: FolderTools): Promise<ProfileFolder> {
  const { browserHome: home } = tools;
  try {
    if (home === undefined) return await temporaryFolder(tools);
    const path = `${home}/${name}-${await folderKey(owner)}`;
    makePrivateFolder(home);
    makePrivateFolder(path);
    return { folder: path, isPrivate: false, close: () => {} };
  } catch (cause) {
    throw new StoreError("store-unusable", `no folder can be made for the browser's profile: ${messageOf(cause)}`, { cause });
  }
}

async function temporaryFolder({ process }: FolderTools): Promise<ProfileFolder> {
  const { tmpdir } = await import("node:os");
  const path = makeRunFolder("browser-", { parentFolder: tmpdir(), process });
  return { folder: path, isPrivate: true, close: () => remove(path) };
}

/** @returns true when there was any @throws StoreError "store-unusable" */
export async function removeProfileFolders(owner: Owner, home: string): Promise<boolean> {
  if (!existsSync(home)) return false;
  const end = `-${await folderKey(owner)}`;
  const names = readdirSync(home).filter((name) => name.endsWith(end));
  for (const name of names) remove(`${home}/${name}`);
  return names.length > 0;
}

/** Of every login. @throws StoreError "store-unusable" */
export function removeAllProfileFolders(home: string): void {
  remove(home);
}

/** A browser that just ended may still have helpers that write. */
function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  } catch (cause) {
    throw new StoreError("store-unusable", `the browser's profile in ${path} cannot be removed: ${messageOf(cause)}`, {
      cause,
      hint: "close the browser that uses it",
    });
  }
}
