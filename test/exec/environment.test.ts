import { describe, expect, it } from "vitest";
import type { Origin, Profile, TokenSource } from "../../src/config/profile.ts";
import { endpointEnvironment, restoreOuterEnvironment, variableEnvironment } from "../../src/exec/environment.ts";
import type { Environment } from "../../src/world.ts";
import { credentials, endpoint, profileWith } from "./fixtures.ts";

const profile = profileWith();
const withoutRegion = profileWith({ region: undefined });

const modes = [
  { mode: "the endpoint", childOf: (env: Environment, of: Profile = profile) => endpointEnvironment({ env, profile: of, endpoint }) },
  { mode: "-E", childOf: (env: Environment, of: Profile = profile) => variableEnvironment({ env, profile: of, credentials }) },
];

describe.each(modes)("the command's environment with $mode", ({ childOf }) => {
  it.each([
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_ACCESS_KEY_ID",
    "AWS_ACCESS_KEY",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SECRET_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_CREDENTIAL_FILE",
    "AWS_CREDENTIAL_PROFILES_FILE",
    "WEB_IDENTITY_PASSWORD",
    "WEB_PASSWORD",
    "SAML_PASSWORD",
    "RUNAS_PASSWORD",
    "MFA_CODE",
    "WEB_IDENTITY_CLIENT_SECRET",
    "WEB_IDENTITY_API_CLIENT_SECRET",
    "SAML_API_CLIENT_SECRET",
    "BUN_OPTIONS",
    "BUN_BE_BUN",
    "AWSRUNAS_OUTER",
  ])("holds no %s of the user's", (name) => {
    expect(Object.values(childOf({ [name]: "of-the-user" }))).not.toContain("of-the-user");
  });

  it.each(["WEB_IDENTITY_AUTH_URL", "WEB_AUTH_URL", "SAML_AUTH_URL"])("holds no %s with a token in its query, but any other", (name) => {
    expect(childOf({ [name]: "https://acme.onelogin.com/oidc/2?region=eu&token=aWQ6c2VjcmV0" })).not.toHaveProperty(name);
    expect(childOf({ [name]: "https://sso.example/realms/token=/?realm=x" })).toHaveProperty(name);
  });

  it.each(["PATH", "HOME", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL", "AWS_SDK_LOAD_CONFIG", "AWSRUNAS_STORE", "PGPASSWORD", "BUN_INSTALL"])(
    "hands on %s",
    (name) => {
      expect(childOf({ [name]: "of-the-user" })).toHaveProperty(name, "of-the-user");
    },
  );

  it("holds no variable that the profile takes its id token from, and others of that name's like", () => {
    const source: TokenSource = { kind: "variable", variable: { value: "CI_TOKEN", origin: { layer: "built-in" } } };
    const child = childOf({ CI_TOKEN: "of-the-user", CI_TOKEN_2: "kept" }, profileWith({ login: { kind: "token", source } }));
    expect(child).not.toHaveProperty("CI_TOKEN");
    expect(child).toHaveProperty("CI_TOKEN_2", "kept");
    expect(childOf({ CI_TOKEN: "of-the-user" })).toHaveProperty("CI_TOKEN");
  });

  it("names the profile", () => {
    expect(childOf({ AWSRUNAS_PROFILE: "outer" })).toHaveProperty("AWSRUNAS_PROFILE", "dev");
  });

  it("holds the profile's region under both names, whichever the user had set", () => {
    const region = { AWS_REGION: "eu-west-1", AWS_DEFAULT_REGION: "eu-west-1" };
    expect(childOf({})).toMatchObject(region);
    expect(childOf({ AWS_REGION: "us-east-2" })).toMatchObject(region);
    expect(childOf({ AWS_DEFAULT_REGION: "us-east-2" })).toMatchObject(region);
  });

  it("holds no region when there is none", () => {
    const names = Object.keys(childOf({}, withoutRegion));
    expect(names).not.toContain("AWS_REGION");
    expect(names).not.toContain("AWS_DEFAULT_REGION");
    expect(names).not.toContain("AWSRUNAS_OUTER");
  });

  it("is put back, by an aws-runas inside, to what the user had", () => {
    const user = { PATH: "/bin", AWS_REGION: "us-east-2", AWS_ENDPOINT_URL: "http://localhost:1" };
    const inner = restoreOuterEnvironment(childOf(user));
    expect(inner).toMatchObject(user);
    expect(Object.keys(inner)).not.toContain("AWS_DEFAULT_REGION");
    expect(Object.keys(inner)).not.toContain("AWSRUNAS_OUTER");
  });

  it("keeps, when put back, what was changed inside the command", () => {
    expect(restoreOuterEnvironment({ ...childOf({}), AWS_REGION: "ap-south-1" })).toMatchObject({ AWS_REGION: "ap-south-1" });
  });

  it("is put back through two runs", () => {
    const inner = restoreOuterEnvironment(childOf({ AWS_REGION: "us-east-2" }));
    const innermost = restoreOuterEnvironment(
      childOf(inner, profileWith({ region: { value: "sa-east-1", origin: { layer: "argument" } } })),
    );
    expect(innermost["AWS_REGION"]).toBe("us-east-2");
  });

  describe("and an STS endpoint", () => {
    const at = (origin: Origin) => profileWith({ sts: { endpoint: { value: "http://sts", origin }, useFips: false, useDualstack: false } });
    const file = { file: "/config", line: 3, key: "endpoint_url" };

    it("is told the endpoint of the profile's section for every service", () => {
      const env = childOf({}, at({ ...file, layer: "profile", section: "profile dev" }));
      expect(env).toHaveProperty("AWS_ENDPOINT_URL", "http://sts");
      expect(env).not.toHaveProperty("AWS_ENDPOINT_URL_STS");
    });

    it("is told the endpoint of the profile's services section for STS", () => {
      const env = childOf({}, at({ ...file, layer: "profile", section: "services local" }));
      expect(env).toHaveProperty("AWS_ENDPOINT_URL_STS", "http://sts");
      expect(env).not.toHaveProperty("AWS_ENDPOINT_URL");
    });

    it.each<Origin>([
      { layer: "environment", variable: "AWS_ENDPOINT_URL_STS" },
      { ...file, layer: "default", section: "default" },
    ])("is told nothing that the SDK finds by itself: $layer", (origin) => {
      const env = childOf({}, at(origin));
      expect(Object.values(env)).not.toContain("http://sts");
    });
  });

  it("holds the profile's FIPS and dual-stack choice, where the user's own says nothing", () => {
    const strict = profileWith({ sts: { useFips: true, useDualstack: true } });
    expect(childOf({}, strict)).toMatchObject({ AWS_USE_FIPS_ENDPOINT: "true", AWS_USE_DUALSTACK_ENDPOINT: "true" });
    expect(childOf({ AWS_USE_FIPS_ENDPOINT: "TRUE" }, strict)).toMatchObject({ AWS_USE_FIPS_ENDPOINT: "TRUE" });
    expect(childOf({})).not.toHaveProperty("AWS_USE_FIPS_ENDPOINT");
  });
});

it("with the endpoint leads to the endpoint and holds no credentials", () => {
  const env = endpointEnvironment({ env: { AWS_ACCESS_KEY_ID: "AKIAUSER" }, profile, endpoint });
  expect(env).toMatchObject({
    AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://127.0.0.1:4000/credentials",
    AWS_CONTAINER_AUTHORIZATION_TOKEN: "endpoint-token",
  });
  expect(Object.keys(env).filter((name) => /KEY|SESSION|SECRET/.test(name))).toEqual([]);
});

it("with -E holds the three variables every SDK reads and nothing of an endpoint", () => {
  const env = variableEnvironment({ env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://old" }, profile, credentials });
  expect(env).toMatchObject({
    AWS_ACCESS_KEY_ID: "ASIAOURS",
    AWS_SECRET_ACCESS_KEY: "our/secret+key",
    AWS_SESSION_TOKEN: "our+session/token==",
  });
  expect(Object.keys(env).filter((name) => name.startsWith("AWS_CONTAINER_"))).toEqual([]);
});

it("points at filtered copies, and an aws-runas inside sees the originals", () => {
  const env = endpointEnvironment({
    env: { AWS_CONFIG_FILE: "/home/me/config" },
    profile,
    endpoint,
    files: { config: "/tmp/copy/config", credentials: "/tmp/copy/credentials" },
  });
  expect(env).toMatchObject({ AWS_CONFIG_FILE: "/tmp/copy/config", AWS_SHARED_CREDENTIALS_FILE: "/tmp/copy/credentials" });
  const inner = restoreOuterEnvironment(env);
  expect(inner["AWS_CONFIG_FILE"]).toBe("/home/me/config");
  expect(inner).not.toHaveProperty("AWS_SHARED_CREDENTIALS_FILE");
});

it("points Java's first SDK at the credentials file of the others", () => {
  const pathIn = (env: Environment, copy?: string) =>
    endpointEnvironment({ env, profile, endpoint, files: { credentials: copy } })["AWS_CREDENTIAL_PROFILES_FILE"];
  expect(pathIn({}, "/tmp/copy/credentials")).toBe("/tmp/copy/credentials");
  expect(pathIn({ AWS_SHARED_CREDENTIALS_FILE: "/home/me/mine", AWS_CREDENTIAL_PROFILES_FILE: "/home/me/old" })).toBe("/home/me/mine");
  expect(pathIn({})).toBeUndefined();
});

it("records no secret for an aws-runas inside", () => {
  const env = endpointEnvironment({ env: { AWS_SECRET_ACCESS_KEY: "users-secret", MFA_CODE: "123456" }, profile, endpoint });
  expect(env["AWSRUNAS_OUTER"]).toBe('{"AWS_REGION":["eu-west-1",null],"AWS_DEFAULT_REGION":["eu-west-1",null]}');
});

it.each(["", "{", "null", "[]", "7", '{"PATH":"/evil"}', '{"PATH":["/bin"]}', '{"PATH":[1,2]}', '{"PATH":null}'])(
  "ignores a record that is not ours: %s",
  (record) => {
    expect(restoreOuterEnvironment({ PATH: "/bin", AWSRUNAS_OUTER: record })).toEqual({ PATH: "/bin" });
  },
);

it("is taken as it is when no aws-runas runs outside", () => {
  expect(restoreOuterEnvironment({ AWS_REGION: "eu-west-1" })).toEqual({ AWS_REGION: "eu-west-1" });
});
