/** IAM profiles on both built programs: keys, sessions, chains and codes, at an STS that verifies them. */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Totp } from "../../sandbox/totp.ts";
import { bun, run as play } from "../exec/runtimes.ts";
import { artefacts, run } from "./artefacts.ts";
import { setStage, type Stage } from "./stage.ts";

describe.each(artefacts)("$name", (artefact) => {
  let stage: Stage;
  let totp: Totp;
  beforeAll(async () => {
    stage = await setStage();
    totp = new Totp(stage.sandbox.iamUsers.mia.mfa.totpSecret);
  });
  afterAll(() => stage.close());

  const runas = (...words: string[]) => run(artefact, words, { env: stage.env });

  test("a chain of three roles costs five calls, and nothing the second time, nor does a role on its way", async () => {
    const outcome = await runas("-w", "link-3", "true");
    expect(outcome).toMatchObject({ status: 0, stderr: expect.stringContaining("assumed-role/link-3/ivy") });
    expect(stage.cost().sts).toEqual([
      "GetSessionToken",
      "GetCallerIdentity",
      "AssumeRole",
      "AssumeRole",
      "AssumeRole",
      "GetCallerIdentity",
    ]);
    expect(await runas("link-3", "true")).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(await runas("-E", "link-1", "true")).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(stage.cost().sts).toEqual([]);
  });

  test("a session without a role is printed, exported and served", async () => {
    expect(JSON.parse((await runas("-O", "json", "ivy")).stdout)).toMatchObject({
      Version: 1,
      AccessKeyId: expect.stringMatching(/^ASIA/),
    });
    expect((await runas("ivy")).stdout).toContain("export AWS_REGION='eu-central-1'");
    const ask = `fetch(process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI, { headers: { authorization: process.env.AWS_CONTAINER_AUTHORIZATION_TOKEN } })
      .then((answer) => answer.json()).then(({ AccessKeyId }) => console.log(AccessKeyId))`;
    expect((await runas("ivy", process.execPath, "-e", ask)).stdout).toMatch(/^ASIA/);
  });

  test("ten at once open one session", async () => {
    stage.cost();
    const outcomes = await Promise.all([...Array(10)].map(() => runas("-d", "1h", "ivy", "true")));
    expect(outcomes.map(({ status }) => status)).toEqual(Array(10).fill(0));
    expect(stage.cost().sts).toEqual(["GetSessionToken"]);
  });

  test("a code is asked for on the terminal, and again when it is wrong; then the session serves all", async () => {
    expect(await runas("guarded", "true")).toMatchObject({ status: 7, stderr: expect.stringContaining("MFA device") });
    const steps = ["000000", totp.code()].map((code) => ({ after: "Code of the MFA device", type: `${code}\r` }));
    const player = await bun().prepare(new URL("../exec/programs/terminal.ts", import.meta.url));
    const command = [...artefact.command, "-w", "guarded", "true"];
    const { stdout } = await play([...player, JSON.stringify(steps), ...command], { env: { ...process.env, ...stage.env } });
    const { status, transcript } = JSON.parse(stdout);
    expect(transcript).toContain("AWS does not accept this code");
    expect(transcript).toContain("assumed-role/guarded/mia");
    expect(status).toBe(0);
    stage.cost();
    expect(await runas("guarded", "true")).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(stage.cost().sts).toEqual([]);
  });

  test("a wrong code that was given is an error that does not show it", async () => {
    const outcome = await runas("-rvv", "-o", "000000", "guarded", "true");
    expect(outcome).toMatchObject({ status: 5, stderr: expect.stringContaining("MultiFactorAuthentication failed") });
    expect(outcome.stderr).not.toContain("000000");
    expect(outcome.stderr).not.toContain("mia/secret+key");
  });
});
