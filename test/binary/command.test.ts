/** What the wrapped command is given and what comes back from it, on both built programs. */

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { artefacts, run } from "./artefacts.ts";
import { type Stage, setStage } from "./stage.ts";

describe.each(artefacts)("$name", (artefact) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
    await run(artefact, ["developer", "true"], { env: stage.asAlice });
  });
  afterAll(() => stage.close());

  const exitOf = async (...words: string[]) => await run(artefact, words, { env: stage.env });

  test.each([
    [0, ["developer", "true"]],
    [7, ["developer", "sh", "-c", "exit 7"]],
    [7, ["-E", "developer", "sh", "-c", "exit 7"]],
    [143, ["developer", "sh", "-c", "kill -TERM $$"]],
    [137, ["developer", "sh", "-c", "kill -KILL $$"]],
    [127, ["developer", "no-such-command"]],
    [127, ["-E", "developer", "no-such-command"]],
    [126, ["developer", "/etc/passwd"]],
    [126, ["-E", "developer", "/etc/passwd"]],
    [2, ["--no-such-flag", "developer", "true"]],
    [3, ["no-such-profile", "true"]],
  ])("ends with %i after %j", async (status, words) => {
    expect(await exitOf(...words)).toMatchObject({ status });
  });

  test.runIf(existsSync("/dev/full"))("credentials that could not be written are not a success", async () => {
    const words = ["-c", '"$@" > /dev/full', "sh", ...artefact.command, "-O", "json", "developer"];
    const outcome = await run({ name: "sh", command: ["sh", ...words] }, [], { env: stage.env });
    expect(outcome).toEqual({ status: 74, stdout: "", stderr: "aws-runas: cannot write to stdout: ENOSPC\n" });
  });

  const [program, ...first] = artefact.command;
  const asStranger = (words: readonly string[], env: NodeJS.ProcessEnv = {}) =>
    spawnSync(program, [...first, ...words], { env, uid: 54_321, gid: 54_321, cwd: "/", encoding: "utf8" });

  test.runIf(asStranger(["--version"], { HOME: "/" }).status === 0)("a user whom the system does not know needs no HOME", () => {
    expect(asStranger(["developer", "true"])).toMatchObject({
      status: 3,
      stderr: expect.stringContaining('profile "developer" is neither in'),
    });
  });

  test("stdin and stdout are the command's own", async () => {
    const outcome = await run(artefact, ["developer", "--", "tr", "a-z", "A-Z"], { env: stage.env, input: "hello" });
    expect(outcome).toEqual({ status: 0, stdout: "HELLO", stderr: "" });
  });

  test("arguments pass unchanged, flags of the command included", async () => {
    const words = ["-E", "--", "", "a b", "'", '"', "$HOME", "*", "-v"];
    const outcome = await exitOf("developer", process.execPath, "-e", "console.log(JSON.stringify(process.argv.slice(1)))", "--", ...words);
    expect(JSON.parse(outcome.stdout)).toEqual(words);
  });

  test.each([["-E"], ["-r"]])("a pipe that closes early is quiet under %s", async (flag) => {
    const outcome = await run(artefact, [flag, "developer", "sh", "-c", "yes | head -1"], { env: stage.asAlice });
    expect(outcome).toEqual({ status: 0, stdout: "y\n", stderr: "" });
  });

  test("what lies in the current folder changes nothing", async () => {
    const folder = mkdtempSync(join(tmpdir(), "trap-"));
    const sprung = join(folder, "sprung");
    writeFileSync(join(folder, "evil.js"), `require("node:fs").writeFileSync(${JSON.stringify(sprung)}, "")`);
    writeFileSync(join(folder, ".env"), "AWS_REGION=trap-1\nWEB_IDENTITY_USERNAME=mallory\nAWS_CONFIG_FILE=/nonexistent\n");
    writeFileSync(join(folder, "bunfig.toml"), 'preload = ["./evil.js"]\n[run]\nshell = "bun"\n');
    writeFileSync(
      join(folder, "package.json"),
      '{"type":"module","main":"./evil.js","imports":{"#x":"./evil.js"},"scripts":{"developer":"exit 9"}}',
    );
    writeFileSync(join(folder, "tsconfig.json"), '{"compilerOptions":{"paths":{"*":["./evil.js"]}}}');
    const show = ["developer", "sh", "-c", `echo "$AWS_REGION $WEB_IDENTITY_USERNAME"; ls ${sprung} 2>/dev/null`];
    const outcome = await run(artefact, show, { env: stage.env, cwd: folder });
    expect(outcome).toMatchObject({ stdout: "eu-central-1 \n", stderr: "" });
    rmSync(folder, { recursive: true });
  });

  test("it refuses to run where certificate checks are switched off", async () => {
    const outcome = await run(artefact, ["developer", "true"], { env: { ...stage.env, NODE_TLS_REJECT_UNAUTHORIZED: "0" } });
    expect(outcome.status).toBe(3);
    expect(outcome.stderr).toContain("NODE_TLS_REJECT_UNAUTHORIZED");
  });

  test("version and help need no home, no configuration and no store", async () => {
    const env = { HOME: "/nonexistent", CREDENTIALS_DURATION: "nonsense" };
    expect(await run(artefact, ["--version"], { env })).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^aws-runas version \d+\.\d+\.\d+\n$/),
    });
    expect(await run(artefact, ["--help"], { env })).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("aws-runas [flags] PROFILE"),
    });
  });

  test("export lines can be evaluated by a shell and lead to the role", async () => {
    const { stdout } = await exitOf("developer");
    const script = `${stdout}\nnode ${join(import.meta.dirname, "../../sandbox/whoami.js")}`;
    const path = join(stage.home, "script.sh");
    writeFileSync(path, script);
    chmodSync(path, 0o700);
    const shell = await run({ name: "sh", command: ["sh", path] }, [], { env: stage.env });
    expect(shell.stdout).toBe("I am arn:aws:sts::123456789012:assumed-role/developer/alice\n");
  });

  test("-O json prints what credential_process wants and nothing else", async () => {
    const { stdout, status } = await exitOf("-O", "json", "developer");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      Version: 1,
      AccessKeyId: expect.stringMatching(/^ASIA/),
      SecretAccessKey: expect.any(String),
      SessionToken: expect.any(String),
      Expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    expect(stdout.trim()).not.toContain("\n");
  });

  test("the command sees the profile's name and region, and no password, AWS_PROFILE or credentials", async () => {
    const env = { ...stage.asAlice, AWS_PROFILE: "developer", AWS_ACCESS_KEY_ID: "AKIASTALE", MFA_CODE: "123456", KEPT: "yes" };
    const { stdout } = await run(artefact, ["--", "env"], { env });
    const seen = Object.fromEntries(
      stdout
        .trim()
        .split("\n")
        .map((line) => line.split(/=(.*)/s)),
    );
    expect(seen).toMatchObject({
      AWSRUNAS_PROFILE: "developer",
      AWS_REGION: "eu-central-1",
      AWS_DEFAULT_REGION: "eu-central-1",
      KEPT: "yes",
    });
    for (const name of ["AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "WEB_IDENTITY_PASSWORD", "MFA_CODE"])
      expect(seen).not.toHaveProperty(name);
  });

  test("an aws-runas inside an aws-runas sees the user's own files and region", async () => {
    const inner = [...artefact.command, "china", "sh", "-c", 'echo "$AWS_REGION $AWSRUNAS_PROFILE"'];
    const outcome = await run(artefact, ["developer", "env", `WEB_IDENTITY_PASSWORD=${stage.sandbox.users.alice.password}`, ...inner], {
      env: stage.env,
    });
    expect(outcome).toMatchObject({ status: 0, stdout: "cn-north-1 china\n", stderr: "" });
  });
});
