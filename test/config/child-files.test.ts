/** What the wrapped command may read of the user's files: settings, and no credentials but ours. */

import { promises as fs } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromIni } from "@aws-sdk/credential-providers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withoutOwnCredentials } from "../../src/config/child-files.ts";
import { filesOf } from "./files-of.ts";

const KEYS = "aws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = wJalrXUtnFEMI\n";

let folder: string;

beforeAll(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), "aws-runas-test-"));
});

afterAll(async () => {
  await fs.rm(folder, { recursive: true });
});

describe("a file", () => {
  it.each([
    ["there is none", {}],
    [
      "[default] has settings alone",
      { config: "[default]\nregion = eu-west-1\nmfa_serial = arn:aws:iam::1:mfa/x\n", credentials: "[default]\nregion = x\n" },
    ],
    ["only other profiles have keys", { config: `[profile a]\n${KEYS}role_arn = x\n`, credentials: `[a]\n${KEYS}` }],
    ["the value is empty", { config: "[default]\nrole_arn =\n" }],
    ["the line is a comment", { config: "[default]\n# role_arn = x\n" }],
  ])("is not copied when %s", (_, setup) => {
    expect(withoutOwnCredentials(filesOf(setup))).toEqual({});
  });

  it.each([
    "aws_access_key_id = AKIAEXAMPLE",
    "AWS_SECRET_ACCESS_KEY = wJalrXUtnFEMI",
    "aws_session_token=x",
    "credential_process = /bin/keys",
    "credential_source = Environment",
    "role_arn = arn:aws:iam::123456789012:role/x",
    "source_profile = base",
    "web_identity_token_file = /token",
    "sso_session = work",
    "sso_account_id = 123456789012",
    "login_session = arn:aws:iam::123456789012:user/x",
  ])("loses `%s` from [default], in either form and either file", (line) => {
    const [before, after] = [
      "# mine\r\n[%]\r\nregion = eu-west-1 # near\r\n",
      "s3 =\r\n  x = y\r\n\r\n[profile other]\r\nregion=eu-west-2",
    ];
    for (const heading of ["default", "profile default", ' profile  "default" ']) {
      const text = `${before.replace("%", heading)}${line}\r\n${after}`;
      expect(withoutOwnCredentials(filesOf({ config: text }))).toEqual({ config: before.replace("%", heading) + after });
    }
    const text = `${before.replace("%", "default")}${line}\r\n${after}`;
    expect(withoutOwnCredentials(filesOf({ credentials: text }))).toEqual({ credentials: before.replace("%", "default") + after });
  });

  it("keeps how other profiles get their credentials, unless that is a secret in the file", () => {
    const other =
      "[profile a]\nrole_arn = x\nsource_profile = b\n[profile b]\ncredential_process = /bin/keys\nweb_identity_token_file = /token\n";
    const config = `[default]\ncredential_process = /bin/mine\nrole_arn =\n${other}[profile c]\n${KEYS}`;
    expect(withoutOwnCredentials(filesOf({ config })).config).toBe(`[default]\nrole_arn =\n${other}[profile c]\n`);
  });

  it("gives no secret away: keys, passwords, tokens, of any section, commented out or not", () => {
    const secrets = `${KEYS}aws_session_token = FwoGZX\n# aws_secret_access_key = oldWJalr\n;aws_secret_access_key=olderWJalr\nmy_api_token = tok-1\n`;
    const passwords = "[https://id.example.com/x]\nweb_identity_password = 4$AB$cd\nsaml_password = pw-2\n";
    const url = "[profile o]\nweb_identity_auth_url = https://o.example.com/oidc/2?token=Y2xpZW50OnNlY3JldA\nregion = eu-west-3\n";
    const text = `[default]\n${secrets}region = eu-west-1\n[other]\n${secrets}${passwords}${url}`;
    const expected = "[default]\nregion = eu-west-1\n[other]\n[https://id.example.com/x]\n[profile o]\nregion = eu-west-3\n";
    expect(withoutOwnCredentials(filesOf({ config: text, credentials: text }))).toEqual({ config: expected, credentials: expected });
  });

  it.each([
    ["keys", { credentials: `[default]\n${KEYS}` }],
    ["keys in the config file", { config: `[default]\n${KEYS}` }],
    ["a process", { config: '[default]\ncredential_process = echo {"Version":1,"AccessKeyId":"a","SecretAccessKey":"b"}\n' }],
    ["a role", { config: `[profile base]\n${KEYS}[default]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = base\n` }],
    ["single sign-on", { config: "[default]\nsso_start_url = x\nsso_region = eu-west-1\nsso_account_id = 1\nsso_role_name = x\n" }],
    ["a token file", { config: "[default]\nrole_arn = arn:aws:iam::123456789012:role/x\nweb_identity_token_file = /none\n" }],
  ])("that had %s gives the SDK nothing any more", async (_, setup) => {
    const originals = filesOf(setup);
    const texts = withoutOwnCredentials(originals);
    expect(await sdkFailure({ config: originals.config.text, credentials: originals.credentials.text })).not.toMatch(NOTHING_THERE);
    expect(await sdkFailure({ config: originals.config.text, credentials: originals.credentials.text, ...texts })).toMatch(NOTHING_THERE);
  });
});

const NOTHING_THERE = /Could not resolve credentials using profile: \[default\]|not found in parsed credentials file/;

/** What the SDK says about the credentials of [default]; nothing when it has some. */
async function sdkFailure(files: { config: string; credentials: string }): Promise<string> {
  const [configFilepath, filepath] = ["config", "credentials"].map((name) => join(folder, name)) as [string, string];
  await fs.writeFile(configFilepath, files.config);
  await fs.writeFile(filepath, files.credentials);
  const assumed = { accessKeyId: "a", secretAccessKey: "b" };
  const provider = fromIni({ profile: "default", configFilepath, filepath, ignoreCache: true, roleAssumer: async () => assumed });
  return await provider().then(
    () => "",
    (error: Error) => error.message,
  );
}
