/** SAML at one realm of a real Keycloak through another one behind it, by SAML as well, and clients that are not as they should be, on both artefacts. */

import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Totp } from "../../sandbox/totp.ts";
import { type Artefact, artefacts, run } from "../binary/artefacts.ts";
import { administer, createRealm } from "./keycloak.ts";
import { broker } from "./keycloak-realms.ts";
import { type AwsClient, brokerBySaml, clientId, encryptAssertions, withRoles } from "./keycloak-saml.ts";
import { asAlice, pair, passwordOf, roleArn, roles, type SamlStage, setSamlStage } from "./saml-stage.ts";

const secret = "12345678901234567890";
const sealed = { name: "sealed", roles };
const aws = { name: "aws", roles };
const clients: readonly AwsClient[] = [aws, sealed];
const hint = "saml_idp_hint = bee";

let stage: SamlStage;

beforeAll(async () => {
  const names = artefacts.flatMap((_, index) => [`bob${index}`, `bo${index}`]);
  const linked = names.map((username) => ({
    username,
    password: "another one",
    more: { ...withRoles(clients, () => true), federatedIdentities: [{ identityProvider: "bee", userId: username, userName: username }] },
  }));
  stage = await setSamlStage("saml-front", clients, linked);
  const staff = names.map((username) => ({
    username,
    password: passwordOf(username),
    ...(username.startsWith("bob") ? {} : { totp: secret }),
  }));
  const reached = { url: stage.provider.url };
  const newcomers = artefacts.map((_, index) => `new${index}`).map((username) => ({ username, password: passwordOf(username) }));
  await createRealm(reached, "saml-staff", [...staff, ...newcomers]);
  await brokerBySaml(reached, "saml-front", "saml-staff", "bee");
  await broker(reached, "saml-front", "saml-staff", ["cee"]);
  await administer(reached, "POST", "/saml-front/identity-provider/instances/cee/mappers", {
    name: "developers",
    identityProviderAlias: "cee",
    identityProviderMapper: "oidc-hardcoded-role-idp-mapper",
    config: { syncMode: "INHERIT", role: `${clientId(aws)}.${pair("developer")}` },
  });
  await encryptAssertions(reached, "saml-front", sealed);
});

afterAll(() => stage.close());

describe.each(artefacts)("$name", (artefact: Artefact) => {
  const number = artefacts.indexOf(artefact);
  afterEach(() => stage.clear());

  const logIn = (username: string, env: Record<string, string>, ...flags: string[]) =>
    run(artefact, ["-U", username, "-P", passwordOf(username), ...flags, "anyone", "true"], { env });

  test("the hint leads to the provider behind: its response is sent on, and the realm's taken", async () => {
    const env = stage.freshHome(hint);
    expect(await logIn(`bob${number}`, env)).toMatchObject({ status: 0, stderr: "" });
    expect(stage.cost()).toEqual([
      [
        stage.page(),
        "GET /realms/saml-front/broker/bee/login",
        "POST /realms/saml-staff/protocol/saml",
        "GET /realms/saml-staff/login-actions/authenticate",
        "POST /realms/saml-staff/login-actions/authenticate",
        "POST /realms/saml-front/broker/bee/endpoint",
      ],
      ["AssumeRoleWithSAML"],
    ]);
    expect(await run(artefact, ["-r", "-U", `bob${number}`, "anyone", "true"], { env })).toMatchObject({ status: 0, stderr: "" });
    expect(stage.cost()).toEqual([[stage.page()], ["AssumeRoleWithSAML"]]);
  });

  test("a second factor there is answered, and a wrong password named with the realm that refuses it", async () => {
    const env = stage.freshHome(hint);
    const refused = await run(artefact, ["-U", `bo${number}`, "-P", "wrong", "anyone", "true"], { env });
    expect(refused.status).toBe(4);
    expect(refused.stderr).toContain("/realms/saml-staff refuses the user name or password: Invalid username");
    expect(await logIn(`bo${number}`, env, "-o", new Totp(secret).code())).toMatchObject({ status: 0, stderr: "" });
  });

  test("behind the realm may be OpenID Connect, and a new user comes back with what the realm gives them", async () => {
    const env = stage.freshHome("saml_idp_hint = cee");
    expect(await logIn(`new${number}`, env)).toMatchObject({ status: 0, stderr: "" });
    expect(stage.sts.said("AssumeRoleWithSAML")?.get("RoleArn")).toBe(roleArn("developer"));
  });

  test("an alias that the realm does not know is named, and no password is posted to the realm", async () => {
    const outcome = await run(artefact, ["my-role", "true"], { env: asAlice(stage.freshHome("saml_idp_hint = nope")) });
    expect(outcome.status).toBe(4);
    expect(outcome.stderr).toContain('offers no identity provider "nope", only bee, cee');
    expect(stage.cost()).toEqual([[stage.page()], []]);
  });

  test("a client that is not there is named in Keycloak's words", async () => {
    const outcome = await run(artefact, ["-S", stage.urlOf("nothing"), "my-role", "true"], { env: asAlice(stage.freshHome()) });
    expect(outcome.status).toBe(4);
    expect(outcome.stderr).toMatch(/answers 400: Client not found[\s\S]*hint: check .*-S/);
  });

  test("an assertion that only AWS can read is said to be one", async () => {
    const outcome = await run(artefact, ["-S", stage.urlOf("sealed"), "my-role", "true"], { env: asAlice(stage.freshHome()) });
    expect(outcome).toMatchObject({
      status: 4,
      stderr: expect.stringContaining("is encrypted, and only AWS can read which roles it offers"),
    });
    expect(stage.sts.take()).toEqual([]);
    expect(outcome.stderr).not.toContain(roleArn("developer"));
  });
});
