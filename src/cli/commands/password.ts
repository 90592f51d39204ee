/**
 * `aws-runas password PROFILE`: keeps the password of the profile's identity provider, or removes it.
 *
 * It is the one given by flag or variable, else typed twice on the terminal, else the one line that a pipe holds.
 */

import { promises as fs } from "node:fs";
import { loadFiles } from "../../config/files.ts";
import type { IniFile } from "../../config/ini.ts";
import { describeOrigin } from "../../config/origin.ts";
import type { ProviderLogin } from "../../config/profile.ts";
import { resolveLogin } from "../../config/resolve.ts";
import { deletePassword, describeSection, storePassword } from "../../config/stored-password.ts";
import type { PasswordPlace, StoredPasswordRequest } from "../../config/stored-password.ts";
import { UsageError } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import type { Input, Log, Terminal, World } from "../../world.ts";
import type { CommandRequest } from "../commands.ts";
import { commandProfile } from "../command-profile.ts";

/** Resolves with 0, also when there was nothing to remove; throws every error there is. */
export async function runPassword({ words, switches, settings }: CommandRequest, world: World): Promise<number> {
  if (switches.has("delete") && switches.has("keychain")) throw new UsageError("--delete and --keychain exclude each other");
  const files = loadFiles(world.env, world.homeDir);
  const name = commandProfile(words, world.env, "aws-runas password PROFILE asks for the password");
  const login = resolveLogin({ name, files, env: world.env, flags: settings });
  if (login.kind === "token") throw new UsageError(`${name} logs in with id tokens that it is given, and needs no password`);
  if (login.kind === "iam") throw new UsageError(`${name} starts from AWS keys (IAM), and needs no password`);
  const stored = { ...world, kind: login.kind, authUrl: login.authUrl.value };
  if (switches.has("delete")) await remove(stored, files.credentials);
  else await keep(await readPassword(login, world), switches.has("keychain") ? "keychain" : "file", stored, files.credentials);
  return 0;
}

async function readPassword({ password: given }: ProviderLogin, { stdin, terminal, log }: World): Promise<Secret> {
  if (given !== undefined) log.info(`taking the password from ${describeOrigin(given.origin)}`);
  const password = given?.value ?? (stdin.isTerminal ? await askTwice(terminal) : await readLine(stdin));
  if (password.isEmpty) throw new UsageError("an empty password is not stored", { hint: "--delete removes the one that is" });
  return password;
}

async function askTwice(terminal: Terminal): Promise<Secret> {
  const password = await terminal.askSecret("Password");
  if (password.isEmpty) return password;
  const again = await terminal.askSecret("Password, once more");
  if (again.reveal() !== password.reveal()) throw new UsageError("these were two different passwords; nothing was stored");
  return password;
}

async function readLine(stdin: Input): Promise<Secret> {
  const line = (await stdin.readAll()).replace(/\r?\n$/, "");
  if (/[\r\n]/.test(line)) throw new UsageError("there is more than one line on stdin; nothing was stored");
  return new Secret(line);
}

async function keep(password: Secret, place: PasswordPlace, stored: StoredPasswordRequest, file: IniFile): Promise<void> {
  await storePassword(password, place, stored);
  const section = `${describeSection(stored.authUrl)} of ${file.label}`;
  stored.log.info(place === "file" ? `stored the password in ${section}` : `stored the password in the keychain, as ${section} now says`);
  if (place === "file" && stored.platform !== "win32") await warnOfReaders(file, stored.log);
}

async function warnOfReaders({ path, label }: IniFile, log: Log): Promise<void> {
  const { mode } = await fs.stat(path);
  if ((mode & 0o044) === 0) return;
  log.warn(`others on this machine can read ${label} (mode ${(mode & 0o777).toString(8)}); chmod 600 keeps them out`);
}

async function remove(stored: StoredPasswordRequest, file: IniFile): Promise<void> {
  const places = await deletePassword(stored);
  const section = `${describeSection(stored.authUrl)} of ${file.label}`;
  if (places.includes("file")) stored.log.info(`removed the password from ${section}`);
  if (places.includes("keychain")) stored.log.info(`removed the password from the keychain, and its mention from ${section}`);
  if (places.length === 0) stored.log.info(`there is no password stored for ${section}`);
}
