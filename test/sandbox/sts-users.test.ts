/** The sandbox's STS on IAM users: whose keys get a session, with which code, and what a session may do. */

import {
  AssumeRoleCommand,
  GetCallerIdentityCommand,
  GetFederationTokenCommand,
  GetSessionTokenCommand,
  type GetSessionTokenCommandInput,
  STSClient,
  type STSClientConfig,
} from "@aws-sdk/client-sts";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { Totp } from "../../sandbox/totp.ts";

let sandbox: Sandbox;
let totp: Totp;

beforeAll(async () => {
  sandbox = await startSandbox();
  totp = new Totp(sandbox.iamUsers.mia.mfa.totpSecret);
});
afterAll(() => sandbox.stop());

function clientWith(credentials: NonNullable<STSClientConfig["credentials"]>): STSClient {
  return new STSClient({ endpoint: sandbox.sts.origin, region: "eu-central-1", credentials });
}

async function sessionOf(input: GetSessionTokenCommandInput, user: "ivy" | "mia" = "mia"): Promise<STSClient> {
  const { Credentials } = await clientWith(sandbox.iamUsers[user]).send(new GetSessionTokenCommand(input));
  const { AccessKeyId = "", SecretAccessKey = "", SessionToken = "" } = Credentials ?? {};
  return clientWith({ accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken });
}

const guarded = { RoleArn: "arn:aws:iam::123456789012:role/guarded", RoleSessionName: "test" };

it("gives a user's session, which is still the user", async () => {
  const { Arn } = await (await sessionOf({}, "ivy")).send(new GetCallerIdentityCommand({}));
  expect(Arn).toBe("arn:aws:iam::123456789012:user/staff/ivy");
});

it("takes a code of the user's own device once, and lets its session where MFA is asked for", async () => {
  const proof = { SerialNumber: sandbox.iamUsers.mia.mfa.serialNumber, TokenCode: totp.code() };
  const session = await sessionOf(proof);
  expect((await session.send(new AssumeRoleCommand(guarded))).AssumedRoleUser?.Arn).toMatch(/assumed-role\/guarded\/test$/);
  await expect(sessionOf(proof)).rejects.toThrow("MultiFactorAuthentication failed with invalid MFA one time pass code");
  await expect(sessionOf(proof, "ivy")).rejects.toThrow("unable to validate MFA code");
  await expect((await sessionOf({})).send(new AssumeRoleCommand(guarded))).rejects.toThrow("is not authorized to perform: sts:AssumeRole");
});

it("gives no session for a session, for wrong keys, or for more than 36 hours", async () => {
  await expect((await sessionOf({})).send(new GetSessionTokenCommand({}))).rejects.toThrow(
    "Cannot call GetSessionToken with session credentials",
  );
  const wrong = clientWith({ ...sandbox.iamUsers.ivy, secretAccessKey: "other" });
  await expect(wrong.send(new GetSessionTokenCommand({}))).rejects.toThrow("signature we calculated does not match");
  await expect(sessionOf({ DurationSeconds: 129_601 })).rejects.toThrow("out of bounds");
});

it("gives a user's keys a federated user's session, if it is told what that may do", async () => {
  const ivy = clientWith(sandbox.iamUsers.ivy);
  const Policy = "{}";
  const { FederatedUser } = await ivy.send(new GetFederationTokenCommand({ Name: "ivy", Policy }));
  expect(FederatedUser?.Arn).toBe("arn:aws:sts::123456789012:federated-user/ivy");
  await expect(ivy.send(new GetFederationTokenCommand({ Name: "ivy" }))).rejects.toThrow("may do nothing");
  await expect(ivy.send(new GetFederationTokenCommand({ Name: "i".repeat(33), Policy }))).rejects.toThrow("constraint");
  const session = await sessionOf({}, "ivy");
  await expect(session.send(new GetFederationTokenCommand({ Name: "ivy", Policy }))).rejects.toThrow("with session credentials");
});
