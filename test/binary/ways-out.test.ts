/** `run --profiles` and docker's credential helper, as both built programs have them. */

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { artefacts, run } from "./artefacts.ts";
import { setStage, type Stage } from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.close());

describe.each(artefacts)("$name", (artefact) => {
  test("run --profiles went on without end where its reader had gone away", async () => {
    const words = [...artefact.command, "run", "--profiles", "developer,short", "yes"].map((word) => `'${word}'`).join(" ");
    const shell = { name: "sh", command: ["/bin/sh", "-c"] as const };
    const outcome = await run(shell, [`${words} | head -1`], { env: stage.asAlice, timeoutMs: 20_000 });
    expect(outcome).toMatchObject({ status: 0, stdout: expect.stringMatching(/^(developer|short {4}) \| y\n$/) });
    expect(outcome.stderr).toMatch(/developer +141 .*\nshort +141 /);
  });

  test("run --profiles hands bytes on as they are, and ends when its commands do", async () => {
    const words = [...artefact.command, "run", "--profiles", "short", "sh", "-c", "/bin/sleep 30 & printf '\\377\\0\\n'"];
    const line = words.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(" ");
    const outcome = await run({ name: "sh", command: ["/bin/sh", "-c"] }, [`${line} | od -An -c`], {
      env: stage.asAlice,
      timeoutMs: 20_000,
    });
    expect(outcome).toMatchObject({ status: 0, stdout: expect.stringMatching(/^ +s +h +o +r +t +\| +377 +\\0 +\\n\n$/) });
  });

  test("the docker helper is known by its name, whether a link or a script leads to it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "aws-runas-helper-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const [program, script] = artefact.command;
    const helper = join(folder, "docker-credential-aws-runas");
    const inPackage = script && join(dirname(script), "docker-credential-aws-runas.cjs");
    if (inPackage === undefined) symlinkSync(program, helper);
    else writeFileSync(helper, `#!/bin/sh\nexec '${program}' '${inPackage}' "$@"\n`, { mode: 0o755 });
    const env = { ...stage.env, PATH: `${folder}:${process.env["PATH"]}` };
    const { stdout } = await promisify(execFile)("docker-credential-aws-runas", ["list"], { env });
    expect(stdout).toBe("{}\n");
  });
});
