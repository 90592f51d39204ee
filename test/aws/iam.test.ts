/** What IAM is asked about a user, page by page, and what is made of a call that it denies. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Iam, openIam } from "../../src/aws/iam.ts";
import type { IamLogin } from "../../src/config/profile.ts";
import { Secret } from "../../src/secret.ts";
import { type FakeSts, refusal, startFakeSts, type StsAnswer, type StsRequest } from "./fake-sts.ts";
import { setting, testProfile } from "./fixtures.ts";

let server: FakeSts;
let iam: Iam;

beforeEach(async () => {
  server = await startFakeSts();
  const keys = { accessKeyId: "AKIA1", secretAccessKey: new Secret("s3cret"), sessionToken: undefined };
  const base: IamLogin["base"] = { kind: "keys", accessKeyId: setting("AKIA1"), secretAccessKey: setting(new Secret("s3cret")) };
  const login: IamLogin = {
    kind: "iam",
    base,
    hops: [],
    warnings: [],
    partition: "aws",
    sessionSeconds: setting(43_200),
    iamEndpoint: setting(server.endpoint),
  };
  iam = openIam({ ...testProfile(), login }, { env: {}, clock: { now: () => Date.now(), sleep: async () => {} }, keys });
});
afterEach(async () => {
  iam.close();
  await server.finish();
});

const denied = refusal("AccessDenied", "User is not authorized", 403);
const members = (...items: string[]) => items.map((item) => `<member>${item}</member>`).join("");

/** Checks that it is this call, and answers it. */
function on(action: string, result: string): (request: StsRequest) => StsAnswer {
  return ({ form }) => {
    expect(form["Action"]).toBe(action);
    const body = `<${action}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><${action}Result>${result}</${action}Result></${action}Response>`;
    return { status: 200, body };
  };
}

const policy = { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Resource: "*" }] };
const encoded = encodeURIComponent(JSON.stringify(policy));

describe("a user's policies", () => {
  test("are the user's and the groups', inline and attached, in the version in force, each once", async () => {
    const arn = "arn:aws:iam::123456789012:policy/p";
    const attached = `<AttachedPolicies>${members(`<PolicyArn>${arn}</PolicyArn><PolicyName>p</PolicyName>`)}</AttachedPolicies>`;
    server.plan(
      on("ListGroupsForUser", `<Groups>${members("<GroupName>g</GroupName>")}</Groups><IsTruncated>false</IsTruncated>`),
      on("ListUserPolicies", `<PolicyNames>${members("one")}</PolicyNames><IsTruncated>true</IsTruncated><Marker>more</Marker>`),
      on("ListUserPolicies", `<PolicyNames>${members("two")}</PolicyNames><IsTruncated>false</IsTruncated>`),
      ...["one", "two"].map(() => on("GetUserPolicy", `<PolicyDocument>${encoded}</PolicyDocument>`)),
      on("ListGroupPolicies", `<PolicyNames>${members("three")}</PolicyNames><IsTruncated>false</IsTruncated>`),
      on("GetGroupPolicy", "<PolicyDocument>no JSON</PolicyDocument>"),
      on("ListAttachedUserPolicies", attached),
      on("ListAttachedGroupPolicies", attached),
      on("GetPolicy", "<Policy><DefaultVersionId>v7</DefaultVersionId></Policy>"),
      on("GetPolicyVersion", `<PolicyVersion><Document>${encoded}</Document></PolicyVersion>`),
    );
    expect(await iam.listPolicies("alice")).toEqual({ documents: [policy, policy, undefined, policy], denied: [] });
    expect(server.requests.map(({ form }) => form["Marker"]).filter(Boolean)).toEqual(["more"]);
    expect(server.requests.at(-1)?.form).toMatchObject({ VersionId: "v7" });
    expect(server.requests[0]?.headers.authorization).toContain("/us-east-1/iam/aws4_request");
  });

  test("are told as far as IAM allows: a call that it denies is named once and not made again", async () => {
    server.plan(
      denied,
      on("ListUserPolicies", `<PolicyNames>${members("one")}</PolicyNames>`),
      denied,
      on(
        "ListAttachedUserPolicies",
        `<AttachedPolicies>${members(...["a", "b", "c", "d", "e", "f"].map((id) => `<PolicyArn>${`arn:aws:iam::1:policy/${id}`}</PolicyArn>`))}</AttachedPolicies>`,
      ),
      ...[...Array(5)].map(() => denied),
    );
    expect(await iam.listPolicies("alice")).toEqual({ documents: [], denied: ["GetPolicy", "GetUserPolicy", "ListGroupsForUser"] });
  });

  test("that cannot be had for another reason are an error of IAM's", async () => {
    server.plan(refusal("InvalidClientTokenId", "The security token included in the request is invalid.", 403));
    await expect(iam.listPolicies("alice")).rejects.toMatchObject({
      code: "aws-refused",
      message: "IAM refuses ListGroupsForUser: The security token included in the request is invalid (InvalidClientTokenId)",
    });
  });
});

test("MFA devices are listed over all pages; a denial is an error", async () => {
  const device = (serial: string) => `<SerialNumber>${serial}</SerialNumber><EnableDate>2026-01-02T03:04:05Z</EnableDate>`;
  server.plan(
    on("ListMFADevices", `<MFADevices>${members(device("a1"))}</MFADevices><IsTruncated>true</IsTruncated><Marker>m</Marker>`),
    on("ListMFADevices", `<MFADevices>${members(device("a2"))}</MFADevices>`),
    denied,
  );
  const enabledAt = new Date("2026-01-02T03:04:05Z");
  expect(await iam.listMfaDevices("alice")).toEqual([
    { serialNumber: "a1", enabledAt },
    { serialNumber: "a2", enabledAt },
  ]);
  await expect(iam.listMfaDevices("alice")).rejects.toMatchObject({ awsCode: "AccessDenied" });
});
