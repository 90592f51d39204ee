import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { AssumeRoleWithWebIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { loadSharedConfigFiles } from "@smithy/shared-ini-file-loader";
import { afterEach, beforeAll, expect, it } from "vitest";

import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";

const folders: string[] = [];
const sandboxes: Sandbox[] = [];

beforeAll(() => {
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
});

afterEach(async () => {
  await Promise.all(sandboxes.splice(0).map((sandbox) => sandbox.stop()));
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

async function start(): Promise<Sandbox> {
  const sandbox = await startSandbox();
  sandboxes.push(sandbox);
  return sandbox;
}

type Profiles = Readonly<Record<string, Readonly<Record<string, string | undefined>>>>;

/** As the AWS SDK reads them. */
async function profilesOf(configText: string): Promise<Profiles> {
  const folder = await mkdtemp(path.join(tmpdir(), "sandbox-test-"));
  folders.push(folder);
  await writeFile(path.join(folder, "config"), configText);
  const { configFile } = await loadSharedConfigFiles({
    configFilepath: path.join(folder, "config"),
    filepath: path.join(folder, "credentials"),
    ignoreCache: true,
  });
  return configFile;
}

async function assume(sandbox: Sandbox, roleArn: string, claims: { sub: string; aud: string }): Promise<string | undefined> {
  const seconds = Math.floor(Date.now() / 1000);
  const token = await sandbox.provider.sign({ iss: sandbox.provider.issuer, iat: seconds, exp: seconds + 60, ...claims });
  const client = new STSClient({ endpoint: sandbox.environment["AWS_ENDPOINT_URL_STS"]!, region: "eu-central-1" });
  const command = new AssumeRoleWithWebIdentityCommand({ RoleArn: roleArn, RoleSessionName: "test", WebIdentityToken: token });
  return (await client.send(command)).AssumedRoleUser?.Arn;
}

/** Profiles that present no token. */
const OF_IAM = new Set(["ivy", "mia", "guarded", "link-1", "link-2", "link-3"]);
const isOfSaml = (name: string) => name.startsWith("saml");

it("has STS accept the provider's tokens for the profiles of its configuration, but for the client that AWS does not know", async () => {
  const sandbox = await start();
  const profiles = await profilesOf(sandbox.configText);
  const ofLogins = Object.entries(profiles).filter(([name]) => !OF_IAM.has(name) && !isOfSaml(name));
  const outcomes = ofLogins.map(async ([name, profile]) => {
    const roleArn = profile["jump_role_arn"] ?? profile["role_arn"];
    const aud = profile["web_identity_client_id"] ?? "aws-runas";
    if (roleArn === undefined) return [name, "no role"];
    return [name, await assume(sandbox, roleArn, { aud, sub: "id-of-tess" }).catch((error: Error) => error.message)];
  });
  expect(Object.fromEntries(await Promise.all(outcomes))).toEqual({
    sandbox: "no role",
    ...Object.fromEntries(
      ["developer", "totp", "browser", "device-code", "offline", "two-pages", "consent"].map((name) => [name, assumed("developer")]),
    ),
    short: assumed("short"),
    "tess-only": assumed("tess-only"),
    target: assumed("jump"),
    partner: assumed("jump"),
    china: "arn:aws-cn:sts::210987654321:assumed-role/developer/test",
    unregistered: "Incorrect token audience",
  });
});

function assumed(role: string): string {
  return `arn:aws:sts::123456789012:assumed-role/${role}/test`;
}

it("has a role for tess alone", async () => {
  const sandbox = await start();
  const roleArn = "arn:aws:iam::123456789012:role/tess-only";
  await expect(assume(sandbox, roleArn, { aud: "aws-runas", sub: "id-of-alice" })).rejects.toThrow("Not authorized");
  expect(await assume(sandbox, roleArn, { aud: "aws-runas", sub: "id-of-tess" })).toContain("tess-only");
});

it("runs beside another without either believing the other's tokens", async () => {
  const [one, other] = await Promise.all([start(), start()]);
  const seconds = Math.floor(Date.now() / 1000);
  const claims = { iss: one.provider.issuer, sub: "id-of-alice", aud: "aws-runas", iat: seconds, exp: seconds + 60 };
  const form = { Action: "AssumeRoleWithWebIdentity", RoleArn: "arn:aws:iam::123456789012:role/developer", RoleSessionName: "test" };
  const body = new URLSearchParams({ ...form, WebIdentityToken: await other.provider.sign(claims) });
  const answer = await fetch(one.sts.origin, { method: "POST", body });
  expect(await answer.text()).toContain("<Code>InvalidIdentityToken</Code>");
});

it("is gone when it is stopped", async () => {
  const sandbox = await startSandbox();
  await sandbox.stop();
  for (const origin of [sandbox.provider.origin, sandbox.sts.origin]) await expect(fetch(origin)).rejects.toThrow("fetch failed");
});
