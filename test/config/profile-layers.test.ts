/** Which profiles exist, and which sections a profile's values come from. */

import { describe, expect, it } from "vitest";
import { describeOrigin } from "../../src/config/origin.ts";
import { profileExists } from "../../src/config/resolve.ts";
import { profileNames } from "../../src/config/sections.ts";
import { COMPLETE, ROLE, failureOf, filesOf, resolve } from "./files-of.ts";
import type { Setup } from "./files-of.ts";

const OTHER = "arn:aws:iam::123456789012:role/other";

function regionOf(name: string, setup: Setup): string | undefined {
  return resolve(name, setup).region?.value;
}

describe("a profile", () => {
  it("is [profile name] or a plain [name] of the config file, or [name] of the credentials file", () => {
    const files = filesOf({
      config: "[default]\n[profile a]\n[b]\n[profile my role]\n[services s]\n[sso-session t]\n[profile default]\n",
      credentials: "[c]\n[a]\n[https://id.example.com/x]\nweb_identity_password = 4$X$Y\n",
    });
    expect(profileNames(files)).toEqual(["default", "a", "b", "my role", "c"]);
    const names = [...profileNames(files), "d", "A", "profile", "s", "t", "services s", "role", ""];
    expect(names.filter((name) => profileExists(name, files))).toEqual(profileNames(files));
  });

  it("is a role's ARN too, and no other ARN", () => {
    const files = filesOf({});
    expect(profileExists(ROLE, files)).toBe(true);
    expect(profileExists("arn:aws-us-gov:iam::123456789012:role/path/to/name", files)).toBe(true);
    expect(profileExists("arn:aws:iam::123456789012:user/name", files)).toBe(false);
    expect(failureOf(() => resolve("arn:aws:iam::123456789012:user/name", {}))).toMatchObject({
      code: "config-value",
      message: "arn:aws:iam::123456789012:user/name is not the ARN of a role",
    });
  });

  it("that does not exist is an error naming the nearest ones, and never [default]'s role", () => {
    const config = `[default]\n${COMPLETE}[profile team-prod]\n[profile team-test]\n[profile x]\n`;
    expect(failureOf(() => resolve("teamprod", { config }))).toEqual({
      code: "profile-not-found",
      message: 'profile "teamprod" is neither in ~/.aws/config nor in ~/.aws/credentials',
      hint: 'did you mean "team-prod"?',
    });
    expect(failureOf(() => resolve("zzzzzz", { config })).hint).toBe("the profiles are default, team-prod, team-test, x");
    expect(failureOf(() => resolve("dev", {})).hint).toBe("add [profile dev] to ~/.aws/config");
  });

  it("with a dot in its name inherits nothing from the part before the dot", () => {
    const config = `[default]\n${COMPLETE}[profile prod]\nregion = eu-west-1\n[profile prod.admin]\n`;
    expect(regionOf("prod.admin", { config })).toBeUndefined();
  });

  it("has the credentials file's settings too, where the config file has none", () => {
    const credentials = "[dev]\nregion = eu-west-2\nmfa_type = code\n";
    const config = `[profile dev]\n${COMPLETE}region = eu-west-1\n`;
    const { region, login } = resolve("dev", { config, credentials });
    expect([region?.value, login.mfaType?.value]).toEqual(["eu-west-1", "code"]);
  });

  it("that only the credentials file has gets the rest from [default]", () => {
    expect(resolve("dev", { config: `[default]\n${COMPLETE}`, credentials: "[dev]\nregion = eu-west-2\n" })).toMatchObject({
      roleArn: { value: ROLE },
      region: { value: "eu-west-2" },
    });
  });
});

describe("[profile name]", () => {
  it.each([
    `[dev]\nregion = eu-west-1\nmfa_type = push\n[profile dev]\n${COMPLETE}region = eu-west-2\n`,
    `[profile dev]\n${COMPLETE}region = eu-west-2\n[dev]\nregion = eu-west-1\nmfa_type = push\n`,
  ])("wins over the plain [name] altogether, with a warning that names both", (config) => {
    const { region, login, warnings } = resolve("dev", { config });
    expect([region?.value, login.mfaType]).toEqual(["eu-west-2", undefined]);
    const line = (heading: string) => config.split("\n").indexOf(heading) + 1;
    expect(warnings).toEqual([
      `[dev] (~/.aws/config, line ${line("[dev]")}) is not used: [profile dev] (~/.aws/config, line ${line("[profile dev]")}) has the same name`,
    ]);
  });

  it("beats [default] when its name is default", () => {
    const config = `[default]\nregion = eu-west-1\nmfa_type = push\n[profile default]\n${COMPLETE}region = eu-west-2\n[profile dev]\n`;
    for (const name of ["default", "dev"]) {
      expect(resolve(name, { config })).toMatchObject({ region: { value: "eu-west-2" }, login: { mfaType: undefined } });
      expect(resolve(name, { config }).warnings).toHaveLength(1);
    }
  });
});

describe("source_profile", () => {
  it("gives what the profile lacks, at any depth, the nearer source first, [default] last", () => {
    const config = `[default]\nmfa_type = push\nregion = eu-west-1\nweb_identity_flow = form
[profile dev]\nrole_arn = ${ROLE}\nsource_profile = one
[profile one]\nsource_profile = two\nregion = eu-west-2\nweb_identity_username = jane
[profile two]\nsource_profile = three\nregion = eu-west-3\nmfa_type = code
[profile three]\nweb_identity_auth_url = https://id.example.com\nweb_identity_client_id = aws\nweb_identity_username = john\n`;
    const { login, region } = resolve("dev", { config });
    expect(region?.value).toBe("eu-west-2");
    expect(login).toMatchObject({ username: { value: "jane" }, mfaType: { value: "code" }, flow: { value: "form" } });
    expect(describeOrigin(login.authUrl.origin)).toBe("web_identity_auth_url in [profile three] (~/.aws/config, line 17)");
    expect([login.authUrl, login.flow].map((setting) => setting?.origin.layer)).toEqual(["source", "default"]);
  });

  it("does not give what belongs to the source's own role", () => {
    const source = `[profile base]\n${COMPLETE}external_id = base-id\nrole_session_name = base-name\njump_role_arn = ${OTHER}\n`;
    const profile = resolve("dev", { config: `${source}[profile dev]\nsource_profile = base\nrole_arn = ${OTHER}\n` });
    expect(profile).toMatchObject({ roleArn: { value: OTHER }, externalId: undefined, roleSessionName: undefined });
    expect(profile.jumpRoleArn?.value).toBe(OTHER);
    expect(failureOf(() => resolve("dev", { config: `${source}[profile dev]\nsource_profile = base\n` }))).toEqual({
      code: "config-missing",
      message: 'profile "dev" has no role_arn: that of its source_profile is not inherited',
      hint: "add `role_arn = …` to [profile dev] in ~/.aws/config",
    });
  });

  it("leaves what [default] says about roles to the profiles that say nothing", () => {
    const config = `[default]\n${COMPLETE}external_id = an-id\nrole_session_name = jane\n[profile dev]\n`;
    const profile = resolve("dev", { config });
    expect([profile.roleArn.value, profile.externalId?.value, profile.roleSessionName?.value]).toEqual([ROLE, "an-id", "jane"]);
  });

  it("is inherited from [default]", () => {
    const config = `[default]\nsource_profile = base\n[profile base]\n${COMPLETE}region = eu-west-3\n[profile dev]\nrole_arn = ${OTHER}\n`;
    expect(regionOf("dev", { config })).toBe("eu-west-3");
    expect(regionOf("base", { config })).toBe("eu-west-3");
    expect(regionOf(OTHER, { config })).toBe("eu-west-3");
  });

  it("may name the profile itself, or a source itself", () => {
    expect(regionOf("dev", { config: `[profile dev]\n${COMPLETE}source_profile = dev\nregion = eu-west-1\n` })).toBe("eu-west-1");
    const config = `[profile dev]\nrole_arn = ${ROLE}\nsource_profile = base\n[profile base]\n${COMPLETE}source_profile = base\nregion = eu-west-2\n`;
    expect(regionOf("dev", { config })).toBe("eu-west-2");
  });

  it("may lead to a profile of the credentials file", () => {
    expect(
      regionOf("dev", { config: `[profile dev]\n${COMPLETE}source_profile = keys\n`, credentials: "[keys]\nregion = eu-west-1\n" }),
    ).toBe("eu-west-1");
  });

  it.each([
    ["a", "[profile a]\nsource_profile = b\n[profile b]\nsource_profile = a\n", "b", "a → b → a"],
    ["a", "[profile a]\nsource_profile = b\n[profile b]\nsource_profile = c\n[profile c]\nsource_profile = b\n", "c", "b → c → b"],
    ["dev", "[default]\nsource_profile = b\n[profile dev]\n[profile b]\nsource_profile = default\n", "default", "b → default → b"],
  ])("in a circle from %s is an error that names it", (name, config, last, circle) => {
    const failure = failureOf(() => resolve(name, { config }));
    expect(failure.code).toBe("config-cycle");
    expect(failure.message).toMatch(
      new RegExp(`^source_profile in \\[(?:profile )?${last}\\] \\(~/.aws/config, line \\d\\) closes a circle: ${circle}$`),
    );
  });

  it("that does not exist is an error that names the nearest, at any depth", () => {
    const config = `[profile dev]\nsource_profile = one\n[profile one]\nsource_profile = tow\n[profile two]\n`;
    expect(failureOf(() => resolve("dev", { config }))).toEqual({
      code: "profile-not-found",
      message: 'source_profile in [profile one] (~/.aws/config, line 4) names the profile "tow", which does not exist',
      hint: 'did you mean "two"?',
    });
  });
});

describe("a role ARN in a profile's place", () => {
  it("takes everything else from [default], the environment and the flags", () => {
    const config = `[default]\n${COMPLETE}region = eu-west-1\n`;
    const profile = resolve(OTHER, { config, env: { MFA_TYPE: "push" }, flags: { username: { flag: "-U", value: "jane" } } });
    expect(profile).toMatchObject({
      name: OTHER,
      roleArn: { value: OTHER, origin: { layer: "argument" } },
      region: { value: "eu-west-1" },
      login: { mfaType: { value: "push" }, username: { value: "jane" } },
    });
  });

  it("does without any file", () => {
    const env = { WEB_AUTH_URL: "https://id.example.com", WEB_CLIENT_ID: "aws" };
    expect(resolve(OTHER, { env }).roleArn.value).toBe(OTHER);
    expect(failureOf(() => resolve(OTHER, { env: { WEB_AUTH_URL: "https://id.example.com" } }))).toEqual({
      code: "config-missing",
      message: `${OTHER} has no web_identity_client_id`,
      hint: "add `web_identity_client_id = …` to [default] in ~/.aws/config, or set WEB_IDENTITY_CLIENT_ID",
    });
  });
});
