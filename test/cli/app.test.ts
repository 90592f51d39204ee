/** What needs neither a profile nor a network. */

import { afterAll, describe, expect, test } from "vitest";
import { commands } from "../../src/cli/commands.ts";
import { globalFlags } from "../../src/cli/flags.ts";
import { createHome, runas } from "../flows/test-world.ts";

const home = createHome("[profile dev]\n");
afterAll(() => home[Symbol.dispose]());

describe("help", () => {
  test.each([[["--help"]], [["-h"]], [["help"]], [["h"]], [["help", "help"]], [["-E", "-h", "dev"]]])(
    "%j prints the usage",
    async (argv) => {
      const { status, stdout, stderr } = await runas(argv, { home });
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
      expect(stdout).toMatch(/^Usage: aws-runas \[flags\] PROFILE/);
    },
  );

  test.each([[["help", "password"]], [["password", "--help"]], [["password", "x", "-h"]], [["pw", "-h"]], [["-h", "passwd"]]])(
    "%j prints the command's",
    async (argv) => {
      const { status, stdout } = await runas(argv, { home });
      expect(status).toBe(0);
      expect(stdout).toMatch(/^Usage: aws-runas password/);
      expect(stdout).toContain("--keychain");
    },
  );

  test("every flag of this version is in it, with its variables, and none of another; no line is longer than 80", async () => {
    const { stdout } = await runas(["--help"], { home });
    const there = globalFlags.filter(({ summary }) => summary !== undefined);
    for (const { name } of there) expect(stdout).toContain(`--${name}`);
    for (const name of ["RUNAS_ENV_CREDENTIALS", "RUNAS_OUTPUT_FORMAT", "WEB_IDENTITY_AUTH_URL", "RUNAS_PASSWORD", "MFA_CODE"]) {
      expect(stdout).toContain(`$${name}`);
    }
    for (const { name, letter } of globalFlags.filter(({ summary }) => summary === undefined))
      expect(stdout).not.toContain(`-${letter}, --${name}`);
    expect(stdout.split("\n").filter((line) => line.length > 80)).toEqual([]);
  });

  test.each(commands.map(({ name }) => name))("of %s is no wider than 80, and in the list of commands", async (name) => {
    const { stdout, status } = await runas([name, "--help"], { home });
    expect({ status, wide: stdout.split("\n").filter((line) => line.length > 80) }).toEqual({ status: 0, wide: [] });
    expect(stdout).toMatch(new RegExp(`^Usage: aws-runas ${name} `));
    expect((await runas(["--help"], { home })).stdout).toMatch(new RegExp(`^  ${name}\\b`, "m"));
  });

  test("the version", async () => {
    expect(await runas(["-V"], { home })).toMatchObject({ status: 0, stdout: "aws-runas version 1.2.3\n" });
    expect(await runas(["--version", "dev"], { home })).toMatchObject({ status: 0, stdout: "aws-runas version 1.2.3\n" });
  });

  test("the help of a flag that both protocols have names the variables of both", async () => {
    const { stdout } = await runas(["--help"], { home });
    for (const name of ["USERNAME", "PASSWORD", "PROVIDER"]) {
      const shown = `[$WEB_IDENTITY_${name}, $WEB_${name}, $RUNAS_${name}, $SAML_${name}]`;
      expect(stdout.replaceAll(/\s+/g, " ")).toContain(shown);
    }
  });

  test("nothing in the environment stops help and version", async () => {
    const env = { RUNAS_ENV_CREDENTIALS: "maybe", RUNAS_OUTPUT_FORMAT: "x", CREDENTIALS_DURATION: "7d", NODE_TLS_REJECT_UNAUTHORIZED: "0" };
    expect(await runas(["--help"], { home, env })).toMatchObject({ status: 0, stderr: "" });
    expect(await runas(["--version"], { home, env })).toMatchObject({ status: 0, stderr: "" });
  });

  test("of a command that does not exist is an error", async () => {
    expect(await runas(["help", "nosuch"], { home })).toMatchObject({ status: 2, stderr: expect.stringContaining('no command "nosuch"') });
  });
});

describe("what this version does not have", () => {
  test.each([[["ssm", "shell"]], [["diagnose"]], [["update"]], [["help", "ssm"]]])("%j says so", async (argv) => {
    const { status, stdout, stderr } = await runas(argv, { home });
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toContain("is not supported in this version");
  });

  test("a profile of a command's name is reached by --", async () => {
    expect((await runas(["ssm"], { home })).stderr).toContain('"aws-runas -- ssm …"');
    expect((await runas(["--", "ssm", "true"], { home })).stderr).not.toContain("not supported");
  });
});

describe("refused before anything is read", () => {
  test("no profile", async () => {
    expect(await runas([], { home })).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringContaining("no profile is named\nhint: "),
    });
  });

  test.each(["0", "false"])("NODE_TLS_REJECT_UNAUTHORIZED=%s", async (value) => {
    const outcome = await runas(["dev", "true"], { home, env: { NODE_TLS_REJECT_UNAUTHORIZED: value } });
    expect(outcome).toMatchObject({ status: 3, stderr: expect.stringContaining("NODE_TLS_REJECT_UNAUTHORIZED") });
  });

  test.each([
    [["login", "dev", "-U", "bob"], "-U", "login"],
    [["-v", "status", "--mfa-type=push"], "--mfa-type", "status"],
    [["token", "-V"], "-V", "token"],
  ])("%j, as the flag stands before the command's word", async (argv, flag, word) => {
    const { status, stderr } = await runas(argv, { home });
    expect(status).toBe(2);
    expect(stderr).toMatch(
      new RegExp(`the flag ${flag} stands before the word ${word}\nhint: aws-runas ${flag} … ${word} …; .*help ${word}`),
    );
    expect(stderr).not.toMatch(/bob|push/);
  });

  test.each([
    [["-c", "serve", "ecs", "dev"], "-c", "serve"],
    [["serve", "ecs", "-c", "dev"], "-c", "serve"],
    [["-O", "json", "console", "dev"], "-O", "console"],
    [["-e", "ecr", "login", "dev"], "-e", "ecr"],
    [["--whoami", "status", "dev"], "--whoami", "status"],
  ])("%j, as the flag was passed over in silence", async (argv, flag, word) => {
    const stderr = `aws-runas: the flag ${flag} is for aws-runas PROFILE …, not for aws-runas ${word}\n`;
    expect(await runas(argv, { home })).toMatchObject({ status: 2, stdout: "", stderr });
  });

  test.each([[["--json", "dev"]], [["-v", "--json", "status", "dev"]]])("%j, as --json is a command's", async (argv) => {
    expect(await runas(argv, { home })).toMatchObject({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(/^aws-runas: the flag --json stands behind the word of a command, or with -l or -m\nhint: .*-O json/),
    });
  });

  test("-O json with a command, as it would not run", async () => {
    expect(await runas(["-O", "json", "dev", "true"], { home })).toMatchObject({ status: 2, stderr: expect.stringContaining("-O json") });
  });
});
