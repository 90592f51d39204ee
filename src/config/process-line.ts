/**
 * Words → a `credential_process` line that every SDK reads as these words.
 *
 * It has no shell's syntax: botocore splits it as a shell would and starts the program itself, the other SDKs give it to one. On Windows
 * (untested) botocore splits by the rules of the C runtime and the others give it to cmd, so a backslash is itself, save before a quote.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html, "Specifying the path to the credentials program"
 */

import { UsageError } from "../errors.ts";

interface Rules {
  /** Stands as it is. */
  readonly plain: RegExp;
  /** Not even in quotes. The last is a comment to some. */
  readonly refused: RegExp;
}

const POSIX: Rules = { plain: /^[\w@%+=:,./-]+$/, refused: /["$`\\\n!]|\s[#;]/ };
const WINDOWS: Rules = { plain: /^[\w@+=:,.\\/-]+$/, refused: /["%!\n]|\\$|\s[#;]/ };

/** @throws UsageError for a word that not all of them can read */
export function credentialProcessLine(words: readonly string[], platform: NodeJS.Platform): string {
  const rules = platform === "win32" ? WINDOWS : POSIX;
  return words.map((word) => quoted(word, rules)).join(" ");
}

function quoted(word: string, { plain, refused }: Rules): string {
  if (plain.test(word)) return word;
  if (refused.test(word)) throw new UsageError(`"${word}" cannot stand in a credential_process line that every SDK reads alike`);
  return `"${word}"`;
}
