/** Many processes at once, processes killed at any moment, and files with ten thousand profiles, on both built programs. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { artefacts, outcomeOf, run, start } from "./artefacts.ts";
import { type Stage, setStage } from "./stage.ts";

describe.each(artefacts)("$name", (artefact) => {
  let stage: Stage;
  afterEach(() => stage.close());

  test("a hundred at once with nothing cached cost one login and one call of STS", async () => {
    stage = await setStage();
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => run(artefact, ["developer", "true"], { env: stage.asAlice })));
    expect(outcomes.filter(({ status, stderr }) => status !== 0 || stderr.includes("warning"))).toEqual([]);
    const { provider, sts } = stage.cost();
    expect(provider.filter((request) => request === "POST /token")).toHaveLength(1);
    expect(sts).toEqual(["AssumeRoleWithWebIdentity"]);
  }, 120_000);

  test("fifty with a wrong password send it once, and each says so, whether it waited for the first or came later", async () => {
    stage = await setStage();
    const env = { ...stage.env, WEB_IDENTITY_PASSWORD: "wrong" };
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => run(artefact, ["developer", "true"], { env })));
    outcomes.push(await run(artefact, ["developer", "true"], { env }));
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set([4]));
    const complaints = outcomes.map(({ stderr }) => stderr.split("\n").find((line) => line.includes("refuses the user name or password")));
    expect(complaints).toEqual(Array(51).fill(complaints[0]));
    expect(outcomes.at(-1)?.stderr).toContain("is not sent again so soon");
    expect(stage.cost().provider.filter((request) => request.startsWith("POST"))).toHaveLength(1);
  }, 60_000);

  test("kill -9 at random moments leaves a working state and the credentials file as it was", async () => {
    const credentials = "# mine\n[default]\n\taws_access_key_id=AKIAEXAMPLE ; kept\n\n[other]\nregion = x\n";
    stage = await setStage("", credentials);
    for (let round = 0; round < 100; round++) {
      const child = start(artefact, ["-r", "developer", "true"], { env: stage.asAlice });
      const ended = outcomeOf(child);
      setTimeout(() => child.kill("SIGKILL"), Math.random() * 300);
      await ended;
    }
    expect(await run(artefact, ["developer", "true"], { env: stage.asAlice })).toMatchObject({ status: 0 });
    expect(readFileSync(join(stage.home, ".aws/credentials"), "utf8")).toBe(credentials);
  }, 120_000);

  test("kill -9 while a password is being stored leaves the old file or the new one", async () => {
    const credentials = "# mine\n[default]\n\taws_access_key_id=AKIAEXAMPLE ; kept\n\n[other]\nregion = x\n";
    stage = await setStage("", credentials);
    for (let round = 0; round < 8; round++) {
      const child = start(artefact, ["password", "developer"], { env: stage.env });
      const ended = outcomeOf(child, { input: `password ${round}\n` });
      setTimeout(() => child.kill("SIGKILL"), Math.random() * 2_000);
      await ended;
      expect(readFileSync(join(stage.home, ".aws/credentials"), "utf8").startsWith(credentials)).toBe(true);
    }
    const { alice } = stage.sandbox.users;
    expect(await run(artefact, ["password", "developer"], { env: stage.env, input: `${alice.password}\n` })).toMatchObject({ status: 0 });
    expect(await run(artefact, ["developer", "true"], { env: stage.env })).toMatchObject({ status: 0 });
  }, 120_000);

  test("ten thousand profiles give the right answer, in at most twice the time of ten", async () => {
    stage = await setStage();
    await run(artefact, ["developer", "true"], { env: stage.asAlice });
    const small = stage.sandbox.configText;
    const section = (index: number) =>
      `[profile p${index}]\nrole_arn = arn:aws:iam::123456789012:role/r${index}\nsource_profile = sandbox\nregion = eu-west-${index}\n\n`;
    const large = Array.from({ length: 10_000 }, (_, index) => section(index)).join("") + small;
    const path = join(stage.home, ".aws/config");
    const warmRun = async (config: string) => {
      writeFileSync(path, config);
      const startedAt = performance.now();
      const outcome = await run(artefact, ["developer", "sh", "-c", "echo $AWS_REGION"], { env: stage.env });
      expect(outcome).toEqual({ status: 0, stdout: "eu-central-1\n", stderr: "" });
      return performance.now() - startedAt;
    };
    const times = { small: [] as number[], large: [] as number[] };
    for (let round = 0; round < 15; round++) {
      times.small.push(await warmRun(small));
      times.large.push(await warmRun(large));
    }
    const median = (values: number[]) => values.sort((a, b) => a - b)[7]!;
    expect(median(times.large) / median(times.small)).toBeLessThan(2);
  }, 60_000);
});
