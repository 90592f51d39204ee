/**
 * Where a browser that we start keeps its profile: one folder for each provider, user and kind of browser, so that the provider knows the browser
 * again. What the provider's cookies and the like are worth is in it; browsers encrypt them with the system's keychain where there is one.
 */

import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import type { SamlLogin } from "../../config/profile.ts";
import { messageOf, StoreError } from "../../errors.ts";
import { entryKey } from "../../store/entry-key.ts";
import { makePrivateFolder } from "../../store/folder.ts";
import type { DrivableName } from "../../world.ts";
import type { BrowserProfile } from "../devtools/start.ts";

export interface ProfileFolder extends BrowserProfile {
  /** To be called when the browser has ended. */
  close(): void;
}

type Owner = Pick<SamlLogin, "authUrl" | "username">;

/** What the folders of a login are told by. */
export async function folderKey({ authUrl, username }: Owner): Promise<string> {
  return (await entryKey({ origin: new URL(authUrl.value).origin, username: username?.value })).slice(0, 16);
}

/** @param home undefined for one that is gone when it is closed @throws StoreError "store-unusable" */
export async function openProfileFolder(name: DrivableName, owner: Owner, home: string | undefined): Promise<ProfileFolder> {
  try {
    if (home === undefined) return await temporaryFolder();
    const path = `${home}/${name}-${await folderKey(owner)}`;
    makePrivateFolder(home);
    makePrivateFolder(path);
    return { folder: path, isPrivate: false, close: () => {} };
  } catch (cause) {
    throw new StoreError("store-unusable", `no folder can be made for the browser's profile: ${messageOf(cause)}`, { cause });
  }
}

async function temporaryFolder(): Promise<ProfileFolder> {
  const [{ tmpdir }, { join }] = await Promise.all([import("node:os"), import("node:path")]);
  const path = mkdtempSync(join(tmpdir(), "aws-runas-browser-")); // 0700
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
