/** Holds the source to the architecture: imports go down the list of layers, and only main.ts and system.ts touch the process. */

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const source = resolve(import.meta.dirname, "../src");

/** From the top; rooms of one layer do not import each other. */
const layers = [
  ["main"],
  ["cli", "terminal", "library"],
  ["exec", "metadata"],
  ["credentials"],
  ["login", "aws"],
  ["config"],
  ["store", "http"],
  ["world", "errors", "secret", "system", "jit"],
];

const files = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => ({ name, text: readFileSync(join(source, name), "utf8") }));

test("there is something to look at", () => {
  expect(files.length).toBeGreaterThan(30);
});

test("every room is in the list of layers", () => {
  const known = new Set(layers.flat());
  expect(files.map(({ name }) => room(name)).filter((name) => !known.has(name))).toEqual([]);
});

test("imports point down the layers or stay in their room", () => {
  const wrong = files.flatMap(({ name, text }) =>
    importsOf(name, text)
      .filter((target) => !mayImport(name, target))
      .map((target) => `${name} imports ${target}`),
  );
  expect(wrong).toEqual([]);
});

test("the world is types only", () => {
  const world = files.find(({ name }) => name === "world.ts");
  expect(world?.text).not.toMatch(/^export (?!interface|type)/m);
});

test("nothing but main.ts and system.ts touches the process, the wall clock, Math.random or the console", () => {
  const forbidden = /(?<![\w."'`/-])(?:process\.(?!execve)|console\.|Date\.now\(|new Date\(\)|Math\.random\()/;
  const found = files
    .filter(({ name }) => name !== "main.ts" && name !== "system.ts")
    .flatMap(({ name, text }) =>
      withoutComments(text).flatMap((line, index) => (forbidden.test(line) ? [`${name}:${index + 1} ${line.trim()}`] : [])),
    );
  expect(found).toEqual([]);
});

test("each file says at its top what it is, has at most 300 lines, and lies at most one group deep", () => {
  const wrong = files.filter(({ name, text }) => !text.startsWith("/**") || text.split("\n").length > 301 || name.split("/").length > 3);
  expect(wrong.map(({ name }) => name)).toEqual([]);
});

test("there are no default exports and no files that only hand on what others export, but the package's entry", () => {
  const wrong = files.filter(
    ({ name, text }) => name !== "library/index.ts" && /^export default|^export \*|^export \{[^}]*\} from/m.test(text),
  );
  expect(wrong.map(({ name }) => name)).toEqual([]);
});

function room(name: string): string {
  return (name.split("/")[0] ?? "").replace(/\.ts$/, "");
}

/** Both ways of importing; relative ones only, as paths below src/. */
function importsOf(name: string, text: string): string[] {
  return [...text.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map((match) =>
    relative(source, resolve(source, dirname(name), match[1] ?? "")),
  );
}

function mayImport(from: string, to: string): boolean {
  if (room(from) === room(to)) return true;
  const depth = (name: string) => layers.findIndex((layer) => layer.includes(room(name)));
  return depth(from) < depth(to) || depth(to) === layers.length - 1;
}

function withoutComments(text: string): string[] {
  return text
    .replaceAll(/\/\*[\s\S]*?\*\//g, (comment) => comment.replaceAll(/[^\n]/g, ""))
    .split("\n")
    .map((line) => line.replace(/(^|\s)\/\/.*$/, ""));
}
