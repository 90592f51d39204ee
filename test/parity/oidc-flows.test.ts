/** How the Go tool comes by credentials with OpenID Connect (reference/cli.md, sections 6.4 and 6.5; with all logins what -v says), statement by statement: the same, or different on purpose. */

import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { roleArn } from "../fakes/saml-response.ts";
import { samlStage } from "./kept-assertion.ts";
import { parityWorld } from "./parity-world.ts";

const world = parityWorld();
const { run, callsDuring, editConfig, lastForm, kept, logins } = world;
const noPassword = { env: { WEB_IDENTITY_PASSWORD: "" } };
const nobodyNamed = () => editConfig((text) => text.replace(/^web_identity_username = alice\n/m, ""));
const formOf = (index: number) => Object.fromEntries(new URLSearchParams(world.sandbox.sts.requests[index]?.body));

/** The provider's word for somebody, in ~/token; `text` in its place. */
async function putToken(subject: string, text?: string): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: world.sandbox.provider.issuer, sub: subject, aud: "aws-runas", iat: now, exp: now + 600 };
  const token = text ?? (await world.sandbox.provider.sign(claims));
  writeFileSync(world.home.file("token"), token);
  return token;
}

/** [profile ci], which logs nobody in. */
function addTokenProfile(more = "web_identity_token_file = ~/token\n"): void {
  const own = `region = eu-central-1\nrole_arn = ${roleArn("developer")}\n${more}`;
  editConfig((text) => `${text}\n[profile ci]\n${own}`);
}

describe("6.4 the call", () => {
  test("same: it is not signed, and has duration, role, token and the user's name", async () => {
    await run(["developer", "true"]);
    expect(lastForm()).toMatchObject({
      Action: "AssumeRoleWithWebIdentity",
      DurationSeconds: "3600",
      RoleArn: roleArn("developer"),
      RoleSessionName: "alice",
      WebIdentityToken: expect.stringMatching(/^eyJ/),
    });
    expect(world.sandbox.sts.requests.at(-1)?.headers).not.toHaveProperty("authorization");
  });

  test("different on purpose: role_session_name is used, because it says how the session is to be called", async () => {
    await run(["developer", "true"], { env: { AWS_ROLE_SESSION_NAME: "deploy" } });
    expect(lastForm()).toMatchObject({ RoleSessionName: "deploy" });
  });

  test("different on purpose: the user's name is the token's, not a number, because CloudTrail is read by people", async () => {
    addTokenProfile();
    await putToken("id-of-job-7");
    await run(["ci", "true"]);
    expect(lastForm()).toMatchObject({ RoleSessionName: "id-of-job-7" });
  });
});

describe("6.4 who is asked for what", () => {
  test("same: without a user name, both name and password are asked for", async () => {
    nobodyNamed();
    const answers: [string, string][] = [
      ["ser", "alice"],
      ["assword", world.sandbox.users.alice.password],
    ];
    expect(await run(["developer", "true"], { ...noPassword, answers })).toMatchObject({ status: 0, unasked: [] });
  });

  test("different on purpose: but not where credentials are kept, because nothing would be done with the answers", async () => {
    nobodyNamed();
    expect(await run(["developer", "true"], { answers: [["ser", "alice"]] })).toMatchObject({ status: 0, unasked: [] });
    expect(await run(["developer", "true"], noPassword)).toMatchObject({ status: 0, stderr: "" });
  });
});

describe("6.4 the token", () => {
  test.each(["abc", "no token at all", ""])(
    "different on purpose: `%s` is an error that names the file, because it is none at any length",
    async (text) => {
      addTokenProfile();
      await putToken("", text);
      const { status, stderr } = await run(["ci", "true"]);
      expect({ status, stderr }).toEqual({ status: 4, stderr: expect.stringContaining("web_identity_token_file in [profile ci]") });
      expect(world.sandbox.sts.actions()).toEqual([]);
    },
  );

  test("same: a file is read anew each time that credentials are got, and as it is", async () => {
    addTokenProfile();
    const tokens = [];
    for (const subject of ["id-of-a", "id-of-b"]) {
      tokens.push(await putToken(subject));
      await run(["ci", "true"]);
    }
    expect([formOf(0)["WebIdentityToken"], formOf(1)["WebIdentityToken"]]).toEqual(tokens);
  });

  test("same: a file comes before the provider in one profile", async () => {
    editConfig((text) => text.replace("[profile short]\n", "[profile short]\nweb_identity_token_file = ~/token\n"));
    await putToken("id-of-alice");
    expect(await run(["short", "true"], noPassword)).toMatchObject({ status: 0 });
    expect(world.sandbox.provider.requests).toEqual([]);
  });

  test("same: a kept token comes before the provider, whose next one is kept", async () => {
    await run(["developer", "true"]);
    expect([logins(), kept("token").length]).toEqual([1, 1]);
    const provider = world.sandbox.provider.requests.length;
    expect(await callsDuring(() => run(["short", "true"], noPassword))).toEqual(["AssumeRoleWithWebIdentity"]);
    expect(world.sandbox.provider.requests).toHaveLength(provider);
  });

  test("different on purpose: AWS_WEB_IDENTITY_TOKEN_FILE needs no AWS_ROLE_ARN, because the profile has a role", async () => {
    addTokenProfile("");
    await putToken("id-of-job");
    expect(await run(["ci", "true"], { env: { AWS_WEB_IDENTITY_TOKEN_FILE: world.home.file("token") } })).toMatchObject({ status: 0 });
    expect(lastForm()).toMatchObject({ RoleArn: roleArn("developer") });
  });
});

describe("6.4 a jump role", () => {
  test("same: the token gives the jump role, and that the role, with the external id and under the same name", async () => {
    await run(["partner", "true"]);
    expect(formOf(0)).toMatchObject({ Action: "AssumeRoleWithWebIdentity", RoleArn: roleArn("jump"), RoleSessionName: "alice" });
    expect(formOf(0)).not.toHaveProperty("ExternalId");
    expect(formOf(1)).toMatchObject({
      Action: "AssumeRole",
      RoleArn: roleArn("partner"),
      RoleSessionName: "alice",
      ExternalId: "contract-7",
    });
    for (const name of ["SerialNumber", "TokenCode"]) expect(formOf(1)).not.toHaveProperty(name);
  });

  test("different on purpose: GetCallerIdentity is not asked for the name, because STS has just said it", async () => {
    expect(await callsDuring(() => run(["target", "true"]))).toEqual(["AssumeRoleWithWebIdentity", "AssumeRole"]);
  });

  test("different on purpose: the role has the duration that was asked for, because an hour may be too long", async () => {
    await run(["-a", "20m", "target", "true"]);
    expect([formOf(0)["DurationSeconds"], formOf(1)["DurationSeconds"]]).toEqual(["1200", "1200"]);
  });

  test("different on purpose: more than an hour behind it is an error, because AWS gives no more and a shorter life would surprise", async () => {
    expect(await run(["-a", "2h", "target", "true"])).toMatchObject({ status: 3, stderr: expect.stringContaining("through a jump role") });
    expect(world.sandbox.sts.actions()).toEqual([]);
  });

  test("different on purpose: a session name works on the first run too, because the login does not depend on it", async () => {
    expect(await run(["target", "true"], { env: { AWS_ROLE_SESSION_NAME: "deploy" } })).toMatchObject({ status: 0 });
    expect([formOf(0)["RoleSessionName"], formOf(1)["RoleSessionName"]]).toEqual(["deploy", "deploy"]);
  });
});

describe("6.5 what -v says", () => {
  test.each([
    ["of a session", "ivy", /aws-runas: a session until 20\S+Z\n/],
    ["of a role with IAM", "link-1", /assumed-role\/link-1\/ivy until 20\S+Z\n/],
    ["of a role with OpenID Connect", "developer", /assumed-role\/developer\/alice until 20\S+Z\n/],
  ])("different on purpose: %s who it is and until when, without keys, because logs are pasted", async (_, name, said) => {
    const { stderr, status } = await run(["-v", name, "true"]);
    expect(status).toBe(0);
    expect(stderr).toMatch(said);
    const printed = JSON.parse((await run(["-O", "json", name])).stdout);
    for (const key of ["AccessKeyId", "SecretAccessKey", "SessionToken"]) expect(stderr).not.toContain(printed[key]);
  });

  test("different on purpose: of a role with SAML too, without keys, because logs are pasted", async () => {
    const { get, tools } = await samlStage();
    const { accessKeyId, secretAccessKey, sessionToken } = await get();
    const said = tools.log.lines.join("\n");
    expect(said).toMatch(/debug: arn:aws:sts::123456789012:assumed-role\/dev\/\S* until 20\S+Z/);
    for (const key of [accessKeyId, secretAccessKey.reveal(), sessionToken.reveal()]) expect(said).not.toContain(key);
  });

  test("different on purpose: a run by what is kept says its role and no more, because nothing else is done", async () => {
    await run(["developer", "true"]);
    const { stderr } = await run(["-v", "developer", "true"]);
    expect(stderr).toMatch(/^aws-runas: the role is arn:aws:iam::123456789012:role\/developer, by role_arn in \[profile developer\] .*\n$/);
  });
});
