/** What the SDK's providers give, and what is said of one that gives nothing. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { inspect } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { takeProvided as takeAt } from "../../src/aws/provided-credentials.ts";
import type { ProvidedCredentials } from "../../src/config/profile.ts";
import { setting } from "./fixtures.ts";

const takeProvided = (base: ProvidedCredentials, limitMs?: number) => takeAt(base, { now: () => Date.now() }, limitMs);

function provided(kind: ProvidedCredentials["kind"], key: string, value: string): ProvidedCredentials {
  const folder = mkdtempSync(join(tmpdir(), "aws-runas-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const config = join(folder, "config");
  writeFileSync(config, `[profile vault]\n${key} = ${value}\n`);
  return { kind, said: setting(value), profile: "vault", settings: [], files: { config, credentials: join(folder, "none") } };
}

test("a program's keys come with their end, when it tells", async () => {
  const expiration = new Date(Date.now() + 3_600_000);
  const output = {
    Version: 1,
    AccessKeyId: "ASIA1",
    SecretAccessKey: "s3cret",
    SessionToken: "t0ken",
    Expiration: expiration.toISOString(),
  };
  const keys = await takeProvided(provided("process", "credential_process", `echo '${JSON.stringify(output)}'`));
  expect(keys).toMatchObject({ accessKeyId: "ASIA1", expiresAt: expiration });
  expect([keys.secretAccessKey.reveal(), keys.sessionToken?.reveal()]).toEqual(["s3cret", "t0ken"]);
});

test.each([
  ["exit 3 # hunter2", "gives no credentials"],
  ["echo hunter2", "invalid JSON"],
  ["echo null # hunter2", "no AWS keys"],
])("a program that gives none (%s) is named by its setting, without its command line", async (command, expected) => {
  const failure = await takeProvided(provided("process", "credential_process", command)).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "token-unavailable", exitStatus: 4, message: expect.stringContaining(expected) });
  expect((failure as Error).message).not.toContain("hunter2");
});

test("what a program that fails says is told, without its command line, its output and a cause that has them", async () => {
  const failing = provided("process", "credential_process", "echo s3cret; echo vault is locked >&2; false --token hunter2");
  const failure = await takeProvided(failing).catch((error: unknown) => error);
  expect((failure as Error).message).toMatch(/the command failed\nvault is locked$/);
  expect(inspect(failure, { depth: 5 })).not.toMatch(/hunter2|s3cret/);
});

test("`aws login` without a login says how to log in there", async () => {
  const failure = await takeProvided(provided("login", "login_session", "arn:aws:iam::1:user/x")).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "token-unavailable", hint: "log in there first: aws login --profile vault" });
});

test.each([
  [{ AccessKeyId: 7, SecretAccessKey: "s3cret" }, "no AWS keys"],
  [{ AccessKeyId: "ASIA1", SecretAccessKey: { a: 1 } }, "no AWS keys"],
  [{ AccessKeyId: "ASIA1", SecretAccessKey: "" }, "no AWS keys"],
  [{ AccessKeyId: "ASIA1", SecretAccessKey: "s3cret", SessionToken: ["t0ken"] }, "no AWS keys"],
  [{ AccessKeyId: "ASIA1", SecretAccessKey: "s3cret", SessionToken: "t0ken", Expiration: "soon" }, "no date"],
  [{ AccessKeyId: "ASIA1", SecretAccessKey: "s3cret", SessionToken: "t0ken", Expiration: "2020-01-01T00:00:00Z" }, "has expired"],
  [{ Version: 2, AccessKeyId: "ASIA1", SecretAccessKey: "s3cret" }, "Version 1"],
  [{ SessionToken: "t0ken" }, "no AWS keys"],
])("what a program prints as keys and are none is its fault, not AWS's or ours (%j)", async (output, expected) => {
  const command = `echo '${JSON.stringify({ Version: 1, ...output })}'`;
  const failure = await takeProvided(provided("process", "credential_process", command)).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "token-unavailable", message: expect.stringContaining(expected) });
  expect((failure as Error).message).not.toMatch(/s3cret|t0ken/);
});

test.each(["sleep 60", "sleep 60 | cat", "(sleep 60; true)"])(
  "a program that does not end is killed with all that it started (%s)",
  async (line) => {
    const mark = join(mkdtempSync(join(tmpdir(), "aws-runas-")), "pids");
    onTestFinished(() => rmSync(dirname(mark), { recursive: true }));
    const command = line.replace("sleep", () => `sh -c 'echo $$ > ${mark}; exec sleep "$@"' sh`);
    await expect(takeProvided(provided("process", "credential_process", command), 500)).rejects.toThrow("nothing came within 0.5 s");
    const pid = Number(readFileSync(mark, "utf8"));
    expect(pid).toBeGreaterThan(0);
    await expect.poll(() => isRunning(pid)).toBe(false);
  },
);

test("of a program that fails after much chatter the end is told, and not a megabyte", async () => {
  const failing = provided("process", "credential_process", "head -c 900000 /dev/zero | tr '\\0' x >&2; echo vault is locked >&2; false");
  const failure: Error = await takeProvided(failing).then(
    () => new Error("no failure"),
    (error) => error,
  );
  expect(failure.message).toMatch(/the command failed\n…x+vault is locked$/);
  expect(failure.message.length).toBeLessThan(2_200);
});

test("a program that waits for something to read gets its end", async () => {
  await expect(takeProvided(provided("process", "credential_process", "cat"))).rejects.toThrow("invalid JSON");
});

/** False for one that has ended and that nobody waited for, too. */
function isRunning(pid: number): boolean {
  const state = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim();
  return state !== "" && !state.startsWith("Z");
}

test("IAM Identity Center without a login says how to log in there", async () => {
  const failure = await takeProvided(provided("sso", "sso_session", "corp")).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "token-unavailable", hint: "log in there first: aws sso login --profile vault" });
});
