/** Real processes edit one file and are killed at any moment: whoever reads it finds it whole, and no edit is lost. */

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { promises as fs } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readSection } from "../../src/config/edit.ts";

const bun = resolve(import.meta.dirname, "../../node_modules/bun/bin/bun.exe");
const others = `# mine\n${Array.from({ length: 500 }, (_, n) => `[profile ${n}]\naws_access_key_id = ${n}\n`).join("\n")}`;

let folder: string;
const running = new Set<ChildProcess>();

/** Bundled so that Node 20 runs it too. */
beforeAll(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), "edit-killed-"));
  const bundle = await rolldown({ input: join(import.meta.dirname, "programs/editor.ts"), platform: "node" });
  await bundle.write({ dir: folder, format: "esm", entryFileNames: "editor.mjs" });
  await bundle.close();
});

/** A test that fails leaves writers behind, and they never end by themselves. */
afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  await fs.rm(folder, { recursive: true, maxRetries: 5 });
});

it("keeps the file whole and every edit, with a writer on Node and one on Bun killed six times", async () => {
  const path = join(folder, "credentials");
  await fs.writeFile(path, others);
  for (let round = 0; round < 6; round += 1) {
    const writers = [start(process.execPath, path, "node"), start(bun, path, "bun")];
    await Promise.all(writers.map(({ firstEdit }) => firstEdit));
    const end = performance.now() + Math.random() * 100;
    while (performance.now() < end) expectWhole(await fs.readFile(path));
    await Promise.all(writers.map(kill));
    const bytes = await fs.readFile(path);
    expectWhole(bytes);
    for (const { section, said } of writers) {
      expect(Number(readSection({ label: path, bytes }, section).get("count"))).toBeGreaterThanOrEqual(said());
    }
  }
}, 60_000);

function expectWhole(bytes: Buffer): void {
  expect(bytes.toString().replaceAll(/\n\[(?:node|bun)\]\ncount = \d+\n/g, "")).toBe(others);
}

interface Writer {
  readonly process: ChildProcess;
  readonly section: string;
  /** Before it a kill would prove nothing. Rejects when the writer ends instead. */
  readonly firstEdit: Promise<void>;
  /** The last edit that it found in the file. */
  said(): number;
}

function start(runtime: string, path: string, section: string): Writer {
  const child = spawn(runtime, [join(folder, "editor.mjs"), path, folder, section], { stdio: ["ignore", "pipe", "inherit"] });
  running.add(child);
  child.once("close", () => running.delete(child));
  let output = "";
  const firstEdit = new Promise<void>((settle, reject) => {
    child.stdout.on("data", (text) => {
      output += text;
      if (output.includes("\n")) settle();
    });
    child.once("close", () => reject(new Error(`the writer on ${section} ended by itself`)));
  });
  return { process: child, section, firstEdit, said: () => Number(output.split("\n").at(-2)) };
}

/** Fails when the writer had ended by itself: it only does when an edit was lost. */
async function kill({ process: child }: Writer): Promise<void> {
  expect(child.exitCode).toBeNull();
  child.kill("SIGKILL");
  await once(child, "close");
}
