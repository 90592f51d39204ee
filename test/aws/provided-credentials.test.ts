/** What the SDK's providers give, and what is said of one that gives nothing. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { takeProvided } from "../../src/aws/provided-credentials.ts";
import type { ProvidedCredentials } from "../../src/config/profile.ts";
import { setting } from "./fixtures.ts";

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

test("a program's command line stays out of the error where the SDK reads another than we do", async () => {
  const base = provided("process", "credential_process", "false --token hunter2");
  const failure = await takeProvided({ ...base, said: setting("false") }).catch((error: unknown) => error);
  expect((failure as Error).message).toMatch(/the command failed$/);
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
])("what a program prints as keys and are none is its fault, not AWS's or ours (%j)", async (output, expected) => {
  const command = `echo '${JSON.stringify({ Version: 1, ...output })}'`;
  const failure = await takeProvided(provided("process", "credential_process", command)).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "token-unavailable", message: expect.stringContaining(expected) });
  expect((failure as Error).message).not.toMatch(/s3cret|t0ken/);
});

test("a program that does not end is not waited for", async () => {
  await expect(takeProvided(provided("process", "credential_process", "sleep 2"), 100)).rejects.toThrow("nothing came within 0.1 s");
});

test("IAM Identity Center without a login says how to log in there", async () => {
  const failure = await takeProvided(provided("sso", "sso_session", "corp")).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "token-unavailable", hint: "log in there first: aws sso login --profile vault" });
});
