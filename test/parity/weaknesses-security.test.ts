/** What the Go tool loses or lets others have (reference/cli.md, section 9, 1 to 13), by its numbers: each is shown not to be shared. */

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { restoreOuterEnvironment } from "../../src/exec/environment.ts";
import { shellAssignments } from "../../src/exec/print.ts";
import { credentials, profileWith } from "../exec/fixtures.ts";
import { foreignHost, startEndpoint } from "./endpoint.ts";
import { parityWorld } from "./parity-world.ts";

const world = parityWorld();
const { run, environmentOf, editConfig, code, logins } = world;

describe("9, data loss and security: different on purpose", () => {
  test("2: an aws-runas inside a command gets the user's own files, because what the command sees is recorded and put back", async () => {
    editConfig((text) => `[default]\naws_access_key_id = AKIAOWN\naws_secret_access_key = own\n${text}`);
    const seen = await environmentOf(["developer"]);
    expect(seen["AWS_CONFIG_FILE"]).not.toBe("/dev/null");
    expect(seen["AWS_SHARED_CREDENTIALS_FILE"]).not.toBe("/dev/null");
    expect(seen["AWS_CONFIG_FILE"]).toBeDefined();
    expect(restoreOuterEnvironment(seen)).not.toHaveProperty("AWS_CONFIG_FILE");
  });

  test("3: the endpoint gives nothing without its token, to another host's name, by another path or to POST, because anyone could ask", async () => {
    const { ask, authorization, uri, timesAsked } = await startEndpoint();
    expect((await ask("/credentials")).status).toBe(401);
    expect((await ask("/credentials/admin", { headers: { authorization } })).status).toBe(404);
    expect((await ask("/profile", { method: "POST", body: "admin", headers: { authorization } })).status).toBe(404);
    expect(await foreignHost(uri, authorization)).toBe(403);
    expect(timesAsked()).toBe(0);
    expect((await ask("/credentials", { headers: { authorization } })).status).toBe(200);
  });

  test("4: an edited role is the one that is assumed, because credentials are kept by what decided them", async () => {
    await run(["developer", "true"]);
    editConfig((text) => text.replace(/(\[profile developer\][^[]*role\/)developer/, "$1short"));
    expect((await run(["-w", "developer", "true"])).stderr).toContain("assumed-role/short/alice");
  });

  test("4: the keys of another user do not find the session of the first, because a session is kept by its key", async () => {
    const envOf = (name: "ivy" | "mia") => {
      const { accessKeyId, secretAccessKey } = world.sandbox.iamUsers[name];
      return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: "eu-central-1" };
    };
    const arn = "arn:aws:iam::123456789012:role/link-1";
    expect((await run(["-w", arn, "true"], { env: envOf("ivy") })).stderr).toContain("link-1/ivy");
    expect((await run(["-w", arn, "true"], { env: envOf("mia") })).stderr).toContain("link-1/mia");
  });

  test("4: a session without MFA is not used where a device is asked for, because the device is a part of its key", async () => {
    editConfig((text) => text.replace(/^mfa_serial.*\n/m, ""));
    expect(await run(["mia", "true"])).toMatchObject({ status: 0 });
    expect(await run(["-M", world.sandbox.iamUsers.mia.mfa.serialNumber, "mia", "true"])).toMatchObject({ status: 7 });
  });

  test("5: a mistyped profile is an error with a login in [default] too, because it would run with [default]'s role", async () => {
    editConfig((text) => text.replace("[profile sandbox]", `[default]\nrole_arn = arn:aws:iam::123456789012:role/short`));
    expect(await run(["develper", "true"])).toMatchObject({ status: 3, stderr: expect.stringContaining("developer") });
    expect(world.sandbox.sts.actions()).toEqual([]);
  });

  test("6: nothing that is kept can be read, because the store is encrypted", async () => {
    await run(["developer", "true"]);
    const kept = world.files().filter((file) => file !== world.home.file(".aws/config"));
    expect(kept.length).toBeGreaterThan(2);
    for (const file of kept) expect(readFileSync(file, "latin1")).not.toMatch(/ASIA|eyJ|_session|SecretAccessKey/);
  });

  test("7: -vv says neither code, key nor password, because logs are pasted", async () => {
    const mfaCode = code();
    const { status, stderr } = await run(["-vv", "-P", "hunter2-of-mia", "-o", mfaCode, "guarded", "true"]);
    expect(status).toBe(0);
    for (const secret of [mfaCode, "hunter2-of-mia", world.sandbox.iamUsers.mia.secretAccessKey]) expect(stderr).not.toContain(secret);
  });

  test("8: a quote in a printed value does not end it, because the line is evaluated", () => {
    const profile = profileWith({ name: "it's; echo gotcha" });
    const text = shellAssignments({ credentials, profile, env: {}, platform: "linux" });
    expect(execFileSync("sh", ["-c", `${text}printf %s "$AWSRUNAS_PROFILE"`], { encoding: "utf8" })).toBe("it's; echo gotcha");
  });

  test("9: no shell is between us and the command, because it would split and interpret words", async () => {
    const env = { SHELL: "/bin/bash" };
    const words = ["nosuch-alias", ";", "touch", world.home.file("gotcha")];
    expect(await run(["developer", ...words], { env })).toMatchObject({ status: 127 });
    expect(world.files()).not.toContain(world.home.file("gotcha"));
    await run(["developer", "sh", "-c", `printf %s "$1" > ${world.home.file("word")}`, "sh", "two  words; $HOME"]);
    expect(readFileSync(world.home.file("word"), "utf8")).toBe("two  words; $HOME");
  });

  test("10: a profile's name is no path, because it could be anyone's", async () => {
    editConfig((text) => text.replace("[profile developer]", "[profile ../../developer]"));
    expect(await run(["../../developer", "true"])).toMatchObject({ status: 0 });
    const folder = world.home.file(".aws/");
    expect(world.files().filter((file) => !file.startsWith(folder) || file.includes("developer"))).toEqual([]);
  });

  test("11: the command sees no password and no code, because every program in it would", async () => {
    const secrets = { RUNAS_PASSWORD: "a", SAML_PASSWORD: "b", WEB_PASSWORD: "c", MFA_CODE: "123456" };
    const seen = await environmentOf(["developer"], { env: secrets });
    for (const name of [...Object.keys(secrets), "WEB_IDENTITY_PASSWORD"]) expect(seen).not.toHaveProperty(name);
  });

  test("12: another user does not get the id token, because it is not theirs", async () => {
    await run(["developer", "true"]);
    const env = { AWSRUNAS_LOGIN: "never", WEB_IDENTITY_PASSWORD: "" };
    expect(await run(["short", "true"], { env })).toMatchObject({ status: 0 });
    expect(await run(["-U", "tess", "short", "true"], { env })).toMatchObject({ status: 7 });
  });

  test("12: another client gets a token of its own from the provider, because the kept one is not for it", async () => {
    await run(["developer", "true"]);
    await run(["short", "true"]);
    expect(logins()).toBe(1);
    expect(await run(["-C", "aws-runas-two-pages", "short", "true"])).toMatchObject({ status: 0 });
    expect(logins()).toBe(2);
  });
});
