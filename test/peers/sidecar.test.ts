/** `serve ecs` as a container's side-car (docs/serve.md), in a network namespace that it shares with a program which is given the token's file. */

import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { artefacts, outcomeOf, run } from "../binary/artefacts.ts";
import { type Stage, setStage } from "../binary/stage.ts";

const programs = join(import.meta.dirname, "programs");

describe.each(artefacts)("$name", (artefact) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await setStage();
  });
  afterAll(() => stage.close());

  test("a program beside it gets the credentials that a login on the host left in the store", async () => {
    const { stdout } = await run(artefact, ["-O", "json", "developer"], { env: stage.asAlice });
    const tokens = join(stage.home, "tokens");
    mkdirSync(tokens, { mode: 0o700 });
    const env = { ...stage.env, PATH: process.env["PATH"], TOKENS: tokens, NODE: process.execPath, TESTS: programs };
    const args = ["--net", "--pid", "--fork", "--kill-child", "bash", join(programs, "sidecar-namespace.sh"), ...artefact.command];
    const outcome = await outcomeOf(spawn("unshare", args, { env }), { timeoutMs: 30_000 });
    expect(outcome).toMatchObject({ status: 0, stdout: `${JSON.parse(stdout).AccessKeyId}\nended with 0, and left 0 files\n` });
  });
});
