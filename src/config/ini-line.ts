/**
 * One line of an ini file → what it is, by the rules of AWS's SDKs (the "Shared config and credentials files" page of their reference guide).
 *
 * Surprises: a comment starts at a `#` or `;` that begins the line or follows white space, so `a#b` is a value; after a heading's `]` it may
 * follow at once. Keys are read in lower case, as the CLI does. Messages never repeat the line: it may be a secret.
 */

export type IniLine =
  /** An empty line or a comment. */
  | { readonly kind: "blank" }
  /** The name as `headingName` writes it: "default", "profile dev", "services local". */
  | { readonly kind: "heading"; readonly name: string }
  | { readonly kind: "setting"; readonly key: string; readonly value: string; readonly indent: number }
  | { readonly kind: "malformed"; readonly problem: string; readonly hint: string };

/** @param line without its line feed; a carriage return before that may be left on. */
export function readLine(line: string): IniLine {
  const text = withoutComment(line).trim();
  if (text === "") return { kind: "blank" };
  if (text.startsWith("[")) return readHeading(line.trim());
  const equals = text.indexOf("=");
  if (equals === -1) return malformed("there is no = in this line", "write `key = value`, and start a comment with #");
  if (equals === 0) return malformed("there is no key before the =", "write `key = value`");
  const key = text.slice(0, equals).trimEnd().toLowerCase();
  return { kind: "setting", key, value: text.slice(equals + 1).trimStart(), indent: line.length - line.trimStart().length };
}

/** One spelling for each section: `profile  "dev" ` and `profile dev` are the same. */
export function headingName(inside: string): string {
  const match = /^(profile|sso-session|services)\s+(["']?)(.*?)\2$/.exec(inside.trim());
  return match === null ? inside.trim() : `${match[1]} ${match[3]}`;
}

/** The first `]` that ends the line or has only a comment behind it closes a heading: names may be URLs, and those may hold one. */
function readHeading(text: string): IniLine {
  const inside = /^\[(.*?)\]\s*(?:[#;].*)?$/.exec(text)?.[1];
  if (inside === undefined) return malformed("the heading is not closed", "a heading is `[name]`, with nothing but a comment behind it");
  if (inside.trim() === "") return malformed("the heading has no name", "a heading is `[name]`");
  return { kind: "heading", name: headingName(inside) };
}

function withoutComment(line: string): string {
  if (!line.includes("#") && !line.includes(";")) return line; // a regular expression's first use costs more than all the rest
  const start = line.search(/(?:^|\s)[#;]/);
  return start === -1 ? line : line.slice(0, start);
}

function malformed(problem: string, hint: string): IniLine {
  return { kind: "malformed", problem, hint };
}
