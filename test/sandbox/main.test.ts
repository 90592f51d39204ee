import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, expect, it } from "vitest";

const ROOT = path.join(import.meta.dirname, "..", "..");
const BUN = path.join(path.dirname(createRequire(import.meta.url).resolve("bun/package.json")), "bin", "bun.exe");
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

function start(...words: string[]) {
  const child = spawn(BUN, [path.join(ROOT, "sandbox", "main.ts"), ...words], { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  return { child, stdout: text(child.stdout), stderr: text(child.stderr), exit: once(child, "exit") };
}

it("leaves the sandbox running with three lines to paste, and clears away after Ctrl-C", async () => {
  const { child, stdout, stderr, exit } = start("--keep", "my aws-runas");
  const lines: string[] = [];
  for await (const chunk of child.stdout) {
    lines.push(...String(chunk).trimEnd().split("\n"));
    if (lines.length >= 3) break;
  }
});
