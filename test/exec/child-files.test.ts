import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { writeChildFiles } from "../../src/exec/child-files.ts";

let parentFolder: string;
beforeEach(async () => {
  parentFolder = await mkdtemp(join(tmpdir(), "aws-runas-copies-"));
});
afterEach(() => rm(parentFolder, { recursive: true }));

const write = (texts: { config?: string; credentials?: string }) => writeChildFiles(texts, { parentFolder, process });

it("a copy is written where nobody else can read it", () => {
  const { config, credentials } = write({ config: "[default]\nregion = x\n" });
  expect(credentials).toBeUndefined();
  expect(readFileSync(config ?? "", "utf8")).toBe("[default]\nregion = x\n");
  expect(statSync(config ?? "").mode & 0o777).toBe(0o600);
  expect(statSync(dirname(config ?? "")).mode & 0o777).toBe(0o700);
});

it("copies are removed with their folder", () => {
  const files = write({ config: "a", credentials: "b" });
  expect(readdirSync(parentFolder)).toHaveLength(1);
  files.remove();
  expect(readdirSync(parentFolder)).toEqual([]);
});

it("what a killed run left is removed by the next, what a living one uses is not", async () => {
  const living = join(parentFolder, `aws-runas-${process.ppid}-abc`);
  const left = join(parentFolder, `aws-runas-${await pidOfDead()}-abc`);
  for (const folder of [living, left, join(parentFolder, "other")]) mkdirSync(folder);
  write({ config: "a" });
  expect(existsSync(left)).toBe(false);
  expect(existsSync(living)).toBe(true);
  expect(existsSync(join(parentFolder, "other"))).toBe(true);
});

async function pidOfDead(): Promise<number> {
  const child = spawn(process.execPath, ["--version"], { stdio: "ignore" });
  await once(child, "exit");
  return child.pid ?? 0;
}
