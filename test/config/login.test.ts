/** Which of all that says how to log in decides: the nearest layer, a source of tokens before a provider, a cluster's variable last. */

import { describe, expect, it } from "vitest";
import type { TokenSource } from "../../src/config/profile.ts";
import { failureOf, resolveAny, ROLE, type Setup } from "./files-of.ts";

const URL = "web_identity_auth_url = https://id.example.com\nweb_identity_client_id = aws\n";
const FILE = "web_identity_token_file = /run/token\n";
const CLUSTER = { AWS_WEB_IDENTITY_TOKEN_FILE: "/var/run/eks/token", AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/cluster" };

/** "oidc", or the source with the value that names it. */
function loginOf(setup: Setup): string {
  const { login } = resolveAny("dev", setup);
  return login.kind === "token" ? nameOf(login.source) : login.kind;
}

function nameOf(source: TokenSource): string {
  switch (source.kind) {
    case "file":
      return `file ${source.path.value}`;
    case "command":
      return `command ${source.words.value.join("|")}`;
    case "variable":
      return `variable ${source.variable.value}`;
    case "github":
      return `github ${source.audience.value}`;
  }
}

const dev = (text: string) => `[profile dev]\nrole_arn = ${ROLE}\n${text}`;

describe("a profile takes its id token from", () => {
  it.each([
    ["a file", FILE, "file /run/token"],
    ["a command", `web_identity_token_command = vault read -field "a b" 'c"d' e'f'"g"\n`, `command vault|read|-field|a b|c"d|efg`],
    [
      "a command with an empty word, and backslashes",
      String.raw`web_identity_token_command = "C:\Program Files\x.exe" '' y`,
      String.raw`command C:\Program Files\x.exe||y`,
    ],
    ["a variable", "web_identity_token_variable = GITLAB_OIDC_TOKEN\n", "variable GITLAB_OIDC_TOKEN"],
    ["GitHub Actions", "web_identity_token_source = GitHub\n", "github sts.amazonaws.com"],
    ["GitHub Actions for an audience", "web_identity_token_source = github\nweb_identity_token_audience = acme\n", "github acme"],
  ])("%s", (_, text, expected) => {
    expect(loginOf({ config: dev(text) })).toBe(expected);
  });

  it.each([
    ["WEB_IDENTITY_TOKEN_COMMAND", "x y", "command x|y"],
    ["WEB_IDENTITY_TOKEN_VARIABLE", "TOKEN", "variable TOKEN"],
    ["WEB_IDENTITY_TOKEN_SOURCE", "github", "github sts.amazonaws.com"],
  ])("what %s names, which is nearer than the profile", (variable, value, expected) => {
    expect(loginOf({ config: dev(FILE + URL), env: { [variable]: value } })).toBe(expected);
  });

  it("a source that its source profile names", () => {
    expect(loginOf({ config: `${dev("source_profile = base\n")}[profile base]\n${FILE}` })).toBe("file /run/token");
  });
});

describe("the nearest layer decides", () => {
  it.each([
    ["the source beats a provider farther away", { config: `[default]\n${URL}${dev(FILE)}` }, "file /run/token"],
    ["a provider beats a source farther away", { config: `[default]\n${FILE}${dev(URL)}` }, "oidc"],
    [
      "a provider in the environment beats the profile's source",
      { config: dev(FILE), env: { WEB_IDENTITY_AUTH_URL: "https://x", WEB_IDENTITY_CLIENT_ID: "c" } },
      "oidc",
    ],
    [
      "a provider by flag beats a source in the environment",
      { config: dev(URL), env: { WEB_IDENTITY_TOKEN_VARIABLE: "X" }, flags: { webUrl: { flag: "-W", value: "https://y" } } },
      "oidc",
    ],
    [
      "a nearer source beats one farther away",
      { config: `[default]\n${FILE}${dev("web_identity_token_variable = TOKEN\n")}` },
      "variable TOKEN",
    ],
    ["a source beats SAML farther away", { config: `[default]\nsaml_auth_url = https://s\n${dev(FILE)}` }, "file /run/token"],
    ["in one layer the source beats the provider", { config: dev(URL + FILE) }, "file /run/token"],
    ["both files of a profile are one layer", { config: dev(URL), credentials: `[dev]\n${FILE}` }, "file /run/token"],
    [
      "between two source profiles the nearer",
      { config: `${dev("source_profile = a\n")}[profile a]\nsource_profile = b\n${URL}[profile b]\n${FILE}` },
      "oidc",
    ],
  ])("%s", (_, setup, expected) => {
    expect(loginOf(setup)).toBe(expected);
  });
});

describe("a cluster's AWS_WEB_IDENTITY_TOKEN_FILE", () => {
  it("is the source of a profile that does not say how to log in", () => {
    expect(loginOf({ config: dev(""), env: CLUSTER })).toBe("file /var/run/eks/token");
  });

  it.each([
    ["a provider", URL, "oidc"],
    ["another source", "web_identity_token_variable = TOKEN\n", "variable TOKEN"],
  ])("does not take the place of %s", (_, text, expected) => {
    expect(loginOf({ config: dev(text), env: CLUSTER })).toBe(expected);
    expect(loginOf({ config: `[default]\n${text}${dev("")}`, env: CLUSTER })).toBe(expected);
  });

  it("does not make up for a provider that is named in part, nor for SAML", () => {
    const failure = failureOf(() => loginOf({ config: dev("web_identity_client_id = aws\n"), env: CLUSTER }));
    expect(failure).toMatchObject({ code: "config-missing", message: 'profile "dev" has no web_identity_auth_url' });
    expect(loginOf({ config: dev("saml_auth_url = https://s\n"), env: CLUSTER })).toBe("saml");
  });

  it("names the file of a profile that reads one, as variables beat files", () => {
    expect(loginOf({ config: dev(FILE), env: CLUSTER })).toBe("file /var/run/eks/token");
  });
});

describe("what is refused", () => {
  it("two sources in one layer", () => {
    const failure = failureOf(() => loginOf({ config: dev(`${FILE}web_identity_token_command = x\n`) }));
    expect(failure.code).toBe("config-conflict");
    expect(failure.message).toMatch(/^web_identity_token_file in .+ and web_identity_token_command in .+ exclude each other$/);
  });

  it.each([
    ["a source that is not known", "web_identity_token_source = jenkins\n", "github"],
    ["a variable's name that is none", "web_identity_token_variable = $TOKEN\n", "the name of a variable"],
    ["a mode that is not known", `${URL}login = sometimes\n`, "auto, never"],
  ])("%s", (_, text, hint) => {
    expect(failureOf(() => loginOf({ config: dev(text) }))).toMatchObject({ code: "config-value", hint: expect.stringContaining(hint) });
  });

  it.each(["vault 'x", 'vault "x', "   "])("a command that cannot be split, without showing it: %s", (text) => {
    const failure = failureOf(() => loginOf({ config: dev(""), env: { WEB_IDENTITY_TOKEN_COMMAND: text } }));
    expect(failure).toMatchObject({ code: "config-value", message: expect.not.stringContaining("vault") });
  });
});

it("login is auto or never, in any case, and AWSRUNAS_LOGIN beats it", () => {
  const attendance = (env: Record<string, string>) => resolveAny("dev", { config: dev(`${URL}login = NEVER\n`), env }).login;
  expect(attendance({})).toMatchObject({ attendance: { value: "never" } });
  expect(attendance({ AWSRUNAS_LOGIN: "auto" })).toMatchObject({ attendance: { value: "auto" } });
});
