/** Real processes edit one file and are killed at any moment: the file stays whole, and no edit is lost. */

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { promises as fs } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readSection } from "../../src/config/edit.ts";

const bun = resolve(import.meta.dirname, "../../node_modules/bun/bin/bun.exe");
const others = `# mine\n${Array.from({ length: 500 }, (_, n) => `[profile ${n}]\naws_access_key_id = ${n}\n`).join("\n")}`;

let folder: string;

/** Bundled so that Node 20 runs it too. */
beforeAll(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), "edit-killed-"));
  const bundle = await rolldown({ input: join(import.meta.dirname, "programs/editor.ts"), platform: "node" });
  await bundle.write({ dir: folder, format: "esm", entryFileNames: "editor.mjs" });
  await bundle.close();
});

afterAll(() => fs.rm(folder, { recursive: true }));

it("keeps the file whole and every edit, with a writer on Node and one on Bun killed twelve times", async () => {
  const path = join(folder, "credentials");
  await fs.writeFile(path, others);
  for (let round = 0; round < 12; round += 1) {
    const writers = [edit(process.execPath, path, "node"), edit(bun, path, "bun")];
    await sleep(100 + Math.random() * 200);
    await Promise.all(writers.map(kill));
    await expectWhole(path);
  }
  expect(await countOf(path, "node")).toBeGreaterThan(0);
  expect(await countOf(path, "bun")).toBeGreaterThan(0);
});

function edit(runtime: string, path: string, section: string): ChildProcess {
  return spawn(runtime, [join(folder, "editor.mjs"), path, folder, section], { stdio: ["ignore", "ignore", "inherit"] });
}

/** Fails when the writer had ended by itself: it only does when an edit was lost. */
async function kill(writer: ChildProcess): Promise<void> {
  expect(writer.exitCode).toBeNull();
  writer.kill("SIGKILL");
  await once(writer, "exit");
}

async function expectWhole(path: string): Promise<void> {
  const text = await fs.readFile(path, "utf8");
  expect(text.replaceAll(/\n\[(?:node|bun)\]\ncount = \d+\n/g, "")).toBe(others);
}

async function countOf(path: string, section: string): Promise<number> {
  return Number(readSection({ label: path, bytes: await fs.readFile(path) }, section).get("count"));
}
