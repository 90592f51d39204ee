/** Every setting by all its names, in the order in which they win; what may not be said twice; what a value must look like. */

import { describe, expect, it } from "vitest";
import { describeOrigin } from "../../src/config/origin.ts";
import type { Setting } from "../../src/config/profile.ts";
import type { FlagName } from "../../src/config/attributes.ts";
import { Secret } from "../../src/secret.ts";
import { ROLE, failureOf, type OidcProfile, resolve, resolveAny } from "./files-of.ts";

interface Row {
  readonly read: (profile: OidcProfile) => Setting<unknown> | undefined;
  /** The strongest first: a flag's name, variables, keys of the config file. */
  readonly flag?: FlagName;
  readonly variables: readonly string[];
  readonly keys: readonly string[];
  /** More different values than there are names; the last is for [default]. */
  readonly values: readonly string[];
}

const urls = ["https://a", "https://b", "https://c", "https://d", "https://e"];
const uris = ["app:/a", "app:/b", "app:/c", "app:/d", "app:/e", "app:/f"];
const words = ["aa", "bb", "cc", "dd", "ee", "ff"];
const arns = ["a", "b", "c", "d"].map((name) => `arn:aws:iam::123456789012:role/${name}`);

const rows: Readonly<Record<string, Row>> = {
  "the provider's URL": {
    read: ({ login }) => login.authUrl,
    flag: "webUrl",
    variables: ["WEB_IDENTITY_AUTH_URL", "WEB_AUTH_URL"],
    keys: ["web_identity_auth_url"],
    values: urls,
  },
  "the client id": {
    read: ({ login }) => login.clientId,
    flag: "webClient",
    variables: ["WEB_IDENTITY_CLIENT_ID", "WEB_CLIENT_ID"],
    keys: ["web_identity_client_id"],
    values: words,
  },
  "the redirect URI": {
    read: ({ login }) => login.redirectUri,
    flag: "webRedirect",
    variables: ["WEB_IDENTITY_REDIRECT_URI", "WEB_REDIRECT_URI"],
    keys: ["web_identity_redirect_uri"],
    values: uris,
  },
  "the redirect URI by its other name": {
    read: ({ login }) => login.redirectUri,
    variables: [],
    keys: ["web_identity_callback_uri"],
    values: uris,
  },
  "the user name": {
    read: ({ login }) => login.username,
    flag: "username",
    variables: ["WEB_IDENTITY_USERNAME", "WEB_USERNAME", "RUNAS_USERNAME"],
    keys: ["web_identity_username"],
    values: words,
  },
  "the password": {
    read: ({ login }) => login.password && { ...login.password, value: login.password.value.reveal() },
    flag: "password",
    variables: ["WEB_IDENTITY_PASSWORD", "WEB_PASSWORD", "RUNAS_PASSWORD"],
    keys: [],
    values: words,
  },
  "the provider": {
    read: ({ login }) => login.provider,
    flag: "provider",
    variables: ["WEB_IDENTITY_PROVIDER", "WEB_PROVIDER", "RUNAS_PROVIDER"],
    keys: ["web_identity_provider"],
    values: words,
  },
  "the flow": {
    read: ({ login }) => login.flow,
    variables: ["WEB_IDENTITY_FLOW"],
    keys: ["web_identity_flow"],
    values: ["form", "browser", "device"],
  },
  "the kind of second factor": {
    read: ({ login }) => login.mfaType,
    flag: "mfaType",
    variables: ["MFA_TYPE"],
    keys: ["mfa_type"],
    values: ["auto", "code", "push", "sms"],
  },
  "the API's client": {
    read: ({ login }) => login.apiClientId,
    variables: ["WEB_IDENTITY_API_CLIENT_ID"],
    keys: ["web_identity_api_client_id"],
    values: words,
  },
  "the API's secret": {
    read: ({ login }) => login.apiClientSecret && { ...login.apiClientSecret, value: login.apiClientSecret.value.reveal() },
    variables: ["WEB_IDENTITY_API_CLIENT_SECRET"],
    keys: ["web_identity_api_client_secret"],
    values: words,
  },
  "the one-time code": {
    read: ({ login }) => login.mfaCode && { ...login.mfaCode, value: login.mfaCode.value.reveal() },
    flag: "otp",
    variables: ["MFA_CODE"],
    keys: [],
    values: words,
  },
  "the role": { read: ({ roleArn }) => roleArn, variables: [], keys: ["role_arn"], values: arns },
  "the jump role": {
    read: ({ jumpRoleArn }) => jumpRoleArn,
    flag: "jumpRole",
    variables: ["JUMP_ROLE_ARN"],
    keys: ["jump_role_arn"],
    values: arns,
  },
  "the session's name": {
    read: ({ roleSessionName }) => roleSessionName,
    variables: ["AWS_ROLE_SESSION_NAME"],
    keys: ["role_session_name"],
    values: words,
  },
  "the external id": {
    read: ({ externalId }) => externalId,
    flag: "externalId",
    variables: ["EXTERNAL_ID"],
    keys: ["external_id"],
    values: words,
  },
  "the region": {
    read: ({ region }) => region,
    variables: ["AWS_REGION", "AWS_DEFAULT_REGION"],
    keys: ["region"],
    values: ["eu-west-1", "eu-west-2", "eu-west-3", "us-east-1"],
  },
  "STS's endpoint": {
    read: ({ sts }) => sts.endpoint,
    variables: ["AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"],
    keys: ["endpoint_url"],
    values: urls,
  },
};

describe.each(Object.entries(rows))("%s", (_, row) => {
  const fallback = row.values.at(-1) ?? "";
  const names = [...(row.flag === undefined ? [] : [row.flag]), ...row.variables, ...row.keys];

  it.each(names.map((name, index) => [name, index] as const))("from %s beats all that follow", (name, index) => {
    const given = new Map(names.map((each, rank) => [each, rank < index ? "" : (row.values[rank] ?? "")]));
    const found = row.read(resolve("dev", setup(row, given, fallback)));
    expect(found?.value).toBe(row.values[index]);
    expect(describeOrigin(found?.origin ?? { layer: "built-in" })).toContain(name === row.flag ? "the flag --given" : name);
  });

  it("comes from [default] where nothing nearer has it", () => {
    const nothing = new Map(names.map((name) => [name, ""]));
    const found = row.read(resolve("dev", setup(row, nothing, fallback)));
    expect(found?.value).toBe(row.keys.length === 0 ? undefined : fallback);
  });
});

describe("a setting", () => {
  it("is never fed by SAML's names", () => {
    const names = ["USERNAME", "PASSWORD", "PROVIDER", "ENTITY_ID", "ENTITYID"];
    const env = Object.fromEntries(names.map((name) => [`SAML_${name}`, "saml"]));
    const config = `${required()}saml_username = saml\nsaml_provider = saml\n`;
    expect(resolve("dev", { config, env }).login).toEqual(resolve("dev", { config: required() }).login);
  });

  it("in the config file is no password and no code", () => {
    const { login } = resolve("dev", { config: `${required()}web_identity_password = x\nmfa_code = 123456\n` });
    expect([login.password, login.mfaCode]).toEqual([undefined, undefined]);
  });

  it("that is secret does not show when it is printed", () => {
    const { login } = resolve("dev", { config: required(), env: { WEB_PASSWORD: "hunter2", MFA_CODE: "123456" } });
    expect(login.password?.value).toBeInstanceOf(Secret);
    expect(JSON.stringify(login)).not.toMatch(/hunter2|123456/);
  });

  it.each([
    ["in the profile", { config: `${required()}web_identity_redirect_uri = app:/a\nweb_identity_callback_uri = app:/b\n` }],
    ["in [default]", { config: `[default]\nweb_identity_redirect_uri = app:/a\nweb_identity_callback_uri = app:/b\n${required()}` }],
    [
      "across the two files",
      { config: `${required()}web_identity_redirect_uri = app:/a\n`, credentials: "[dev]\nweb_identity_callback_uri = app:/b\n" },
    ],
  ])("may not have two values under two names %s", (_, files) => {
    expect(failureOf(() => resolve("dev", files))).toMatchObject({
      code: "config-conflict",
      message: expect.stringMatching(/^web_identity_redirect_uri in .+ and web_identity_callback_uri in .+ say different things$/),
    });
  });

  it("may have one value under two names, and different ones in different layers", () => {
    const both = `${required()}web_identity_redirect_uri = app:/a\nweb_identity_callback_uri = app:/a\n`;
    expect(resolve("dev", { config: both }).login.redirectUri?.value).toBe("app:/a");
    const layered = `[default]\nweb_identity_redirect_uri = app:/a\n${required()}web_identity_callback_uri = app:/b\n`;
    expect(resolve("dev", { config: layered }).login.redirectUri?.value).toBe("app:/b");
  });

  it("is in lower case where case means nothing", () => {
    const config = `${required()}web_identity_provider = KeyCloak\nmfa_type = Push\nweb_identity_flow = Form\n`;
    expect(resolve("dev", { config }).login).toMatchObject({
      provider: { value: "keycloak" },
      mfaType: { value: "push" },
      flow: { value: "form" },
    });
  });

  it.each("auto none code otp totp push sms email call question duo recovery webauthn".split(" "))(
    "that is mfa_type = %s is right",
    (type) => {
      expect(resolve("dev", { config: `${required()}mfa_type = ${type}\n` }).login.mfaType?.value).toBe(type);
    },
  );

  it.each([
    ["role_arn", "arn:aws:iam::123456789012:user/x"],
    ["role_arn", "arn:aws:iam::1234:role/x"],
    ["role_arn", "arn:aws:iam::123456789012:role/"],
    ["role_arn", "arn:gcp:iam::123456789012:role/x"],
    ["jump_role_arn", "developer"],
    ["web_identity_auth_url", "ldap://id.example.com"],
    ["web_identity_auth_url", "id.example.com"],
    ["web_identity_auth_url", "https://"],
    ["web_identity_auth_url", "https://id example.com"],
    ["web_identity_redirect_uri", "/callback"],
    ["web_identity_flow", "magic"],
    ["mfa_type", "totally"],
    ["region", "eu west"],
    ["region", "evil.example.com/x"],
    ["role_session_name", "a"],
    ["role_session_name", "jane doe"],
    ["external_id", "a b"],
    ["endpoint_url", "sts.example.com"],
    ["use_fips_endpoint", "yes"],
    ["ignore_configured_endpoint_urls", "1"],
  ])("%s = %s is an error that names its place", (key, value) => {
    const failure = failureOf(() => resolve("dev", { config: `${required(key)}${key} = ${value}\n` }));
    expect(failure).toEqual({
      code: "config-value",
      message: expect.stringMatching(`^${key} in \\[profile dev\\] \\(~/.aws/config, line \\d\\) is "`),
      hint: expect.stringMatching(/^expected: ./),
    });
    expect(failure.message).toContain(`"${value}"`);
  });

  it("that is a URL is not shown with its query, which may hold a secret", () => {
    const config = `${required("web_identity_auth_url")}web_identity_auth_url = id.example.com/oidc/2?token=c2VjcmV0\n`;
    const { message } = failureOf(() => resolve("dev", { config }));
    expect(message).toBe('web_identity_auth_url in [profile dev] (~/.aws/config, line 4) is "id.example.com/oidc/2?…"');
  });

  it("that is a URL is not shown with its user and password", () => {
    const config = `${required("web_identity_auth_url")}web_identity_auth_url = htps://user:p@ss@id.example.com/oidc\n`;
    const { message } = failureOf(() => resolve("dev", { config }));
    expect(message).toBe('web_identity_auth_url in [profile dev] (~/.aws/config, line 4) is "htps://…@id.example.com/oidc"');
  });

  it.each(["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc"])(
    "role_arn may be in the partition %s",
    (partition) => {
      const arn = `arn:${partition}:iam::123456789012:role/some/path/Name_+=,.@-1`;
      expect(resolve("dev", { config: `${required("role_arn")}role_arn = ${arn}\n` }).roleArn.value).toBe(arn);
    },
  );
});

describe("a profile that cannot log in", () => {
  it.each([
    ["web_identity_auth_url", "WEB_IDENTITY_AUTH_URL"],
    ["web_identity_client_id", "WEB_IDENTITY_CLIENT_ID"],
    ["role_arn", undefined],
  ])("for want of %s is told what to add and where", (key, variable) => {
    expect(failureOf(() => resolve("dev", { config: required(key) }))).toEqual({
      code: "config-missing",
      message: `profile "dev" has no ${key}`,
      hint: `add \`${key} = …\` to [profile dev] in ~/.aws/config${variable === undefined ? "" : `, or set ${variable}`}`,
    });
  });

  it.each([
    ["web_identity_auth_url", "web_identity_auth_ur"],
    ["web_identity_client_id", "web_identity_clientid"],
  ])("because %s is mistyped is told where", (key, typed) => {
    expect(failureOf(() => resolve("dev", { config: `${required(key)}${typed} = x\n` }))).toMatchObject({
      code: "config-missing",
      message: expect.stringMatching(`^profile "dev" has no ${key}: ${typed} in \\[profile dev\\] .* is another name$`),
    });
    const alone = `[profile dev]\nrole_arn = ${ROLE}\nweb_identity_auth_ur = x\n`;
    expect(failureOf(() => resolve("dev", { config: alone }))).toMatchObject({ code: "config-missing" });
  });

  it("for having both URLs is told where they are", () => {
    const config = `[default]\nsaml_auth_url = https://idp.example.com\n${required()}`;
    expect(failureOf(() => resolve("dev", { config }))).toMatchObject({
      code: "config-conflict",
      message:
        "web_identity_auth_url in [profile dev] (~/.aws/config, line 4) and saml_auth_url in [default] (~/.aws/config, line 2) exclude each other",
    });
  });
});

describe("a mistyped attribute", () => {
  it("is named, with the one that it looks like, wherever the profile inherits it from", () => {
    const config = `[default]\nweb_identity_scope = email\n${required()}web_identity_x = 1\nother_tool = x\n`;
    expect(resolve("dev", { config }).warnings).toEqual([
      expect.stringMatching(/^web_identity_x in \[profile dev\] \(~\/.aws\/config, line \d+\) is not used: no attribute has this name$/),
      expect.stringMatching(/^web_identity_scope in \[default\] \(~\/.aws\/config, line 2\) .*; did you mean web_identity_scopes\?$/),
    ]);
  });

  it("of a profile that has no part in it is let alone", () => {
    const config = `${required()}[profile other]\nweb_identity_scope = email\n`;
    expect(resolve("dev", { config }).warnings).toEqual([]);
  });
});

describe("a value in quotes", () => {
  it("is warned of where the quotes count, but for a command's words", () => {
    const config = `[default]\nweb_identity_scopes = 'email'\n${required()}web_identity_client_secret = "a" "b"\n`;
    const credentials = `[dev]\nweb_identity_username = "bob\n`;
    expect(resolve("dev", { config, credentials }).warnings.filter((warning) => warning.includes("quotes"))).toEqual([
      expect.stringContaining("web_identity_client_secret in [profile dev]"),
      "web_identity_scopes in [default] (~/.aws/config, line 2) is in quotes, which count: leave them out",
    ]);
    const byCommand = `[profile t]\nrole_arn = ${ROLE}\nweb_identity_token_command = "get token" "now"\n`;
    expect(resolveAny("t", { config: byCommand }).warnings).toEqual([]);
  });

  it("that is refused has a hint", () => {
    expect(failureOf(() => resolve("dev", { config: `${required()}region = "eu-west-1"\n` })).hint).toMatch(
      /^leave out the quotes, .* a region/,
    );
  });
});

describe("the client's secret", () => {
  const SECRET = "web_identity_client_secret = s3cret\n";

  it("is read from the profile's section of the credentials file", () => {
    const { login, warnings } = resolve("dev", { config: required(), credentials: `[dev]\n${SECRET}` });
    expect(login.clientSecret?.value.reveal()).toBe("s3cret");
    expect(warnings).toEqual([]);
  });

  it.each([
    ["[profile dev] (~/.aws/config, line 5)", "[dev]", `${required()}${SECRET}`],
    ["[default] (~/.aws/config, line 2)", "[default]", `[default]\n${SECRET}${required()}`],
  ])("in %s is taken, with the advice to move it to %s", (place, better, config) => {
    const { login, warnings } = resolve("dev", { config });
    expect(login.clientSecret?.value.reveal()).toBe("s3cret");
    expect(warnings).toEqual([`web_identity_client_secret in ${place} is a secret: move it to ${better} in ~/.aws/credentials`]);
  });

  it("in the environment is nobody's business", () => {
    const { warnings } = resolve("dev", { config: required(), env: { WEB_IDENTITY_CLIENT_SECRET: "s3cret" } });
    expect(warnings).toEqual([]);
  });
});

/** [profile dev] with what it cannot do without, but for one key. */
function required(without?: string): string {
  const settings = { web_identity_auth_url: "https://id.example.com", web_identity_client_id: "aws", role_arn: ROLE };
  const lines = Object.entries(settings).flatMap(([key, value]) => (key === without ? [] : [`${key} = ${value}\n`]));
  return `[profile dev]\n${lines.join("")}`;
}

function setup({ flag, variables, keys }: Row, given: ReadonlyMap<string, string>, fallback: string) {
  const line = (key: string, value: string) => `${key} = ${value}\n`;
  return {
    config: `[default]\n${keys.map((key) => line(key, fallback)).join("")}${required(keys[0])}${keys.map((key) => line(key, given.get(key) ?? "")).join("")}`,
    env: Object.fromEntries(variables.map((variable) => [variable, given.get(variable)])),
    flags: flag === undefined ? {} : { [flag]: { flag: "--given", value: given.get(flag) ?? "" } },
  };
}
