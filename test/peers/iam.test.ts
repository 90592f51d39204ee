/** IAM users, groups, policies and MFA devices at moto, on both artefacts. (moto takes any code: wrong ones are test/binary/iam.test.ts's.) */

import {
  AddUserToGroupCommand,
  AttachGroupPolicyCommand,
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreateUserCommand,
  CreateVirtualMFADeviceCommand,
  EnableMFADeviceCommand,
  IAMClient,
  PutGroupPolicyCommand,
  PutUserPolicyCommand,
} from "@aws-sdk/client-iam";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { artefacts, makeHome, run } from "../binary/artefacts.ts";

const USER = "peer-user";
const GROUP = "peer-group";
const COUNT = 100;
const roleArn = (name: string) => `arn:aws:iam::123456789012:role/${name}`;

let keys: { id: string; secret: string };
let serial: string;

/** 300 policies: a third inline, a third attached to the user, a third attached to the group. */
beforeAll(async () => {
  const client = new IAMClient({
    region: "us-east-1",
    endpoint: inject("motoUrl"),
    credentials: { accessKeyId: "AKIAADMIN", secretAccessKey: "admin" },
  });
  await client.send(new CreateUserCommand({ UserName: USER }));
  await client.send(new CreateGroupCommand({ GroupName: GROUP }));
  await client.send(new AddUserToGroupCommand({ UserName: USER, GroupName: GROUP }));
  for (let index = 0; index < COUNT; index++) await addPolicies(client, index);
  const extra = { Effect: "Allow", Action: "sts:*", Resource: ["arn:aws:iam::*:role/team-*"] };
  const denial = { Effect: "Deny", Action: "*", Resource: roleArn("inline-7") };
  await client.send(new PutGroupPolicyCommand({ GroupName: GROUP, PolicyName: "extra", PolicyDocument: policy(extra, denial) }));
  const { AccessKey } = await client.send(new CreateAccessKeyCommand({ UserName: USER }));
  keys = { id: AccessKey?.AccessKeyId ?? "", secret: AccessKey?.SecretAccessKey ?? "" };
  const device = await client.send(new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: USER }));
  serial = device.VirtualMFADevice?.SerialNumber ?? "";
  const codes = { AuthenticationCode1: "234567", AuthenticationCode2: "987654" };
  await client.send(new EnableMFADeviceCommand({ UserName: USER, SerialNumber: serial, ...codes }));
  client.destroy();
});

async function addPolicies(client: IAMClient, index: number): Promise<void> {
  const allow = (name: string) => policy({ Effect: "Allow", Action: "sts:AssumeRole", Resource: roleArn(name) });
  await client.send(new PutUserPolicyCommand({ UserName: USER, PolicyName: `inline-${index}`, PolicyDocument: allow(`inline-${index}`) }));
  const create = async (name: string) =>
    (await client.send(new CreatePolicyCommand({ PolicyName: name, PolicyDocument: allow(name) }))).Policy?.Arn ?? "";
  await client.send(new AttachUserPolicyCommand({ UserName: USER, PolicyArn: await create(`own-${index}`) }));
  await client.send(new AttachGroupPolicyCommand({ GroupName: GROUP, PolicyArn: await create(`shared-${index}`) }));
}

function policy(...statements: object[]): string {
  return JSON.stringify({ Version: "2012-10-17", Statement: statements });
}

describe.each(artefacts)("$name", (artefact) => {
  let home: ReturnType<typeof makeHome>;
  beforeAll(() => {
    home = makeHome(
      `[default]
region = eu-central-1
[profile one]
source_profile = user
role_arn = ${roleArn("one")}
[profile two]
source_profile = one
role_arn = ${roleArn("two")}
[profile three]
source_profile = two
role_arn = ${roleArn("three")}
role_session_name = third
[profile mfa]
source_profile = user
mfa_serial = ${serial}
role_arn = ${roleArn("guarded")}
`,
      `[user]\naws_access_key_id = ${keys.id}\naws_secret_access_key = ${keys.secret}\n`,
    );
  });
  afterAll(() => home.remove());

  const runas = (...words: string[]) => run(artefact, words, { env: { HOME: home.path, AWS_ENDPOINT_URL: inject("motoUrl") } });

  test("a session and a role are got from a user's keys", async () => {
    expect(JSON.parse((await runas("-O", "json", "user")).stdout)).toMatchObject({ SessionToken: expect.any(String) });
    expect(await runas("-w", "one", "true")).toMatchObject({ status: 0, stderr: expect.stringContaining("assumed-role/one/") });
  });

  test("a chain of three ends at its last role", async () => {
    expect(await runas("-w", "three", "true")).toMatchObject({ status: 0, stderr: expect.stringContaining("assumed-role/three/third") });
  });

  test("a role behind MFA needs a code, and then none for as long as the session lasts", async () => {
    expect(await runas("mfa", "true")).toMatchObject({ status: 7 });
    expect(await runas("-o", "123456", "mfa", "true")).toMatchObject({ status: 0 });
    expect(await runas("mfa", "true")).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("list roles finds those of 300 policies, patterns marked and denied ones left out", async () => {
    const { status, stdout } = await runas("list", "roles", "--json", "one");
    expect(status).toBe(0);
    const { user, roles, denied } = JSON.parse(stdout);
    expect([user, roles.length, denied]).toEqual([USER, 3 * COUNT, []]);
    expect(roles).toContainEqual({ arn: "arn:aws:iam::*:role/team-*", pattern: true, limited: false });
    expect(roles).toContainEqual({ arn: roleArn("shared-99"), pattern: false, limited: false });
    expect(roles).not.toContainEqual(expect.objectContaining({ arn: roleArn("inline-7") }));
    expect((await runas("-l", "user")).stdout).toContain(`Available role ARNs for ${USER}\n  arn:aws:iam::*:role/team-* (a pattern)\n`);
  });

  test("list mfa finds the device", async () => {
    expect(await runas("list", "mfa", "user")).toEqual({ status: 0, stdout: `${serial}\n`, stderr: "" });
    expect(JSON.parse((await runas("-m", "user", "--json")).stdout)).toMatchObject({ user: USER, devices: [{ serial }] });
  });
});
