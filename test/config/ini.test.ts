/** Reading ini files: the SDKs' rules, with the JavaScript SDK's loader as oracle where it is right, and every line that is not one. */

import { promises as fs } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadSharedConfigFiles } from "@smithy/shared-ini-file-loader";
import { afterEach, describe, expect, it } from "vitest";
import { withIndex } from "../../src/config/ini-index.ts";
import { findSections, parseIni, readSettings, sectionNames } from "../../src/config/ini.ts";
import { failureOf } from "./files-of.ts";

const folders: string[] = [];

afterEach(async () => {
  for (const folder of folders.splice(0)) await fs.rm(folder, { recursive: true });
});

describe("a well-formed file", () => {
  it.each([
    ["spaces around = or none", "[a]\nk=v\nl =  w  \n", { k: "v", l: "w" }],
    ["= inside of a value", "[a]\nk = v=w=\n", { k: "v=w=" }],
    ["carriage returns", "[a]\r\nk = v\r\n\r\nl = w\r\n", { k: "v", l: "w" }],
    ["no final line feed", "[a]\nk = v", { k: "v" }],
    ["comments on their own lines", "# one\n; two\n[a]\n# three\n  ; four\nk = v\n", { k: "v" }],
    ["comments after values, from white space on", "[a]\nk = v # one\nl = w\t; two\nm = x#y;z\n", { k: "v", l: "w", m: "x#y;z" }],
    ["comments after headings, adjacent too", "[a] # one [b]\nk = v\n[c];two\n[a]#three\nl = w\n", { k: "v", l: "w" }],
    ["empty values, which count as unset", "[a]\nk =\nl = w\n", { l: "w" }],
    ["an empty value after another of the same key", "[a]\nk = v\nk =\n", {}],
    ["a key twice, the last wins", "[a]\nk = v\nk = w\n", { k: "w" }],
    ["a section in parts", "[a]\nk = v\nl = v\n[b]\nk = no\n[a]\nl = w\n", { k: "v", l: "w" }],
    ["keys in capitals", "[a]\nRole_ARN = v\n", { role_arn: "v" }],
    ["keys that are all indented", "[a]\n  k =\n  l = w\n", { l: "w" }],
    ["nested keys", "[a]\ns3 =\n  k = v\n\n  # comment\n  l = w\nm = x\n  n = y\n", { "s3.k": "v", "s3.l": "w", m: "x", n: "y" }],
    ["blanks in a heading", "[ a ]\nk = v\n", { k: "v" }],
    ["an indented heading", "[b]\nk = no\n  [a]\nk = v\n", { k: "v" }],
    ["lines of blanks", "[a]\n \t\nk = v\n\t\n", { k: "v" }],
    ["letters beyond ASCII", "[a]\n# Zürich\nk = größe\n", { k: "größe" }],
    ["unusual keys", "[a]\nx:y = v\nä = w\n", { "x:y": "v", ä: "w" }],
  ])("may have %s", (_, text, expected) => {
    expect(settings(text, "a")).toEqual(expected);
  });

  it.each([
    ["[profile dev]", "profile dev"],
    ["[profile\tdev]", "profile dev"],
    ["[ profile   dev ]", "profile dev"],
    ['[profile "dev"]', "profile dev"],
    ["[profile 'dev']", "profile dev"],
    ["[profile my dev]", "profile my dev"],
    ['[profile "my dev"]', "profile my dev"],
    ["[services dev]", "services dev"],
    ["[sso-session dev]", "sso-session dev"],
    ["[profiles dev]", "profiles dev"],
    ["[dev]", "dev"],
    ["[dev] # like [other]", "dev"],
    ["[profile arn:aws:iam::1:role/dev]", "profile arn:aws:iam::1:role/dev"],
    ["[https://[::1]:8080/realms/dev]", "https://[::1]:8080/realms/dev"],
  ])("names the section %s", (heading, name) => {
    for (const text of [`${heading}\nk = v\n`, `[first]\n${heading}\nk = v`]) {
      expect(settings(text, name)).toEqual({ k: "v" });
      expect(sectionNames(parse(text))).toContain(name);
    }
  });

  it("has sections of which one's name ends in the other's", () => {
    const text = "[dev]\nk = 1\n[profile dev]\nk = 2\n[profile my-dev]\nk = 3\nxdev] = 3\n# [dev]\n[profile my dev]\nk = 4\n";
    expect(Object.fromEntries([...findSections(parse(text), "dev")].map(([name, { length }]) => [name, length]))).toEqual({
      dev: 1,
      "profile dev": 1,
      "profile my dev": 1,
    });
  });

  it.each(Array.from({ length: 20 }, (_, seed) => seed))("has the same sections with an index: generated file %i", (seed) => {
    const file = parse(`${generateConfig(seed)}\n[profile my p1]\nk = v\n ["profile"  my ] # p1\n[profile p1]\nk = w\n`);
    const words = sectionNames(file).flatMap((name) => [name, ...name.split(" "), "nobody"]);
    for (const word of words) expect([...findSections(withIndex(file), word)]).toEqual([...findSections(file, word)]);
    expect(words.length).toBeGreaterThan(4);
  });

  it.each(["[default]\n[a] ]\nk = v\n", "[default]\n[x a] ]\r\n[profile a]\r\nk = w"])(
    "has no section named by a part of a heading, with an index or without: %j",
    (text) => {
      const file = parse(text);
      const byName = (each: typeof file) => [...findSections(each, "a")].map(([name]) => name);
      expect(byName(file)).toEqual(sectionNames(file).filter((name) => name === "profile a"));
      expect(byName(withIndex(file))).toEqual(byName(file));
    },
  );

  it("may be empty or have comments alone", () => {
    expect(sectionNames(parse(""))).toEqual([]);
    expect(sectionNames(parse("# nothing\n\n"))).toEqual([]);
  });
});

describe("a malformed line", () => {
  it.each([
    ["a heading that is not closed", "[a]\nk = v\n[profile b\nk = w\n", 3, "the heading is not closed"],
    ["a first heading that is not closed", "[a\n", 1, "the heading is not closed"],
    ["text after a heading", "[a]\n[b] c\n", 2, "the heading is not closed"],
    ["text after a heading and a lone carriage return", "[a]\n[b]\rk = v\n", 2, "the heading is not closed"],
    ["a heading without a name", "[a]\n\n[ ]\n", 3, "the heading has no name"],
    ["a line without =", "[a]\r\nk = v\r\nrole_arn\r\n", 3, "there is no = in this line"],
    ["an indented line without =", "[a]\nk = v\n  more\n", 3, "there is no = in this line"],
    ["a last line without =", "[a]\nk = v\nmore", 3, "there is no = in this line"],
    ["= in the comment alone", "[a]\nk # = v\n", 2, "there is no = in this line"],
    ["a colon in place of =", "[a]\nk: v\n", 2, "there is no = in this line"],
    ["a line without a key", "[a]\n = v\n", 2, "there is no key before the ="],
    ["a setting above all headings", "\n# x\nk = v\n[a]\n", 3, "a setting outside of any section"],
    ["a setting and no heading", "k = v", 1, "a setting outside of any section"],
  ])("is an error: %s", (_, text, line, problem) => {
    const failure = failureOf(() => parse(text));
    expect(failure).toEqual({ code: "config-syntax", message: `~/it, line ${line}: ${problem}`, hint: expect.any(String) });
  });

  it("is found in a section nobody asks for, behind thousands of others", () => {
    const many = Array.from({ length: 5000 }, (_, n) => `[profile p${n}]\nregion = eu-west-1\n# comment\n\n`).join("");
    expect(failureOf(() => parse(`${many}oops\n${many}`)).message).toBe("~/it, line 20001: there is no = in this line");
  });

  it("is not repeated in the message: it may be a secret", () => {
    const failure = failureOf(() => parse("[a]\nwJalrXUtnFEMI\n"));
    expect(`${failure.message} ${failure.hint}`).not.toContain("wJalr");
  });
});

describe("next to the SDK's own loader", () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed))("reads the same from generated file %i", async (seed) => {
    const text = generateConfig(seed);
    const path = join(await makeFolder(), "config");
    await fs.writeFile(path, text);
    const { configFile } = await loadSharedConfigFiles({ configFilepath: path, filepath: join(path, "none"), ignoreCache: true });
    const ours = Object.fromEntries(Object.keys(configFile).map((name) => [name, settings(text, sectionOf(name))]));
    expect(Object.keys(configFile).length).toBeGreaterThan(0);
    expect(ours).toEqual(configFile);
  });
});

function parse(text: string) {
  return parseIni("/it", "~/it", text);
}

function settings(text: string, section: string): Record<string, string> {
  const file = parse(text);
  const headings = findSections(file, section.slice(section.lastIndexOf(" ") + 1)).get(section) ?? [];
  return Object.fromEntries([...readSettings(file, headings)].map(([key, { value }]) => [key, value]));
}

/** The loader writes "services.x" for [services x], and the bare name for a profile. */
function sectionOf(name: string): string {
  const [kind, rest] = name.split(".");
  if (kind === "services" || kind === "sso-session") return `${kind} ${rest}`;
  return name === "default" ? name : `profile ${name}`;
}

async function makeFolder(): Promise<string> {
  const folder = await fs.mkdtemp(join(tmpdir(), "aws-runas-test-"));
  folders.push(folder);
  return folder;
}

/** Lines in every form that the loader reads as the other SDKs do; the same for the same seed. */
function generateConfig(seed: number): string {
  let state = seed + 1;
  const below = (limit: number) => {
    state = (state * 48271) % 2147483647;
    return state % limit;
  };
  const pick = (choices: readonly string[]) => choices[below(choices.length)] ?? "";
  const value = () => pick(["v", "a=b", "a#b", "x;y", "two words", "ünï", "[z]", "https://h/p?q=1#f"]);
  const tail = () => pick(["", "", " ", "\t", " # comment", " ; [c]", "\t#"]);
  const setting = (indent: string) =>
    `${indent}${pick(["k", "l", "m.n", "role_arn"])}${pick(["=", " = ", "= ", "\t=\t"])}${value()}${tail()}`;
  const line = () => {
    const kind = below(10);
    if (kind === 0) return pick(["", "# [profile p1]", "; k = v", "  # x", "   "]);
    if (kind === 1) return ["s3 =", setting("  "), "", setting("    "), setting("")];
    return setting("");
  };
  const heading = () =>
    pick(["[default]", "[profile p1]", "[profile p2] # x", '[profile "p3"]', "[profile 'p4'] ;", "[services s1]", "[sso-session s2]"]);
  const section = () => [heading(), setting(""), ...Array.from({ length: below(6) }, line).flat()];
  return ["# top", ...Array.from({ length: 1 + below(12) }, section).flat()].join(pick(["\n", "\r\n"])) + pick(["", "\n"]);
}
