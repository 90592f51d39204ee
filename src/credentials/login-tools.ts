/** What a login at a provider gets from this room: Http, the stored password, and turns that all processes of the user share. */

import type { ProviderLogin } from "../config/profile.ts";
import type { LoginTools } from "../login/login-tools.ts";
import type { Secret } from "../secret.ts";
import { storeFolder } from "../store/folder.ts";
import { storeMode } from "../store/store.ts";
import type { CredentialTools } from "./provider.ts";

export interface LoginRequest {
  /** The profile's, for the person who logs in. */
  readonly name: string | undefined;
  /** With a terminal and a browser that may ask a person, or without (`asAttended`). */
  readonly attended: CredentialTools;
  readonly tools: CredentialTools;
}

export async function openLoginTools(login: ProviderLogin, { name, attended, tools }: LoginRequest): Promise<LoginTools> {
  const { createHttp } = await import("../http/client.ts");
  return {
    ...attended,
    profile: name,
    http: createHttp(tools),
    browserHome: isKept(tools) ? browserHome(tools.homeDir) : undefined,
    storedPassword: () => storedPassword(login, tools),
    inTurn: (turn, work) => inTurn(turn, work, tools),
  };
}

/** The folder of the profiles of browsers that we start. */
export function browserHome(homeDir: string): string {
  return `${storeFolder(homeDir)}/browser`;
}

function isKept({ env, platform }: CredentialTools): boolean {
  return storeMode(env, platform) !== "none";
}

/** Nothing is shared between processes where nothing is kept. */
async function inTurn<T>(name: string, work: () => Promise<T>, tools: CredentialTools): Promise<T> {
  if (!isKept(tools)) return work();
  const { withLock } = await import("../store/lock.ts");
  return withLock(name, work, tools);
}

async function storedPassword(login: ProviderLogin, tools: CredentialTools): Promise<Secret | undefined> {
  const { findStoredPassword } = await import("../config/stored-password.ts");
  return findStoredPassword({ ...tools, kind: login.kind, authUrl: login.authUrl.value });
}
