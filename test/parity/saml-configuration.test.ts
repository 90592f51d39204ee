/** What the Go tool does with SAML's configuration (reference/cli.md, 3.2, 3.3, 3.4 and 3.6), row by row. */

import { describe, expect, test } from "vitest";
import type { Profile, SamlLogin } from "../../src/config/profile.ts";
import { namedProvider } from "../../src/login/providers/detect.ts";
import { failureOf, resolveAny, ROLE, type Setup } from "../config/files-of.ts";

const START = "https://idp.example.com/saml";
const COMPLETE = `saml_auth_url = ${START}\nrole_arn = ${ROLE}\n`;
const JUMP = "arn:aws:iam::123456789012:role/jump";

type SamlProfile = Profile & { readonly login: SamlLogin };

function resolve(setup: Setup): SamlProfile {
  const profile = resolveAny("a", setup);
  const { login } = profile;
  if (login.kind !== "saml") throw new Error(`a logs in by ${login.kind}`);
  return { ...profile, login };
}

const of = (text: string, setup: Setup = {}) => resolve({ config: `[profile a]\n${COMPLETE}${text}`, ...setup });
const problem = (text: string, setup: Setup = {}) =>
  failureOf(() => resolveAny("a", { config: `[profile a]\n${COMPLETE}${text}`, ...setup })).message;

const strings: [key: string, variable: string, (profile: SamlProfile) => unknown, value: string][] = [
  ["saml_auth_url", "SAML_AUTH_URL", ({ login }) => login.authUrl.value, "https://other.example.com"],
  ["saml_username", "SAML_USERNAME", ({ login }) => login.username?.value, "bob"],
  ["saml_provider", "SAML_PROVIDER", ({ login }) => login.provider?.value, "okta"],
  ["saml_auth_entityid", "SAML_ENTITYID", ({ login }) => login.entityId?.value, "urn:me"],
  ["auth_browser", "AUTH_BROWSER", ({ login }) => login.browser?.value, "msedge"],
  ["jump_role_arn", "JUMP_ROLE_ARN", ({ jumpRoleArn }) => jumpRoleArn?.value, JUMP],
  ["mfa_type", "MFA_TYPE", ({ login }) => login.mfaType?.value, "push"],
  ["federated_username", "FEDERATED_USERNAME", ({ login }) => login.federatedUsername?.value, "guest"],
];

describe("3.2 attributes and variables", () => {
  test.each(strings)("same: %s from [default] and from a source profile, and %s before them", (key, variable, read, value) => {
    const rest = COMPLETE.replace(new RegExp(`^${key} = .*\\n`, "m"), "");
    expect(read(resolve({ config: `[default]\n${key} = ${value}\n[profile a]\n${rest}` }))).toBe(value);
    expect(read(resolve({ config: `[profile s]\n${key} = ${value}\n[profile a]\nsource_profile = s\n${rest}` }))).toBe(value);
    expect(read(of("", { env: { [variable]: value } }))).toBe(value);
  });

  test("same: saml_auth_url makes it a SAML profile", () => {
    expect(of("").login).toMatchObject({ kind: "saml", authUrl: { value: START } });
  });

  test("different on purpose: saml_entity_id and SAML_ENTITY_ID count as well, because the documentation and the flag name these", () => {
    expect(of("saml_entity_id = urn:me\n").login.entityId?.value).toBe("urn:me");
    expect(of("", { env: { SAML_ENTITY_ID: "urn:me" } }).login.entityId?.value).toBe("urn:me");
  });

  test("same: names of providers count in any case", () => {
    expect(of("saml_provider = KeyCloak\n").login.provider?.value).toBe("keycloak");
  });

  test("same: the password comes from SAML_PASSWORD or RUNAS_PASSWORD", () => {
    for (const name of ["SAML_PASSWORD", "RUNAS_PASSWORD"])
      expect(of("", { env: { [name]: "p" } }).login.password?.value.reveal()).toBe("p");
  });

  test("different on purpose: OIDC's variables feed no SAML setting, because a password is for the provider it was set for", () => {
    expect(of("", { env: { WEB_PASSWORD: "p", WEB_USERNAME: "bob", WEB_PROVIDER: "okta" } }).login).toMatchObject({
      password: undefined,
      username: undefined,
      provider: undefined,
    });
  });
});

describe("3.3 what wins", () => {
  test("same: -S, -I, -U, -P, -R and -J beat environment and files", () => {
    const flag = (value: string) => ({ flag: "-x", value });
    const flags = {
      samlUrl: flag("https://flag.example.com"),
      samlEntityId: flag("urn:flag"),
      username: flag("flag"),
      password: flag("secret"),
      provider: flag("okta"),
      jumpRole: flag(JUMP),
    };
    const { login, jumpRoleArn } = of("saml_username = file\n", { flags, env: { SAML_USERNAME: "env", SAML_PASSWORD: "env" } });
    expect(login).toMatchObject({
      authUrl: { value: "https://flag.example.com" },
      entityId: { value: "urn:flag" },
      username: { value: "flag" },
      provider: { value: "okta" },
    });
    expect(login.password?.value.reveal()).toBe("secret");
    expect(jumpRoleArn?.value).toBe(JUMP);
  });
});

describe("3.6 validation", () => {
  test("same: both URLs are an error, by whatever way", () => {
    expect(problem("web_identity_auth_url = https://id.example.com\nweb_identity_client_id = x\n")).toContain("exclude each other");
    expect(problem("", { env: { WEB_IDENTITY_AUTH_URL: "https://id.example.com" } })).toContain("exclude each other");
  });

  test("same: auth_browser takes the browsers that there are, and no other", () => {
    expect(of("auth_browser = chrome\n").login.browser?.value).toBe("chrome");
    expect(problem("auth_browser = firefox\n")).toContain('auth_browser in [profile a] (~/.aws/config, line 4) is "firefox"');
  });

  test("different on purpose: chromium is one, because it can do the same", () => {
    expect(of("auth_browser = chromium\n").login.browser?.value).toBe("chromium");
  });

  test("different on purpose: a URL that is none is an error here, because it would end in a crash later", () => {
    expect(problem("", { env: { SAML_AUTH_URL: "gopher://x" } })).toContain("SAML_AUTH_URL");
  });

  test("different on purpose: a mistyped saml_… key is named, because it would count for nothing", () => {
    expect(of("saml_user_name = bob\n").warnings.join()).toContain("did you mean saml_username?");
  });

  test("different on purpose: the mock provider is not there, because it is no way to log in", () => {
    expect(() => namedProvider(of("saml_provider = mock\n").login)).toThrow('"mock"');
  });
});
