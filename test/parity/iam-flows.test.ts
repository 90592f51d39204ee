/** How the Go tool comes by credentials from AWS keys (reference/cli.md, sections 6.1 and 6.2), statement by statement: the same, or different on purpose. */

import { describe, expect, test } from "vitest";
import { connectSts } from "../../src/aws/client.ts";
import { refusal } from "../aws/fake-sts.ts";
import { setting, testProfile } from "../aws/fixtures.ts";
import { COMPLETE, failureOf, resolveAny } from "../config/files-of.ts";
import { roleArn } from "../fakes/saml-response.ts";
import { parityWorld } from "./parity-world.ts";

const world = parityWorld();
const { run, callsDuring, editConfig, lastForm, code } = world;

const KEYS = "aws_access_key_id = AKIA1\naws_secret_access_key = s\n";
const SAML = "saml_auth_url = https://id.example.com/saml\n";
const ROLE = `role_arn = ${roleArn("dev")}\n`;
const ENVIRONMENT = { AWS_ACCESS_KEY_ID: "AKIA3", AWS_SECRET_ACCESS_KEY: "s" };
/** mia's device, as a question names it. */
const DEVICE = "arn:aws:iam::123456789012:mfa/mia";

const profileOf = (text: string, env = {}) => resolveAny("a", { config: `[profile a]\n${text}`, env });
const keyIdOf = (name: string, config: string, env = {}) => {
  const { login } = resolveAny(name, { config, env });
  return login.kind === "iam" && login.base.kind === "keys" ? login.base.accessKeyId.value : login.kind;
};
/** What each call was sent: only the names that are asked for. */
const sent = (...names: string[]) =>
  world.sandbox.sts.requests.map(({ body }) => {
    const form = new URLSearchParams(body);
    return ["Action", ...names].map((name) => form.get(name));
  });
const keysOfIvy = () => {
  const { accessKeyId, secretAccessKey } = world.sandbox.iamUsers.ivy;
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
};

describe("6.1 which way", () => {
  test("same: what is wrong is said before anybody is asked for anything", async () => {
    editConfig((text) => text.replace("role/link-1", "rolle/link-1"));
    expect(await run(["link-1", "true"])).toMatchObject({ status: 3, stderr: expect.stringContaining("role_arn") });
    expect(world.sandbox.sts.actions()).toEqual([]);
  });

  test("same: SAML's URL, OpenID Connect's, a role, none of them", () => {
    expect(profileOf(SAML + ROLE + KEYS).login.kind).toBe("saml");
    expect(profileOf(COMPLETE + KEYS).login.kind).toBe("oidc");
    expect(profileOf(ROLE + KEYS)).toMatchObject({ login: { kind: "iam" }, roleArn: { value: roleArn("dev") } });
    expect(profileOf(KEYS)).toMatchObject({ login: { kind: "iam" }, roleArn: undefined });
  });

  test("different on purpose: SAML's URL and OpenID Connect's in one profile are an error, because one of them is not meant", () => {
    expect(failureOf(() => profileOf(COMPLETE + SAML)).code).toBe("config-conflict");
  });

  test("different on purpose: OpenID Connect without a role is an error, because nobody could be given credentials", () => {
    const { message } = failureOf(() => profileOf(COMPLETE.replace(/^role_arn.*\n/m, "")));
    expect(message).toContain("role_arn");
  });

  test("same: a role's ARN in the profile's place is the role", async () => {
    const env = { ...keysOfIvy(), AWS_REGION: "eu-central-1" };
    expect((await run(["-w", roleArn("link-1"), "true"], { env })).stderr).toContain("assumed-role/link-1/ivy");
  });

  test("same: a role's keys are its source's, a profile's without a role its own", () => {
    const base = `[profile b]\n${KEYS}`;
    expect(keyIdOf("a", `[profile a]\n${ROLE}source_profile = b\n${base}`)).toBe("AKIA1");
    expect(keyIdOf("b", base)).toBe("AKIA1");
  });

  test("same: where a profile is named, the environment's keys do not count", () => {
    expect(keyIdOf("a", `[profile a]\n${KEYS}`, ENVIRONMENT)).toBe("AKIA1");
  });

  test("same: for a role's ARN the environment's keys come before [default]'s", () => {
    expect(keyIdOf(roleArn("dev"), `[default]\n${KEYS}`, ENVIRONMENT)).toBe("AKIA3");
    expect(keyIdOf(roleArn("dev"), `[default]\n${KEYS}`)).toBe("AKIA1");
  });

  test.each([
    ["credential_process = op-keys", "process"],
    ["sso_start_url = https://corp.example.com/start", "sso"],
    ["credential_source = Ec2InstanceMetadata", "ec2"],
    ["credential_source = EcsContainer", "ecs"],
  ])("same: `%s` of a source gives keys", (line, kind) => {
    const { login } = resolveAny("a", { config: `[profile a]\n${ROLE}source_profile = b\n[profile b]\n${line}\n` });
    expect(login).toMatchObject({ kind: "iam", base: { kind, profile: "b" } });
  });

  test("different on purpose: temporary keys assume the role themselves, because AWS gives no session for a session", async () => {
    const { AccessKeyId, SecretAccessKey, SessionToken } = JSON.parse((await run(["-O", "json", "ivy"])).stdout);
    const env = { AWS_ACCESS_KEY_ID: AccessKeyId, AWS_SECRET_ACCESS_KEY: SecretAccessKey, AWS_SESSION_TOKEN: SessionToken };
    expect(await callsDuring(() => run([roleArn("link-1"), "true"], { env }))).toEqual(["GetCallerIdentity", "AssumeRole"]);
  });

  test("same: STS is asked in the profile's region; different on purpose: without one in the partition's first, because nothing depends on it", () => {
    const hostFor = (changes: Parameters<typeof testProfile>[0]) => {
      const { client, endpoint } = connectSts(testProfile(changes), {});
      client.destroy();
      return endpoint.host;
    };
    expect(hostFor({ region: setting("eu-west-3") })).toBe("sts.eu-west-3.amazonaws.com");
    expect(hostFor({})).toBe("sts.us-east-1.amazonaws.com");
    expect(hostFor({ roleArn: setting("arn:aws-cn:iam::1:role/x") })).toBe("sts.cn-north-1.amazonaws.com.cn");
  });
});

describe("6.2 sessions and roles", () => {
  test("same: a session has its duration, and the device and its code where there is one", async () => {
    await run(["ivy", "true"]);
    const mfaCode = code();
    await run(["-d", "1h", "-o", mfaCode, "mia", "true"]);
    expect(sent("DurationSeconds", "SerialNumber", "TokenCode")).toEqual([
      ["GetSessionToken", "43200", null, null],
      ["GetSessionToken", "3600", DEVICE, mfaCode],
    ]);
  });

  test.each([[[]], [["-a", "1h"]]])("same: a role of an hour (%j) is assumed by the session, which alone has the code", async (flags) => {
    const mfaCode = code();
    await run([...flags, "-o", mfaCode, "guarded", "true"]);
    expect(sent("DurationSeconds", "TokenCode").filter(([action]) => action !== "GetCallerIdentity")).toEqual([
      ["GetSessionToken", "43200", mfaCode],
      ["AssumeRole", "3600", null],
    ]);
    expect(world.sandbox.sts.requests.at(-1)?.headers.authorization).toContain("Credential=ASIA");
  });

  test("same: a role of more is assumed by the keys themselves, with the code on that call and no session", async () => {
    const mfaCode = code();
    await run(["-a", "2h", "-o", mfaCode, "guarded", "true"]);
    expect(sent("DurationSeconds", "TokenCode").filter(([action]) => action !== "GetCallerIdentity")).toEqual([
      ["AssumeRole", "7200", mfaCode],
    ]);
    expect(world.sandbox.sts.requests.at(-1)?.headers.authorization).toContain("Credential=AKIA");
  });

  test("same: role, session name and external id are sent", async () => {
    await run(["-X", "contract-7", "link-1", "true"], { env: { AWS_ROLE_SESSION_NAME: "deploy" } });
    expect(lastForm()).toMatchObject({ RoleArn: roleArn("link-1"), RoleSessionName: "deploy", ExternalId: "contract-7" });
  });

  test("different on purpose: a source with a role is assumed on the way, because chains are AWS's own meaning of source_profile", async () => {
    await run(["link-2", "true"]);
    const roles = sent("RoleArn").flatMap(([, role]) => role ?? []);
    expect(roles).toEqual([roleArn("link-1"), roleArn("link-2")]);
  });
});

describe("6.2 the session's name", () => {
  test("same: role_session_name, else the user's last part; different on purpose: asked for once, because it does not change", async () => {
    const calls = await callsDuring(() => run(["link-1", "true"]));
    expect(calls).toContain("GetCallerIdentity");
    expect(lastForm()).toMatchObject({ RoleSessionName: "ivy" });
    expect(await callsDuring(() => run(["link-1", "true"]))).toEqual([]);
    expect(await callsDuring(() => run(["-r", "link-1", "true"]))).not.toContain("GetCallerIdentity");
  });

  test("different on purpose: one character is an error, because it would not be used", async () => {
    expect(await run(["link-1", "true"], { env: { AWS_ROLE_SESSION_NAME: "x" } })).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("AWS_ROLE_SESSION_NAME"),
    });
  });

  test("different on purpose: a user that AWS does not tell is an error, because another name in CloudTrail would be wrong", async () => {
    const { body: refused, ...answer } = refusal("AccessDenied", "not now", 403)({ form: {}, headers: {} });
    world.sandbox.sts.intercept = ({ body }) => (body.includes("GetCallerIdentity") ? new Response(refused, answer) : undefined);
    expect(await run(["link-1", "true"])).toMatchObject({ status: 5, stderr: expect.stringContaining("GetCallerIdentity") });
    expect(world.sandbox.sts.actions()).not.toContain("AssumeRole");
  });

  test("different on purpose: a wrong code changes no name, because only the code was wrong", async () => {
    const answers: [string, string][] = [
      [DEVICE, "000000"],
      [DEVICE, code()],
    ];
    expect(await run(["guarded", "true"], { answers })).toMatchObject({ status: 0, unasked: [] });
    expect(lastForm()).toMatchObject({ RoleSessionName: "mia" });
  });
});

test("6.2 same: no policy, tag or source identity is sent; different on purpose: unless one is asked for, because AWS takes them", async () => {
  const names = () => Object.keys(lastForm()).filter((name) => /^(Policy|Tags|Transitive|SourceIdentity)/.test(name));
  await run(["link-1", "true"]);
  expect(names()).toEqual([]);
  await run(["--read-only", "--session-tags", "team=blue", "--source-identity", "Ivy", "link-1", "true"]);
  expect(names()).toEqual(["PolicyArns.member.1.arn", "Tags.member.1.Key", "Tags.member.1.Value", "SourceIdentity"]);
});

describe("6.2 codes", () => {
  test.each([
    ["-o", (given: string) => ({ argv: ["-o", given], env: {} })],
    ["MFA_CODE", (given: string) => ({ argv: [], env: { MFA_CODE: given } })],
  ])("same: one may be given by %s", async (_, by) => {
    const { argv, env } = by(code());
    expect(await run([...argv, "guarded", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
  });

  test("different on purpose: it is sent once, because each works once", async () => {
    const answers: [string, string][] = [[DEVICE, code()]];
    expect(await run(["-o", "000000", "guarded", "true"], { answers })).toMatchObject({ status: 0, unasked: [] });
    expect(sent("TokenCode").filter(([, given]) => given === "000000")).toHaveLength(1);
  });

  test("same: else it is asked for; different on purpose: on the terminal and not from stdin, because that is the command's", async () => {
    const answers: [string, string][] = [[DEVICE, code()]];
    expect(await run(["guarded", "true"], { answers })).toMatchObject({ status: 0, stdout: "", unasked: [] });
    expect(await run(["-r", "guarded", "true"], { stdin: `${code()}\n` })).toMatchObject({ status: 7 });
  });

  test("different on purpose: where nobody can be asked nothing is sent, because AWS would only say that a code is missing", async () => {
    const calls = await callsDuring(async () => {
      expect(await run(["guarded", "true"])).toMatchObject({ status: 7, stderr: expect.stringContaining("nobody can be asked") });
    });
    expect(calls).toEqual([]);
  });
});
