import { describe, expect, test } from "vitest";
import type { Profile, TokenLogin, TokenSource } from "../../src/config/profile.ts";
import { jumpProfile } from "../../src/credentials/jump.ts";
import { credentialsKey, tokenKey } from "../../src/credentials/key.ts";
import { Secret } from "../../src/secret.ts";
import { setting, testProfile } from "../aws/fixtures.ts";

const base = testProfile();
const role = (name: string) => setting(`arn:aws:iam::123456789012:role/${name}`);

const loginChanges: [string, Profile][] = [
  ["URL", { ...base, login: { ...base.login, authUrl: setting("https://id.example.com/realms/other") } }],
  ["client", { ...base, login: { ...base.login, clientId: setting("other") } }],
  ["user name", { ...base, login: { ...base.login, username: setting("bob") } }],
  ["user name taken away", { ...base, login: { ...base.login, username: undefined } }],
  ["identity provider behind the provider", { ...base, login: { ...base.login, idpHint: setting("staff") } }],
  ["user name behind the provider", { ...base, login: { ...base.login, federatedUsername: setting("guest") } }],
  ["scopes", { ...base, login: { ...base.login, scopes: ["openid", "email"] } }],
];

const roleChanges: [string, Profile][] = [
  ["role", { ...base, roleArn: role("Other") }],
  ["account", { ...base, roleArn: setting("arn:aws:iam::210987654321:role/teams/Dev") }],
  ["path of the role", { ...base, roleArn: role("Dev") }],
  ["partition", { ...base, roleArn: setting("arn:aws-cn:iam::123456789012:role/teams/Dev") }],
  ["jump role", { ...base, jumpRoleArn: role("Jump") }],
  ["duration", { ...base, durationSeconds: setting(900) }],
  ["session name", { ...base, roleSessionName: setting("deploy") }],
  ["external id", { ...base, externalId: setting("x") }],
  ["region", { ...base, region: setting("eu-west-1") }],
  ["STS endpoint", { ...base, sts: { ...base.sts, endpoint: setting("http://127.0.0.1:1") } }],
  ["FIPS", { ...base, sts: { ...base.sts, useFips: true } }],
  ["dual stack", { ...base, sts: { ...base.sts, useDualstack: true } }],
];

const otherChanges: [string, Profile][] = [
  ["name", { ...base, name: "other" }],
  ["place where a value was found", { ...base, roleArn: { ...base.roleArn, origin: { layer: "flag", flag: "-J" } } }],
  ["password", { ...base, login: { ...base.login, password: setting(new Secret("p")) } }],
  ["one-time code", { ...base, login: { ...base.login, mfaCode: setting(new Secret("123456")) } }],
  ["kind of second factor", { ...base, login: { ...base.login, mfaType: setting("code") } }],
  ["provider's name", { ...base, login: { ...base.login, provider: setting("keycloak") } }],
  ["redirect URI", { ...base, login: { ...base.login, redirectUri: setting("app:/other") } }],
  ["flow", { ...base, login: { ...base.login, flow: setting("form") } }],
  ["word on whether somebody is there", { ...base, login: { ...base.login, attendance: setting("never") } }],
];

describe("credentials", () => {
  test.each([...loginChanges, ...roleChanges])("with another %s are not found", async (_, changed) => {
    expect(await credentialsKey(changed)).not.toBe(await credentialsKey(base));
  });

  test.each(otherChanges)("with another %s are found", async (_, changed) => {
    expect(await credentialsKey(changed)).toBe(await credentialsKey(base));
  });

  test("through another jump role are not found", async () => {
    const through = (name: string) => credentialsKey({ ...base, jumpRoleArn: role(name) });
    expect(await through("JumpA")).not.toBe(await through("JumpB"));
  });

  test("a change that moves a value from one setting to another is a change", async () => {
    expect(await credentialsKey({ ...base, roleSessionName: setting("x1") })).not.toBe(
      await credentialsKey({ ...base, externalId: setting("x1") }),
    );
  });
});

describe("a token", () => {
  test.each(loginChanges)("with another %s is not found", async (_, changed) => {
    expect(await tokenKey(changed.login)).not.toBe(await tokenKey(base.login));
  });

  test.each([...roleChanges, ...otherChanges])("with another %s is found", async (_, changed) => {
    expect(await tokenKey(changed.login)).toBe(await tokenKey(base.login));
  });
});

describe("of a login by tokens", () => {
  const by = (source: TokenSource, changes: Partial<TokenLogin> = {}): Profile => ({
    ...base,
    login: { kind: "token", source, ...changes },
  });
  const file: TokenSource = { kind: "file", path: setting("/run/token") };
  const sources: [string, TokenSource][] = [
    ["file", file],
    ["path", { kind: "file", path: setting("/run/other") }],
    ["command", { kind: "command", words: setting(["vault", "a"]) }],
    ["word of the command", { kind: "command", words: setting(["vault", "b"]) }],
    ["bounds of the command's words", { kind: "command", words: setting(["vault a"]) }],
    ["variable", { kind: "variable", variable: setting("TOKEN") }],
    ["variable's name", { kind: "variable", variable: setting("OTHER") }],
    ["service", { kind: "github", name: setting("github"), audience: setting("aws") }],
    ["audience", { kind: "github", name: setting("github"), audience: setting("acme") }],
    ["kind of source with the same text", { kind: "variable", variable: setting("/run/token") }],
  ];

  test("everything that names the source is in both keys", async () => {
    const keys = await Promise.all(sources.flatMap(([, source]) => [credentialsKey(by(source)), tokenKey(by(source).login)]));
    expect(new Set(keys).size).toBe(2 * sources.length);
  });

  test.each(sources)("no %s finds what a provider's login left", async (_, source) => {
    expect(await credentialsKey(by(source))).not.toBe(await credentialsKey(base));
    expect(await tokenKey(by(source).login)).not.toBe(await tokenKey(base.login));
  });

  test("another holder finds no credentials, though the login is one", async () => {
    const [a, b] = [by(file, { holder: "a" }), by(file, { holder: "b" })];
    expect(await credentialsKey(a)).not.toBe(await credentialsKey(b));
    expect(await credentialsKey(a)).not.toBe(await credentialsKey(by(file)));
    expect(await tokenKey(a.login)).toBe(await tokenKey(b.login));
  });

  test("the token itself decides nothing", async () => {
    expect(await credentialsKey(by(file, { presented: new Secret("x") }))).toBe(await credentialsKey(by(file)));
  });

  test.each(roleChanges)("another %s finds no credentials", async (_, changed) => {
    expect(await credentialsKey({ ...changed, login: by(file).login })).not.toBe(await credentialsKey(by(file)));
  });
});

test("the jump role's credentials are those of a profile with that role, whatever role comes after it", async () => {
  const jumpRoleArn = role("Jump");
  const jump = jumpProfile({ ...base, roleArn: role("Other"), jumpRoleArn, externalId: setting("x") });
  expect(jump && (await credentialsKey(jump))).toBe(await credentialsKey({ ...base, roleArn: jumpRoleArn }));
  expect(jumpProfile(base)).toBeUndefined();
});
