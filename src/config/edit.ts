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
import { writeFileAtomic } from "../store/atomic-file.ts";
import type { LockOptions } from "../store/lock.ts";

export interface IniBytes {
  readonly path: string;
  readonly bytes: Buffer;
}

export interface SectionEdit {
  /** Without the brackets. */
  readonly section: string;
  /** By key; undefined deletes it. A section left with nothing in it goes as well. */
  readonly values: Readonly<Record<string, string | undefined>>;
}

/**
 * The file as it is; a missing one is empty.
 *
 * @throws ConfigError "config-unreadable"
 */
export async function readIniBytes(path: string): Promise<IniBytes> {
  try {
    return { path, bytes: await fs.readFile(path) };
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return { path, bytes: Buffer.alloc(0) };
    throw new ConfigError("config-unreadable", `cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * What a section says, by key: values up to the end of the line, without the blanks around them. The last of several wins.
 *
 * @throws ConfigError "config-syntax" naming file and line
 */
export function readSection(file: IniBytes, section: string): ReadonlyMap<string, string> {
  const keys = parse(file).filter((line) => line.kind === "key" && line.section === toBytes(section));
  return new Map(keys.map((line) => [fromBytes(line.key), fromBytes(valueOf(line.text))]));
}

/**
 * The file's content after the edit.
 *
 * @throws ConfigError "config-syntax" as `readSection`, "config-value" for a section or value that an ini file cannot hold
 */
export function editSection(file: IniBytes, edit: SectionEdit): Buffer {
  const section = toBytes(edit.section);
  const values = Object.entries(edit.values);
  let lines = parse(file);
  // Deletions last: a section that is to hold another key must not go in between.
  for (const [key, value] of values) if (value !== undefined) lines = withKey(lines, { section, key }, toBytes(value));
  for (const [key, value] of values) if (value === undefined) lines = withoutKey(lines, { section, key });
  const bytes = Buffer.from(lines.map((line) => line.text).join(""), "latin1");
  const written = readSection({ path: file.path, bytes }, edit.section);
  if (values.some(([key, value]) => written.get(key) !== value)) {
    throw new ConfigError("config-value", `${file.path} cannot hold this value in a section of this name`);
  }
  return bytes;
}

/**
 * Edits the file in place, in one step; a missing file is made (0600, its folder 0700).
 *
 * @throws ConfigError as `editSection`; StoreError "store-unusable" when the file cannot be written
 */
export async function editIniFile(path: string, edit: SectionEdit, options: LockOptions): Promise<void> {
  const { withLock } = await import("../store/lock.ts");
  const change = async () => {
    const file = await readIniBytes(path);
    const edited = editSection(file, edit);
    if (edited.equals(file.bytes)) return;
    await fs.mkdir(dirname(path), { recursive: true, mode: 0o700 });
    await writeFileAtomic(path, edited);
  };
  await withLock(`edit ${await fs.realpath(path).catch(() => path)}`, change, options);
}

/** One line with its line end; `section` is the one it stands in or opens. */
interface Line {
  readonly kind: "heading" | "key" | "nested" | "comment" | "blank";
  readonly text: string;
  readonly section: string;
  readonly key: string;
}

function parse({ path, bytes }: IniBytes): readonly Line[] {
  const lines: Line[] = [];
  let above: Line | undefined;
  for (const text of bytes.toString("latin1").match(/[^\n]*\n|[^\n]+/g) ?? []) {
    const line = text.includes("\0") ? undefined : parseLine(text, lines.length === 0, above);
    if (line === undefined) throw syntaxError(path, lines.length + 1);
    if (line.kind === "heading" || line.kind === "key") above = line;
    lines.push(line);
  }
  return lines;
}

/** `above` is the last heading or key; undefined when it is not a line of an ini file. */
function parseLine(text: string, isFirst: boolean, above: Line | undefined): Line | undefined {
  const section = above?.section ?? "";
  const trimmed = trim(isFirst ? text.replace(/^\xEF\xBB\xBF/, "") : text);
  if (trimmed === "") return { kind: "blank", text, section, key: "" };
  if (/^[#;]/.test(trimmed)) return { kind: "comment", text, section, key: "" };
  if (trimmed.startsWith("[")) {
    const name = trim(/^\[(.*)\]$/.exec(trim(trimmed.replace(/[ \t][#;].*$/, "")))?.[1] ?? "");
    return name === "" ? undefined : { kind: "heading", text, section: name, key: "" };
  }
  const key = trim(trimmed.slice(0, Math.max(0, trimmed.indexOf("="))));
  if (key === "" || above === undefined) return undefined;
  const isNested = above.kind === "key" && valueOf(above.text) === "" && /^[ \t]/.test(text);
  return { kind: isNested ? "nested" : "key", text, section, key };
}

/** The message does not show the line: it may hold a secret. */
function syntaxError(path: string, line: number): ConfigError {
  return new ConfigError("config-syntax", `line ${line} of ${path} is neither a [section] nor "key = value" in one nor a comment`, {
    hint: "correct the line and try again",
  });
}

/** In the key's last line, else under its section's last heading, else in a new section at the end. */
function withKey(lines: readonly Line[], place: { section: string; key: string }, value: string): readonly Line[] {
  const eol = /\r?\n$/.exec(lines[0]?.text ?? "")?.[0] ?? "\n";
  const line = { ...place, kind: "key", text: `${place.key} = ${value}${eol}` } as const;
  const found = lines.findLastIndex((candidate) => isKey(candidate, place));
  if (found >= 0) return lines.with(found, { ...line, text: replaceValue(lines[found]?.text ?? "", value) });
  const ended = lines.map((each) => (each.text.endsWith("\n") ? each : { ...each, text: each.text + eol }));
  const heading = ended.findLastIndex(({ kind, section }) => kind === "heading" && section === place.section);
  if (heading >= 0) return ended.toSpliced(heading + 1, 0, line);
  const gap = ended.length > 0 && ended.at(-1)?.kind !== "blank" ? [{ ...line, kind: "blank", text: eol } as const] : [];
  return [...ended, ...gap, { ...line, kind: "heading", text: `[${place.section}]${eol}` }, line];
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

function replaceValue(text: string, value: string): string {
  return (/^[^=]*=[ \t]*/.exec(text)?.[0] ?? "") + value + (/\r?\n$/.exec(text)?.[0] ?? "");
}

function valueOf(text: string): string {
  return trim(text.slice(text.indexOf("=") + 1));
}

/** Not String's own: among Latin-1's blanks is 0xA0, the last byte of "à" in UTF-8. */
function trim(text: string): string {
  return text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
}

function toBytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

function fromBytes(text: string): string {
  return Buffer.from(text, "latin1").toString("utf8");
}
