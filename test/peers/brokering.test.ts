/** Logins at one realm of a real Keycloak through another one behind it, and through organizations, on both artefacts. */

import { afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { Totp } from "../../sandbox/totp.ts";
import { type Artefact, artefacts, makeHome, type Outcome, run } from "../binary/artefacts.ts";
import { administer, createRealm, type KeycloakUser } from "./keycloak.ts";
import { broker } from "./keycloak-realms.ts";
import { openPane, type Pane } from "./tmux.ts";

const keycloak = { url: inject("keycloakUrl") };
const secret = "12345678901234567890";
const passwordOf = (username: string) => `${username}'s password`;
const user = (username: string, parts: Partial<KeycloakUser> = {}): KeycloakUser => ({
  username,
  password: passwordOf(username),
  ...parts,
});
const each = (name: string, parts: Partial<KeycloakUser> = {}) => artefacts.map((_, index) => user(`${name}${index}`, parts));

beforeAll(async () => {
  await createRealm(keycloak, "staff", [
    ...each("bob"),
    ...each("bo", { totp: secret }),
    ...each("max"),
    ...each("rita"),
    ...each("dup"),
    ...each("lea"),
    ...each("nora", { requiredActions: ["UPDATE_PASSWORD"] }),
    ...artefacts.map((_, index) => user(`mia${index}`, { more: { email: `mia${index}@acme.example` } })),
  ]);
  await createRealm(keycloak, "front", [user("local"), ...each("dup")]);
  await broker(keycloak, "front", "staff", ["bee", "cee"]);

  // Without a redirector in its flow kc_idp_hint does nothing: the link on the page is what is left.
  await createRealm(keycloak, "links", []);
  await broker(keycloak, "links", "staff", ["bee"]);
  await setRequirement("links", "browser", "identity-provider-redirector", "DISABLED");

  await createRealm(keycloak, "default-idp", []);
  await broker(keycloak, "default-idp", "staff", ["bee"]);
  await configureRedirector("default-idp", "bee");

  await createRealm(keycloak, "review", []);
  await broker(keycloak, "review", "staff", ["bee"]);
  await configureReview("review", "on");

  await createRealm(keycloak, "guild", [user("olga"), user("otto")], { organizationsEnabled: true });
  await broker(keycloak, "guild", "staff", ["bee"]);
  await makeOrganizations("guild", ["acme", "beta"], ["olga"]);
});

describe.each(artefacts)("$name", (artefact: Artefact) => {
  const number = artefacts.indexOf(artefact);
  let home: ReturnType<typeof makeHome> | undefined;
  let pane: Pane | undefined;
  afterEach(() => {
    pane?.close();
    home?.remove();
    pane = home = undefined;
  });

  function envAt(realm: string, extra: string): Record<string, string> {
    home ??= makeHome(`[profile any]
region = us-east-1
role_arn = arn:aws:iam::123456789012:role/developer
web_identity_auth_url = ${keycloak.url}/realms/${realm}
web_identity_client_id = aws-runas
web_identity_redirect_uri = app:/callback
${extra}
`);
    return { HOME: home.path, AWS_ENDPOINT_URL_STS: inject("motoUrl") };
  }

  const logIn = (realm: string, username: string, extra: string, ...flags: string[]): Promise<Outcome> =>
    run(artefact, ["-U", username, "-P", passwordOf(username), ...flags, "any", "true"], { env: envAt(realm, extra) });

  const bee = "web_identity_idp_hint = bee";

  test("the hint leads to the provider behind, and a new user comes back with a token", async () => {
    expect(await logIn("front", `bob${number}`, bee)).toMatchObject({ status: 0, stderr: "" });
  });

  test("a second factor there is answered", async () => {
    expect(await logIn("front", `bo${number}`, bee, "-o", new Totp(secret).code())).toMatchObject({ status: 0, stderr: "" });
  });

  test("a wrong password there is named with the realm that refuses it, and tried once", async () => {
    const outcome = await run(artefact, ["-U", `bob${number}`, "-P", "wrong", "any", "true"], { env: envAt("front", bee) });
    expect(outcome.status).toBe(4);
    expect(outcome.stderr).toContain(`${new URL(keycloak.url).host}/realms/staff refuses the user name or password: Invalid username`);
  });

  test("without the hint the login is at the realm itself", async () => {
    expect(await logIn("front", "local", "")).toMatchObject({ status: 0, stderr: "" });
  });

  test("another hint is another login: neither session nor credentials of the first serve it", async () => {
    expect(await logIn("front", `lea${number}`, bee)).toMatchObject({ status: 0 });
    const again = { ...envAt("front", bee), WEB_IDENTITY_IDP_HINT: "cee" };
    const outcome = await run(artefact, ["-U", `lea${number}`, "any", "true"], { env: again });
    expect(outcome.status).toBe(7);
    expect(outcome.stderr).toContain("/realms/staff asks for a password");
  });

  test("an alias that the realm does not know is named, and no password is posted to the realm", async () => {
    const outcome = await logIn("front", `bob${number}`, "web_identity_idp_hint = nope");
    expect(outcome.status).toBe(4);
    expect(outcome.stderr).toContain('offers no identity provider "nope", only bee, cee');
  });

  test("where the realm does not redirect for the hint, the link on its page is followed", async () => {
    expect(await logIn("links", `max${number}`, bee)).toMatchObject({ status: 0, stderr: "" });
  });

  test("a realm that redirects by itself needs no hint", async () => {
    expect(await logIn("default-idp", `max${number}`, "")).toMatchObject({ status: 0, stderr: "" });
  });

  test("a profile to be reviewed is confirmed as it stands", async () => {
    expect(await logIn("review", `rita${number}`, bee)).toMatchObject({ status: 0, stderr: "" });
  });

  test("a profile that the realm does not accept is named, in Keycloak's words", async () => {
    const outcome = await run(artefact, ["-U", "any@acme.example", "-P", passwordOf(`max${number}`), "any", "true"], {
      env: envAt("guild", `federated_username = max${number}`),
    });
    expect(outcome.status).toBe(4);
    expect(outcome.stderr).toMatch(/asks for the user's profile to be completed \(.*domain.*\)/);
  });

  test("accounts to be linked are the person's to link", async () => {
    const outcome = await logIn("front", `dup${number}`, bee);
    expect(outcome.status).toBe(4);
    expect(outcome.stderr).toContain("asks for a decision: an account of this name exists already");
    expect(outcome.stderr).toContain(`open ${keycloak.url}/realms/front/account in a browser`);
  });

  test("a required action at the provider behind is named with its address", async () => {
    const outcome = await logIn("front", `nora${number}`, bee);
    expect(outcome.status).toBe(4);
    expect(outcome.stderr).toContain("/realms/staff asks for a new password (UPDATE_PASSWORD)");
    expect(outcome.stderr).toContain(`open ${keycloak.url}/realms/staff/login-actions/required-action`);
  });

  test("an organization's domain leads to its provider, where another name is given", async () => {
    const outcome = await run(artefact, ["-U", `mia${number}@acme.example`, "-P", passwordOf(`mia${number}`), "any", "true"], {
      env: envAt("guild", `federated_username = mia${number}`),
    });
    expect(outcome).toMatchObject({ status: 0, stderr: "" });
  });

  test("members without such a domain give name and password on two pages", async () => {
    expect(await logIn("guild", "otto", "")).toMatchObject({ status: 0, stderr: "" });
  });

  test("which of several organizations is named by the scope, asked at the terminal, or said to be needed", async () => {
    expect(await logIn("guild", "olga", "web_identity_scopes = organization:beta")).toMatchObject({ status: 0, stderr: "" });
    home?.remove();
    home = undefined;
    const open = await logIn("guild", "olga", "web_identity_scopes = organization");
    expect(open.status).toBe(7);
    expect(open.stderr).toMatch(/choose one of (Acme, Beta|Beta, Acme),[\s\S]*add organization:ALIAS to web_identity_scopes, with one of/);
    const env = { ...envAt("guild", ""), WEB_IDENTITY_PASSWORD: passwordOf("olga"), PATH: process.env["PATH"] ?? "" };
    pane = openPane(`${artefact.command.join(" ")} -U olga any true`, env);
    await pane.shows(/Organization[\s\S]*(Acme[\s\S]*Beta|Beta[\s\S]*Acme)/);
    pane.press("Down", "Enter");
    await pane.shows(/ended with 0/);
  });
});

interface Execution {
  readonly id: string;
  readonly providerId?: string;
  readonly authenticationConfig?: string;
}

async function executionOf(realm: string, flow: string, provider: string): Promise<Execution> {
  const executions = (await administer(keycloak, "GET", `/${realm}/authentication/flows/${flow}/executions`)) as Execution[];
  const found = executions.find(({ providerId }) => providerId === provider);
  if (found === undefined) throw new Error(`no ${provider} in ${flow}`);
  return found;
}

async function setRequirement(realm: string, flow: string, provider: string, requirement: string): Promise<void> {
  const execution = await executionOf(realm, flow, provider);
  await administer(keycloak, "PUT", `/${realm}/authentication/flows/${flow}/executions`, { ...execution, requirement });
}

async function configureRedirector(realm: string, alias: string): Promise<void> {
  const { id } = await executionOf(realm, "browser", "identity-provider-redirector");
  const config = { alias: "redirect", config: { defaultProvider: alias } };
  await administer(keycloak, "POST", `/${realm}/authentication/executions/${id}/config`, config);
}

async function configureReview(realm: string, when: string): Promise<void> {
  const { authenticationConfig } = await executionOf(realm, "first%20broker%20login", "idp-review-profile");
  const path = `/${realm}/authentication/config/${authenticationConfig}`;
  const config = await administer(keycloak, "GET", path);
  await administer(keycloak, "PUT", path, { ...(config as object), config: { "update.profile.on.first.login": when } });
}

/** The first one's domain leads to the realm's identity provider "bee". */
async function makeOrganizations(realm: string, aliases: readonly string[], members: readonly string[]): Promise<void> {
  for (const alias of aliases) {
    const name = alias[0]?.toUpperCase() + alias.slice(1);
    await administer(keycloak, "POST", `/${realm}/organizations`, { name, alias, domains: [{ name: `${alias}.example`, verified: true }] });
  }
  const organizations = (await administer(keycloak, "GET", `/${realm}/organizations`)) as { id: string; alias: string }[];
  for (const username of members) {
    const [member] = (await administer(keycloak, "GET", `/${realm}/users?exact=true&username=${username}`)) as { id: string }[];
    for (const { id } of organizations) await administer(keycloak, "POST", `/${realm}/organizations/${id}/members`, member?.id);
  }
  const first = organizations.find(({ alias }) => alias === aliases[0]);
  await administer(keycloak, "POST", `/${realm}/organizations/${first?.id}/identity-providers`, "bee");
  const path = `/${realm}/identity-provider/instances/bee`;
  const provider = (await administer(keycloak, "GET", path)) as { config: object };
  const config = { ...provider.config, "kc.org.domain": `${aliases[0]}.example`, "kc.org.broker.redirect.mode.email-matches": "true" };
  await administer(keycloak, "PUT", path, { ...provider, config });
}
