/** SAML on both built programs, at a provider and an STS that verify what they are sent. None has a terminal here but where it says so. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bun, run as play } from "../exec/runtimes.ts";
import { artefacts, type Outcome, outcomeOf, run, start } from "./artefacts.ts";
import { type Stage, setStage } from "./stage.ts";

const LOGIN = ["GET /saml/aws", "POST /saml/aws", "GET /saml/aws"];
const ROLES = "arn:aws:iam::123456789012:role";
/** What the wrapped command can see of itself, of aws-runas, and of the user's folder. */
const LOOK = ["sh", "-c", "env; tr '\\0' ' ' < /proc/$$/cmdline; tr '\\0' ' ' < /proc/$PPID/cmdline"];
/** An arrow key. */
const DOWN = "\u001b[B";

describe.each(artefacts)("$name", (artefact) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await setStage();
  });
  afterEach(() => stage.close());

  test("a fresh run costs one login and one call of STS, a warm one nothing, a second role no login", async () => {
    const fresh = await run(artefact, ["saml-developer", "true"], { env: stage.asAlice });
    expect(fresh).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(stage.cost()).toEqual({ provider: LOGIN, sts: ["AssumeRoleWithSAML"] });
    expect(await run(artefact, ["saml-developer", "true"], { env: stage.env })).toEqual({ status: 0, stdout: "", stderr: "" });
    expect(stage.cost()).toEqual({ provider: [], sts: [] });
    expect(await run(artefact, ["saml-short", "true"], { env: stage.env })).toMatchObject({ status: 0 });
    expect(stage.cost()).toEqual({ provider: [], sts: ["AssumeRoleWithSAML"] });
  });

  test("the endpoint serves the credentials, through a jump role too", async () => {
    const ask = `fetch(process.env.AWS_CONTAINER_CREDENTIALS_FULL_URI, { headers: { authorization: process.env.AWS_CONTAINER_AUTHORIZATION_TOKEN } })
      .then((answer) => answer.json()).then(({ AccessKeyId }) => console.log(AccessKeyId))`;
    const outcome = await run(artefact, ["-w", "saml-target", process.execPath, "-e", ask], { env: stage.asAlice });
    expect(outcome).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^ASIA/),
      stderr: expect.stringContaining("assumed-role/target/alice"),
    });
    expect(stage.cost().sts).toEqual(["AssumeRoleWithSAML", "AssumeRole", "GetCallerIdentity"]);
  });

  test("list roles shows what the assertion offers, and login, status and logout know it", async () => {
    const { stdout } = await run(artefact, ["list", "roles", "saml"], { env: stage.asAlice });
    expect(stdout).toContain(`Available role ARNs for alice\n  arn:aws-cn:iam::210987654321:role/developer\n  ${ROLES}/developer\n`);
    expect(await run(artefact, ["login", "saml-short"], { env: stage.env })).toMatchObject({
      status: 0,
      stderr: expect.stringContaining("assumed-role/short/alice, until"),
    });
    expect((await run(artefact, ["status", "saml-short"], { env: stage.env })).stdout).toContain("assertion    for alice, until");
    expect((await run(artefact, ["logout", "saml"], { env: stage.env })).stderr).toContain("dropped the assertion, the provider's session");
    expect(await run(artefact, ["saml-short", "true"], { env: stage.env })).toMatchObject({ status: 7 });
  });

  test("of several roles none is taken without a terminal", async () => {
    expect(await run(artefact, ["saml", "true"], { env: stage.asAlice })).toMatchObject({
      status: 7,
      stderr: expect.stringContaining("4 roles are offered, and there is no terminal to choose one on"),
    });
    expect(stage.cost().sts).toEqual([]);
  });

  test("of several roles one is chosen by arrow keys, and is the role of later runs until it expires", async () => {
    const steps = [{ after: "Role", type: `${DOWN}\r` }];
    const player = await bun().prepare(new URL("../exec/programs/terminal.ts", import.meta.url));
    const command = [...artefact.command, "-w", "saml", "true"];
    const { stdout } = await play([...player, JSON.stringify(steps), ...command], { env: { ...process.env, ...stage.asAlice } });
    const { status, transcript } = JSON.parse(stdout) as { status: number; transcript: string };
    expect({ status, transcript }).toMatchObject({ status: 0, transcript: expect.stringContaining("assumed-role/developer/alice") });
    expect((await run(artefact, ["-w", "saml", "true"], { env: stage.env })).stderr).toContain("assumed-role/developer/alice");
  });

  test("two terminals that ask again at once are both asked", async () => {
    await run(artefact, ["list", "roles", "saml"], { env: stage.asAlice });
    const player = await bun().prepare(new URL("../exec/programs/terminal.ts", import.meta.url));
    const choose = async () => {
      const steps = JSON.stringify([{ after: "Role", type: `${DOWN}\r` }]);
      const { stdout } = await play([...player, steps, ...artefact.command, "-r", "saml", "true"], {
        env: { ...process.env, ...stage.asAlice },
      });
      return JSON.parse(stdout) as { status: number; missed: unknown[] };
    };
    expect(await Promise.all([choose(), choose()])).toMatchObject([
      { status: 0, missed: [] },
      { status: 0, missed: [] },
    ]);
  });

  test("fifty at once with nothing cached cost one login and one call of STS", async () => {
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => run(artefact, ["saml-developer", "true"], { env: stage.asAlice, timeoutMs: 110_000 })),
    );
    expect(outcomes.filter(({ status, stderr }) => status !== 0 || stderr.includes("warning"))).toEqual([]);
    expect(stage.cost()).toEqual({ provider: LOGIN, sts: ["AssumeRoleWithSAML"] });
  }, 120_000);

  test("kill -9 at random moments leaves a working state", async () => {
    for (let round = 0; round < 40; round++) {
      const child = start(artefact, ["-r", "saml-developer", "true"], { env: stage.asAlice });
      const ended = outcomeOf(child);
      setTimeout(() => child.kill("SIGKILL"), Math.random() * 400);
      await ended;
    }
    expect(await run(artefact, ["saml-developer", "true"], { env: stage.asAlice })).toMatchObject({ status: 0 });
    expect(await run(artefact, ["-r", "saml-developer", "true"], { env: stage.env })).toMatchObject({ status: 0 });
  }, 120_000);
});

describe.each(artefacts)("secrets of $name", (artefact) => {
  let stage: Stage;
  let outcomes: Outcome[];
  let secrets: Record<string, string>;

  beforeAll(async () => {
    stage = await setStage();
    const { tess } = stage.sandbox.users;
    const code = stage.sandbox.provider.totp("tess");
    const env = { ...stage.env, SAML_PASSWORD: tess.password, MFA_CODE: code };
    outcomes = [
      await run(artefact, ["-vv", "-e", "-w", "saml-totp", ...LOOK], { env }),
      await run(artefact, ["-vv", "-r", "saml-totp", ...LOOK], { env }),
      await run(artefact, ["-vv", "-E", "-a", "4h", "saml-totp", ...LOOK], { env }),
      await run(artefact, ["-vv", "-a", "13h", "saml-totp", ...LOOK], { env }),
      await run(artefact, ["-vv", "-J", `${ROLES}/tess-only`, "saml-totp", ...LOOK], { env }),
      await run(artefact, ["status", "--json", "saml-totp"], { env }),
    ];
    const responses = stage.sandbox.sts.requests.flatMap(({ body }) => new URLSearchParams(body).get("SAMLAssertion") ?? []);
    secrets = { password: tess.password, code, response: responses[0]!, "second response": responses[1]! };
  });
  afterAll(() => stage.close());

  test("are known, and the runs did what they were to do", () => {
    expect(outcomes.map(({ status }) => status)).toEqual([0, 0, 0, 3, 4, 0]);
    expect(outcomes[0]?.stdout).toContain("AWSRUNAS_PROFILE=saml-totp");
    for (const secret of Object.values(secrets)) expect(secret.length).toBeGreaterThan(5);
  });

  test.each(["password", "code", "response", "second response"])("do not show: the %s, in output, arguments or environment", (name) => {
    const secret = secrets[name]!;
    for (const { stdout, stderr } of outcomes) for (const part of partsOf(secret)) expect(stdout + stderr).not.toContain(part);
  });

  test("are in no file in the clear", () => {
    const files = readdirSync(stage.home, { recursive: true, encoding: "utf8" })
      .map((name) => join(stage.home, name))
      .filter((path) => statSync(path).isFile());
    expect(files.length).toBeGreaterThan(3);
    const found = files.flatMap((path) => {
      const bytes = readFileSync(path, "latin1");
      return Object.entries(secrets).flatMap(([name, secret]) =>
        name !== "code" && partsOf(secret).some((part) => bytes.includes(part)) ? [`${name} in ${path}`] : [],
      );
    });
    expect(found).toEqual([]);
  });
});

/** A long one is found by a part of it as well, from where responses differ. */
function partsOf(secret: string): readonly string[] {
  return secret.length < 500 ? [secret] : [secret, secret.slice(240, 400)];
}
