/** SAML's settings by all their names, in the order in which they win; what excludes what; what a value must look like. */

import { describe, expect, it } from "vitest";
import type { FlagName } from "../../src/config/attributes.ts";
import { describeOrigin } from "../../src/config/origin.ts";
import type { Profile, SamlLogin, Setting } from "../../src/config/profile.ts";
import { Secret } from "../../src/secret.ts";
import { failureOf, resolveAny, ROLE, type Setup } from "./files-of.ts";

type SamlProfile = Profile & { readonly login: SamlLogin };

function resolve(setup: Setup): SamlProfile {
  const profile = resolveAny("dev", setup);
  const { login } = profile;
  if (login.kind !== "saml") throw new Error(`it logs in by a ${login.kind}`);
  return { ...profile, login };
}

const URL = "saml_auth_url = https://idp.example.com/app\n";
const DEV = "[profile dev]\n";

interface Row {
  readonly read: (login: SamlLogin) => Setting<unknown> | undefined;
  readonly flag?: FlagName;
  /** The strongest first. */
  readonly variables: readonly string[];
  readonly keys: readonly string[];
  readonly values: readonly string[];
}

const words = ["aa", "bb", "cc", "dd", "ee"];
const reveal = (setting: Setting<Secret> | undefined) => setting && { ...setting, value: setting.value.reveal() };

const rows: Readonly<Record<string, Row>> = {
  "the URL": {
    read: ({ authUrl }) => authUrl,
    flag: "samlUrl",
    variables: ["SAML_AUTH_URL"],
    keys: ["saml_auth_url"],
    values: ["https://a", "https://b", "https://c", "https://d"],
  },
  "the user name": {
    read: ({ username }) => username,
    flag: "username",
    variables: ["SAML_USERNAME", "RUNAS_USERNAME"],
    keys: ["saml_username"],
    values: words,
  },
  "the password": {
    read: ({ password }) => reveal(password),
    flag: "password",
    variables: ["SAML_PASSWORD", "RUNAS_PASSWORD"],
    keys: [],
    values: words,
  },
  "the provider": {
    read: ({ provider }) => provider,
    flag: "provider",
    variables: ["SAML_PROVIDER", "RUNAS_PROVIDER"],
    keys: ["saml_provider"],
    values: words,
  },
  "the entity id": {
    read: ({ entityId }) => entityId,
    flag: "samlEntityId",
    variables: ["SAML_ENTITYID"],
    keys: ["saml_auth_entityid"],
    values: words,
  },
  "the entity id by its documented names": {
    read: ({ entityId }) => entityId,
    variables: ["SAML_ENTITY_ID"],
    keys: ["saml_entity_id"],
    values: words,
  },
  "the browser": {
    read: ({ browser }) => browser,
    variables: ["AUTH_BROWSER"],
    keys: ["auth_browser"],
    values: ["chrome", "msedge", "chromium"],
  },
  "the tree": { read: ({ authService }) => authService, variables: ["SAML_AUTH_SERVICE"], keys: ["saml_auth_service"], values: words },
  "the provider behind": { read: ({ idpHint }) => idpHint, variables: ["SAML_IDP_HINT"], keys: ["saml_idp_hint"], values: words },
  "the API's client": {
    read: ({ apiClientId }) => apiClientId,
    variables: ["SAML_API_CLIENT_ID"],
    keys: ["saml_api_client_id"],
    values: words,
  },
  "the API's secret": {
    read: ({ apiClientSecret }) => reveal(apiClientSecret),
    variables: ["SAML_API_CLIENT_SECRET"],
    keys: ["saml_api_client_secret"],
    values: words,
  },
  "the user name there": {
    read: ({ federatedUsername }) => federatedUsername,
    variables: ["FEDERATED_USERNAME"],
    keys: ["federated_username"],
    values: words,
  },
  "the kind of second factor": {
    read: ({ mfaType }) => mfaType,
    flag: "mfaType",
    variables: ["MFA_TYPE"],
    keys: ["mfa_type"],
    values: ["auto", "code", "push", "sms"],
  },
  "the one-time code": { read: ({ mfaCode }) => reveal(mfaCode), flag: "otp", variables: ["MFA_CODE"], keys: [], values: words },
};

describe.each(Object.entries(rows))("%s", (_, row) => {
  const fallback = row.values.at(-1) ?? "";
  const names = [...(row.flag === undefined ? [] : [row.flag]), ...row.variables, ...row.keys];

  it.each(names.map((name, index) => [name, index] as const))("from %s beats all that follow", (name, index) => {
    const given = new Map(names.map((each, rank) => [each, rank < index ? "" : (row.values[rank] ?? "")]));
    const found = row.read(resolve(setupOf(row, given, fallback)).login);
    expect(found?.value).toBe(row.values[index]);
    expect(describeOrigin(found?.origin ?? { layer: "built-in" })).toContain(name === row.flag ? "the flag --given" : name);
  });

  it("comes from [default] where nothing nearer has it", () => {
    expect(row.read(resolve(setupOf(row, new Map(), fallback)).login)?.value).toBe(row.keys.length === 0 ? undefined : fallback);
  });
});

function setupOf({ flag, variables, keys }: Row, given: ReadonlyMap<string, string>, fallback: string): Setup {
  const line = (key: string, value: string) => (value === "" ? "" : `${key} = ${value}\n`);
  const url = keys.includes("saml_auth_url") ? "" : URL;
  return {
    config: `[default]\n${keys.map((key) => line(key, fallback)).join("")}${DEV}${url}${keys.map((key) => line(key, given.get(key) ?? "")).join("")}`,
    env: Object.fromEntries(variables.map((variable) => [variable, given.get(variable)])),
    flags: flag === undefined ? {} : { [flag]: { flag: "--given", value: given.get(flag) ?? "" } },
  };
}

describe("a setting", () => {
  it("is never fed by OpenID Connect's names, but for those that both have", () => {
    const env = {
      WEB_IDENTITY_USERNAME: "a",
      WEB_USERNAME: "a",
      WEB_IDENTITY_PASSWORD: "b",
      WEB_PASSWORD: "b",
      WEB_IDENTITY_PROVIDER: "c",
    };
    const config = `${DEV}${URL}web_identity_username = a\nweb_identity_provider = c\n`;
    expect(resolve({ config, env }).login).toEqual(resolve({ config: `${DEV}${URL}` }).login);
  });

  it("that is a password stands in no configuration file", () => {
    expect(resolve({ config: `${DEV}${URL}saml_password = x\n` }).login.password).toBeUndefined();
  });

  it("that is secret does not show when it is printed", () => {
    const { login } = resolve({
      config: `${DEV}${URL}`,
      env: { SAML_PASSWORD: "hunter2", MFA_CODE: "123456", SAML_API_CLIENT_SECRET: "s3cret" },
    });
    expect(JSON.stringify(login)).not.toMatch(/hunter2|123456|s3cret/);
  });

  it("is in lower case where case means nothing", () => {
    const { login } = resolve({ config: `${DEV}${URL}saml_provider = BrowserNE\nauth_browser = MSEdge\n` });
    expect(login).toMatchObject({ provider: { value: "browserne" }, browser: { value: "msedge" } });
  });

  it("may list origins that are trusted", () => {
    const { login } = resolve({ config: `${DEV}${URL}saml_trusted_origins = https://a.example.com, https://b.example.com:8443/x\n` });
    expect(login.trustedOrigins).toEqual(["https://a.example.com", "https://b.example.com:8443"]);
  });

  it.each([
    ["saml_auth_url", "idp.example.com/app"],
    ["auth_browser", "firefox"],
    ["mfa_type", "totally"],
    ["role_arn", "developer"],
    ["jump_role_arn", "developer"],
  ])("%s = %s is an error that names its place", (key, value) => {
    const url = key === "saml_auth_url" ? "" : URL;
    expect(failureOf(() => resolve({ config: `${DEV}${url}${key} = ${value}\n` }))).toMatchObject({
      code: "config-value",
      message: expect.stringMatching(`^${key} in \\[profile dev\\] \\(~/.aws/config, line \\d\\) is "`),
      hint: expect.stringMatching(/^expected: ./),
    });
  });

  it("may not have two values under two names in one layer", () => {
    const config = `${DEV}${URL}saml_auth_entityid = a\nsaml_entity_id = b\n`;
    expect(failureOf(() => resolve({ config }))).toMatchObject({ code: "config-conflict" });
    expect(failureOf(() => resolve({ config: `${DEV}${URL}`, env: { SAML_ENTITYID: "a", SAML_ENTITY_ID: "b" } }))).toMatchObject({
      code: "config-conflict",
    });
  });

  it("that is mistyped is named, with the one that it looks like", () => {
    const { warnings } = resolve({ config: `${DEV}${URL}saml_usernam = a\n` });
    expect(warnings).toEqual([expect.stringMatching(/^saml_usernam in \[profile dev\] .* is not used.*; did you mean saml_username\?$/)]);
  });
});

describe("both protocols' URLs", () => {
  const oidc = `web_identity_auth_url = https://id.example.com\nweb_identity_client_id = aws\nrole_arn = ${ROLE}\n`;

  it.each([
    ["in one profile", { config: `${DEV}${URL}${oidc}` }],
    ["in [default] and the profile", { config: `[default]\n${URL}${DEV}${oidc}` }],
    ["in a variable and the profile", { config: `${DEV}${oidc}`, env: { SAML_AUTH_URL: "https://idp.example.com" } }],
    ["in a flag and the profile", { config: `${DEV}${URL}`, flags: { webUrl: { flag: "-W", value: "https://id.example.com" } } }],
  ])("%s exclude each other", (_, setup) => {
    expect(failureOf(() => resolve(setup))).toMatchObject({
      code: "config-conflict",
      message: expect.stringMatching(/ and .* exclude each other$/),
      hint: "a profile logs in with OIDC or with SAML: keep one of them",
    });
  });
});

describe("the role", () => {
  it("may be left to the assertion, but not behind a jump role", () => {
    expect(resolve({ config: `${DEV}${URL}` }).roleArn).toBeUndefined();
    expect(failureOf(() => resolve({ config: `${DEV}${URL}jump_role_arn = ${ROLE}\n` }))).toMatchObject({
      code: "config-missing",
      message: 'profile "dev" has no role_arn',
    });
  });
});

describe("durations", () => {
  const behindJump = (duration: string) => `${URL}role_arn = ${ROLE}\njump_role_arn = ${ROLE}\n${duration}`;

  it("of a role behind a jump role may be an hour at most: more is an error that names both", () => {
    expect(resolve({ config: `${DEV}${behindJump("credentials_duration = 1h\n")}` }).durationSeconds.value).toBe(3600);
    expect(failureOf(() => resolve({ config: `${DEV}${behindJump("credentials_duration = 2h\n")}` }))).toMatchObject({
      code: "config-value",
      message: expect.stringContaining("more than the 1h that AWS gives a role reached through a jump role"),
      hint: expect.stringContaining("jump_role_arn in [profile dev]"),
    });
  });

  it("that were inherited are cut to it, with a warning", () => {
    const { durationSeconds, warnings } = resolve({ config: `[default]\ncredentials_duration = 8h\n${DEV}${behindJump("")}` });
    expect(durationSeconds.value).toBe(3600);
    expect(warnings).toEqual([expect.stringMatching(/: using 1h$/)]);
  });

  it("without a jump role go up to twelve hours", () => {
    expect(resolve({ config: `${DEV}${URL}credentials_duration = 12h\n` }).durationSeconds.value).toBe(43_200);
  });

  it("of IAM's sessions mean nothing here, and that is said", () => {
    const { warnings } = resolve({ config: `${DEV}${URL}session_token_duration = 8h\n` });
    expect(warnings).toEqual([expect.stringContaining("has no effect with OIDC and SAML")]);
  });
});

describe("what is of no use without a jump role", () => {
  const LINES = ["external_id = contract-7", "role_session_name = deploy", "mfa_serial = arn:aws:iam::1:mfa/me"];

  it("is named where the profile says it, and none of it where it was inherited or is a variable", () => {
    const own = resolve({ config: `${DEV}${URL}${LINES.join("\n")}\n` }).warnings;
    expect(own.map((warning) => warning.split(" ")[0]).toSorted()).toEqual(["external_id", "mfa_serial", "role_session_name"]);
    for (const warning of own) expect(warning).toContain("has no effect");
    const env = { AWS_ROLE_SESSION_NAME: "deploy", EXTERNAL_ID: "contract-7" };
    expect(resolve({ config: `[default]\n${LINES.join("\n")}\n${DEV}${URL}`, env }).warnings).toEqual([]);
  });

  it("is of use with one, but for IAM's device", () => {
    const { warnings } = resolve({ config: `${DEV}${URL}role_arn = ${ROLE}\njump_role_arn = ${ROLE}\n${LINES.join("\n")}\n` });
    expect(warnings).toEqual([expect.stringMatching(/^mfa_serial .* has no effect with OIDC and SAML/)]);
  });
});

describe("what a session is to carry", () => {
  it("may be policies; tags and a source identity are an error that says why", () => {
    expect(resolve({ config: `${DEV}${URL}session_policy = {"Version":"2012-10-17"}\n` }).terms?.policy?.value).toBe(
      '{"Version":"2012-10-17"}',
    );
    for (const line of ["session_tags = a=b\n", "source_identity = jo\n"]) {
      expect(failureOf(() => resolve({ config: `${DEV}${URL}${line}` }))).toMatchObject({
        code: "config-conflict",
        message: expect.stringContaining("AssumeRoleWithSAML takes no tags and no source identity"),
        hint: expect.stringContaining("attributes of the assertion"),
      });
    }
  });

  it("behind a jump role may be all of it", () => {
    const config = `${DEV}${URL}role_arn = ${ROLE}\njump_role_arn = ${ROLE}\nsession_tags = a=b\n`;
    expect(resolve({ config }).terms?.tags?.value).toEqual(["a=b"]);
  });
});
