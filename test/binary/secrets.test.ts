/** Planted secrets must not be found anywhere they do not belong: output at any verbosity, arguments, the command's environment, files left behind. */

import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { artefacts, type Outcome, run } from "./artefacts.ts";
import { type Stage, setStage } from "./stage.ts";

/** What the wrapped command can see of itself, of aws-runas, and of the user's folder. */
const look = ["sh", "-c", "env; tr '\\0' ' ' < /proc/$$/cmdline; tr '\\0' ' ' < /proc/$PPID/cmdline"];

describe.each(artefacts)("$name", (artefact) => {
  let stage: Stage;
  let outcomes: Outcome[];
  let secrets: Record<string, string>;

  beforeAll(async () => {
    stage = await setStage();
    const { tess } = stage.sandbox.users;
    const temporary = join(stage.home, "tmp");
    const code = stage.sandbox.provider.totp("tess");
    const env = { ...stage.env, TMPDIR: temporary, WEB_IDENTITY_PASSWORD: tess.password, MFA_CODE: code };
    await run({ name: "mkdir", command: ["mkdir", temporary] }, []);
    outcomes = [
      await run(artefact, ["-vv", "-e", "-w", "totp", ...look], { env }),
      await run(artefact, ["-vv", "-e", "-w", "totp", ...look], { env }),
      await run(artefact, ["-vv", "-r", "totp", ...look], { env }),
      await run(artefact, ["-vv", "totp", "no-such-command"], { env }),
      await run(artefact, ["-vv", "two-pages", "true"], { env: { ...env, WEB_IDENTITY_USERNAME: "alice" } }),
    ];
    const printed = await run(artefact, ["-O", "json", "totp"], { env });
    const { SecretAccessKey, SessionToken } = JSON.parse(printed.stdout) as Record<string, string>;
    const form = (index: number) => new URLSearchParams(stage.sandbox.sts.requests[index]?.body);
    secrets = {
      password: tess.password,
      code,
      SecretAccessKey: SecretAccessKey!,
      SessionToken: SessionToken!,
      idToken: form(0).get("WebIdentityToken")!,
    };
  });
  afterAll(() => stage.close());

  test("the runs did what they were to do, and the secrets are known", () => {
    expect(outcomes.slice(0, 3).map(({ status }) => status)).toEqual([0, 0, 0]);
    expect(outcomes[0]?.stdout).toContain("AWSRUNAS_PROFILE=totp");
    for (const secret of Object.values(secrets)) expect(secret.length).toBeGreaterThan(5);
  });

  test.each(["password", "code", "SecretAccessKey", "SessionToken", "idToken"])(
    "the %s is in no output, argument or environment",
    (name) => {
      for (const { stdout, stderr } of outcomes) expect(stdout + stderr).not.toContain(secrets[name]);
    },
  );

  test("no secret is in any file left behind", () => {
    const files = readdirSync(stage.home, { recursive: true, encoding: "utf8" })
      .map((name) => join(stage.home, name))
      .filter((path) => statSync(path).isFile());
    expect(files.length).toBeGreaterThan(3);
    const found = files.flatMap((path) => {
      const bytes = readFileSync(path, "latin1");
      return Object.entries(secrets)
        .filter(([name, secret]) => name !== "code" && bytes.includes(secret))
        .map(([name]) => `${name} in ${path}`);
    });
    expect(found).toEqual([]);
  });

  test("what is kept is readable by its owner alone, and nothing is left in the folder for temporary files", () => {
    const kept = join(stage.home, ".aws/aws-runas");
    const open = readdirSync(kept, { recursive: true, encoding: "utf8" }).filter((name) => (statSync(join(kept, name)).mode & 0o077) !== 0);
    expect(open).toEqual([]);
    expect(readdirSync(join(stage.home, "tmp"))).toEqual([]);
  });
});
