import { type ChildProcessWithoutNullStreams, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";
import { afterEach, expect, it, vi } from "vitest";

const ROOT = path.join(import.meta.dirname, "..", "..");
const BUN = path.join(path.dirname(createRequire(import.meta.url).resolve("bun/package.json")), "bin", "bun.exe");
const children: ChildProcessWithoutNullStreams[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

interface Started {
  readonly child: ChildProcessWithoutNullStreams;
  /** So far. */
  readonly output: { stdout: string; stderr: string };
  readonly status: Promise<number>;
}

function start(...words: string[]): Started {
  const child = spawn(BUN, [path.join(ROOT, "sandbox", "main.ts"), ...words]);
  children.push(child);
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (chunk) => (output.stdout += chunk));
  child.stderr.on("data", (chunk) => (output.stderr += chunk));
  return { child, output, status: once(child, "close").then(([status]) => status) };
}

it("shows a login, its role, the command with it, and a second run that asks for nothing", async () => {
  const { output, status } = start(BUN, path.join(ROOT, "src", "main.ts"));
  expect({ status: await status, stderr: output.stderr }).toEqual({ status: 0, stderr: "" });
  expect(output.stdout.match(/I am arn:aws:sts::123456789012:assumed-role\/developer\/alice$/gm)).toHaveLength(2);
  expect(output.stdout.match(/requests to .*: \d+(\n     .*)*/g)).toEqual([
    expect.stringMatching(/^requests to the provider: 7\n[^]*POST \/token/),
    "requests to STS: 1\n     AssumeRoleWithWebIdentity",
    "requests to the provider: 0",
    "requests to STS: 0",
  ]);
  expect(output.stdout).toContain("It works.");
});

it("fails when nothing logs in, though everything ended well", async () => {
  const { output, status } = start("true");
  expect(await status).toBe(1);
  expect(output.stdout).toContain("a login should have happened in the first run");
});

it("fails with what to do when there is no aws-runas", async () => {
  const { output, status } = start(path.join(ROOT, "no-such-file"));
  expect(await status).toBe(127);
  expect(output.stderr).toMatch(/no-such-file.*npm run build/s);
});

it("stays with --keep, prints three lines that a shell takes, and clears away after Ctrl-C", async () => {
  const { child, output, status } = start("--keep", "env", "NAME=it's");
  await vi.waitFor(() => expect(output.stdout.split("\n")).toHaveLength(4), { timeout: 10_000 });
  const [home = "", sts = ""] = /^export HOME=(\S+) AWS_ENDPOINT_URL_STS=(\S+)/.exec(output.stdout)?.slice(1) ?? [];
  const script = output.stdout.replace(/ developer node .*/, "");
  const pasted = await promisify(execFile)("sh", ["-c", script]);
  expect(pasted.stdout.split("\n")).toEqual(
    expect.arrayContaining([
      "The password of alice is wonderland-1865",
      expect.stringMatching(/^Other profiles: browser, device-code/),
      `HOME=${home}`,
      "NAME=it's",
    ]),
  );
  const names =
    /Other profiles: (.*)/
      .exec(pasted.stdout)?.[1]
      ?.replaceAll(/ \(.*?\)/g, "")
      .split(", ") ?? [];
  const config = readFileSync(path.join(home, ".aws", "config"), "utf8");
  expect(names.filter((name) => !config.includes(`[profile ${name}]`))).toEqual([]);
  expect([existsSync(path.join(home, ".aws", "config")), (await fetch(sts)).status]).toEqual([true, 400]);

  child.kill("SIGINT");
  expect(await status).toBe(0);
  expect(existsSync(home)).toBe(false);
  expect(output).toMatchObject({ stdout: expect.stringMatching(/^(.+\n){3}$/), stderr: "" });
});
