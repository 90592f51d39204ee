import { describe, expect, it } from "vitest";
import { hostOf, ownRegistry, readRegistry, registryOfHost } from "../../src/aws/registries.ts";
import { readToken } from "../../src/aws/ecr.ts";

const defaults = { partition: "aws", account: "123456789012", region: "eu-west-1" };

describe("a registry's name", () => {
  it.each([
    ["210987654321", "210987654321.dkr.ecr.eu-west-1.amazonaws.com", "eu-west-1"],
    ["210987654321.dkr.ecr.us-east-1.amazonaws.com", "210987654321.dkr.ecr.us-east-1.amazonaws.com", "us-east-1"],
    ["https://210987654321.dkr.ecr.cn-north-1.amazonaws.com.cn/v2/", "210987654321.dkr.ecr.cn-north-1.amazonaws.com.cn", "cn-north-1"],
    [
      "210987654321.dkr.ecr-fips.us-gov-west-1.amazonaws.com/app:v1",
      "210987654321.dkr.ecr-fips.us-gov-west-1.amazonaws.com",
      "us-gov-west-1",
    ],
    ["210987654321.dkr-ecr.eu-central-1.on.aws", "210987654321.dkr-ecr.eu-central-1.on.aws", "eu-central-1"],
    ["210987654321.dkr.ecr.eusc-de-east-1.amazonaws.eu", "210987654321.dkr.ecr.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"],
  ])("%s is %s", (word, host, region) => {
    expect(readRegistry(word, defaults)).toMatchObject({ kind: "private", host, region });
  });

  it("may be public, ECR's registry for everybody", () => {
    expect(readRegistry("public", defaults)).toEqual({ kind: "public", host: "public.ecr.aws" });
    expect(registryOfHost(hostOf("public.ecr.aws/x/y:z"))).toEqual({ kind: "public", host: "public.ecr.aws" });
    expect(registryOfHost(hostOf("HTTPS://ecr-public.aws.com/v2/"))).toEqual({ kind: "public", host: "ecr-public.aws.com" });
  });

  it.each([
    "docker.io",
    "foo.amazonaws.com",
    "123.dkr.ecr.eu-west-1.amazonaws.com",
    "210987654321.dkr.ecr.eu-west-1.amazonaws.com.evil.example",
  ])("%s is refused", (word) => {
    expect(() => readRegistry(word, defaults)).toThrow("no ECR registry");
  });

  it("is made for the role's own account in its partition", () => {
    expect(ownRegistry({ ...defaults, partition: "aws-cn", region: "cn-north-1" }).host).toBe(
      "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
    );
  });
});

describe("an authorization token", () => {
  it("may hold a colon in its password", () => {
    const login = readToken(Buffer.from("AWS:pass:word").toString("base64"));
    expect([login?.username, login?.password.reveal()]).toEqual(["AWS", "pass:word"]);
  });

  it.each(["AWS", ":x", "AWS:"])("%s is none", (text) => {
    expect(readToken(Buffer.from(text).toString("base64"))).toBeUndefined();
  });
});
