/** Editing one key of an ini file: what changes, and above all what does not. */

import { promises as fs } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { editIniFile, editSection, readSection } from "../../src/config/edit.ts";
import type { SectionEdit } from "../../src/config/edit.ts";
import type { LockOptions } from "../../src/store/lock.ts";
import type { Log } from "../../src/world.ts";

const SECTION = "https://login.example.com/realm?x=[1]";

function file(text: string | Buffer): { label: string; bytes: Buffer } {
  return { label: "~/.aws/credentials", bytes: Buffer.from(text as string) };
}

function edited(text: string, values: SectionEdit["values"], section = SECTION): string {
  return editSection(file(text), { section, values }).toString();
}

describe("setting a key", () => {
  it.each([
    ["makes the section in an empty file", "", `[${SECTION}]\nkey = v\n`],
    ["appends the section after a blank line", "[a]\nb = c\n", `[a]\nb = c\n\n[${SECTION}]\nkey = v\n`],
    ["adds no second blank line", "[a]\nb = c\n\n", `[a]\nb = c\n\n[${SECTION}]\nkey = v\n`],
    ["ends a last line that has no end", "[a]\nb = c", `[a]\nb = c\n\n[${SECTION}]\nkey = v\n`],
    ["keeps CRLF", "[a]\r\nb = c\r\n", `[a]\r\nb = c\r\n\r\n[${SECTION}]\r\nkey = v\r\n`],
    [
      "puts the key under the heading",
      `[${SECTION}] ; mine\n# note\nother = 1\n[z]\n`,
      `[${SECTION}] ; mine\nkey = v\n# note\nother = 1\n[z]\n`,
    ],
    ["ends a heading that has no end", `[${SECTION}]`, `[${SECTION}]\nkey = v\n`],
    ["replaces the value alone", `[${SECTION}]\n  key=old # x\nother = 1\n`, `[${SECTION}]\n  key=v\nother = 1\n`],
    ["replaces a last value that has no line end", `[${SECTION}]\nkey = old`, `[${SECTION}]\nkey = v`],
    ["replaces the value that counts", `[${SECTION}]\nkey = 1\nkey = 2\n`, `[${SECTION}]\nkey = 1\nkey = v\n`],
    ["leaves the key of other sections", `[a]\nkey = 1\n[${SECTION}]\n`, `[a]\nkey = 1\n[${SECTION}]\nkey = v\n`],
    ["leaves nested keys", `[${SECTION}]\ns3 =\n  key = 1\n`, `[${SECTION}]\nkey = v\ns3 =\n  key = 1\n`],
  ])("%s", (_, before, after) => {
    expect(edited(before, { key: "v" })).toBe(after);
  });

  it("leaves bytes that are not UTF-8, a byte order mark and trailing blanks as they are", () => {
    const before = Buffer.concat([
      Buffer.from("\u{FEFF}[a]  \nb = caf\u00E0\nc = "),
      Buffer.from([0xff, 0xfe, 0xa0]),
      Buffer.from(" \t\n\n\n"),
    ]);
    const after = editSection(file(before), { section: SECTION, values: { key: "v" } });
    expect(after).toEqual(Buffer.concat([before, Buffer.from(`[${SECTION}]\nkey = v\n`)]));
  });

  it("refuses a section or value that would become other lines", () => {
    expect(() => edited("[a]\n", { key: "v\n[b]" })).toThrow(expect.objectContaining({ code: "config-value" }));
    expect(() => edited("[a]\n", { key: "v" }, "x]\nkey = v\n[b")).toThrow(expect.objectContaining({ code: "config-value" }));
  });
});

describe("deleting a key", () => {
  it.each([
    ["takes an emptied section with it", `[a]\nb = c\n\n[${SECTION}]\nkey = v\n`, "[a]\nb = c\n"],
    ["takes one from the middle", `[a]\n\n[${SECTION}]\nkey = v\n\n[z]\n`, "[a]\n\n[z]\n"],
    ["keeps a section with another key", `[${SECTION}]\nkey = v\nother = 1\n`, `[${SECTION}]\nother = 1\n`],
    ["keeps a section with a comment", `[${SECTION}]\n# mine\nkey = v\n`, `[${SECTION}]\n# mine\n`],
    ["deletes every mention", `[${SECTION}]\nkey = 1\nkey = 2\n[a]\n[${SECTION}]\nkey = 3\n`, "[a]\n"],
    ["leaves the key of other sections", `[a]\nkey = 1\n[${SECTION}]\nkey = 2\n`, "[a]\nkey = 1\n"],
    ["changes nothing where there is none", `[${SECTION}]\n\n[a]\nkey = 1`, `[${SECTION}]\n\n[a]\nkey = 1`],
  ])("%s", (_, before, after) => {
    expect(edited(before, { key: undefined })).toBe(after);
  });

  it("undoes setting it", () => {
    const before = "# mine\r\n[default]\r\naws_access_key_id = x\r\n";
    expect(edited(edited(before, { key: "v" }), { key: undefined })).toBe(before);
  });

  it("keeps the section in its place when another key comes instead", () => {
    expect(edited(`[${SECTION}]\nkey = v\n\n[a]\n`, { key: undefined, other: "1" })).toBe(`[${SECTION}]\nother = 1\n\n[a]\n`);
  });
});

describe("reading a section", () => {
  it("gives values to the end of the line, the last of several", () => {
    const text = `[${SECTION}]\nkey = a#b ;c = "d" \nother=1\nother=2\nempty =\n`;
    expect(Object.fromEntries(readSection(file(text), SECTION))).toEqual({ key: 'a#b ;c = "d"', other: "2", empty: "" });
  });
});

describe("a file that is not an ini file", () => {
  it.each([
    ["an unclosed heading", "[a]\n[b\nc = secret\n", 2],
    ["a line without =", "[a]\nsecret\n", 2],
    ["a setting outside of any section", "# x\nb = secret\n", 2],
    ["UTF-16", Buffer.from("[a]\nb = secret\n", "utf16le"), 1],
  ])("is refused, naming the line but not showing it: %s", (_, text, line) => {
    const edit = () => editSection(file(text), { section: SECTION, values: { key: "v" } });
    expect(edit).toThrow(
      expect.objectContaining({ code: "config-syntax", message: expect.stringContaining(`~/.aws/credentials, line ${line}:`) }),
    );
    expect(edit).not.toThrow(/secret/);
  });
});

describe("editing a file on disk", () => {
  let folder: string;
  let options: LockOptions;
  const log: Log = { warn: failOn, info: () => {}, debug: () => {} };

  function failOn(message: string): void {
    throw new Error(`unexpected: ${message}`);
  }

  beforeAll(async () => {
    folder = await fs.mkdtemp(join(tmpdir(), "edit-"));
    options = { homeDir: folder, platform: process.platform, log };
  });

  afterAll(() => fs.rm(folder, { recursive: true }));

  const edit = (path: string, values: SectionEdit["values"], section = SECTION) =>
    editIniFile({ path, label: "it" }, { section, values }, options);

  it("makes a missing file and its folder for the owner alone", async () => {
    const path = join(folder, "new", "credentials");
    await edit(path, { key: "v" });
    expect(await fs.readFile(path, "utf8")).toBe(`[${SECTION}]\nkey = v\n`);
    expect((await fs.stat(path)).mode & 0o777).toBe(0o600);
    expect((await fs.stat(join(folder, "new"))).mode & 0o777).toBe(0o700);
  });

  it("makes nothing when there is nothing to change", async () => {
    await edit(join(folder, "never", "credentials"), { key: undefined });
    await expect(fs.stat(join(folder, "never"))).rejects.toThrow("ENOENT");
  });

  it("follows a symlink, and keeps it and the target's mode", async () => {
    const target = join(folder, "target");
    const link = join(folder, "link");
    await fs.writeFile(target, "[a]\n");
    await fs.chmod(target, 0o640);
    await fs.symlink("target", link);
    await edit(link, { key: "v" });
    expect(await fs.readlink(link)).toBe("target");
    expect(await fs.readFile(target, "utf8")).toBe(`[a]\n\n[${SECTION}]\nkey = v\n`);
    expect((await fs.stat(target)).mode & 0o777).toBe(0o640);
  });

  it("loses none of 20 edits made at once", async () => {
    const path = join(folder, "busy");
    await Promise.all(Array.from({ length: 20 }, (_, n) => edit(path, { key: `${n}` }, `section ${n}`)));
    const bytes = await fs.readFile(path);
    const found = Array.from({ length: 20 }, (_, n) => readSection({ label: "it", bytes }, `section ${n}`).get("key"));
    expect(found).toEqual(Array.from({ length: 20 }, (_, n) => `${n}`));
  });

  it("never replaces what is not a file", async () => {
    await expect(edit("/dev/null", { key: "v" })).rejects.toThrow("/dev/null is not a regular file");
    expect((await fs.stat("/dev/null")).isFile()).toBe(false);
  });

  it("leaves a malformed file as it was", async () => {
    const path = join(folder, "malformed");
    await fs.writeFile(path, "[a\n");
    await expect(edit(path, { key: "v" })).rejects.toMatchObject({ code: "config-syntax" });
    expect(await fs.readFile(path, "utf8")).toBe("[a\n");
  });
});
