/**
 * The text of an ini file → its sections, found fast: a file of 10,000 profiles is read on every run.
 *
 * One native regular expression passes over all plain lines; only what it stops at is looked at by the exact rules of ini-line.ts: malformed
 * lines, and headings that are written in an unusual way. Plain headings are searched for when a section is asked for, keys are read for
 * that section alone, and line numbers are counted when somebody reads them.
 */

import { ConfigError } from "../errors.ts";
import { readLine } from "./ini-line.ts";

export interface IniFile {
  readonly path: string;
  /** The path as messages show it, e.g. "~/.aws/config". */
  readonly label: string;
  /** Empty when there is no such file. */
  readonly text: string;
  /** The first heading, and those with quotes, more blanks than needed or a comment. */
  readonly unusualHeadings: readonly Heading[];
  /** Where every section is going to be asked for: `withIndex`. */
  readonly index?: IniIndex | undefined;
}

/** What is found out once and for all sections. */
export interface IniIndex {
  /** In the file's order. */
  readonly names: readonly string[];
  /** Those that end in the word, as `findSections` gives them. */
  sectionsOf(word: string): ReadonlyMap<string, readonly Heading[]>;
  /** Below headings that are the index's own, as `readSettings` gives them. */
  settingsOf(headings: readonly Heading[]): ReadonlyMap<string, IniValue>;
  /** As `lineNumber` counts. */
  lineOf(offset: number): number;
}

export interface Heading {
  /** As `headingName` writes it: "profile dev". */
  readonly name: string;
  /** Where its line starts in the file's text. */
  readonly offset: number;
}

export interface IniValue {
  /** Never empty: an empty value counts as unset. */
  readonly value: string;
  /** Where its line starts in the file's text. */
  readonly offset: number;
}

/** @throws ConfigError "config-syntax" for the first line that is not one, with its number. */
export function parseIni(path: string, label: string, text: string): IniFile {
  const file = { path, label, text, unusualHeadings: [] };
  const first = skipPreamble(file);
  if (first !== undefined) visitUnusualLines(file, first);
  return file;
}

/**
 * Headings of the sections that end in this word: for "dev" those of `[dev]`, `[profile dev]`, `[services dev]`, in the file's order.
 *
 * @returns by the section's name; a section that is there twice has two headings.
 */
export function findSections(file: IniFile, word: string): ReadonlyMap<string, readonly Heading[]> {
  return file.index?.sectionsOf(word) ?? groupByName(searchHeadings(file, word));
}

/** The names of all sections, each once. Slower than `findSections`. */
export function sectionNames(file: IniFile): readonly string[] {
  return file.index?.names ?? [...groupByName(allHeadings(file)).keys()];
}

/**
 * The settings below these headings, merged, the last one winning. Nested settings are there as "parent.key".
 *
 * A line is nested when it is indented deeper than the line `parent =` above it, which has no value of its own.
 */
export function readSettings({ text, index }: IniFile, headings: readonly Heading[]): ReadonlyMap<string, IniValue> {
  return index?.settingsOf(headings) ?? readParts(text, headings);
}

/** What `readSettings` gives where there is no index. */
export function readParts(text: string, headings: readonly Heading[]): ReadonlyMap<string, IniValue> {
  const values = new Map<string, IniValue>();
  for (const { offset } of headings) readPart(text, offset, values);
  return values;
}

/** @returns 1 for the first line. */
export function lineNumber({ text, index }: IniFile, offset: number): number {
  if (index !== undefined) return index.lineOf(offset);
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) line += 1;
  return line;
}

/** Offset of the line feed that ends the line, or the text's length. */
export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end === -1 ? text.length : end;
}

interface Growing extends IniFile {
  readonly unusualHeadings: Heading[];
}

/** What stands before the first heading may only be comments. Returns that heading's offset; undefined when there is none. */
function skipPreamble(file: Growing): number | undefined {
  for (let at = 0; at < file.text.length; at = lineEnd(file.text, at) + 1) {
    visitLine(file, at);
    if (file.unusualHeadings.length > 0) return at;
  }
  return undefined;
}

/** Plain lines: empty ones, comments, settings with an ordinary key, headings without quotes and needless blanks. */
function visitUnusualLines(file: Growing, first: number): void {
  const unusual = /\n(?![\r\n#;]|[ \t]*[\w.-]+[ \t]*=|\[(?:profile |services |sso-session )?[^\s[\]"']+\](?=\r?(?:\n|$)))/g;
  unusual.lastIndex = lineEnd(file.text, first);
  while (unusual.test(file.text)) visitLine(file, unusual.lastIndex);
}

function visitLine(file: Growing, offset: number): void {
  const line = readLine(file.text.slice(offset, lineEnd(file.text, offset)));
  if (line.kind === "malformed") throw syntaxError(file, offset, line);
  if (line.kind === "heading") file.unusualHeadings.push({ name: line.name, offset });
  if (line.kind !== "setting" || file.unusualHeadings.length > 0) return;
  throw syntaxError(file, offset, { problem: "a setting outside of any section", hint: "put a heading such as [profile name] above it" });
}

function syntaxError(file: IniFile, offset: number, { problem, hint }: { problem: string; hint: string }): ConfigError {
  return new ConfigError("config-syntax", `${file.label}, line ${lineNumber(file, offset)}: ${problem}`, { hint });
}

function plainHeadings(text: string, word: string): Heading[] {
  const headings: Heading[] = [];
  const ending = `${word}]`;
  for (let at = text.indexOf(ending); at !== -1; at = text.indexOf(ending, at + 1)) {
    const offset = text.lastIndexOf("\n", at) + 1;
    const name = text.slice(offset + 1, at + word.length);
    const isWhole = ["", "\n", "\r"].includes(text.charAt(at + ending.length)); // else an unusual one, of this name or a longer
    if (text[offset] === "[" && isWhole && endsInWord(name, word)) headings.push({ name, offset });
  }
  return headings;
}

function searchHeadings(file: IniFile, word: string): Heading[] {
  const found = new Map(plainHeadings(file.text, word).map((heading) => [heading.offset, heading]));
  for (const heading of file.unusualHeadings) if (endsInWord(heading.name, word)) found.set(heading.offset, heading);
  return [...found.values()].sort((a, b) => a.offset - b.offset);
}

function endsInWord(name: string, word: string): boolean {
  return name === word || name.endsWith(` ${word}`);
}

/** In the file's order. */
export function allHeadings({ text }: IniFile): Heading[] {
  return [...text.matchAll(/(?<=^|\n)[^\S\n]*\[[^\n]*/g)].flatMap(({ 0: line, index }) => {
    const read = readLine(line);
    return read.kind === "heading" ? [{ name: read.name, offset: index }] : [];
  });
}

export function groupByName(headings: readonly Heading[]): Map<string, Heading[]> {
  const sections = new Map<string, Heading[]>();
  for (const heading of headings) {
    const parts = sections.get(heading.name);
    if (parts === undefined) sections.set(heading.name, [heading]);
    else parts.push(heading);
  }
  return sections;
}

function readPart(text: string, heading: number, values: Map<string, IniValue>): void {
  let parent: { readonly key: string; readonly indent: number } | undefined;
  for (let offset = lineEnd(text, heading) + 1; offset < text.length; offset = lineEnd(text, offset) + 1) {
    const line = readLine(text.slice(offset, lineEnd(text, offset)));
    if (line.kind === "heading") return;
    if (line.kind !== "setting") continue;
    const isNested = parent !== undefined && line.indent > parent.indent;
    const key = isNested ? `${parent?.key}.${line.key}` : line.key;
    if (line.value === "") values.delete(key);
    else values.set(key, { value: line.value, offset });
    if (!isNested) parent = line.value === "" ? line : undefined;
  }
}
