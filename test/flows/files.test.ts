/** Credentials by way of AWS's files: `-c` writes them, `configure process` has programs ask for them. */

import { chmodSync, mkdirSync, readFileSync, readlinkSync, renameSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { aliceFlow } from "./alice.ts";

const flow = aliceFlow();
const run = (argv: string[], env: Record<string, string> = {}) => flow.run(argv, { env });
const credentials = () => readFileSync(flow.home.file(".aws/credentials"), "utf8");
const config = () => readFileSync(flow.home.file(".aws/config"), "utf8");

/** By key. */
function section(text: string, name: string): Record<string, string> {
  const [, body = ""] = new RegExp(String.raw`^\[${name}\]\n((?:[^\[].*\n?)*)`, "m").exec(text) ?? [];
  return Object.fromEntries([...body.matchAll(/^(\w+) = (.*)$/gm)].map(([, key = "", value = ""]) => [key, value]));
}

describe("-c", () => {
  test("writes what the command gets, with the time it ends, into a section of the profile's name", async () => {
    const outcome = await run(["-c", "-O", "json", "developer"]);
    const printed = JSON.parse(outcome.stdout) as Record<string, string>;
    expect(section(credentials(), "developer-awsrunas")).toEqual({
      aws_access_key_id: printed["AccessKeyId"],
      aws_secret_access_key: printed["SecretAccessKey"],
      aws_session_token: printed["SessionToken"],
      x_security_token_expires: printed["Expiration"],
    });
    expect(outcome.stderr).toContain("the credentials are in ~/.aws/credentials as the profile developer-awsrunas");
    expect(statSync(flow.home.file(".aws/credentials")).mode & 0o777).toBe(0o600);
  });

  test("keeps every other byte, the link, and makes the file its owner's alone", async () => {
    const before = "# mine \r\n[other]\naws_access_key_id   =AKIA1 ; x\n\n\n[developer-awsrunas.x]\na = b\n# end";
    mkdirSync(flow.home.file("dotfiles"));
    writeFileSync(flow.home.file("dotfiles/creds"), before);
    chmodSync(flow.home.file("dotfiles/creds"), 0o644);
    symlinkSync(flow.home.file("dotfiles/creds"), flow.home.file(".aws/credentials"));
    await run(["-c", "developer", "true"]);
    await run(["-c", "-r", "developer", "true"]);
    expect(credentials().startsWith(before)).toBe(true);
    expect(credentials().match(/developer-awsrunas\]/g)).toHaveLength(1);
    expect(readlinkSync(flow.home.file(".aws/credentials"))).toBe(flow.home.file("dotfiles/creds"));
    expect(statSync(flow.home.file("dotfiles/creds")).mode & 0o777).toBe(0o600);
  });

  test("is what RUNAS_WRITE_CREDENTIALS says, where no flag says otherwise", async () => {
    await run(["developer", "true"], { RUNAS_WRITE_CREDENTIALS: "true" });
    expect(section(credentials(), "developer-awsrunas")).toHaveProperty("aws_session_token");
    renameSync(flow.home.file(".aws/credentials"), flow.home.file("before"));
    await run(["-c=false", "developer", "true"], { RUNAS_WRITE_CREDENTIALS: "true" });
    expect(() => credentials()).toThrow("ENOENT");
  });

  test("does not mistake a dotted name for another profile's", async () => {
    writeFileSync(flow.home.file(".aws/config"), config().replace("[profile developer]", "[profile developer.eu]"));
    await run(["-c", "developer.eu", "true"]);
    expect(section(credentials(), String.raw`developer\.eu-awsrunas`)).toHaveProperty("aws_access_key_id");
  });

  test("says so where the config would lead programs to other credentials", async () => {
    writeFileSync(
      flow.home.file(".aws/config"),
      `${config()}\n[profile developer-awsrunas]\nrole_arn = arn:aws:iam::123456789012:role/x\n`,
    );
    const outcome = await run(["-c", "developer", "true"]);
    expect(outcome.status).toBe(3);
    expect(outcome.stderr).toContain("[profile developer-awsrunas] in ~/.aws/config has role_arn");
  });

  test.each(["login_session = x", "credential_source = Environment", "web_identity_token_file = /t", "sso_account_id = 1"])(
    "wrote keys beside a `%s` of the config, which some SDK takes before them",
    async (line) => {
      writeFileSync(flow.home.file(".aws/config"), `${config()}\n[profile developer-awsrunas]\naws_access_key_id = x\n${line}\n`);
      const outcome = await run(["-c", "developer", "true"]);
      expect([outcome.status, outcome.stderr]).toEqual([3, expect.stringContaining(`in ~/.aws/config has ${line.split(" ")[0]},`)]);
    },
  );

  test("fails where the file cannot be written, and runs nothing", async () => {
    mkdirSync(flow.home.file(".aws/credentials"));
    const outcome = await run(["-c", "developer", "true"]);
    expect(outcome.status).not.toBe(0);
    expect(outcome.stderr).toContain("credentials");
  });
});

describe("configure process", () => {
  test("writes a profile with a line that every SDK reads alike, and the region", async () => {
    const before = config();
    const outcome = await run(["configure", "process", "developer"]);
    expect(outcome.status).toBe(0);
    expect(config().startsWith(before)).toBe(true);
    expect(section(config(), "profile developer-process")).toMatchObject({
      credential_process: '"/opt/aws runas/aws-runas" -O json developer',
    });
  });

  test("takes another name, and removes what it wrote", async () => {
    const before = config();
    await run(["configure", "process", "developer", "ci"]);
    expect(section(config(), "profile ci")).toHaveProperty("credential_process");
    const outcome = await run(["configure", "process", "--delete", "developer", "ci"]);
    expect(outcome.stderr).toContain("removed credential_process and region from [profile ci]");
    expect(config()).toBe(before);
  });

  test("left the region that it had written, in a profile without credentials; one beside other settings stays", async () => {
    await run(["configure", "process", "developer", "ci"]);
    expect(section(config(), "profile ci")).toHaveProperty("region", "eu-central-1");
    writeFileSync(flow.home.file(".aws/config"), config().replace("[profile ci]\n", "[profile ci]\noutput = json\n"));
    const outcome = await run(["configure", "process", "--delete", "developer", "ci"]);
    expect(outcome.stderr).toContain("removed credential_process from [profile ci]");
    expect(section(config(), "profile ci")).toEqual({ output: "json", region: "eu-central-1" });
  });

  test("refuses a profile that programs would take other credentials from", async () => {
    const outcome = await run(["configure", "process", "developer", "developer"]);
    expect(outcome.status).toBe(3);
    expect(outcome.stderr).toContain('the profile "developer" has source_profile, which');
  });

  test.each(["login_session = x", "sso_start_url = https://x", "sso_account_id = 1"])(
    "wrote the line beside a `%s`, which some SDK takes before it",
    async (line) => {
      const before = `${config()}\n[profile ci]\n${line}\n`;
      writeFileSync(flow.home.file(".aws/config"), before);
      const outcome = await run(["configure", "process", "developer", "ci"]);
      expect([outcome.status, outcome.stderr]).toEqual([3, expect.stringContaining(`has ${line.split(" ")[0]}, which some`)]);
      expect(config()).toBe(before);
    },
  );

  test("refuses a name that the line cannot hold, and one that is no profile", async () => {
    expect((await run(["configure", "process", "nix"])).status).toBe(3);
    expect((await run(["configure", "nix", "developer"])).stderr).toContain("configure what?");
  });

  test("wrote a line that ran the command of the profile's name", async () => {
    writeFileSync(flow.home.file(".aws/config"), config().replace("[profile developer]", "[profile login]"));
    const before = config();
    const outcome = await run(["configure", "process", "login", "ci"]);
    expect([outcome.status, outcome.stderr]).toEqual([2, expect.stringContaining("would be taken for a command")]);
    expect(config()).toBe(before);
  });

  test.each(["a b", "ünï", "q'x"])("wrote a section [profile %s-process], which SDKs do not see", async (name) => {
    writeFileSync(flow.home.file(".aws/config"), config().replace("[profile developer]", `[profile ${name}]`));
    const outcome = await run(["configure", "process", name]);
    expect([outcome.status, outcome.stderr]).toEqual([2, expect.stringContaining("no name of a profile that every SDK reads")]);
    await run(["configure", "process", name, "ci"]);
    expect(section(config(), "profile ci")).toHaveProperty("credential_process", `"/opt/aws runas/aws-runas" -O json "${name}"`);
  });

  test("claimed to have removed what was not there", async () => {
    const outcome = await run(["configure", "process", "--delete", "developer"]);
    expect(outcome.stderr).toContain("there is no credential_process in [profile developer-process]");
  });
});
