/** What the Go tool prints without a command, and with -e and -w (reference/cli.md, 2.4 and 2.5), row by row. */

import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { expiryText } from "../../src/cli/expiry.ts";
import { isUsable } from "../../src/credentials/thresholds.ts";
import { credentialProcessOutput, shellAssignments } from "../../src/exec/print.ts";
import type { PrintRequest } from "../../src/exec/print.ts";
import { credentials, profileWith } from "../exec/fixtures.ts";
import { parityWorld } from "./parity-world.ts";

const world = parityWorld();
const { run, editConfig } = world;
const lines = (changes: Partial<PrintRequest> = {}) =>
  shellAssignments({ credentials, profile: profileWith(), env: {}, platform: "linux", ...changes });
const namesIn = (text: string) => [...text.matchAll(/^export (\w+)=/gm)].map(([, name]) => name);

describe("2.4 lines for a shell", () => {
  test("same: one line a variable, of the form export NAME='value', and nothing else on stdout", async () => {
    const { stdout } = await run(["-we", "developer"]);
    expect(stdout).toMatch(/^(export \w+='[^'\n]*'\n)+$/);
  });

  test("same: keys, token, both regions, and AWSRUNAS_PROFILE at the end", () => {
    expect(new Set(namesIn(lines()))).toEqual(
      new Set(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION", "AWSRUNAS_PROFILE"]),
    );
    expect(namesIn(lines()).at(-1)).toBe("AWSRUNAS_PROFILE");
  });

  test("different on purpose: the order is always the same, because a diff of two runs shows what changed", async () => {
    expect(namesIn((await run(["developer"])).stdout)).toEqual(namesIn(lines()));
  });

  test("different on purpose: AWS_SECURITY_TOKEN is there only where the shell has one, because only an old one could do harm", () => {
    expect(lines()).not.toContain("AWS_SECURITY_TOKEN");
    expect(lines({ env: { AWS_SECURITY_TOKEN: "stale" } })).toContain("export AWS_SECURITY_TOKEN='our+session/token=='\n");
  });

  test("same: without a region none is set", () => {
    expect(lines({ profile: profileWith({ region: undefined }) })).not.toContain("REGION");
  });

  test("different on purpose: with a role's ARN AWSRUNAS_PROFILE is the ARN, because an outer run's would be printed", () => {
    const name = "arn:aws:iam::123456789012:role/dev";
    expect(lines({ profile: profileWith({ name }), env: { AWSRUNAS_PROFILE: "outer" } })).toContain(`export AWSRUNAS_PROFILE='${name}'\n`);
  });

  test("different on purpose: a quote in a value is escaped, because the line is evaluated", () => {
    const script = `${lines({ profile: profileWith({ name: "it's; echo gotcha" }) })}printf %s "$AWSRUNAS_PROFILE"`;
    expect(execFileSync("sh", ["-c", script], { encoding: "utf8" })).toBe("it's; echo gotcha");
  });

  test("same: on Windows without SHELL they are cmd's, and with SHELL a shell's", () => {
    expect(lines({ platform: "win32" })).toMatch(/^(set .*\r\n)+$/);
    expect(lines({ platform: "win32", env: { SHELL: "/bin/bash" } })).toBe(lines());
  });

  test("different on purpose: cmd's are quoted, because & and | in a value would begin a command", () => {
    expect(lines({ platform: "win32", profile: profileWith({ name: "a&b" }) })).toContain('set "AWSRUNAS_PROFILE=a&b"\r\n');
  });
});

describe("2.4 JSON", () => {
  test("same: one line with the keys in the Go tool's order, the expiry in UTC", () => {
    const text = credentialProcessOutput(credentials);
    expect(text).toMatch(/^\{"AccessKeyId":"ASIA[^"]+","SecretAccessKey":"[^\n]+\}\n$/);
    expect(Object.keys(JSON.parse(text))).toEqual(["AccessKeyId", "SecretAccessKey", "SessionToken", "Version", "Expiration"]);
    expect(JSON.parse(text)).toMatchObject({ Version: 1, Expiration: "2026-11-23T10:00:00Z" });
  });

  test("same: in any case of the word", async () => {
    expect((await run(["-O", "JSON", "developer"])).stdout).toMatch(/^\{"AccessKeyId":"ASIA/);
  });

  test("different on purpose: a user's own keys have SessionToken and Expiration too, because they are a session's", async () => {
    expect(JSON.parse((await run(["-O", "json", "ivy"])).stdout)).toMatchObject({
      AccessKeyId: expect.stringMatching(/^ASIA/),
      SessionToken: expect.any(String),
      Expiration: expect.stringMatching(/Z$/),
    });
  });
});

describe("2.5 -e", () => {
  const at = new Date("2026-11-23T10:00:00Z");
  const textBefore = (seconds: number) => expiryText(at, at.getTime() - seconds * 1000);

  test("same: on stderr, without a timestamp in front", async () => {
    expect((await run(["-e", "developer", "true"])).stderr).toMatch(
      /^aws-runas: the credentials expire at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d .*\n$/,
    );
  });

  test("different on purpose: the time has its zone, because it was UTC and looked like the user's own", () => {
    expect(textBefore(60)).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4} \(/);
  });

  test.each([
    [1, "in 1 second"],
    [59, "in 59 seconds"],
    [60, "in 1 minute"],
    [3599, "in 59 minutes"],
  ])("same: %i seconds before it cuts down to `%s`", (seconds, expected) => {
    expect(textBefore(seconds)).toContain(`(${expected})`);
  });

  test("different on purpose: hours have their minutes, because 1 hour was anything below two", () => {
    expect(textBefore(2 * 3600 - 1)).toContain("(in 1 hour 59 minutes)");
  });

  test("different on purpose: `expired` is never said, because credentials near their end are not handed out", () => {
    expect(isUsable(credentials, credentials.expiresAt.getTime() - 1_000)).toBe(false);
  });

  test("different on purpose: keys whose end nobody tells count for an hour, because they will expire some time", async () => {
    const { AccessKeyId, SecretAccessKey, SessionToken } = JSON.parse((await run(["-O", "json", "ivy"])).stdout);
    writeFileSync(
      world.home.file(".aws/credentials"),
      `[temporary]\naws_access_key_id = ${AccessKeyId}\naws_secret_access_key = ${SecretAccessKey}\naws_session_token = ${SessionToken}\n`,
    );
    editConfig((text) => `${text}\n[profile temporary]\nregion = eu-central-1\n`);
    expect(await run(["-e", "temporary", "true"])).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(/\(in (59 minutes|1 hour)\)\n$/),
    });
  });
});

describe("2.5 -w", () => {
  test("different on purpose: user id, ARN and account of the final credentials stand in a sentence, because a person reads them", async () => {
    const { stdout, stderr } = await run(["-w", "target", "true"]);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/arn:aws:sts::123456789012:assumed-role\/target\/alice \(account 123456789012, user id \S+:alice\)\n$/);
  });
});

// Does not apply yet, because the feature is not there:
// 2.5 with ssm and ecr login — no ssm, no ecr
