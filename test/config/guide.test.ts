/** Every configuration that the guide shows is read as a user's would be: a page's ini blocks, and each profile in them that has a role. */

import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve as absolute } from "node:path";
import { describe, expect, test } from "vitest";
import { profileNames } from "../../src/config/sections.ts";
import { filesOf, resolveAny } from "./files-of.ts";

const root = absolute(import.meta.dirname, "../..");
const pages = ["README.md", ...pagesBelow("docs")].map((page) => ({ page, blocks: iniBlocks(readFileSync(join(root, page), "utf8")) }));

describe.each(pages.filter(({ blocks }) => blocks.length > 0))("$page", ({ blocks }) => {
  const credentials = blocks.filter(isCredentials).join("\n");

  test.each(blocks.filter((block) => !isCredentials(block)))("shows a configuration that works: %s", (config) => {
    const names = profileNames(filesOf({ config })).filter((name) => name !== "default");
    expect(names).not.toEqual([]);
    for (const name of names.filter((each) => hasRole(config, each))) expect(resolveAny(name, { config, credentials }).name).toBe(name);
  });
});

test("there are configurations in the guide", () => {
  expect(pages.flatMap(({ blocks }) => blocks).length).toBeGreaterThan(0);
});

function pagesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => relative(root, join(root, folder, name)))
    .sort();
}

/** Without the indentation of a list. */
function iniBlocks(text: string): string[] {
  return [...text.matchAll(/^( *)```ini\n([\s\S]*?)^\1```$/gm)].map(([, indent = "", block = ""]) =>
    block
      .split("\n")
      .map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line))
      .join("\n"),
  );
}

/** It says so in a comment at its top. */
function isCredentials(block: string): boolean {
  return /^[#;].*credentials/.test(block);
}

function hasRole(config: string, name: string): boolean {
  const section = config.split(/^(?=\[)/m).find((text) => text.startsWith(`[profile ${name}]`));
  return section?.includes("role_arn") === true;
}
