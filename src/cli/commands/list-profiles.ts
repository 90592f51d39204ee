/** `aws-runas list profiles`: every profile of the two files, with its kind, role and source, and whether credentials are kept. Nothing is requested. */

import { parseRoleArn } from "../../aws/partition.ts";
import { loadFiles } from "../../config/files.ts";
import type { AwsFiles } from "../../config/files.ts";
import { resolveTarget } from "../../config/resolve.ts";
import { indexFiles, profileNames } from "../../config/sections.ts";
import type { CredentialTools } from "../../credentials/provider.ts";
import { findCredentials } from "../../credentials/status.ts";
import { isUsable } from "../../credentials/thresholds.ts";
import { messageOf, printable, UsageError } from "../../errors.ts";
import { openStore } from "../../store/store.ts";
import type { World } from "../../world.ts";
import type { CommandRequest } from "../commands.ts";
import { asJson } from "../json.ts";

interface Row {
  readonly profile: string;
  /** "oidc", "saml", "token", "iam"; null for one that cannot be used. */
  readonly kind: string | null;
  readonly account: string | null;
  readonly role: string | null;
  readonly source: string | null;
  readonly cached: boolean;
  readonly expiresAt: Date | null;
  /** Why it cannot be used. */
  readonly problem?: string;
}

/** Resolves with 0, also where profiles cannot be used. */
export async function listProfiles({ words, switches, settings }: CommandRequest, world: World): Promise<number> {
  if (words.length > 0) throw new UsageError("list profiles takes no word: it lists them all");
  const files = indexFiles(loadFiles(world.env, world.homeDir));
  const tools: CredentialTools = { ...world, store: openStore(world) };
  const rows: Row[] = [];
  for (const name of profileNames(files)) rows.push(await rowOf(name, { files, settings }, tools));
  if (switches.has("json")) world.stdout.write(asJson(rows));
  else if (rows.length === 0) world.log.info(`there are no profiles in ${files.config.label}`);
  else world.stdout.write(table(rows));
  return 0;
}

async function rowOf(
  name: string,
  { files, settings }: { files: AwsFiles } & Pick<CommandRequest, "settings">,
  tools: CredentialTools,
): Promise<Row> {
  const empty = { profile: name, kind: null, account: null, role: null, source: null, cached: false, expiresAt: null };
  try {
    const target = resolveTarget({ name, files, env: tools.env, flags: settings });
    const { source, login, profile } = target;
    const role = profile?.roleArn?.value ?? null;
    const known = { ...empty, kind: login.kind, role, account: role && parseRoleArn(role).account, source: source ?? null };
    const credentials = await findCredentials(target, tools).catch(() => undefined); // a token file that is not there yet
    const isGood = credentials !== undefined && isUsable(credentials, tools.clock.now());
    return { ...known, cached: isGood, expiresAt: isGood ? credentials.expiresAt : null };
  } catch (error) {
    return { ...empty, problem: messageOf(error) };
  }
}

function table(rows: readonly Row[]): string {
  const head = ["PROFILE", "KIND", "ACCOUNT", "ROLE", "SOURCE", "CACHED"];
  const cells = rows.map(({ profile, kind, account, role, source, cached, problem }) =>
    problem === undefined
      ? [profile, kind ?? "-", account ?? "-", roleName(role), source ?? "-", cached ? "yes" : "no"]
      : [profile, `not usable: ${problem}`],
  );
  const lines = [head, ...cells].map((line) => line.map(printable));
  const widths = head.map((_, column) => Math.max(...lines.map((line) => (line.length > 2 ? (line[column]?.length ?? 0) : 0))));
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

/** With its path: two may differ in that alone. */
function roleName(arn: string | null): string {
  return arn === null ? "-" : arn.slice(arn.indexOf("/") + 1);
}
