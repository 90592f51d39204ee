/**
 * A profile's name → the sections of the two files that describe it.
 *
 * The SDKs read `[profile name]` and `[default]` in the config file and `[name]` in the credentials file; a plain `[name]` in the config
 * file, which they ignore, is accepted too.
 */

import { compileFromNow } from "../jit.ts";
import type { AwsFiles } from "./files.ts";
import { withIndex } from "./ini-index.ts";
import { findSections, lineNumber, readSettings, sectionNames } from "./ini.ts";
import type { Heading, IniFile, IniValue } from "./ini.ts";

export interface Section {
  readonly file: IniFile;
  /** As in the heading: "profile dev". */
  readonly name: string;
  /** More than one when the section is there in parts. */
  readonly headings: readonly Heading[];
  readonly values: ReadonlyMap<string, IniValue>;
}

export interface ProfileSections {
  readonly name: string;
  /** The config file's before the credentials file's, as the SDK for JavaScript ranks them. */
  readonly sections: readonly Section[];
  readonly warnings: readonly string[];
}

/** @returns undefined when neither file has the profile. */
export function findProfile(files: AwsFiles, name: string): ProfileSections | undefined {
  const { config, credentials } = files;
  const inConfig = findSections(config, name);
  const candidates = [`profile ${name}`, name].filter((heading) => inConfig.has(heading) && isProfile(heading));
  const [chosen, shadowed] = candidates.map((heading) => openSection(config, heading, inConfig));
  const sections = [chosen, openSection(credentials, name)].filter((section) => section !== undefined);
  if (sections.length === 0) return undefined;
  return {
    name,
    sections,
    warnings: shadowed && chosen ? [`${describeSection(shadowed)} is not used: ${describeSection(chosen)} has the same name`] : [],
  };
}

/** @returns undefined when the file has no section of this name. */
export function openSection(file: IniFile, name: string, found = findSections(file, name)): Section | undefined {
  const headings = found.get(name);
  return headings && { file, name, headings, values: readSettings(file, headings) };
}

/** Every profile of both files, each once, in the files' order; not the credentials file's sections for a URL, which hold passwords. */
export function profileNames({ config, credentials }: AwsFiles): string[] {
  const inConfig = sectionNames(config)
    .filter(isProfile)
    .map((heading) => heading.replace(/^profile /, ""));
  const inCredentials = sectionNames(credentials).filter((heading) => !/^https?:/.test(heading));
  return [...new Set([...inConfig, ...inCredentials])];
}

/** The same files, for asking after every profile; which is so much of the same that it pays to have it compiled. */
export function indexFiles({ config, credentials, ...rest }: AwsFiles): AwsFiles {
  compileFromNow();
  return { ...rest, config: withIndex(config), credentials: withIndex(credentials) };
}

function isProfile(heading: string): boolean {
  return !heading.startsWith("sso-session ") && !heading.startsWith("services ");
}

/** "[profile dev] (~/.aws/config, line 12)". */
function describeSection({ file, name, headings }: Section): string {
  return `[${name}] (${file.label}, line ${lineNumber(file, headings[0]?.offset ?? 0)})`;
}
