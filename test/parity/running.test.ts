/** What the Go tool does around a command, in order, and with -s (reference/cli.md, 2 and 2.1), row by row. */

import { existsSync, mkdirSync, rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parityWorld } from "./parity-world.ts";

const world = parityWorld();
const { run, callsDuring, lastForm, environmentOf, editConfig, kept, code } = world;

/** A command that leaves a file behind. */
const touch = () => ["touch", world.home.file("ran")];
const hasRun = () => existsSync(world.home.file("ran"));
const nobodyKnown = { WEB_IDENTITY_PASSWORD: "" };

describe("2 what happens, in order", () => {
  test.each([[[]], [["-t", "auto"]]])("same: mfa_type is auto unless told (flags %j)", async (flags) => {
    const { name, password } = world.sandbox.users.tess;
    const answers: [string, string][] = [["code", world.sandbox.provider.totp(name)]];
    const outcome = await run([...flags, "totp", "true"], { env: { WEB_IDENTITY_PASSWORD: password }, answers });
    expect(outcome).toMatchObject({ status: 0, unasked: [] });
  });

  test("different on purpose: nothing to do is said on stderr alone, because stdout may be evaluated", async () => {
    expect(await run([])).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining("no profile is named") });
  });

  test("different on purpose: a command that is not there is told before anybody is asked, because the login would be for nothing", async () => {
    expect(await run(["developer", "nosuch-program"], { env: nobodyKnown, answers: [] })).toMatchObject({ status: 127 });
    expect(world.sandbox.provider.requests).toEqual([]);
  });

  test("different on purpose: with kept credentials nobody is asked and called, because every run would wait for it", async () => {
    await run(["link-1", "true"]);
    const asked = world.sandbox.provider.requests.length;
    expect(await callsDuring(() => run(["link-1", "true"], { answers: [] }))).toEqual([]);
    expect(world.sandbox.provider.requests).toHaveLength(asked);
  });

  test("same: -r clears what is kept, then credentials are fetched once", async () => {
    expect(await callsDuring(() => run(["developer", "true"]))).toEqual(["AssumeRoleWithWebIdentity"]);
    expect(await callsDuring(() => run(["-r", "developer", "true"]))).toEqual(["AssumeRoleWithWebIdentity"]);
  });

  test("different on purpose: -r that cannot clear ends the run, because the old credentials would be used", async () => {
    await run(["developer", "true"]);
    expect(kept("credentials")).toHaveLength(1);
    for (const path of kept("credentials")) {
      rmSync(path);
      mkdirSync(path);
    }
    expect(await run(["-r", "developer", ...touch()])).toMatchObject({ status: 6, stderr: expect.stringContaining("cannot remove") });
    expect(hasRun()).toBe(false);
  });

  test("same: without credentials the command is not run", async () => {
    expect((await run(["tess-only", ...touch()])).status).not.toBe(0);
    expect(hasRun()).toBe(false);
  });

  test.each([
    ["a login that is refused", ["-P", "wrong", "developer", "true"], 4],
    ["a role that is refused", ["tess-only", "true"], 5],
    ["a profile that is not there", ["nobody", "true"], 3],
  ])("different on purpose: %s has an exit status of its own, because a script can then tell them apart", async (_, argv, status) => {
    expect(await run(argv)).toMatchObject({ status });
  });

  test("same: -O json prints and ends with 0", async () => {
    const { status, stdout } = await run(["-O", "json", "developer"]);
    expect({ status, keys: Object.keys(JSON.parse(stdout)) }).toMatchObject({ status: 0, keys: expect.arrayContaining(["AccessKeyId"]) });
  });

  test("different on purpose: -e and -w count with -O json, because stderr is free", async () => {
    const { stderr } = await run(["-ew", "-O", "json", "developer"]);
    expect(stderr).toMatch(/expire at .*\n.*assumed-role\/developer\/alice/);
  });

  test("different on purpose: -O json with a command is an error, because the command would not be run", async () => {
    expect(await run(["-O", "json", "developer", ...touch()])).toMatchObject({ status: 2, stdout: "" });
    expect(world.sandbox.sts.actions()).toEqual([]);
  });

  test("different on purpose: RUNAS_OUTPUT_FORMAT=json does not keep a command from running, because it says how to print", async () => {
    expect(await run(["developer", ...touch()], { env: { RUNAS_OUTPUT_FORMAT: "json" } })).toMatchObject({ status: 0, stdout: "" });
    expect(hasRun()).toBe(true);
  });

  test("same: first -e, then -w, and then the command, which -w stops where STS does not answer it", async () => {
    expect((await run(["-we", "developer", ...touch()])).stderr).toMatch(/expire at .*\n.*assumed-role\/developer\/alice/);
    expect(hasRun()).toBe(true);
    rmSync(world.home.file("ran"));
    refuseIdentity();
    const { status, stderr } = await run(["-we", "developer", ...touch()]);
    expect({ status, stderr }).toEqual({ status: 5, stderr: expect.stringMatching(/expire at .*\n.*not authorized/) });
    expect(hasRun()).toBe(false);
  });

  test("same: the words behind the profile are the command, and without any the lines are printed", async () => {
    expect(await run(["developer", ...touch()])).toMatchObject({ status: 0, stdout: "" });
    expect(hasRun()).toBe(true);
    expect((await run(["developer"])).stdout).toMatch(/^export /);
  });
});

describe("2.1 -s", () => {
  const identityOf = async (...argv: string[]) => (await run(["-w", ...argv, "true"])).stderr;

  test("same: with IAM it gives the session of the source profile", async () => {
    expect(await identityOf("-s", "link-1")).toContain("arn:aws:iam::123456789012:user/staff/ivy");
    expect(world.sandbox.sts.actions()).not.toContain("AssumeRole");
  });

  test("same: with a login it gives the jump role's credentials", async () => {
    expect(await identityOf("-s", "target")).toContain("assumed-role/jump/alice");
  });

  test("same: flags are laid over what it leaves, for more than an hour too", async () => {
    await run(["-s", "-a", "2h", "target", "true"]);
    expect(lastForm()).toMatchObject({ RoleArn: expect.stringContaining("role/jump"), DurationSeconds: "7200" });
    await run(["-s", "-d", "20m", "link-1", "true"]);
    expect(lastForm()).toMatchObject({ Action: "GetSessionToken", DurationSeconds: "1200" });
  });

  test("different on purpose: the environment counts, because -s says nothing about it", async () => {
    expect(await environmentOf(["-s", "link-1"], { env: { AWS_REGION: "eu-west-1" } })).toMatchObject({ AWS_REGION: "eu-west-1" });
  });

  test("different on purpose: the role's own mfa_serial counts, because the session is opened for the role", async () => {
    const serial = world.sandbox.iamUsers.mia.mfa.serialNumber;
    editConfig((text) => text.replace(/^mfa_serial.*\n/m, "").replace("[profile guarded]", `[profile guarded]\nmfa_serial = ${serial}`));
    await run(["-s", "-o", code(), "guarded", "true"]);
    expect(lastForm()).toMatchObject({ Action: "GetSessionToken", SerialNumber: serial });
  });

  test("different on purpose: a login without a jump role is an error, because -s would be passed over silently", async () => {
    expect(await run(["-s", "developer", ...touch()])).toMatchObject({ status: 3, stderr: expect.stringContaining("-s gives") });
    expect(hasRun()).toBe(false);
  });

  test("different on purpose: a source's own role is not given with a login, because it is no step on the way to the profile's", async () => {
    editConfig((text) => text.replace("[profile sandbox]", "[profile sandbox]\nrole_arn = arn:aws:iam::123456789012:role/short"));
    expect(await run(["-s", "developer", "true"])).toMatchObject({ status: 3 });
    expect(await identityOf("sandbox")).toContain("assumed-role/short/alice");
  });

  test("same: a profile with keys of its own and no source gives its session, with or without -s", async () => {
    expect(await identityOf("-s", "ivy")).toContain("user/staff/ivy");
    expect(await callsDuring(() => run(["ivy", "true"]))).toEqual([]);
  });

  test("different on purpose: a source of a source is followed to its session, because chains may be of any length", async () => {
    expect(await identityOf("-s", "link-3")).toContain("user/staff/ivy");
  });

  test("same: AWSRUNAS_PROFILE is the profile that was asked for", async () => {
    expect(await environmentOf(["-s", "link-1"])).toMatchObject({ AWSRUNAS_PROFILE: "link-1" });
  });
});

/**
 * From now on STS does not tell whose credentials are.
 *
 * @see https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
 */
function refuseIdentity(): void {
  const text = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized</Message></Error></ErrorResponse>";
  world.sandbox.sts.intercept = ({ body }) => (body.includes("Action=GetCallerIdentity") ? new Response(text, { status: 403 }) : undefined);
}
