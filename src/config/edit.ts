/**
 * Changes keys of one section of an ini file and leaves every other byte as it is: comments, order, line ends, encoding, mode, symlink.
 *
 * The text is handled as Latin-1, in which every byte is one character and comes back as it was. A file with a line that is not one is
 * refused rather than made worse. Our own processes take turns; a program that rewrites the file in place at the same moment may still
 * lose our change or its own.
 */

import { promises as fs } from "node:fs";
import { dirname } from "node:path";
import { ConfigError } from "../errors.ts";
import { headingName, readLine } from "./ini-line.ts";
import type { IniLine } from "./ini-line.ts";
import { writeFileAtomic } from "../store/atomic-file.ts";
import type { LockOptions } from "../store/lock.ts";

/** A file's name in messages ("~/.aws/credentials") and its content. */
export interface IniBytes {
  readonly label: string;
  readonly bytes: Buffer;
}

export interface SectionEdit {
  /** Without the brackets. */
  readonly section: string;
  /** By key; undefined deletes it. A section left with nothing in it goes as well. */
  readonly values: Readonly<Record<string, string | undefined>>;
  /** It is not there before. */
  readonly isNew?: boolean;
}

/**
 * What a section says, by key: values up to the end of the line, without the blanks around them. The last of several wins.
 *
 * @throws ConfigError "config-syntax" naming file and line
 */
export function readSection(file: IniBytes, section: string): ReadonlyMap<string, string> {
  const lines = parse(file).filter((line) => line.kind === "key" && line.section === headingName(section));
  return new Map(lines.map(({ key, text }) => [key, fromLatin1(text.slice(text.indexOf("=") + 1)).trim()]));
}

/**
 * The file's content after the edit.
 *
 * @throws ConfigError "config-syntax" as `readSection`, "config-value" for a section or value that an ini file cannot hold,
 *   "config-conflict" for one that should be new and is there
 */
export function editSection(file: IniBytes, edit: SectionEdit): Buffer {
  const section = headingName(edit.section);
  const values = Object.entries(edit.values);
  let lines = parse(file);
  if (edit.isNew === true && lines.some((line) => line.section === section)) {
    throw new ConfigError("config-conflict", `${file.label} has [${section}] already`);
  }
  // New ones go below the heading, so the first of them goes in last. Deletions come after: a section that is to hold another key must not go
  // in between.
  for (const [key, value] of values.toReversed()) if (value !== undefined) lines = withKey(lines, { section, key }, value);
  for (const [key, value] of values) if (value === undefined) lines = withoutKey(lines, { section, key });
  const bytes = Buffer.from(lines.map((line) => line.text).join(""), "latin1");
  const written = readSection({ label: file.label, bytes }, edit.section);
  if (values.some(([key, value]) => written.get(key) !== value)) {
    throw new ConfigError("config-value", `${file.label} cannot hold this value in a section of this name`);
  }
  return bytes;
}

/**
 * Edits the file in place, in one step; a missing file is made (0600, its folder 0700). Its mode stays, or becomes `mode`.
 *
 * @throws ConfigError as `editSection`; StoreError "store-unusable" when the file cannot be written
 */
export async function editIniFile(
  file: { path: string; label: string },
  edit: SectionEdit,
  { mode, ...options }: LockOptions & { readonly mode?: number },
): Promise<void> {
  const { withLock } = await import("../store/lock.ts");
  const change = async () => {
    const bytes = await readBytes(file);
    const edited = editSection({ label: file.label, bytes }, edit);
    if (edited.equals(bytes)) return;
    await fs.mkdir(dirname(file.path), { recursive: true, mode: 0o700 });
    await writeFileAtomic(file.path, edited, mode === undefined ? {} : { mode });
  };
  await withLock(`edit ${await fs.realpath(file.path).catch(() => file.path)}`, change, options);
}

async function readBytes({ path, label }: { path: string; label: string }): Promise<Buffer> {
  try {
    return await fs.readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw new ConfigError("config-unreadable", `${label} cannot be read`, { cause });
  }
}

interface Line {
  readonly kind: "heading" | "key" | "nested" | "comment" | "blank";
  /** In Latin-1, with its line end. */
  readonly text: string;
  /** The one it stands in or opens. */
  readonly section: string;
  readonly key: string;
}

function parse({ label, bytes }: IniBytes): readonly Line[] {
  const lines: Line[] = [];
  let section = "";
  let parentIndent: number | undefined;
  for (const text of bytes.toString("latin1").match(/[^\n]*\n|[^\n]+/g) ?? []) {
    const line = readLine(fromLatin1(text).replace(lines.length === 0 ? /^\uFEFF/ : "", ""));
    refuseMalformed(line, { section, text, where: `${label}, line ${lines.length + 1}` });
    const isNested = line.kind === "setting" && parentIndent !== undefined && line.indent > parentIndent;
    if (line.kind === "heading") section = line.name;
    if (line.kind === "heading" || (line.kind === "setting" && !isNested)) {
      parentIndent = line.kind === "setting" && line.value === "" ? line.indent : undefined;
    }
    lines.push({ kind: kindOf(line, text, isNested), text, section, key: line.kind === "setting" ? line.key : "" });
  }
  return lines;
}

/** Messages do not show the line: it may hold a secret. */
function refuseMalformed(line: IniLine, { section, text, where }: { section: string; text: string; where: string }): void {
  if (text.includes("\0")) throw new ConfigError("config-syntax", `${where}: this is not text in UTF-8`);
  if (line.kind === "malformed") throw new ConfigError("config-syntax", `${where}: ${line.problem}`, { hint: line.hint });
  if (line.kind === "setting" && section === "") throw new ConfigError("config-syntax", `${where}: a setting outside of any section`);
}

function kindOf(line: IniLine, text: string, isNested: boolean): Line["kind"] {
  if (line.kind === "heading") return "heading";
  if (line.kind === "setting") return isNested ? "nested" : "key";
  return text.trim() === "" ? "blank" : "comment";
}

/** In the key's last line, else under its section's last heading, else in a new section at the end. */
function withKey(lines: readonly Line[], place: { section: string; key: string }, value: string): readonly Line[] {
  const eol = endOf(lines[0]) || "\n";
  const written = toLatin1(value);
  const found = lines.findLastIndex((line) => isKey(line, place));
  if (found >= 0) return lines.map((line, index) => (index === found ? withValue(line, written) : line));
  const ended = lines.map((line) => (endOf(line) === "" ? { ...line, text: line.text + eol } : line));
  const key: Line = { ...place, kind: "key", text: `${place.key} = ${written}${eol}` };
  const heading = ended.findLastIndex(({ kind, section }) => kind === "heading" && section === place.section);
  if (heading >= 0) return ended.toSpliced(heading + 1, 0, key);
  const gap: Line[] = ended.length === 0 || ended.at(-1)?.kind === "blank" ? [] : [{ ...place, kind: "blank", text: eol }];
  return [...ended, ...gap, { ...place, kind: "heading", text: `[${toLatin1(place.section)}]${eol}` }, key];
}

/** The line with what stands behind its "=" replaced. */
function withValue(line: Line, value: string): Line {
  return { ...line, text: (/^[^=]*=[ \t]*/.exec(line.text)?.[0] ?? "") + value + endOf(line) };
}

function endOf(line: Line | undefined): string {
  return /\r?\n$/.exec(line?.text ?? "")?.[0] ?? "";
}

function withoutKey(lines: readonly Line[], place: { section: string; key: string }): readonly Line[] {
  const left = lines.filter((line) => !isKey(line, place));
  return left.length === lines.length ? lines : withoutEmptySections(left, place.section);
}

/** Drops headings of this name with nothing but blank lines under them, each with the blank line above it. */
function withoutEmptySections(lines: readonly Line[], section: string): readonly Line[] {
  const isEmptyHeading = (line: Line | undefined, index: number): boolean =>
    line?.kind === "heading" &&
    line.section === section &&
    (lines.slice(index + 1).find(({ kind }) => kind !== "blank")?.kind ?? "heading") === "heading";
  return lines.filter(
    (line, index) => !isEmptyHeading(line, index) && !(line.kind === "blank" && isEmptyHeading(lines[index + 1], index + 1)),
  );
}

function isKey(line: Line, place: { section: string; key: string }): boolean {
  return line.kind === "key" && line.section === place.section && line.key === place.key;
}

function toLatin1(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

function fromLatin1(text: string): string {
  return Buffer.from(text, "latin1").toString("utf8");
}
