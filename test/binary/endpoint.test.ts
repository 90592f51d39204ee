/** The endpoint that the wrapped command is given, asked from inside the command: what it answers to whom, on both built programs. */

import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { artefacts, run } from "./artefacts.ts";
import { type Stage, setStage } from "./stage.ts";

interface Answer {
  readonly status: number;
  readonly body: string;
}

describe.each(artefacts)("$name", (artefact) => {
  let stage: Stage;
  let answers: Record<string, Answer>;
  beforeAll(async () => {
    stage = await setStage();
    const asker = [process.execPath, join(import.meta.dirname, "programs/asker.mjs")];
    const outcome = await run(artefact, ["developer", ...asker], { env: stage.asAlice });
    answers = JSON.parse(outcome.stdout);
  });
  afterAll(() => stage.close());

  test("with the token it answers 200 and credentials that live for more than a quarter of an hour", () => {
    expect(answers["as told"]?.status).toBe(200);
    const credentials = JSON.parse(answers["as told"]?.body ?? "");
    expect(credentials).toEqual({
      AccessKeyId: expect.stringMatching(/^ASIA/),
      SecretAccessKey: expect.any(String),
      Token: expect.any(String),
      Expiration: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    expect(Date.parse(credentials.Expiration) - Date.now()).toBeGreaterThan(15 * 60_000);
  });

  test.each([
    "no token",
    "a wrong token",
    "the token and more",
    "a foreign Host",
    "localhost as Host",
    "another path",
    "a longer path",
    "POST",
  ])("%s gets 4xx and no secret", (name) => {
    const { SecretAccessKey, Token } = JSON.parse(answers["as told"]?.body ?? "");
    const answer = answers[name];
    expect(answer?.status).toBeGreaterThanOrEqual(400);
    expect(answer?.status).toBeLessThan(500);
    expect(answer?.body).not.toContain(SecretAccessKey);
    expect(answer?.body).not.toContain(Token);
  });

  test("when the command has ended, nobody answers", async () => {
    const { stdout } = await run(artefact, ["developer", "sh", "-c", "echo $AWS_CONTAINER_CREDENTIALS_FULL_URI"], { env: stage.env });
    await expect(fetch(stdout.trim())).rejects.toThrow("fetch failed");
  });
});
