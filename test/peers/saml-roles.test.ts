/** The roles that a real Keycloak offers by SAML: which one is taken, for how long, and what is listed, on both artefacts. */

import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Artefact, artefacts, run } from "../binary/artefacts.ts";
import { python } from "./install.ts";
import { type AwsClient, withRoles } from "./keycloak-saml.ts";
import { asAlice, pair, passwordOf, principalArn, roleArn, roleNames, roles, type SamlStage, setSamlStage } from "./saml-stage.ts";

const whoAmI = [join(python, "bin/aws"), "sts", "get-caller-identity", "--output", "json"];
const clients: readonly AwsClient[] = [
  { name: "aws", roles },
  { name: "single", roles, single: true },
  { name: "two-hours", roles, sessionDuration: 7200 },
  { name: "china", roles: [pair("developer", "aws-cn")], signIn: "https://signin.amazonaws.cn/saml" },
  { name: "gov", roles: [pair("developer", "aws-us-gov")], signIn: "https://signin.amazonaws-us-gov.com/saml" },
];

let stage: SamlStage;

beforeAll(async () => {
  const person = (username: string, roleOf: RegExp) => ({
    username,
    password: passwordOf(username),
    more: withRoles(clients, (role) => roleOf.test(role)),
  });
  stage = await setSamlStage("saml-roles", clients, [person("solo", /role\/developer,/), person("nora", /nothing/)]);
});

afterAll(() => stage.close());

describe.each(artefacts)("$name", (artefact: Artefact) => {
  afterEach(() => stage.clear());

  test("a role that is not offered is named, and so is a user without any", async () => {
    const env = stage.freshHome();
    const outcome = await run(artefact, ["foreign-role", "true"], { env: asAlice(env) });
    expect(outcome.status).toBe(4);
    expect(outcome.stderr).toContain(`does not offer ${roleArn("admin")} to alice`);
    expect(outcome.stderr).toContain("aws-runas list roles foreign-role");
    const nobody = await run(artefact, ["-U", "nora", "-P", passwordOf("nora"), "anyone", "true"], { env });
    expect(nobody).toMatchObject({ status: 4, stderr: expect.stringContaining("offers no AWS role") });
    expect(stage.sts.take()).toEqual([]);
  });

  test("the only role offered needs no role_arn", async () => {
    const env = stage.freshHome();
    const first = await run(artefact, ["-v", "-P", passwordOf("solo"), "solo", "true"], { env });
    expect(first).toMatchObject({ status: 0, stderr: expect.stringContaining("there is no role_arn: one of the roles that are offered") });
    expect(stage.sts.said("AssumeRoleWithSAML")?.get("RoleArn")).toBe(roleArn("developer"));
    expect(await run(artefact, ["solo", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(stage.cost()).toEqual([[stage.page(), stage.form], ["AssumeRoleWithSAML"]]);
  });

  test("one of several roles is chosen with the arrow keys, and stands first the next time", async () => {
    const env = stage.freshHome();
    const early = await run(artefact, ["any-role", "true"], { env: asAlice(env) });
    expect(early).toMatchObject({ status: 7, stderr: expect.stringMatching(/3 roles are offered[\s\S]*role_arn/) });
    let pane = stage.open(artefact, ["any-role", "true"], env);
    const list = await pane.shows(/Role:[\s\S]*operator/);
    expect(list).toMatch(/Role:\n> \S+role\/auditor\n  \S+role\/developer\n  \S+role\/operator\n/);
    pane.press("Down", "Down");
    await pane.shows(/> \S+role\/operator/);
    pane.press("Enter");
    expect(await pane.shows(/ended with 0/)).toMatch(/^Role: \S+role\/operator$/m);
    expect(stage.sts.said("AssumeRoleWithSAML")?.get("RoleArn")).toBe(roleArn("operator"));
    pane = stage.open(artefact, ["-r", "any-role", "true"], env);
    expect(await pane.shows(/Role:[\s\S]*developer/)).toMatch(/> \S+role\/operator\n  \S+role\/auditor\n  \S+role\/developer\n/);
    pane.press("Enter");
    await pane.shows(/ended with 0/);
    // Without a terminal the choice stands.
    stage.cost();
    expect(await run(artefact, ["-r", "any-role", "true"], { env })).toMatchObject({ status: 0 });
    expect(stage.sts.said("AssumeRoleWithSAML")?.get("RoleArn")).toBe(roleArn("operator"));
  });

  test.each([
    ["China", "china", "cn-north-1", "aws-cn"],
    ["GovCloud", "gov", "us-gov-west-1", "aws-us-gov"],
  ])("roles of %s are understood and assumed", async (_, client, region, partition) => {
    const env = { ...stage.freshHome(), SAML_AUTH_URL: stage.urlOf(client), AWS_REGION: region };
    const outcome = await run(artefact, ["any-role", "true"], { env: asAlice(env) });
    expect(outcome).toMatchObject({ status: 0, stderr: "" });
    const said = stage.sts.said("AssumeRoleWithSAML");
    expect([said?.get("RoleArn"), said?.get("PrincipalArn")]).toEqual(pair("developer", partition).split(","));
  });

  test.each([
    ["one attribute each", "aws"],
    ["a single attribute", "single"],
  ])("list roles shows those of the assertion, in %s", async (_, client) => {
    const env = { ...stage.freshHome(), SAML_AUTH_URL: stage.urlOf(client) };
    const expected = `Available role ARNs for alice\n${roleNames.map((name) => `  ${roleArn(name)}\n`).join("")}`;
    expect(await run(artefact, ["list", "roles", "my-role"], { env: asAlice(env) })).toEqual({ status: 0, stdout: expected, stderr: "" });
    expect(stage.cost()).toEqual([[stage.page(client), stage.form], []]);
    expect(await run(artefact, ["-l", "my-role"], { env })).toEqual({ status: 0, stdout: expected, stderr: "" });
    const { stdout } = await run(artefact, ["list", "roles", "--json", "my-role"], { env });
    expect(JSON.parse(stdout)).toEqual({
      user: "alice",
      roles: roleNames.map((name) => ({ arn: roleArn(name), principal: principalArn() })),
    });
    expect(stage.cost()).toEqual([[], []]);
  });

  test("the assertion's SessionDuration is the most that STS is asked for, and what it cuts is said", async () => {
    const env = { ...stage.freshHome(), SAML_AUTH_URL: stage.urlOf("two-hours") };
    const asked = async (...flags: string[]) => {
      const { status, stderr } = await run(artefact, [...flags, "my-role", "true"], { env: asAlice(env) });
      expect(status).toBe(0);
      return [stage.sts.said("AssumeRoleWithSAML")?.get("DurationSeconds"), stderr];
    };
    expect([await asked(), await asked("-a", "30m")]).toEqual([
      ["3600", ""],
      ["1800", ""],
    ]);
    expect(await asked("-a", "8h")).toEqual([
      "7200",
      expect.stringContaining("lets a session last 7200 seconds, less than the 28800 of the flag -a"),
    ]);
    env.SAML_AUTH_URL = stage.urlOf("aws");
    expect(await asked("-a", "8h")).toEqual(["28800", ""]);
  });

  test("a jump role is assumed by the assertion and the role by the jump role, for the same time", async () => {
    const env = stage.freshHome();
    const outcome = await run(artefact, ["-a", "45m", "jump", ...whoAmI], { env: asAlice(env) });
    expect(outcome).toMatchObject({ status: 0, stderr: "" });
    expect(JSON.parse(outcome.stdout)).toHaveProperty("Arn", "arn:aws:sts::210987654321:assumed-role/target/alice");
    expect(stage.cost()).toEqual([
      [stage.page(), stage.form],
      ["AssumeRoleWithSAML", "AssumeRole", "GetCallerIdentity"],
    ]);
    const calls = ["AssumeRoleWithSAML", "AssumeRole"].map((action) => stage.sts.said(action));
    expect(calls.map((said) => said?.get("DurationSeconds"))).toEqual(["2700", "2700"]);
    expect(calls.map((said) => said?.get("RoleArn"))).toEqual([roleArn("developer"), "arn:aws:iam::210987654321:role/target"]);
    expect(await run(artefact, ["-a", "2h", "jump", "true"], { env })).toMatchObject({
      status: 3,
      stderr: expect.stringContaining("1h that AWS gives a role reached through a jump role"),
    });
    // The jump role's credentials are those of a profile that has it as its role.
    expect(await run(artefact, ["-a", "45m", "my-role", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(stage.cost()).toEqual([[], []]);
  });
});
