/** Credentials that the Go tool gets, keeps or hands on wrongly (reference/cli.md, section 9), by its numbers: each is shown not to be shared. */

import { describe, expect, test } from "vitest";
import { assumableRoles } from "../../src/aws/assumable-roles.ts";
import { isUsable } from "../../src/credentials/thresholds.ts";
import { loadFiles } from "../../src/config/files.ts";
import { resolveProfile } from "../../src/config/resolve.ts";
import { getCredentials, renewCredentials } from "../../src/credentials/provider.ts";
import { unattendedProfile, unattendedTools } from "../../src/credentials/unattended.ts";
import { refusal } from "../aws/fake-sts.ts";
import { credentials, testTools } from "../credentials/fixtures.ts";
import { startEndpoint } from "./endpoint.ts";
import { parityWorld } from "./parity-world.ts";

/** alice's. */
const PASSWORD = "wonderland-1865";

const world = parityWorld();
const { run, callsDuring, lastForm, environmentOf, editConfig, code } = world;

describe("9, wrong behaviour: different on purpose", () => {
  test("14: the command gets the region with the endpoint too, because SDKs need one", async () => {
    expect(await environmentOf(["developer"])).toMatchObject({ AWS_REGION: "eu-central-1", AWS_DEFAULT_REGION: "eu-central-1" });
  });

  test.each([[["developer"]], [["-E", "developer"]]])("15: with %j nothing is left that would beat the credentials", async (argv) => {
    const stale = {
      AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/stale",
      AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://127.0.0.1:1/stale",
      AWS_CONTAINER_AUTHORIZATION_TOKEN: "stale",
      AWS_WEB_IDENTITY_TOKEN_FILE: "/stale",
      AWS_ROLE_ARN: "stale",
    };
    const seen = await environmentOf(argv, { env: stale });
    for (const [name, value] of Object.entries(stale)) expect(seen[name]).not.toBe(value);
  });

  test("16: a session name works with a jump role on the first run", async () => {
    const { stderr } = await run(["-w", "target", "true"], { env: { AWS_ROLE_SESSION_NAME: "deploy" } });
    expect(stderr).toContain("assumed-role/target/deploy");
  });

  test("17: -r gets credentials behind a jump role anew from the start of the way, because both steps run out", async () => {
    await run(["target", "true"]);
    const again = await callsDuring(() => run(["-r", "target", "true"], { env: { WEB_IDENTITY_PASSWORD: "" } }));
    expect(again).toEqual(["AssumeRoleWithWebIdentity", "AssumeRole"]);
  });

  test.each(["target", "saml-target"])(
    "17: while a command runs %s is refreshed through both steps, by a login if need be",
    async (name) => {
      const tools = await testTools();
      const env = { ...world.sandbox.environment, WEB_IDENTITY_PASSWORD: PASSWORD, SAML_PASSWORD: PASSWORD };
      const profile = resolveProfile({ name, files: loadFiles({}, world.home.path), env, flags: {} });
      tools.clock.time = Date.now();
      await getCredentials({ profile, refresh: false }, tools);
      for (const kind of ["credentials", "token", "assertion", "session"] as const)
        for (const key of await tools.store.keys(kind)) await tools.store.remove(kind, key);
      const calls = await callsDuring(() => renewCredentials(unattendedProfile(profile), unattendedTools(tools)));
      expect(calls.map((call) => call.replace(/With.*/, ""))).toEqual(["AssumeRole", "AssumeRole"]);
    },
  );

  test("18: the role after a jump role lives as long as was asked for", async () => {
    await run(["-a", "20m", "target", "true"]);
    expect(lastForm()).toMatchObject({ DurationSeconds: "1200" });
  });

  test("19: credentials in their last minutes are not handed out, because a request may be retried for as long", () => {
    const given = credentials("dev");
    expect(isUsable(given, given.expiresAt.getTime() - 299_000)).toBe(false);
    expect(isUsable(given, given.expiresAt.getTime() - 301_000)).toBe(true);
  });

  test("20: a wrong code is asked for again and changes nothing else; a warm run calls nobody", async () => {
    const answers: [string, string][] = [
      ["Code", "000000"],
      ["Code", code()],
    ];
    const calls = await callsDuring(async () => {
      expect((await run(["-w", "guarded", "true"], { answers })).stderr).toContain("guarded/mia");
    });
    expect(calls.filter((call) => call === "GetSessionToken")).toHaveLength(2);
    expect(await callsDuring(() => run(["guarded", "true"]))).toEqual([]);
  });

  test("21: -r drops the session too, and nobody else's", async () => {
    await run(["-o", code(), "guarded", "true"]);
    await run(["link-1", "true"]);
    expect(await callsDuring(() => run(["-r", "link-1", "true"]))).toEqual(["GetSessionToken", "AssumeRole"]);
    expect(await run(["mia", "true"])).toMatchObject({ status: 0 });
  });

  test("22: -s keeps the environment's settings, goes through chains, and is an error where it can do nothing", async () => {
    expect(await environmentOf(["-s", "link-3"], { env: { AWS_REGION: "eu-west-1" } })).toMatchObject({ AWS_REGION: "eu-west-1" });
    expect(await run(["-s", "developer"])).toMatchObject({ status: 3, stderr: expect.stringContaining("no credentials before") });
  });

  test("27: policies of any shape are read, with wildcards and denials", () => {
    const role = (name: string) => `arn:aws:iam::123456789012:role/${name}`;
    const Statement = [
      { Effect: "Allow", Action: "sts:*", Resource: [role("a"), role("b"), { Ref: "no text" }] },
      { Effect: "Deny", Action: "sts:AssumeRole", Resource: role("b") },
    ];
    expect(assumableRoles([{ Statement }]).map(({ arn }) => arn)).toEqual([role("a")]);
  });

  test("27: a call that IAM denies is made once and named, because it would be made for ever", async () => {
    const { body: denial, ...answer } = refusal("AccessDenied", "not allowed", 403)({ form: {}, headers: {} });
    world.sandbox.sts.intercept = ({ body }) => (/Action=List/.test(body) ? new Response(denial, answer) : undefined);
    const { stderr, status } = await run(["-l", "ivy"], { env: { AWS_ENDPOINT_URL_IAM: world.sandbox.sts.origin } });
    const denied = ["ListGroupsForUser", "ListUserPolicies", "ListAttachedUserPolicies"];
    expect(status).toBe(0);
    for (const call of denied) expect(stderr.split(`iam:${call}`)).toHaveLength(2);
    expect(
      world.sandbox.sts
        .actions()
        .filter((action) => action.startsWith("List"))
        .toSorted(),
    ).toEqual(denied.toSorted());
  });

  test("36: asking for another profile's credentials changes nothing for the next request", async () => {
    const { ask, authorization } = await startEndpoint();
    const headers = { authorization };
    const first = await (await ask("/credentials", { headers })).json();
    await ask("/credentials/other", { headers });
    expect(await (await ask("/credentials", { headers })).json()).toEqual(first);
  });

  test("38: TERM sent to aws-runas reaches the command, because it would be left alone", async () => {
    const script = `trap 'exit 9' TERM; kill -TERM ${process.pid}; while :; do sleep 0.1; done`;
    expect(await run(["developer", "sh", "-c", script])).toMatchObject({ status: 9 });
  });

  test("41: a code that was given is used once", async () => {
    const answers: [string, string][] = [["Code", code()]];
    const { status, unasked } = await run(["-o", "000000", "guarded", "true"], { answers });
    expect({ status, unasked }).toEqual({ status: 0, unasked: [] });
    const sent = world.sandbox.sts.requests.filter(({ body }) => body.includes("TokenCode=000000"));
    expect(sent).toHaveLength(1);
  });

  test("42: a warm run asks for no user name, and the session's name is that of the configuration", async () => {
    editConfig((text) => text.replace(/^web_identity_username = alice\n/m, ""));
    const answers: [string, string][] = [["ser", "alice"]];
    const env = { AWS_ROLE_SESSION_NAME: "deploy" };
    expect((await run(["-w", "developer", "true"], { env, answers })).stderr).toContain("developer/deploy");
    expect(await run(["developer", "true"], { env: { ...env, WEB_IDENTITY_PASSWORD: "" } })).toMatchObject({ status: 0, stderr: "" });
  });
});
