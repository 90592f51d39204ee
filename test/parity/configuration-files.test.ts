/**
 * How the Go tool reads its two files, and where passwords and durations come from (reference/cli.md, 3.1 to 3.7): the rows that
 * configuration.test.ts and saml-configuration.test.ts have not.
 */

import { renameSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { encodePassword } from "../../src/store/password-format.ts";
import { Secret } from "../../src/secret.ts";
import { COMPLETE, failureOf, resolve, resolveAny, ROLE, type Setup } from "../config/files-of.ts";
import { parityWorld } from "./parity-world.ts";

const world = parityWorld();
const { run } = world;

const KEYS = "aws_access_key_id = AKIA1\naws_secret_access_key = s\n";
const of = (text: string, setup: Setup = {}) => resolve("a", { config: `[profile a]\n${COMPLETE}${text}`, ...setup });
const iam = (text: string, setup: Setup = {}) => resolveAny("a", { config: `[profile a]\n${KEYS}${text}`, ...setup }).login;

describe("3.1 files", () => {
  test("same: AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE name them, before those of the home", async () => {
    renameSync(world.home.file(".aws/config"), world.home.file("config"));
    writeFileSync(world.home.file("credentials"), `[keys]\nregion = eu-central-1\n${KEYS}`);
    expect(await run(["developer", "true"])).toMatchObject({ status: 3 });
    const env = { AWS_CONFIG_FILE: world.home.file("config"), AWS_SHARED_CREDENTIALS_FILE: world.home.file("credentials") };
    expect(await run(["developer", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect((await run(["list", "profiles"], { env })).stdout).toMatch(/^keys +iam/m);
  });

  test("different on purpose: an empty variable counts as none, because a file without a name cannot be meant", async () => {
    expect(await run(["developer", "true"], { env: { AWS_CONFIG_FILE: "" } })).toMatchObject({ status: 0, stderr: "" });
  });

  test("different on purpose: keys are found wherever attributes are, because there is one reader of the files", () => {
    for (const setup of [{ config: `[a]\n${KEYS}` }, { config: `[profile a]\n${KEYS}` }, { credentials: `[a]\n${KEYS}` }])
      expect(resolveAny("a", setup).login).toMatchObject({ kind: "iam", base: { kind: "keys" } });
  });

  test.each(["region: eu-west-1", "web_identity_username = al\\\nice"])(
    "different on purpose: %j is an error that names the line, because AWS's SDKs know no colon and no line that goes on",
    (text) => {
      expect(failureOf(() => of(`${text}\n`)).message).toMatch(/^~\/\.aws\/config, line [56]: there is no =/);
    },
  );

  test("different on purpose: quotes count and are told, because AWS's SDKs take them for a part of the value", () => {
    expect(failureOf(() => of("region = 'eu-west-1'\n")).hint).toContain("leave out the quotes");
    const { login, warnings } = of('web_identity_username = "alice"\nweb_identity_token_audience = x\n');
    expect(login.username?.value).toBe('"alice"');
    expect(warnings).toEqual(["web_identity_username in [profile a] (~/.aws/config, line 5) is in quotes, which count: leave them out"]);
  });
});

describe("3.2, 3.3 passwords", () => {
  const alice = "wonderland-1865";
  const keep = (lines: string) => {
    const issuer = world.sandbox.provider.issuer;
    const sections = [`[${issuer}]`, `web_identity_${lines}`, `[${issuer}/saml/aws]`, `saml_${lines}`];
    writeFileSync(world.home.file(".aws/credentials"), `${sections.join("\n")}\n`);
  };
  const nothingElse = { env: { WEB_IDENTITY_PASSWORD: "" } };

  test.each(["developer", "saml-developer"])(
    "same: %s takes that of the section that its URL names, in plain text too",
    async (profile) => {
      keep(`password = ${alice}`);
      expect(await run([profile, "true"], nothingElse)).toMatchObject({ status: 0, stderr: "" });
    },
  );

  test("same: quotes around it are none of it", async () => {
    keep(`password = "${alice}"`);
    expect(await run(["saml-developer", "true"], nothingElse)).toMatchObject({ status: 0, stderr: "" });
  });

  test.each(["wonder#land", "wonder # land; here"])(
    "different on purpose: %s is one to its end, because it would be cut off silently",
    async (text) => {
      keep(`password = ${text}`);
      await run(["saml-developer", "true"], nothingElse);
      const posts = world.sandbox.provider.requests.filter(({ method }) => method === "POST");
      expect(posts.map(({ body }) => new URLSearchParams(body).get("password"))).toEqual([text]);
    },
  );

  test("same: the variable beats the file, and -P the variable", async () => {
    keep("password = of-the-file");
    const env = { WEB_IDENTITY_PASSWORD: "", SAML_PASSWORD: alice };
    expect(await run(["saml-developer", "true"], { env })).toMatchObject({ status: 0 });
    expect(await run(["-r", "-P", alice, "saml-short", "true"], { env: { ...env, SAML_PASSWORD: "wrong" } })).toMatchObject({ status: 0 });
  });

  test("different on purpose: what looks encoded in a variable or flag is taken as it is, because only the file has that form", async () => {
    const encoded = await encodePassword(new Secret(alice), `${world.sandbox.provider.issuer}/saml/aws`);
    expect(await run(["saml-developer", "true"], { env: { SAML_PASSWORD: encoded } })).toMatchObject({ status: 4 });
  });
});

describe("3.2 variables of IAM", () => {
  test("same: MFA_SERIAL and SESSION_TOKEN_DURATION beat the files", () => {
    const env = { MFA_SERIAL: "arn:aws:iam::1:mfa/mine", SESSION_TOKEN_DURATION: "2h" };
    expect(iam("mfa_serial = arn:aws:iam::1:mfa/x\nsession_token_duration = 1h\n", { env })).toMatchObject({
      mfaSerial: { value: env.MFA_SERIAL },
      sessionSeconds: { value: 7200 },
    });
  });
});

describe("3.4 source_profile", () => {
  test("different on purpose: one in the credentials file alone counts, because keys stand there", () => {
    const config = `[profile a]\nrole_arn = ${ROLE}\nsource_profile = k\n`;
    expect(resolveAny("a", { config, credentials: `[k]\n${KEYS}` }).login).toMatchObject({ kind: "iam", base: { kind: "keys" } });
  });
});

describe("3.5 durations", () => {
  test("same: milli-, micro- and nanoseconds are units", () => {
    for (const text of ["1800000ms", "1800000000us", "1800000000000ns"])
      expect(of(`credentials_duration = ${text}\n`).durationSeconds.value).toBe(1800);
  });

  test("same: a session lasts 12 hours unless told, and from 15 minutes to 36 hours", () => {
    expect(iam("")).toMatchObject({ sessionSeconds: { value: 43_200 } });
    for (const [text, value] of [
      ["15m", 900],
      ["36h", 129_600],
    ] as const)
      expect(iam(`session_token_duration = ${text}\n`)).toMatchObject({ sessionSeconds: { value } });
  });

  test.each(["14m", "37h", "0", "-1h"])("different on purpose: %s is an error, because it would be another one silently", async (text) => {
    expect(failureOf(() => iam(`session_token_duration = ${text}\n`)).message).toContain("session_token_duration");
    expect(await run(["-d", text, "ivy", "true"])).toMatchObject({ status: 3, stderr: expect.stringContaining("-d") });
  });

  test("different on purpose: whole numbers in a variable are seconds, because nanoseconds are never meant", () => {
    expect(of("", { env: { CREDENTIALS_DURATION: "1800" } }).durationSeconds.value).toBe(1800);
    expect(iam("", { env: { SESSION_TOKEN_DURATION: "1800" } })).toMatchObject({ sessionSeconds: { value: 1800 } });
  });

  test("different on purpose: credentials_duration and another duration_seconds in one section are an error, because either may be meant", () => {
    expect(failureOf(() => of("credentials_duration = 30m\nduration_seconds = 3600\n")).code).toBe("config-conflict");
    expect(of("credentials_duration = 30m\nduration_seconds = 1800\n").durationSeconds.value).toBe(1800);
  });
});

test("3.7 same: with IAM a profile has to be there, in either file", () => {
  const config = `[default]\n${KEYS}`;
  expect(failureOf(() => resolveAny("b", { config })).message).toContain('"b"');
  expect(resolveAny("b", { config, credentials: `[b]\n${KEYS}` }).login.kind).toBe("iam");
});
