/**
 * The layers a value can come from, the nearest first, and the search through them: flags, environment, the profile, its chain of
 * source_profile, [default].
 *
 * Empty counts as unset everywhere. Two spellings of one thing are compared only in the layer that gives the value: a nearer layer always
 * wins, whatever its spelling.
 */

import { ConfigError } from "../errors.ts";
import type { Environment } from "../world.ts";
import type { Attribute, FlagSettings } from "./attributes.ts";
import { lineNumber } from "./ini.ts";
import type { IniFile, IniValue } from "./ini.ts";
import { describeOrigin } from "./origin.ts";
import type { Origin, Setting } from "./profile.ts";
import type { Section } from "./sections.ts";

export interface Layers {
  readonly flags: FlagSettings;
  readonly env: Environment;
  /** The nearest first. */
  readonly profiles: readonly ProfileLayer[];
}

export interface ProfileLayer {
  readonly layer: FileLayer;
  /** Of the profile: "dev", "default". */
  readonly name: string;
  readonly sections: readonly Section[];
}

export type FileLayer = "default" | "source" | "profile";

/**
 * The value of the nearest layer that has one.
 *
 * @throws ConfigError "config-conflict" when two spellings in that layer differ.
 */
export function findSetting(layers: Layers, attribute: Attribute): Setting<string> | undefined {
  return flagSetting(layers.flags, attribute) ?? environmentSetting(layers.env, attribute) ?? fileSetting(layers.profiles, attribute);
}

/** The value one key has in one layer. */
export function layerSetting({ layer, sections }: ProfileLayer, key: string): Setting<string> | undefined {
  for (const section of sections) {
    const found = section.values.get(key);
    if (found !== undefined) return { value: found.value, origin: fileOrigin(layer, section, { key, found }) };
  }
  return undefined;
}

/** How near the layer is that a setting came from: 0 for flags, 1 for the environment, from 2 on for the files; the last for anything else. */
export function layerDepth({ profiles }: Layers, origin: Origin): number {
  if (origin.layer === "flag") return 0;
  if (origin.layer === "environment") return 1;
  const isIn = ({ sections }: ProfileLayer) =>
    "file" in origin && sections.some(({ file, name }) => file.label === origin.file && name === origin.section);
  const index = profiles.findIndex(isIn);
  return 2 + (index < 0 ? profiles.length : index);
}

/** The line is counted when it is read: most never are, and the file may be long. */
export function fileOrigin(layer: FileLayer, section: { file: IniFile; name: string }, at: { key: string; found: IniValue }): Origin {
  const { file, name } = section;
  return {
    layer,
    file: file.label,
    get line() {
      return lineNumber(file, at.found.offset);
    },
    section: name,
    key: at.key,
  };
}

function flagSetting(flags: FlagSettings, { flag }: Attribute): Setting<string> | undefined {
  const given = flag && flags[flag];
  return given === undefined || given.value === "" ? undefined : { value: given.value, origin: { layer: "flag", flag: given.flag } };
}

function environmentSetting(env: Environment, attribute: Attribute): Setting<string> | undefined {
  for (const spellings of attribute.variables) {
    const found = agreed(spellings, (variable) => variableSetting(env, variable), attribute);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** @returns undefined when the variable is unset or empty. */
export function variableSetting(env: Environment, variable: string): Setting<string> | undefined {
  const value = env[variable];
  return value === undefined || value === "" ? undefined : { value, origin: { layer: "environment", variable } };
}

function fileSetting(profiles: readonly ProfileLayer[], attribute: Attribute): Setting<string> | undefined {
  for (const profile of profiles) {
    if (profile.layer === "source" && attribute.staysWithHop === true) continue;
    const found = agreed(attribute.keys, (key) => layerSetting(profile, key), attribute);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** What the first spelling that is used says. A loop: this runs a hundred times at every start, and is over before a JIT could help. */
function agreed(
  spellings: readonly string[],
  find: (spelling: string) => Setting<string> | undefined,
  { meaning = (text) => text }: Attribute,
): Setting<string> | undefined {
  let first: Setting<string> | undefined;
  for (const spelling of spellings) {
    const found = find(spelling);
    first ??= found;
    if (first && found && meaning(first.value) !== meaning(found.value)) throw conflictError(first.origin, found.origin);
  }
  return first;
}

function conflictError(one: Origin, other: Origin): ConfigError {
  return new ConfigError("config-conflict", `${describeOrigin(one)} and ${describeOrigin(other)} say different things`, {
    hint: "they are two names of one setting: keep one of them",
  });
}
