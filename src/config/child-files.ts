/**
 * The user's two files → what the wrapped command may read instead, where the originals would lead its SDK to other credentials than ours.
 *
 * The command selects no profile, so only [default] can do that. From it goes every setting that SDKs take credentials by; from all
 * sections go the secrets, commented out or not, and what only aws-runas reads: a copy never puts a long-term secret on disk once more.
 * The rest stays byte for byte.
 */

import { suppliesCredentials } from "./credential-keys.ts";
import type { AwsFiles } from "./files.ts";
import { readLine } from "./ini-line.ts";
import type { IniLine } from "./ini-line.ts";
import { findSections, lineEnd, readSettings } from "./ini.ts";
import type { IniFile } from "./ini.ts";

/** Text of the copies; undefined where the original will do. */
export interface ChildFileTexts {
  config?: string;
  credentials?: string;
}

const SECRET = /secret|passw|token(?!_file|_duration)|access_key|^saml_|^web_identity_(?!token_file)/;

export function withoutOwnCredentials({ config, credentials }: AwsFiles): ChildFileTexts {
  const texts: ChildFileTexts = {};
  if (isMisleading(config)) texts.config = filtered(config.text);
  if (isMisleading(credentials)) texts.credentials = filtered(credentials.text);
  return texts;
}

function isMisleading(file: IniFile): boolean {
  const selected = [...findSections(file, "default")].filter(([name]) => isSelected(name));
  const keys = selected.flatMap(([, headings]) => [...readSettings(file, headings).keys()]);
  return keys.some(suppliesCredentials);
}

/** By one SDK or another: in the credentials file the second is none's, and does no harm. */
function isSelected(section: string): boolean {
  return section === "default" || section === "profile default";
}

function filtered(text: string): string {
  let kept = "";
  let section = "";
  for (let start = 0; start < text.length; start = lineEnd(text, start) + 1) {
    const written = text.slice(start, lineEnd(text, start) + 1);
    const line = readLine(written);
    if (line.kind === "heading") section = line.name;
    if (!isOwnCredential(line, section) && !isSecret(readLine(uncommented(written)))) kept += written;
  }
  return kept;
}

function uncommented(line: string): string {
  return line.replace(/^[\s#;]+/, "");
}

/** An empty value is none; its line may be the parent of nested ones. */
function isOwnCredential(line: IniLine, section: string): boolean {
  return isSelected(section) && line.kind === "setting" && line.value !== "" && suppliesCredentials(line.key);
}

function isSecret(line: IniLine): boolean {
  return line.kind === "setting" && line.value !== "" && SECRET.test(line.key);
}
