/** `aws-runas list profiles`: every profile of the two files, with its kind, role and source, and whether credentials are kept. Nothing is requested. */

import { loadFiles } from "../../config/files.ts";
import { indexFiles, profileNames } from "../../config/sections.ts";
import { type ProfileRow, profileRow } from "../../credentials/profile-row.ts";
import type { CredentialTools } from "../../credentials/provider.ts";
import { UsageError } from "../../errors.ts";
import { snapshot } from "../../store/snapshot.ts";
import { openStore } from "../../store/store.ts";
import type { World } from "../../world.ts";
import type { CommandRequest } from "../commands.ts";
import { asJson } from "../json.ts";
import { table } from "../table.ts";

const HEAD = ["PROFILE", "KIND", "ACCOUNT", "ROLE", "SOURCE", "CACHED"];

/** Resolves with 0, also where profiles cannot be used. */
export async function listProfiles({ words, switches, settings }: CommandRequest, world: World): Promise<number> {
  if (words.length > 0) throw new UsageError("list profiles takes no word: it lists them all");
  const files = indexFiles(loadFiles(world.env, world.homeDir));
  const tools: CredentialTools = { ...world, store: snapshot(openStore(world)) };
  const rows: ProfileRow[] = [];
  for (const name of profileNames(files)) rows.push(await profileRow(name, { files, settings }, tools));
  if (switches.has("json")) world.stdout.write(asJson(rows));
  else if (rows.length === 0) world.log.info(`there are no profiles in ${files.config.label}`);
  else world.stdout.write(table([HEAD, ...rows.map(cellsOf)]));
  return 0;
}

function cellsOf({ profile, kind, account, role, source, cached, problem }: ProfileRow): readonly string[] {
  if (problem !== undefined) return [profile, `not usable: ${problem}`];
  return [profile, kind ?? "-", account ?? "-", roleName(role), source ?? "-", cached ? "yes" : "no"];
}

/** With its path: two may differ in that alone. */
function roleName(arn: string | null): string {
  return arn === null ? "-" : arn.slice(arn.indexOf("/") + 1);
}
