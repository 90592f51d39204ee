/** What the Go tool does with configuration (reference/cli.md, section 3), row by row: the same, or different on purpose. */

import { describe, expect, test } from "vitest";
import { parseIni } from "../../src/config/ini.ts";
import { COMPLETE, ROLE, failureOf, resolve, resolveAny } from "../config/files-of.ts";
import type { OidcProfile, Setup } from "../config/files-of.ts";

const A = (text: string) => `[profile a]\n${COMPLETE}${text}`;
const OTHER = "arn:aws:iam::123456789012:role/other";
const of = (text: string, setup: Setup = {}) => resolve("a", { config: A(text), ...setup });
const problem = (config: string, setup: Setup = {}) => failureOf(() => resolve("a", { config, ...setup })).message;
const flag = (value: string) => ({ flag: "-x", value });

describe("3.1 files", () => {
  test("same: a section without `profile ` counts", () => {
    expect(resolve("a", { config: `[a]\n${COMPLETE}` }).roleArn.value).toBe(ROLE);
  });

  test("different on purpose: [profile a] beats [a], with a warning, because AWS's SDKs read only the former", () => {
    const config = `[a]\n${COMPLETE}region = eu-west-1\n${A("region = eu-west-2\n")}`;
    const { region, warnings } = resolve("a", { config });
    expect(region?.value).toBe("eu-west-2");
    expect(warnings).not.toEqual([]);
  });

  test("same: names are case-sensitive", () => {
    expect(problem(`[profile A]\n${COMPLETE}`)).toContain('"a"');
  });

  test("different on purpose: a comment behind a value is none of it, because AWS's SDKs read it so", () => {
    expect(of("region = us-west-1 ; x\n").region?.value).toBe("us-west-1");
  });

  test("different on purpose: % is a character, because AWS's SDKs put nothing in its place", () => {
    expect(of("web_identity_username = %(role_arn)s\n").login.username?.value).toBe("%(role_arn)s");
  });

  test("same: the last of two equal keys wins, and an empty value counts as none", () => {
    expect(of("region = eu-west-1\nregion = eu-west-2\n").region?.value).toBe("eu-west-2");
    expect(resolve("a", { config: `[default]\nregion = eu-west-1\n${A("region =\n")}` }).region?.value).toBe("eu-west-1");
  });

  test("different on purpose: a nested key is no setting, because it is AWS's for something else", () => {
    expect(of("s3 =\n  region = eu-west-1\n").region).toBeUndefined();
  });

  test("different on purpose: [profile a.b] inherits nothing from [profile a], because a dot is a character of a name", () => {
    const config = `${A("region = eu-west-1\n")}[profile a.b]\n${COMPLETE}`;
    expect(resolve("a.b", { config }).region).toBeUndefined();
  });

  test.each(["nonsense", "[unclosed"])("different on purpose: `%s` is an error, because the file would count for nothing", (line) => {
    expect(() => parseIni("/f", "f", `${A("")}${line}\n`)).toThrow("line 5");
  });
});

const strings: [key: string, variable: string, (profile: OidcProfile) => unknown, value: string][] = [
  ["region", "AWS_REGION", ({ region }) => region?.value, "eu-west-3"],
  ["region", "AWS_DEFAULT_REGION", ({ region }) => region?.value, "eu-west-3"],
  ["role_session_name", "AWS_ROLE_SESSION_NAME", ({ roleSessionName }) => roleSessionName?.value, "deploy"],
  ["external_id", "EXTERNAL_ID", ({ externalId }) => externalId?.value, "contract-7"],
  ["jump_role_arn", "JUMP_ROLE_ARN", ({ jumpRoleArn }) => jumpRoleArn?.value, OTHER],
  ["mfa_type", "MFA_TYPE", ({ login }) => login.mfaType?.value, "push"],
  ["web_identity_auth_url", "WEB_IDENTITY_AUTH_URL", ({ login }) => login.authUrl.value, "https://other.example.com"],
  ["web_identity_username", "WEB_IDENTITY_USERNAME", ({ login }) => login.username?.value, "bob"],
  ["web_identity_provider", "WEB_IDENTITY_PROVIDER", ({ login }) => login.provider?.value, "okta"],
  ["web_identity_client_id", "WEB_IDENTITY_CLIENT_ID", ({ login }) => login.clientId.value, "other"],
  ["web_identity_redirect_uri", "WEB_IDENTITY_REDIRECT_URI", ({ login }) => login.redirectUri?.value, "app:/other"],
  ["federated_username", "FEDERATED_USERNAME", ({ login }) => login.federatedUsername?.value, "guest"],
];

describe("3.2 attributes and variables", () => {
  test.each(strings)("same: %s, and %s before it", (key, variable, read, value) => {
    expect(
      read(
        resolve("a", { config: `[default]\n${key} = ${value}\n[profile a]\n${COMPLETE.replace(new RegExp(`^${key} = .*\\n`, "m"), "")}` }),
      ),
    ).toBe(value);
    expect(read(of("", { env: { [variable]: value } }))).toBe(value);
  });

  test("same: durations by CREDENTIALS_DURATION and credentials_duration", () => {
    expect(of("credentials_duration = 30m\n").durationSeconds.value).toBe(1800);
    expect(of("credentials_duration = 30m\n", { env: { CREDENTIALS_DURATION: "45m" } }).durationSeconds.value).toBe(2700);
  });

  test("same: a one-time code comes from the environment and never from a file", () => {
    expect(of("mfa_code = 123456\n").login.mfaCode).toBeUndefined();
    expect(of("", { env: { MFA_CODE: "123456" } }).login.mfaCode?.value.reveal()).toBe("123456");
  });

  test("same: mfa_serial and session_token_duration are IAM's, also from [default]", () => {
    const config =
      "[default]\nmfa_serial = arn:aws:iam::1:mfa/me\nsession_token_duration = 1h\n[profile a]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n";
    const { login } = resolveAny("a", { config });
    expect(login).toMatchObject({ kind: "iam", mfaSerial: { value: "arn:aws:iam::1:mfa/me" }, sessionSeconds: { value: 3600 } });
  });

  test("same: a token file takes the login's place", () => {
    const config = `[profile a]\nrole_arn = ${ROLE}\nweb_identity_token_file = /token\n`;
    expect(resolveAny("a", { config }).login).toMatchObject({ kind: "token", source: { kind: "file" } });
  });

  test("different on purpose: the password's variable has all of its names, because the documentation named another one than was read", () => {
    for (const name of ["WEB_PASSWORD", "WEB_IDENTITY_PASSWORD", "RUNAS_PASSWORD"])
      expect(of("", { env: { [name]: "p" } }).login.password?.value.reveal()).toBe("p");
  });
});

describe("3.3 what wins", () => {
  const config = `[default]\nregion = r-1\n[profile s]\nregion = eu-west-2\n${A("source_profile = s\n")}`.replace("r-1", "eu-west-1");

  test("same: flag, environment, profile, source, [default]", () => {
    expect(resolve("a", { config }).region?.value).toBe("eu-west-2");
    expect(resolve("a", { config: `${config}region = eu-west-3\n` }).region?.value).toBe("eu-west-3");
    expect(resolve("a", { config: `${config}region = eu-west-3\n`, env: { AWS_REGION: "eu-north-1" } }).region?.value).toBe("eu-north-1");
    const settings = { env: { EXTERNAL_ID: "env" }, flags: { externalId: flag("flag") } };
    expect(of("external_id = file\n", settings).externalId?.value).toBe("flag");
  });

  test("same: an empty flag resets nothing", () => {
    expect(of("external_id = file\n", { flags: { externalId: flag("") } }).externalId?.value).toBe("file");
  });

  test("different on purpose: [profile default] counts as defaults and beats [default], because AWS's SDKs read it so", () => {
    const both = `[default]\nregion = eu-west-1\n[profile default]\nregion = eu-west-2\n${A("")}`;
    expect(resolve("a", { config: both }).region?.value).toBe("eu-west-2");
  });

  test("different on purpose: the nearer layer's duration wins whichever its name, because a lower one should not beat it", () => {
    const durations = `[default]\ncredentials_duration = 2h\n${A("duration_seconds = 1800\n")}`;
    expect(resolve("a", { config: durations }).durationSeconds.value).toBe(1800);
  });

  test("same: a role's ARN takes [default], environment and flags", () => {
    const { roleArn, region } = resolve(OTHER, {
      config: `[default]\n${COMPLETE}region = eu-west-1\n`,
      flags: { externalId: flag("contract-7") },
    });
    expect([roleArn.value, region?.value]).toEqual([OTHER, "eu-west-1"]);
  });

  test("same: -P beats the variable", () => {
    const { login } = of("", { env: { WEB_PASSWORD: "env" }, flags: { password: flag("flag") } });
    expect(login.password?.value.reveal()).toBe("flag");
  });
});

describe("3.4 source_profile", () => {
  test("different on purpose: any number of levels is read, because chains of roles need them", () => {
    const config = `[profile c]\nregion = eu-west-1\n[profile b]\nsource_profile = c\n${A("source_profile = b\n")}`;
    expect(resolve("a", { config }).region?.value).toBe("eu-west-1");
  });

  test("different on purpose: a source's role_arn is not inherited, because it is its own step of the way", () => {
    const config = `[profile s]\n${COMPLETE}[profile a]\nsource_profile = s\n`;
    expect(problem(config)).toContain("role_arn");
  });

  test("same: a source's jump_role_arn is inherited", () => {
    const config = `[profile s]\njump_role_arn = ${OTHER}\n${A("source_profile = s\n")}`;
    expect(resolve("a", { config }).jumpRoleArn?.value).toBe(OTHER);
  });

  test("different on purpose: a source that is not there is an error, because the profile would be dropped silently", () => {
    expect(problem(A("source_profile = nobody\n"))).toContain("nobody");
  });
});

describe("3.5 durations", () => {
  const seconds = (text: string) => of(`credentials_duration = ${text}\n`).durationSeconds.value;

  test.each([
    ["1h30m", 5400],
    ["15m", 900],
    ["5400s", 5400],
    ["1.5h", 5400],
  ])("same: %s is Go's way to write it", (text, expected) => {
    expect(seconds(text)).toBe(expected);
  });

  test("different on purpose: 3600 is seconds, because nanoseconds are never meant", () => {
    expect(seconds("3600")).toBe(3600);
  });

  test.each(["7d", "-1h", "10m", "360h", "900.5s"])(
    "different on purpose: %s is an error, because it would be another duration silently",
    (text) => {
      expect(problem(A(`credentials_duration = ${text}\n`))).toContain(`"${text}"`);
    },
  );

  test("same: an hour unless told", () => {
    expect(of("").durationSeconds.value).toBe(3600);
  });
});

describe("3.6 validation", () => {
  test("same: a login without its client is an error", () => {
    expect(problem(A("").replace(/^web_identity_client_id.*\n/m, ""))).toContain("web_identity_client_id");
  });

  test("different on purpose: a redirect URI may be missing, because the device flow needs none", () => {
    expect(of("").login.redirectUri).toBeUndefined();
  });

  test.each([
    ["role_arn = developer", "role_arn"],
    ["web_identity_auth_url = sso.example.com", "web_identity_auth_url"],
    ["region = nowhere!", "region"],
    ["mfa_type = telepathy", "mfa_type"],
  ])("different on purpose: `%s` is an error, because AWS or the provider would only say so later", (line, named) => {
    expect(problem(A(`${line}\n`))).toContain(named);
  });
});

test("3.7 different on purpose: a profile that is not there is an error with the nearest name, because [default]'s role is not what was asked for", () => {
  const { message, hint } = failureOf(() => resolve("developr", { config: `[default]\n${COMPLETE}[profile developer]\n${COMPLETE}` }));
  expect(`${message} ${hint}`).toContain("developer");
});
