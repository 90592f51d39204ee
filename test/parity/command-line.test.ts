/** The words that the Go tool understands, which of them is the profile, and its exit status (reference/cli.md, section 1), row by row. */

import { describe, expect, test } from "vitest";
import { readArguments } from "../../src/cli/arguments.ts";
import { globalFlags } from "../../src/cli/flags.ts";
import { readOptions } from "../../src/cli/options.ts";
import type { Login, Profile } from "../../src/config/profile.ts";
import { COMPLETE, ROLE, failureOf, resolveAny } from "../config/files-of.ts";
import { parityWorld } from "./parity-world.ts";

const world = parityWorld();
const { run, environmentOf, editConfig } = world;

const A = `[profile a]\n${COMPLETE}`;
const IAM = "[profile a]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n";
const SAML = `[profile a]\nsaml_auth_url = https://id.example.com/app\nrole_arn = ${ROLE}\n`;

function read(...argv: string[]) {
  const { flags, words } = readArguments(argv, globalFlags);
  return { flags: Object.fromEntries([...flags].map(([name, { value }]) => [name, value])), words };
}

/** Profile `a` with these words and variables. */
function resolved(config: string, argv: string[], env: Record<string, string> = {}): Profile {
  return resolveAny("a", { config, env, flags: readOptions(readArguments(argv, globalFlags).flags, env).settings });
}

describe("1.1 words", () => {
  test("same: flags stand before the profile, and behind it all words are the command's", () => {
    expect(read("-E", "prof", "-r", "--", "-x")).toEqual({ flags: { env: "true" }, words: ["prof", "-r", "--", "-x"] });
  });

  test("same: `--` before the profile is dropped", async () => {
    expect(await run(["--", "developer", "true"])).toMatchObject({ status: 0 });
  });

  test("different on purpose: one `--` behind the profile is dropped as well, because that is how it is documented", async () => {
    expect(await run(["developer", "--", "true"])).toMatchObject({ status: 0 });
  });

  test.each([["-J"], ["--J"], ["-jump-role"], ["--jump-role"]])("same: %s takes its value as a word or behind =", (flag) => {
    expect(read(flag, "arn", "prof")).toEqual({ flags: { "jump-role": "arn" }, words: ["prof"] });
    expect(read(`${flag}=arn`, "prof")).toEqual({ flags: { "jump-role": "arn" }, words: ["prof"] });
  });

  test("same: switches take no word, but Go's words for true and false behind =", () => {
    for (const word of ["1", "t", "T", "TRUE", "true", "True"]) expect(read(`-E=${word}`).flags).toEqual({ env: "true" });
    for (const word of ["0", "f", "F", "FALSE", "false", "False"]) expect(read(`-E=${word}`).flags).toEqual({ env: "false" });
  });

  test("same: letters combine, the last may take a value, and no value sticks to its letter", () => {
    expect(read("-vse").flags).toEqual({ verbose: "1", session: "true", expiration: "true" });
    expect(read("-vsr", "-d", "10m").flags).toEqual({ verbose: "1", session: "true", refresh: "true", duration: "10m" });
    expect(read("-vO", "json").flags).toEqual({ verbose: "1", output: "json" });
    expect(() => read("-Ojson")).toThrow("a word of its own");
  });

  test("same: one spelling may be repeated", () => {
    expect(read("-s", "-s").flags).toEqual({ session: "true" });
  });

  test("different on purpose: two spellings of one flag are an error only where they disagree, because else it is clear what is meant", () => {
    expect(read("-s", "--session").flags).toEqual({ session: "true" });
    expect(() => read("-O", "env", "--output", "json")).toThrow("different values");
  });

  test("different on purpose: what is wrong is said on stderr alone, with 2, because stdout may be evaluated", async () => {
    expect(await run(["-Z", "developer"])).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining("unknown flag -Z") });
  });

  test("same: a flag of the whole program is not taken behind a command's word", async () => {
    expect(await run(["password", "-U", "bob", "developer"])).toMatchObject({ status: 2, stderr: expect.stringContaining("-U") });
  });

  test("same: 7d is no duration", () => {
    expect(failureOf(() => resolved(IAM, ["-d", "7d"])).message).toContain("7d");
  });

  test("different on purpose: 3600 is a duration in seconds, because AWS counts so", () => {
    expect(resolved(A, ["-a", "3600"]).durationSeconds.value).toBe(3600);
  });

  test("different on purpose: a bad value in a variable is an error of the run, not of --version, because that does not need it", async () => {
    const env = { RUNAS_ENV_CREDENTIALS: "maybe" };
    expect(await run(["--version"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(await run(["developer", "true"], { env })).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("RUNAS_ENV_CREDENTIALS"),
    });
  });

  test("same: an empty variable of a switch or a duration counts as none", () => {
    const env = { RUNAS_ENV_CREDENTIALS: "", CREDENTIALS_DURATION: "" };
    expect(readOptions(new Map(), env).asVariables).toBe(false);
    expect(resolved(A, [], env).durationSeconds.value).toBe(3600);
  });

  test("different on purpose: so does an empty variable of a text, because it should not hide one that is set", () => {
    expect(resolved(A, [], { WEB_USERNAME: "", RUNAS_USERNAME: "bob" }).login).toMatchObject({ username: { value: "bob" } });
  });

  test("different on purpose: of several variables the particular wins, not RUNAS_…, because that is for all logins", () => {
    const env = { RUNAS_USERNAME: "general", WEB_USERNAME: "particular" };
    expect(resolved(A, [], env).login).toMatchObject({ username: { value: "particular" } });
    expect(resolved(A, ["-U", "given"], env).login).toMatchObject({ username: { value: "given" } });
  });

  test.each(["list", "password", "help", "serve", "update"])(
    "different on purpose: a profile called %s can be named behind `--`, because else nothing could reach it",
    async (name) => {
      editConfig((text) => text.replace("[profile developer]", `[profile ${name}]`));
      expect(await environmentOf(["--", name])).toMatchObject({ AWSRUNAS_PROFILE: name });
    },
  );
});

const login =
  (name: string) =>
  ({ login: of }: Profile): unknown =>
    (of as Login & Record<string, { value: unknown } | undefined>)[name]?.value;
const OTHER = "arn:aws:iam::123456789012:role/other";
const URL = "https://other.example.com/x";
const DEVICE = "arn:aws:iam::123456789012:mfa/me";

interface Row {
  readonly long: string;
  readonly letter: string;
  readonly variables: readonly string[];
  readonly config: string;
  readonly value: string;
  readonly read: (profile: Profile) => unknown;
  /** Where it is not `value`. */
  readonly expected?: unknown;
}

const rows: Row[] = [
  {
    long: "duration",
    letter: "d",
    variables: ["SESSION_TOKEN_DURATION"],
    config: IAM,
    value: "20m",
    read: login("sessionSeconds"),
    expected: 1200,
  },
  {
    long: "role-duration",
    letter: "a",
    variables: ["CREDENTIALS_DURATION"],
    config: A,
    value: "20m",
    read: (p) => p.durationSeconds.value,
    expected: 1200,
  },
  { long: "mfa-serial", letter: "M", variables: ["MFA_SERIAL"], config: IAM, value: DEVICE, read: login("mfaSerial") },
  { long: "mfa-type", letter: "t", variables: ["MFA_TYPE"], config: A, value: "push", read: login("mfaType") },
  { long: "external-id", letter: "X", variables: ["EXTERNAL_ID"], config: A, value: "contract-7", read: (p) => p.externalId?.value },
  { long: "jump-role", letter: "J", variables: ["JUMP_ROLE_ARN"], config: A, value: OTHER, read: (p) => p.jumpRoleArn?.value },
  { long: "saml-url", letter: "S", variables: ["SAML_AUTH_URL"], config: SAML, value: URL, read: login("authUrl") },
  { long: "saml-entityid", letter: "I", variables: ["SAML_ENTITY_ID"], config: SAML, value: "urn:me", read: login("entityId") },
  { long: "web-url", letter: "W", variables: ["WEB_AUTH_URL"], config: A, value: URL, read: login("authUrl") },
  { long: "web-redirect", letter: "T", variables: ["WEB_REDIRECT_URI"], config: A, value: "app:/x", read: login("redirectUri") },
  { long: "web-client", letter: "C", variables: ["WEB_CLIENT_ID"], config: A, value: "other", read: login("clientId") },
  { long: "username", letter: "U", variables: ["RUNAS_USERNAME", "WEB_USERNAME"], config: A, value: "bob", read: login("username") },
  { long: "username", letter: "U", variables: ["RUNAS_USERNAME", "SAML_USERNAME"], config: SAML, value: "bob", read: login("username") },
  { long: "provider", letter: "R", variables: ["RUNAS_PROVIDER", "WEB_PROVIDER"], config: A, value: "okta", read: login("provider") },
  { long: "provider", letter: "R", variables: ["RUNAS_PROVIDER", "SAML_PROVIDER"], config: SAML, value: "okta", read: login("provider") },
];

describe("1.2 flags", () => {
  test.each(rows)(
    "same: --$long, -$letter and $variables say the same",
    ({ long, letter, variables, config, value, read: of, expected }) => {
      expect(of(resolved(config, []))).not.toEqual(expected ?? value);
      for (const spelling of [`--${long}`, `-${letter}`]) expect(of(resolved(config, [spelling, value]))).toEqual(expected ?? value);
      for (const variable of variables) expect(of(resolved(config, [], { [variable]: value }))).toEqual(expected ?? value);
    },
  );

  test.each([
    ["-o", "MFA_CODE", A, "mfaCode"],
    ["-P", "RUNAS_PASSWORD", A, "password"],
    ["-P", "WEB_PASSWORD", A, "password"],
    ["-P", "RUNAS_PASSWORD", SAML, "password"],
    ["-P", "SAML_PASSWORD", SAML, "password"],
  ])("same: %s and %s say the same secret", (flag, variable, config, name) => {
    const revealed = (profile: Profile) => (login(name)(profile) as { reveal(): string }).reveal();
    expect(revealed(resolved(config, [flag, "123456"]))).toBe("123456");
    expect(revealed(resolved(config, [], { [variable]: "123456" }))).toBe("123456");
  });

  test("different on purpose: a login takes no variable of the other kind, because it may be for another provider", () => {
    expect(resolved(A, [], { SAML_USERNAME: "bob" }).login).toMatchObject({ username: undefined });
    expect(resolved(SAML, [], { WEB_USERNAME: "bob" }).login).toMatchObject({ username: undefined });
  });

  test("same: -E, -s and -O have variables that say the same", () => {
    const variables = { RUNAS_ENV_CREDENTIALS: "true", RUNAS_SESSION_CREDENTIALS: "true", RUNAS_OUTPUT_FORMAT: "json" };
    const expected = { asVariables: true, session: true, output: "json" };
    expect(readOptions(readArguments(["-Es", "-O", "json"], globalFlags).flags, {})).toMatchObject(expected);
    expect(readOptions(new Map(), variables)).toMatchObject(expected);
  });

  test("same: -m goes before -l", async () => {
    expect((await run(["-lm", "developer"])).stderr).toBe((await run(["-m", "developer"])).stderr);
  });
});

describe("1.4 the profile", () => {
  const ARN = "arn:aws:iam::123456789012:role/link-1";
  const named = { AWS_PROFILE: "developer" };

  test("same: without AWS_PROFILE the first word is the profile, whatever it is", async () => {
    expect(await run(["env"])).toMatchObject({ status: 3, stderr: expect.stringContaining('"env"') });
  });

  test("same: with AWS_PROFILE, else AWS_DEFAULT_PROFILE, all words are the command", async () => {
    expect(await environmentOf([], { env: named })).toMatchObject({ AWSRUNAS_PROFILE: "developer" });
    expect(await environmentOf([], { env: { AWS_DEFAULT_PROFILE: "short" } })).toMatchObject({ AWSRUNAS_PROFILE: "short" });
    expect(await environmentOf([], { env: { ...named, AWS_DEFAULT_PROFILE: "short" } })).toMatchObject({ AWSRUNAS_PROFILE: "developer" });
  });

  test("same: but a first word that is that profile is dropped, and without words the lines are printed", async () => {
    expect(await run(["developer", "true"], { env: named })).toMatchObject({ status: 0, stdout: "" });
    expect((await run([], { env: named })).stdout).toContain("export AWSRUNAS_PROFILE='developer'");
  });

  test("same: a role's ARN stands for a profile, as a word and in AWS_PROFILE", async () => {
    const { accessKeyId, secretAccessKey } = world.sandbox.iamUsers.ivy;
    const env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION: "eu-central-1" };
    expect((await run(["-w", ARN, "true"], { env })).stderr).toContain("assumed-role/link-1/ivy");
    expect((await run(["-w", "true"], { env: { ...env, AWS_PROFILE: ARN } })).stderr).toContain("assumed-role/link-1/ivy");
  });

  test("different on purpose: another ARN does not, because only a role can be assumed", async () => {
    expect(await run(["arn:aws:iam::123456789012:user/staff/ivy"])).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("is not the ARN of a role"),
    });
  });
});

describe("1.5 what is said, and the exit status", () => {
  test("different on purpose: lines have no timestamp and level, because a person reads them at once", async () => {
    expect((await run(["nobody"])).stderr).toMatch(/^aws-runas: profile "nobody" .*\nhint: .*\n$/);
  });

  test("same: the command's status is ours", async () => {
    expect(await run(["developer", "sh", "-c", "exit 7"])).toMatchObject({ status: 7 });
  });

  test("different on purpose: and nothing is said about it, because the command has had its say", async () => {
    expect(await run(["developer", "sh", "-c", "exit 7"])).toMatchObject({ stderr: "" });
  });

  test("different on purpose: a command that signal n ended is 128 + n, because shells and scripts know that", async () => {
    expect(await run(["developer", "sh", "-c", "kill -TERM $$"])).toMatchObject({ status: 143, stderr: "" });
  });

  test("same: a command that is not there is 127", async () => {
    expect(await run(["developer", "nosuch-program"])).toMatchObject({ status: 127 });
  });
});

// 1.3, the other commands: see section 7.
