/** The library as programs use it: by a client of the AWS SDK, many at once, and beside the program's own runs. */

import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { type AwsRunasProvider, ConfigError, fromAwsRunas, LoginError, RunasError, UsageError } from "../../src/library/index.ts";
import { runas } from "../flows/test-world.ts";
import { costOf, envFor, homeFor } from "./fixtures.ts";

let sandbox: Sandbox;
beforeAll(async () => (sandbox = await startSandbox()));
afterAll(() => sandbox.stop());

const password = () => ({ WEB_IDENTITY_PASSWORD: sandbox.users.alice.password });

function clientWith(credentials: AwsRunasProvider): STSClient {
  return new STSClient({ region: "eu-central-1", endpoint: sandbox.sts.origin, credentials });
}

describe("a client of the SDK", () => {
  test("calls AWS as the profile's role, and asks for credentials once", async () => {
    const cost = costOf(sandbox);
    let asked = 0;
    const provider = fromAwsRunas({ profile: "developer", env: envFor(sandbox, homeFor(sandbox), password()) });
    const client = clientWith(() => {
      asked += 1;
      return provider();
    });
    const { Arn } = await client.send(new GetCallerIdentityCommand({}));
    await client.send(new GetCallerIdentityCommand({}));
    expect(Arn).toBe("arn:aws:sts::123456789012:assumed-role/developer/alice");
    expect(asked).toBe(1);
    expect(cost()).toEqual({ logins: 1, sts: ["AssumeRoleWithWebIdentity", "GetCallerIdentity", "GetCallerIdentity"] });
  });

  test("gets our errors as they are, with their codes", async () => {
    const env = envFor(sandbox, homeFor(sandbox), { WEB_IDENTITY_PASSWORD: "wrong" });
    const error: unknown = await clientWith(fromAwsRunas({ profile: "developer", env }))
      .send(new GetCallerIdentityCommand({}))
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(LoginError);
    expect(error).toMatchObject({ name: "LoginError", code: "credentials-refused" });
    expect(JSON.stringify(error) + String(error)).not.toContain('wrong"');
  });
});

describe("what it gives", () => {
  test("is what the SDK needs to sign, to know the account, and to ask again in time", async () => {
    const identity = await fromAwsRunas({ profile: "developer", env: envFor(sandbox, homeFor(sandbox), password()) })();
    expect(Object.keys(identity).toSorted()).toEqual(["accessKeyId", "accountId", "expiration", "secretAccessKey", "sessionToken"]);
    expect(identity.accountId).toBe("123456789012");
    expect(identity.expiration.getTime() - Date.now()).toBeGreaterThan(3_500_000);
  });

  test("has no account where there is no role", async () => {
    const identity = await fromAwsRunas({ profile: "ivy", env: envFor(sandbox, homeFor(sandbox)) })();
    expect(Object.keys(identity).toSorted()).toEqual(["accessKeyId", "expiration", "secretAccessKey", "sessionToken"]);
  });

  test("is AWS_PROFILE's where no profile is named; without both it says how to name one", async () => {
    const home = homeFor(sandbox);
    const env = envFor(sandbox, home, { ...password(), AWS_PROFILE: "developer" });
    expect((await fromAwsRunas({ env })()).accountId).toBe("123456789012");
    const error: unknown = await fromAwsRunas({ env: envFor(sandbox, home) })().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({ code: "usage", hint: expect.stringContaining("fromAwsRunas({ profile })") });
  });
});

describe("many at once", () => {
  test("of one provider make one login and one call", async () => {
    const cost = costOf(sandbox);
    const provider = fromAwsRunas({ profile: "developer", env: envFor(sandbox, homeFor(sandbox), password()) });
    const all = await Promise.all(Array.from({ length: 50 }, () => provider()));
    expect(new Set(all.map(({ accessKeyId }) => accessKeyId)).size).toBe(1);
    expect(cost()).toEqual({ logins: 1, sts: ["AssumeRoleWithWebIdentity"] });
  });

  test("providers make one login and one call too", async () => {
    const cost = costOf(sandbox);
    const env = envFor(sandbox, homeFor(sandbox), password());
    const all = await Promise.all(Array.from({ length: 50 }, () => fromAwsRunas({ profile: "developer", env })()));
    expect(new Set(all.map(({ accessKeyId }) => accessKeyId)).size).toBe(1);
    expect(cost()).toEqual({ logins: 1, sts: ["AssumeRoleWithWebIdentity"] });
  });

  test("providers with one signal warn of nothing", async () => {
    const warnings: string[] = [];
    const note = ({ name }: Error) => void warnings.push(name);
    process.on("warning", note);
    const env = envFor(sandbox, homeFor(sandbox), password());
    const { signal } = new AbortController();
    const providers = Array.from({ length: 30 }, () => fromAwsRunas({ profile: "developer", env, signal }));
    await Promise.all(providers.flatMap((provider) => Array.from({ length: 15 }, () => provider())));
    process.off("warning", note);
    expect(warnings.filter((name) => name.includes("Listener"))).toEqual([]);
  });

  test("profiles of one login have credentials of their own", async () => {
    const cost = costOf(sandbox);
    const env = envFor(sandbox, homeFor(sandbox), password());
    const [one, other] = await Promise.all(["developer", "short"].map((profile) => fromAwsRunas({ profile, env })()));
    expect(one?.accessKeyId).not.toBe(other?.accessKeyId);
    expect(cost().logins).toBe(1);
  });
});

describe("beside the program", () => {
  test("asks nobody where aws-runas has logged in, and gives the same credentials", async () => {
    const path = homeFor(sandbox);
    const env = envFor(sandbox, path);
    const home = { path, file: (name: string) => `${path}/${name}`, [Symbol.dispose]: () => {} };
    const printed = await runas(["-O", "json", "developer"], { home, env: { ...env, ...password() } });
    const cost = costOf(sandbox);
    const { accessKeyId } = await fromAwsRunas({ profile: "developer", env })();
    expect(accessKeyId).toBe((JSON.parse(printed.stdout) as { AccessKeyId: string }).AccessKeyId);
    expect(cost()).toEqual({ logins: 0, sts: [] });
  });

  test("and the program finds what the library got", async () => {
    const path = homeFor(sandbox);
    const env = envFor(sandbox, path);
    const { accessKeyId } = await fromAwsRunas({ profile: "developer", env: { ...env, ...password() } })();
    const home = { path, file: (name: string) => `${path}/${name}`, [Symbol.dispose]: () => {} };
    expect((await runas(["-O", "json", "developer"], { home, env })).stdout).toContain(accessKeyId);
  });

  test("refresh drops what is kept, once", async () => {
    const env = envFor(sandbox, homeFor(sandbox), password());
    const first = await fromAwsRunas({ profile: "developer", env })();
    const cost = costOf(sandbox);
    const anew = fromAwsRunas({ profile: "developer", env, refresh: true });
    const second = await anew();
    expect(second.accessKeyId).not.toBe(first.accessKeyId);
    expect((await anew()).accessKeyId).toBe(second.accessKeyId);
    expect(cost().sts).toEqual(["AssumeRoleWithWebIdentity"]);
  });

  test("an environment of the wrapped command is the user's again", async () => {
    const home = homeFor(sandbox);
    const inner = { AWS_REGION: "mars-north-1", AWSRUNAS_OUTER: JSON.stringify({ AWS_REGION: ["mars-north-1", null] }) };
    const lines: string[] = [];
    const env = envFor(sandbox, home, { ...password(), ...inner });
    await fromAwsRunas({ profile: "developer", env, logger: { debug: (line) => void lines.push(line) } })();
    expect(lines.join("\n")).not.toContain("mars");
  });
});

describe("errors", () => {
  test("of the configuration name file and section, and are seen anew once they are mended", async () => {
    const home = homeFor(sandbox, "[profile x]\nregion = eu-central-1\n");
    const provider = fromAwsRunas({ profile: "nix", env: envFor(sandbox, home) });
    const error: unknown = await provider().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toBeInstanceOf(RunasError);
    expect(error).toMatchObject({ code: "profile-not-found", exitStatus: 3 });
  });

  test("a store that the environment does not know is one, and so is a runtime that checks no certificates", async () => {
    const env = envFor(sandbox, homeFor(sandbox), { AWSRUNAS_STORE: "shelf" });
    await expect(fromAwsRunas({ profile: "developer", env })()).rejects.toMatchObject({ code: "config-value" });
    process.env["NODE_TLS_REJECT_UNAUTHORIZED"] = "0";
    try {
      const trusting = fromAwsRunas({ profile: "developer", env: envFor(sandbox, homeFor(sandbox)) })();
      await expect(trusting).rejects.toThrow("turns off the check of every server's certificate");
    } finally {
      delete process.env["NODE_TLS_REJECT_UNAUTHORIZED"];
    }
  });

  test("the logger is told what is odd about a profile", async () => {
    const config = `${sandbox.configText}\n[profile odd]\nsource_profile = developer\nrole_arn = arn:aws:iam::123456789012:role/short\nweb_identity_usernam = x\n`;
    const warnings: string[] = [];
    const env = envFor(sandbox, homeFor(sandbox, config), password());
    await fromAwsRunas({ profile: "odd", env, logger: { warn: (line) => void warnings.push(line) } })();
    expect(warnings.join("\n")).toContain("web_identity_usernam");
  });
});
