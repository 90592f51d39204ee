/** Where an IAM profile's keys are found, which roles lie on the way, and what is wrong with one that has none. */

import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { IamLogin, Profile } from "../../src/config/profile.ts";
import { failureOf, resolveAny, ROLE, type Setup } from "./files-of.ts";

const KEYS = "aws_access_key_id = AKIA1\naws_secret_access_key = s3cret\n";
const arn = (name: string) => `arn:aws:iam::123456789012:role/${name}`;

function iam(name: string, setup: Setup): Profile & { readonly login: IamLogin } {
  const profile = resolveAny(name, setup);
  if (profile.login.kind !== "iam") throw new Error(`${name} is ${profile.login.kind}`);
  return { ...profile, login: profile.login };
}

function baseOf(name: string, setup: Setup): string {
  const { base } = iam(name, setup).login;
  return base.kind === "keys" ? base.accessKeyId.value : `${base.kind} of ${base.profile}`;
}

describe("the keys", () => {
  const role = `[profile dev]\nrole_arn = ${ROLE}\n`;

  it.each<[string, string, Setup]>([
    ["the profile's own", "AKIA1", { config: `${role}${KEYS}` }],
    ["its own though it names itself as source", "AKIA1", { config: `${role}source_profile = dev\n`, credentials: `[dev]\n${KEYS}` }],
    ["its source's in the credentials file", "AKIA1", { config: `${role}source_profile = base\n`, credentials: `[base]\n${KEYS}` }],
    [
      "the credentials file's where both have some",
      "AKIA1",
      { config: `${role}${KEYS.replace("AKIA1", "AKIA2")}`, credentials: `[dev]\n${KEYS}` },
    ],
    [
      "its source's before its own",
      "AKIA1",
      { config: `${role}${KEYS.replace("AKIA1", "AKIA2")}source_profile = base\n`, credentials: `[base]\n${KEYS}` },
    ],
    ["those of [default]'s source", "AKIA1", { config: `[default]\nsource_profile = base\n${role}`, credentials: `[base]\n${KEYS}` }],
    ["a program's", "process of vault", { config: `${role}source_profile = vault\n[profile vault]\ncredential_process = x\n` }],
    [
      "a program's of a source without a role, before those of that one's source",
      "process of vault",
      {
        config: `${role}source_profile = vault\n[profile vault]\ncredential_process = x\nsource_profile = base\n`,
        credentials: `[base]\n${KEYS}`,
      },
    ],
    [
      "an SSO session's",
      "sso of sso",
      {
        config: `${role}source_profile = sso\n[profile sso]\nsso_session = corp\nsso_account_id = 1\n[sso-session corp]\nsso_region = x\n`,
      },
    ],
    ["an instance's", "ec2 of dev", { config: `${role}credential_source = Ec2InstanceMetadata\n` }],
    [
      "the environment's",
      "AKIA3",
      { config: `${role}credential_source = Environment\n`, env: { AWS_ACCESS_KEY_ID: "AKIA3", AWS_SECRET_ACCESS_KEY: "s" } },
    ],
  ])("are %s", (_, expected, setup) => {
    expect(baseOf("dev", setup)).toBe(expected);
  });

  it("of the environment are not for a profile that does not say so", () => {
    const env = { AWS_ACCESS_KEY_ID: "AKIA3", AWS_SECRET_ACCESS_KEY: "s" };
    expect(failureOf(() => iam("dev", { config: role, env })).code).toBe("config-missing");
  });

  it("of the environment come before [default]'s where no profile is named", () => {
    const env = { AWS_ACCESS_KEY_ID: "AKIA3", AWS_SECRET_ACCESS_KEY: "s" };
    expect(baseOf(ROLE, { env })).toBe("AKIA3");
    for (const config of [`[default]\n${KEYS}`, `[default]\nsource_profile = base\n[profile base]\n${KEYS}`]) {
      expect(baseOf(ROLE, { config, env })).toBe("AKIA3");
      expect(baseOf(ROLE, { config })).toBe("AKIA1");
    }
  });

  it("come before what a cluster puts into the environment, and after any other login", () => {
    const env = { AWS_WEB_IDENTITY_TOKEN_FILE: "/run/token" };
    expect(baseOf("dev", { config: `${role}${KEYS}`, env })).toBe("AKIA1");
    expect(resolveAny("dev", { config: role, env }).login.kind).toBe("token");
    const oidc = "[default]\nweb_identity_auth_url = https://id.example.com\nweb_identity_client_id = aws\n";
    expect(resolveAny("dev", { config: `${oidc}${role}${KEYS}` }).login.kind).toBe("oidc");
  });

  it("that are missing are an error that names the section and what to add", () => {
    expect(failureOf(() => iam("dev", { config: `${role}source_profile = base\n[profile base]\nregion = eu-west-1\n` }))).toEqual({
      code: "config-missing",
      message: 'profile "dev" says nowhere how to log in, and its source_profile "base" has no AWS keys',
      hint: expect.stringMatching(/aws_access_key_id and aws_secret_access_key.* to \[base\] in ~\/\.aws\/credentials/),
    });
  });

  it("that a role's ARN has nowhere were told of in a text that named it twice, and the section too", () => {
    const { message, hint = "" } = failureOf(() => iam(arn("A"), { config: "[default]\nregion = eu-west-1\n" }));
    expect(message).toBe(`${arn("A")} says nowhere how to log in and has no AWS keys`);
    expect(hint).toMatch(/^for IAM, add .* to \[default\] in ~\/\.aws\/config, or source_profile with/);
    expect(hint.match(/\[default\]/g)).toHaveLength(1);
  });

  it("of an SSO session that is described nowhere are an error that names the section", () => {
    const config = `${role}sso_session = corp\n[sso-session other]\nsso_region = eu-west-1\n`;
    expect(failureOf(() => iam("dev", { config }))).toMatchObject({
      code: "config-missing",
      message: expect.stringMatching(/^sso_session in \[profile dev\] .* names \[sso-session corp\], which does not exist$/),
    });
  });

  it("of which half is there are an error, without the secret in it", () => {
    const failure = failureOf(() => iam("dev", { config: role, credentials: "[dev]\naws_secret_access_key = s3cret\n" }));
    expect(failure).toMatchObject({ code: "config-missing", message: expect.stringContaining("the key id is missing") });
    expect(JSON.stringify(failure)).not.toContain("s3cret");
  });
});

describe("a chain", () => {
  const config = `[default]
external_id = for-all
[profile c]
role_arn = ${arn("C")}
source_profile = b
[profile b]
role_arn = ${arn("B")}
source_profile = a
role_session_name = bee
credentials_duration = 30m
mfa_serial = arn:aws:iam::123456789012:mfa/ann
[profile a]
role_arn = ${arn("A")}
source_profile = base
external_id = contract
duration_seconds = 14400
session_policy_arns = arn:aws:iam::aws:policy/ReadOnlyAccess
[profile base]
role_arn = ${arn("Ignored")}
${KEYS}`;

  it("has a step for each source with a role, each with what is its own, up to the one with keys", () => {
    const { login, roleArn, externalId, durationSeconds, roleSessionName, terms, warnings } = iam("c", { config });
    expect(login.hops).toMatchObject([
      { roleArn: { value: arn("A") }, externalId: { value: "contract" }, durationSeconds: { value: 14_400 }, roleSessionName: undefined },
      {
        roleArn: { value: arn("B") },
        externalId: { value: "for-all" },
        durationSeconds: { value: 1800 },
        roleSessionName: { value: "bee" },
      },
    ]);
    expect(login.hops.map((hop) => hop.terms?.policyArns?.value.length)).toEqual([1, undefined]);
    expect([roleArn?.value, externalId?.value, durationSeconds.value]).toEqual([arn("C"), "for-all", 3600]);
    expect([roleSessionName, terms, warnings]).toEqual([undefined, undefined, []]);
    expect(login.mfaSerial?.value).toBe("arn:aws:iam::123456789012:mfa/ann");
  });

  it("gets what flags and the environment say for its last role alone", () => {
    const profile = iam("c", { config, flags: { externalId: { flag: "-X", value: "mine" } }, env: { CREDENTIALS_DURATION: "20m" } });
    expect([profile.externalId?.value, profile.durationSeconds.value]).toEqual(["mine", 1200]);
    expect(profile.login.hops.map((hop) => hop.durationSeconds.value)).toEqual([14_400, 1800]);
  });

  it("has an hour for a role that another leads to: an error where it was asked for, a notice where it was inherited", () => {
    expect(failureOf(() => iam("c", { config, flags: { roleDuration: { flag: "-a", value: "2h" } } }))).toMatchObject({
      code: "config-value",
      message: 'the flag -a: "2h" is more than the 1h that AWS gives a role reached through another role',
    });
    const inherited = iam("c", { config: config.replace("[default]\n", "[default]\ncredentials_duration = 2h\n") });
    expect(inherited.durationSeconds.value).toBe(3600);
    expect(inherited.warnings).toEqual([expect.stringContaining("credentials_duration in [default]")]);
  });

  it("does not give its role to a profile without one", () => {
    expect(failureOf(() => iam("x", { config: `${config}[profile x]\nsource_profile = c\n` }))).toMatchObject({
      code: "config-missing",
      message: 'profile "x" has no role_arn: that of its source_profile is not inherited',
    });
    expect(iam("x", { config: `${config}[profile x]\nsource_profile = base\n` }).roleArn).toBeUndefined();
  });
});

describe("what a session carries", () => {
  const config = (more: string) => `[profile dev]\nrole_arn = ${ROLE}\n${KEYS}${more}`;

  it.each([
    ["session_policy = {", "is no policy in JSON"],
    ["session_policy = []", "is no policy in JSON"],
    ["session_policy = file:///nonexistent/policy.json", "cannot be read"],
    ["session_policy_arns = ReadOnlyAccess", 'is "ReadOnlyAccess"'],
    ["session_tags = team", 'is "team"'],
    ["session_tags = =x", 'is "=x"'],
    ["source_identity = aws:me", 'is "aws:me"'],
    ["mfa_serial = short", 'is "short"'],
    ["session_token_duration = 14m", "outside of 15m to 36h"],
  ])("is refused as %s", (line, expected) => {
    expect(failureOf(() => iam("dev", { config: config(`${line}\n`) })).message).toContain(expected);
  });

  it.each([
    ["sessionPolicy", "--session-policy"],
    ["sessionPolicyArns", "--session-policy-arns"],
  ])("is refused where %s is asked for and empty: the role would be let do more", (name, flag) => {
    const failure = failureOf(() => iam("dev", { config: config(""), flags: { [name]: { flag, value: "" } } }));
    expect(failure).toMatchObject({ code: "config-value", message: `the flag ${flag} is empty` });
  });

  it("is read from a file that an editor of Windows wrote", () => {
    const path = join(tmpdir(), `policy-${process.pid}.json`);
    writeFileSync(path, '\uFEFF{ "Statement": [] }\r\n');
    onTestFinished(() => rmSync(path));
    expect(iam("dev", { config: config(`session_policy = file://${path}\n`) }).terms?.policy?.value).toBe('{"Statement":[]}');
  });

  it("has AWS's read-only policy of the role's partition with --read-only", () => {
    const china = config("").replaceAll("arn:aws:", "arn:aws-cn:");
    const { terms } = iam("dev", { config: china, flags: { readOnly: { flag: "--read-only", value: "true" } } });
    expect(terms?.policyArns?.value).toEqual(["arn:aws-cn:iam::aws:policy/ReadOnlyAccess"]);
  });

  it("has no tags where a token is traded for the role: an error, or a notice for those of [default]", () => {
    const oidc = `[profile dev]\nrole_arn = ${ROLE}\nweb_identity_auth_url = https://id.example.com\nweb_identity_client_id = aws\n`;
    expect(failureOf(() => resolveAny("dev", { config: `${oidc}session_tags = a=b\n` })).code).toBe("config-conflict");
    const inherited = resolveAny("dev", { config: `[default]\nsession_tags = a=b\nsession_policy = {}\n${oidc}` });
    expect(inherited.terms).toMatchObject({ policy: { value: "{}" } });
    expect(inherited.terms).not.toHaveProperty("tags");
    expect(inherited.warnings).toEqual([expect.stringContaining("session_tags in [default]")]);
  });
});

it("a jump role has no effect with IAM, which is said where the profile names one", () => {
  const config = `[profile dev]\nrole_arn = ${ROLE}\n${KEYS}jump_role_arn = ${arn("Jump")}\n`;
  const { jumpRoleArn, warnings } = iam("dev", { config });
  expect([jumpRoleArn, warnings]).toEqual([undefined, [expect.stringContaining("has no effect with IAM")]]);
});
