/**
 * `aws-runas configure process PROFILE [NAME]`: a profile for programs that run `credential_process`, in the config file.
 *
 * It is a profile of its own: SDKs take role_arn, where a profile has both, and some refuse it.
 */

import { rivalOf } from "../../config/credential-keys.ts";
import { editIniFile } from "../../config/edit.ts";
import { credentialProcessLine } from "../../config/process-line.ts";
import { type AwsFiles, loadFiles } from "../../config/files.ts";
import { resolveProfile } from "../../config/resolve.ts";
import { findSections, readSettings } from "../../config/ini.ts";
import { findProfile } from "../../config/sections.ts";
import { ConfigError, UsageError } from "../../errors.ts";
import type { World } from "../../world.ts";
import { type CommandRequest, isReserved } from "../commands.ts";

/** Resolves with 0; throws every error there is. */
export async function runConfigure({ words, switches, settings }: CommandRequest, world: World): Promise<number> {
  const [what, name, as, ...others] = words;
  if (what !== "process" || name === undefined || others.length > 0) {
    throw new UsageError("configure what?", { hint: "aws-runas configure process PROFILE [NAME]" });
  }
  const files = loadFiles(world.env, world.homeDir);
  const section = as ?? `${name}-process`;
  const heading = section === "default" ? section : `profile ${section}`;
  if (switches.has("delete")) return remove(heading, files, world);
  refuseNames(name, section);
  const profile = resolveProfile({ name, files, env: world.env, flags: settings });
  refuseRivals(section, files);
  const line = credentialProcessLine([...world.program, "-O", "json", name], world.platform);
  const values = { credential_process: line, ...(profile.region === undefined ? {} : { region: profile.region.value }) };
  await editIniFile(files.config, { section: heading, values }, world);
  world.log.info(`[${heading}] in ${files.config.label} now gets its credentials from ${line}`);
  return 0;
}

/** The region too, where nothing else is left: a profile that names no credentials would be found all the same. */
async function remove(heading: string, { config }: AwsFiles, world: World): Promise<0> {
  const headings = findSections(config, heading.replace("profile ", "")).get(heading) ?? [];
  const { credential_process: line, region, ...others } = Object.fromEntries(readSettings(config, headings));
  if (line === undefined) {
    world.log.info(`there is no credential_process in [${heading}]`);
    return 0;
  }
  const isWithRegion = region !== undefined && Object.keys(others).length === 0;
  const values = { credential_process: undefined, ...(isWithRegion ? { region: undefined } : {}) };
  await editIniFile(config, { section: heading, values }, world);
  world.log.info(`removed credential_process${isWithRegion ? " and region" : ""} from [${heading}] in ${config.label}`);
  return 0;
}

/** A command's word would run the command; and of sections with other names than these some SDKs see nothing. */
function refuseNames(name: string, section: string): void {
  if (isReserved(name) || name.startsWith("-")) {
    throw new UsageError(`a credential_process line cannot name the profile "${name}": it would be taken for a command or a flag`, {
      hint: "give the profile another name, or a second one by source_profile",
    });
  }
  if (/^[\w.@+%:/-]+$/.test(section)) return;
  throw new UsageError(`"${section}" is no name of a profile that every SDK reads`, {
    hint: "give one of letters, digits and - . _: aws-runas configure process PROFILE NAME",
  });
}

function refuseRivals(section: string, files: AwsFiles): void {
  const found = findProfile(files, section);
  const keys = found?.sections.flatMap(({ values }) => [...values.keys()]) ?? [];
  const rival = rivalOf(new Set(["credential_process"]), keys);
  if (rival === undefined) return;
  throw new ConfigError(
    "config-conflict",
    `the profile "${section}" has ${rival}, which some programs take instead of credential_process`,
    {
      hint: "give another name: aws-runas configure process PROFILE NAME",
    },
  );
}
