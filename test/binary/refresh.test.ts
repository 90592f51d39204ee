/**
 * Refresh tokens on both built programs. The sandbox's provider rotates them, and revokes the whole session when a used one is shown: a race
 * that was lost shows at once.
 */

import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { artefacts, outcomeOf, run, start } from "./artefacts.ts";
import { type Stage, setStage } from "./stage.ts";

const config = (issuer: string) => `
[profile offline-short]
source_profile = offline
role_arn = arn:aws:iam::123456789012:role/short

[profile offline-slash]
source_profile = offline
web_identity_auth_url = ${issuer}/
role_arn = arn:aws:iam::123456789012:role/developer
`;

describe.each(artefacts)("$name", (artefact) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await setStage(config);
    await run(artefact, ["offline", "true"], { env: stage.asAlice });
  });
  afterEach(() => stage.close());

  const entries = () => join(stage.home, ".aws/aws-runas");

  /** Credentials and tokens are gone, and so is the session's cookies: only the refresh token is left to go on with. */
  function expire(): void {
    for (const name of readdirSync(entries())) if (/^(credentials|token|session)-/.test(name)) rmSync(join(entries(), name));
    stage.cost();
  }

  const runAtOnce = (profiles: readonly string[]) =>
    Promise.all(profiles.map((profile) => run(artefact, [profile, "true"], { env: stage.env, timeoutMs: 110_000 })));
  const failures = (outcomes: Awaited<ReturnType<typeof runAtOnce>>) =>
    outcomes.filter(({ status, stderr }) => status !== 0 || stderr.includes("warning"));

  test("fifty processes cost one refresh, and the next refresh still works", async () => {
    for (let round = 0; round < 2; round++) {
      expire();
      expect(failures(await runAtOnce(Array(50).fill("offline")))).toEqual([]);
      expect(stage.cost()).toEqual({ provider: ["POST /token"], sts: ["AssumeRoleWithWebIdentity"] });
    }
    expire();
    expect(failures(await runAtOnce(["offline"]))).toEqual([]);
    expect(stage.cost().provider).toEqual(["POST /token"]);
  }, 240_000);

  test("two roles, and two spellings of one provider, do not take the session from each other", async () => {
    expect(await run(artefact, ["offline-slash", "true"], { env: stage.env })).toMatchObject({ status: 0 });
    for (let round = 0; round < 2; round++) {
      expire();
      const profiles = ["offline", "offline-short", "offline-slash"].flatMap((profile) => Array(8).fill(profile));
      expect(failures(await runAtOnce(profiles))).toEqual([]);
      expect(stage.cost().provider).toEqual(["POST /token", "POST /token"]);
    }
  }, 120_000);

  test("a process that is killed in the middle of a refresh costs a login, and nothing else", async () => {
    expire();
    const child = start(artefact, ["offline", "true"], { env: stage.env });
    stage.sandbox.provider.intercept = async () => {
      child.kill("SIGKILL");
      await new Promise((resolve) => setTimeout(resolve, 500));
      return undefined;
    };
    await outcomeOf(child);
    await new Promise((resolve) => setTimeout(resolve, 700)); // the provider has answered nobody
    stage.sandbox.provider.intercept = undefined;
    expect(await run(artefact, ["-v", "offline", "true"], { env: stage.asAlice })).toMatchObject({
      status: 0,
      stderr: expect.stringContaining("gives nothing for the refresh token: invalid_grant"),
    });
    expire();
    expect(failures(await runAtOnce(["offline"]))).toEqual([]);
  });

  test("the token is in no output and in no file as it is", async () => {
    expire();
    const { stdout, stderr } = await run(artefact, ["-vv", "offline", "env"], { env: stage.env });
    const sent = stage.sandbox.provider.requests.findLast(({ path }) => path === "/token");
    const token = new URLSearchParams(sent?.body).get("refresh_token") ?? "";
    expect(token.length).toBeGreaterThan(20);
    expect(stdout + stderr).not.toContain(token);
    const names = readdirSync(entries());
    expect(names.filter((name) => name.startsWith("refresh-"))).toHaveLength(1);
    for (const name of names.filter((each) => each.includes("-")))
      expect(readFileSync(join(entries(), name), "latin1")).not.toContain(token);
  });

  test("logout revokes it, ends the session at the provider, and leaves neither", async () => {
    stage.cost();
    expect(await run(artefact, ["logout", "offline"], { env: stage.env })).toMatchObject({
      status: 0,
      stderr: expect.stringContaining("the provider's session, the refresh token, the credentials of 1 role"),
    });
    const [first, ...others] = stage.cost().provider;
    expect(first).toBe("POST /token/revocation");
    expect(others.at(-1)).toBe("GET /session/end/success");
    expect(readdirSync(entries()).filter((name) => /^(credentials|token|session|refresh)-/.test(name))).toEqual([]);
    expect(await run(artefact, ["offline", "true"], { env: stage.env })).toMatchObject({ status: 7 });
  });

  test("nothing is kept with AWSRUNAS_STORE=none", async () => {
    const env = { ...stage.asAlice, AWSRUNAS_STORE: "none" };
    for (let round = 0; round < 2; round++) {
      stage.cost();
      expect(await run(artefact, ["offline", "true"], { env })).toMatchObject({ status: 0 });
      expect(stage.cost().provider.filter((request) => request.startsWith("POST /interaction"))).not.toEqual([]);
    }
  });
});
