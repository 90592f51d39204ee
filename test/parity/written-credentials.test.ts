/** What the Go tool does with `-c` (reference/cli.md, 2 step 6 and 2.6), row by row; its weaknesses 1 and 39, and 33 of the registries. */

import { chmodSync, mkdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readRegistry } from "../../src/aws/registries.ts";
import { parityWorld } from "./parity-world.ts";

const world = parityWorld();
const path = () => world.home.file(".aws/credentials");
const text = () => readFileSync(path(), "utf8");
const KEYS = ["aws_access_key_id", "aws_secret_access_key", "aws_session_token"];

describe("2.6 -c", () => {
  test("same: the section is [PROFILE-awsrunas], with the three keys", async () => {
    await world.run(["-c", "developer", "true"]);
    expect(text()).toContain("[developer-awsrunas]\n");
    for (const key of KEYS) expect(text()).toMatch(new RegExp(`^${key} = \\S+$`, "m"));
  });

  test("same: with a command, without one, with -O json, and by RUNAS_WRITE_CREDENTIALS", async () => {
    for (const argv of [
      ["-c", "developer", "true"],
      ["-c", "developer"],
      ["-c", "-O", "json", "developer"],
    ]) {
      await world.run(argv);
      expect(text()).toContain("[developer-awsrunas]");
      rmSync(path());
    }
    await world.run(["developer", "true"], { env: { RUNAS_WRITE_CREDENTIALS: "true" } });
    expect(text()).toContain("[developer-awsrunas]");
  });

  test("same: a role's ARN in the profile's place names the section", async () => {
    world.editConfig(
      (config) => `${config}\n[default]\n${/\[profile developer\][^[]*/.exec(config)?.[0].replace("[profile developer]\n", "")}`,
    );
    const arn = "arn:aws:iam::123456789012:role/developer";
    const { status, stderr } = await world.run(["-c", arn, "true"]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining(`${arn}-awsrunas`) });
    expect(text()).toContain(`[${arn}-awsrunas]`);
  });

  test("same: AWS_SHARED_CREDENTIALS_FILE names the file, and its folder is made", async () => {
    const other = world.home.file("elsewhere/creds");
    await world.run(["-c", "developer", "true"], { env: { AWS_SHARED_CREDENTIALS_FILE: other } });
    expect(readFileSync(other, "utf8")).toContain("[developer-awsrunas]");
  });

  test("same: it is said where they are, and the mode is 0600", async () => {
    writeFileSync(path(), "");
    chmodSync(path(), 0o644);
    const { stderr } = await world.run(["-c", "developer", "true"]);
    expect(stderr).toContain("as the profile developer-awsrunas");
    expect(statSync(path()).mode & 0o777).toBe(0o600);
  });

  test("different on purpose: when they expire stands beside them, because a stale key should be known as one", async () => {
    await world.run(["-c", "developer", "true"]);
    expect(text()).toMatch(/^x_security_token_expires = \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/m);
  });

  test("different on purpose: every other byte stays, because the file is the user's", async () => {
    const before = '# mine\n[other]\naws_access_key_id   = "AKIA1"\n  nested = x\n\n\n; the end';
    writeFileSync(path(), before);
    await world.run(["-c", "developer", "true"]);
    expect(text().startsWith(before)).toBe(true);
  });

  test("different on purpose: a file that cannot be written ends the run, because the command was to find the keys there", async () => {
    mkdirSync(path());
    const { status, stdout } = await world.run(["-c", "developer", "echo", "ran"]);
    expect(status).not.toBe(0);
    expect(stdout).not.toContain("ran");
  });
});

describe("9", () => {
  test("1: a dotted profile's keys go into its own section, because [prod]'s static keys are not to be lost", async () => {
    world.editConfig((config) => config.replace("[profile developer]", "[profile prod.admin]"));
    writeFileSync(path(), "[prod]\naws_access_key_id = AKIASTATIC\naws_secret_access_key = static\n");
    const { stderr } = await world.run(["-c", "prod.admin", "true"]);
    expect(stderr).toContain("prod.admin-awsrunas");
    expect(text()).toMatch(/^\[prod\]\naws_access_key_id = AKIASTATIC\naws_secret_access_key = static\n/);
    expect(text()).toMatch(/\[prod\.admin-awsrunas\]\naws_access_key_id = ASIA/);
  });

  test("39: a symlink stays one, and two writers lose nothing of each other's", async () => {
    const target = world.home.file("linked");
    writeFileSync(target, "");
    symlinkSync(target, path());
    await Promise.all([world.run(["-c", "developer", "true"]), world.run(["-c", "short", "true"])]);
    expect(readlinkSync(path())).toBe(target);
    expect(text()).toContain("[developer-awsrunas]");
    expect(text()).toContain("[short-awsrunas]");
  });

  test("33: registries of China are read as such; the rest is in flows/ecr.test.ts", () => {
    const defaults = { partition: "aws-cn", account: "123456789012", region: "cn-north-1" };
    expect(readRegistry("123456789012", defaults).host).toBe("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn");
  });
});
