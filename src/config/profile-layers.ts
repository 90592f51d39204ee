/** A profile's name → its layers: the profile itself, the profiles its source_profile leads to, and [default]. */

import { ConfigError } from "../errors.ts";
import type { AwsFiles } from "./files.ts";
import { layerSetting } from "./layers.ts";
import type { ProfileLayer } from "./layers.ts";
import { nearestNames } from "./nearest.ts";
import { describeOrigin } from "./origin.ts";
import type { Setting } from "./profile.ts";
import { findProfile, profileNames } from "./sections.ts";
import type { ProfileSections } from "./sections.ts";

export interface ProfileLayers {
  /** The nearest first. */
  readonly profiles: readonly ProfileLayer[];
  readonly warnings: readonly string[];
}

/**
 * @param name undefined when a role ARN stands in the profile's place: then [default] alone, with its chain.
 * @throws ConfigError "profile-not-found" for the profile or a source, "config-cycle" when a chain comes back to where it was.
 */
export function profileLayers(files: AwsFiles, name: string | undefined): ProfileLayers {
  const found = name === undefined ? undefined : knownProfile(files, name);
  const base = findProfile(files, "default");
  const sources = followSources(files, found, base);
  const ranked = [...asLayer("profile", found), ...sources.flatMap((source) => asLayer("source", source)), ...asLayer("default", base)];
  const used = new Set([found, ...sources, base].flatMap((profile) => profile?.warnings ?? []));
  return { profiles: ranked, warnings: [...used] };
}

function knownProfile(files: AwsFiles, name: string): ProfileSections {
  const found = findProfile(files, name);
  if (found !== undefined) return found;
  if (name.startsWith("arn:")) {
    const hint = "it has the form arn:aws:iam::123456789012:role/name";
    throw new ConfigError("config-value", `${name} is not the ARN of a role`, { hint });
  }
  throw new ConfigError("profile-not-found", `profile "${name}" is neither in ${files.config.label} nor in ${files.credentials.label}`, {
    hint: () => namesHint(files, name),
  });
}

/**
 * [default]'s source_profile counts for a profile that has none. A profile that is its own source ends the chain: it has keys of its own.
 * Those further up the chain are followed by their own source_profile alone.
 */
function followSources(files: AwsFiles, profile: ProfileSections | undefined, base: ProfileSections | undefined): ProfileSections[] {
  const path = [profile?.name ?? "default"];
  const sources: ProfileSections[] = [];
  let link = sourceOf(profile) ?? sourceOf(base);
  while (link !== undefined && link.value !== path.at(-1)) {
    if (path.includes(link.value)) throw cycleError([...path, link.value], link);
    const source = findProfile(files, link.value);
    if (source === undefined) throw missingSource(files, link);
    path.push(source.name);
    sources.push(source);
    link = sourceOf(source);
  }
  return sources;
}

function sourceOf(profile: ProfileSections | undefined): Setting<string> | undefined {
  return profile && layerSetting({ layer: "profile", ...profile }, "source_profile");
}

function asLayer(layer: ProfileLayer["layer"], profile: ProfileSections | undefined): ProfileLayer[] {
  return profile === undefined ? [] : [{ layer, name: profile.name, sections: profile.sections }];
}

function cycleError(path: readonly string[], { origin }: Setting<string>): ConfigError {
  const cycle = path.slice(path.indexOf(path.at(-1) ?? ""));
  return new ConfigError("config-cycle", `${describeOrigin(origin)} closes a circle: ${cycle.join(" → ")}`, {
    hint: "a chain of source_profile has to end at a profile without one, or with its own name",
  });
}

function missingSource(files: AwsFiles, { value, origin }: Setting<string>): ConfigError {
  return new ConfigError("profile-not-found", `${describeOrigin(origin)} names the profile "${value}", which does not exist`, {
    hint: () => namesHint(files, value),
  });
}

function namesHint(files: AwsFiles, wanted: string): string {
  const names = profileNames(files);
  const nearest = nearestNames(wanted, names);
  if (nearest.length > 0) return `did you mean ${nearest.map((name) => `"${name}"`).join(" or ")}?`;
  if (names.length === 0) return `add [profile ${wanted}] to ${files.config.label}`;
  return `the profiles are ${names.slice(0, 10).join(", ")}${names.length > 10 ? ", …" : ""}`;
}
