import { describe, expect, test } from "vitest";
import type { IamLogin, Profile, RoleHop, SamlLogin, SessionTerms, TokenLogin, TokenSource } from "../../src/config/profile.ts";
import { withChosenRole } from "../../src/credentials/chosen-role.ts";
import { jumpProfile } from "../../src/credentials/jump.ts";
import { sourceProfiles } from "../../src/credentials/source.ts";
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

describe("of SAML", () => {
  const login: SamlLogin = { kind: "saml", authUrl: setting("https://id.example.com/app/aws"), username: setting("alice") };
  const saml: Profile = { ...base, login };
  const by = (changes: Partial<SamlLogin>): Profile => ({ ...saml, login: { ...login, ...changes } });
  const ofLogin: [string, Profile][] = [
    ["URL", by({ authUrl: setting("https://id.example.com/app/other") })],
    ["query of the URL", by({ authUrl: setting("https://id.example.com/app/aws?target=b") })],
    ["user name", by({ username: setting("bob") })],
    ["user name taken away", by({ username: undefined })],
    ["entity id", by({ entityId: setting("urn:other") })],
    ["recipient, as browserne is of another than AWS", by({ provider: setting("browserne") })],
    ["identity provider behind the provider", by({ idpHint: setting("staff") })],
    ["user name behind the provider", by({ federatedUsername: setting("guest") })],
  ];
  const ofHow: [string, Profile][] = [
    ["password", by({ password: setting(new Secret("p")) })],
    ["one-time code", by({ mfaCode: setting(new Secret("123456")) })],
    ["kind of second factor", by({ mfaType: setting("code") })],
    ["provider's name", by({ provider: setting("browser") })],
    ["browser", by({ browser: setting("chrome") })],
    ["origin that is trusted", by({ trustedOrigins: ["https://other.example.com"] })],
    ["metadata", by({ metadata: setting("~/idp.xml") })],
    ["tree", by({ authService: setting("ldap") })],
    ["API client", by({ apiClientId: setting("id"), apiClientSecret: setting(new Secret("s")) })],
    ["word on whether somebody is there", by({ attendance: setting("never") })],
  ];

  test("everything that says who logs in, and where, is in both keys", async () => {
    const keys = await Promise.all(
      [saml, ...ofLogin.map(([, each]) => each)].flatMap((each) => [credentialsKey(each), tokenKey(each.login)]),
    );
    expect(new Set(keys).size).toBe(2 * (ofLogin.length + 1));
  });

  test.each(ofHow)("another %s changes neither", async (_, changed) => {
    expect([await credentialsKey(changed), await tokenKey(changed.login)]).toEqual([await credentialsKey(saml), await tokenKey(login)]);
  });

  test.each([...roleChanges, ["role taken away", { ...base, roleArn: undefined }] as [string, Profile]])(
    "another %s finds no credentials, but the assertion",
    async (_, changed) => {
      expect(await credentialsKey({ ...changed, login })).not.toBe(await credentialsKey(saml));
    },
  );

  test("OpenID Connect at the same URL finds nothing of it", async () => {
    const oidc = { ...base, login: { ...base.login, authUrl: login.authUrl } };
    expect(await tokenKey(oidc.login)).not.toBe(await tokenKey(login));
    expect(await credentialsKey(oidc)).not.toBe(await credentialsKey(saml));
  });

  test("a role that was chosen is found by a profile that names it", async () => {
    const chosen = withChosenRole({ ...saml, roleArn: undefined }, { chosenRoleArn: base.roleArn.value });
    expect(await credentialsKey(chosen)).toBe(await credentialsKey(saml));
  });
});

describe("of IAM", () => {
  const keys = (id: string): IamLogin["base"] => ({ kind: "keys", accessKeyId: setting(id), secretAccessKey: setting(new Secret("s")) });
  const vault: IamLogin["base"] = {
    kind: "process",
    said: setting("vault read"),
    profile: "vault",
    settings: ["credential_process=vault read"],
    files: { config: "/c", credentials: "/d" },
  };
  const hop: RoleHop = {
    roleArn: role("Hop"),
    roleSessionName: undefined,
    externalId: undefined,
    durationSeconds: setting(3600),
    terms: undefined,
  };
  const login: IamLogin = {
    kind: "iam",
    base: keys("AKIA1"),
    hops: [hop],
    warnings: [],
    partition: "aws",
    sessionSeconds: setting(43_200),
  };
  const iam: Profile = { ...base, login };
  const by = (changes: Partial<IamLogin>): Profile => ({ ...iam, login: { ...login, ...changes } });
  const sessionOf = (profile: Profile): Profile => ({ ...profile, roleArn: undefined });

  const sharedChanges: [string, Profile][] = [
    ["key id", by({ base: keys("AKIA2") })],
    ["kind of base", by({ base: vault })],
    ["program", by({ base: { ...vault, said: setting("other"), settings: [] } })],
    ["profile of the program", by({ base: { ...vault, profile: "other" } })],
    ["MFA device", by({ mfaSerial: setting("arn:aws:iam::123456789012:mfa/a") })],
    ["partition", by({ partition: "aws-cn" })],
    ["STS endpoint", { ...iam, sts: { ...iam.sts, endpoint: setting("http://127.0.0.1:1") } }],
    ["FIPS", { ...iam, sts: { ...iam.sts, useFips: true } }],
  ];
  const hopChanges: [string, Profile][] = [
    ["no step", by({ hops: [] })],
    ["another step before it", by({ hops: [{ ...hop, roleArn: role("Zero") }, hop] })],
    ["another role on the way", by({ hops: [{ ...hop, roleArn: role("Other") }] })],
    ["another session name on the way", by({ hops: [{ ...hop, roleSessionName: setting("x1") }] })],
    ["another external id on the way", by({ hops: [{ ...hop, externalId: setting("x1") }] })],
    ["another duration on the way", by({ hops: [{ ...hop, durationSeconds: setting(900) }] })],
    ["a policy on the way", by({ hops: [{ ...hop, terms: { policy: setting("{}") } }] })],
  ];
  const terms: [string, SessionTerms][] = [
    ["policy", { policy: setting("{}") }],
    ["managed policy", { policyArns: setting(["arn:aws:iam::aws:policy/ReadOnlyAccess"]) }],
    ["tag", { tags: setting(["a=b"]) }],
    ["transitive tag", { transitiveTags: setting(["a"]) }],
    ["source identity", { sourceIdentity: setting("a=b") }],
  ];

  test("everything that decided them is in the key", async () => {
    const withTerms = terms.map(([, each]) => ({ ...iam, terms: each }));
    const profiles = [base, iam, ...[...sharedChanges, ...hopChanges].map(([, profile]) => profile), ...withTerms];
    const found = await Promise.all(profiles.map(credentialsKey));
    expect(new Set(found).size).toBe(profiles.length);
  });

  test.each(roleChanges.filter(([what]) => what !== "jump role"))("another %s finds no credentials", async (_, changed) => {
    expect(await credentialsKey({ ...changed, login })).not.toBe(await credentialsKey(iam));
  });

  test.each(terms)("another %s finds no credentials, with OpenID Connect either", async (_, each) => {
    expect(await credentialsKey({ ...base, terms: each })).not.toBe(await credentialsKey(base));
  });

  test.each([...sharedChanges, ["life", by({ sessionSeconds: setting(900) })] as const])(
    "a session with another %s is another",
    async (_, changed) => {
      expect(await credentialsKey(sessionOf(changed))).not.toBe(await credentialsKey(sessionOf(iam)));
    },
  );

  test("a session is the same whatever role it is for, and in every region; nor does a code or a secret decide", async () => {
    const [session] = sourceProfiles(iam).slice(-1);
    const elsewhere = { ...iam, roleArn: role("Far"), region: setting("eu-west-3"), durationSeconds: setting(900), name: "far" };
    const [other] = sourceProfiles(elsewhere).slice(-1);
    if (session === undefined || other === undefined) throw new Error("there is no session");
    expect(await credentialsKey(other)).toBe(await credentialsKey(session));
    expect(await credentialsKey(by({ mfaCode: setting(new Secret("123456")) }))).toBe(await credentialsKey(iam));
  });

  test("a profile without a role has the session that others' roles are assumed with, whatever says how a role's session is called", async () => {
    const own = { ...sessionOf(by({ hops: [] })), roleSessionName: setting("fixed"), externalId: setting("x1") };
    const session = sourceProfiles({ ...iam, roleSessionName: setting("fixed") }).at(-1);
    expect(session && (await credentialsKey(session))).toBe(await credentialsKey(own));
  });

  test("a step's credentials are those of the profile that has its role", async () => {
    const [source] = sourceProfiles(iam);
    expect(source && (await credentialsKey(source))).toBe(await credentialsKey({ ...by({ hops: [] }), roleArn: hop.roleArn }));
    expect(sourceProfiles(iam)).toHaveLength(2);
  });
});
