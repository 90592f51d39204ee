/** The password command, whole, in process. Storing costs a second each time, by design. */

import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodePassword } from "../../src/store/password-format.ts";
import { createHome, runas } from "../flows/test-world.ts";
import type { Home, Outcome, Run } from "../flows/test-world.ts";

const URL = "https://login.example.com/realm?token=geheim";
const PASSWORD = "pä$$ wörd #1";
const SHOWN = "[https://login.example.com/realm?…] of ~/.aws/credentials";
const config = `[profile dev]
role_arn = arn:aws:iam::123456789012:role/dev
web_identity_auth_url = ${URL}
web_identity_client_id = client
web_identity_redirect_uri = app:/callback
`;

let home: Home;

beforeEach(() => {
  home = createHome(config);
});
afterEach(() => home[Symbol.dispose]());

const file = () => home.file(".aws/credentials");

async function password(words: readonly string[], run: Omit<Run, "home"> = {}): Promise<Outcome> {
  const outcome = await runas(words, { home, ...run });
  expect(outcome.stdout).toBe("");
  expect(outcome.unasked).toEqual([]);
  expect(outcome.stderr).not.toContain("geheim");
  expect(outcome.stderr).not.toContain(PASSWORD);
  return outcome;
}

async function stored(): Promise<string | undefined> {
  const [, section = "", text = ""] = /^\[(.*)\]\nweb_identity_password = (.*)\n$/.exec(readFileSync(file(), "utf8")) ?? [];
  return (await decodePassword(text, section))?.reveal();
}

describe("aws-runas password PROFILE", () => {
  it("asks twice on the terminal, stores the answer, and says where", async () => {
    const answers = [
      ["Password", PASSWORD],
      ["once more", PASSWORD],
    ] as const;
    const outcome = await password(["password", "dev"], { answers });
    expect(outcome).toMatchObject({ status: 0, stderr: `aws-runas: stored the password in ${SHOWN}\n` });
    expect(await stored()).toBe(PASSWORD);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
  });

  it("needs no role: the profile that others log in through has none", async () => {
    writeFileSync(home.file(".aws/config"), config.replace(/role_arn = .*\n/, ""));
    expect(await password(["password", "dev"], { stdin: PASSWORD })).toMatchObject({ status: 0 });
    expect(await stored()).toBe(PASSWORD);
  });

  it("reads it from a pipe, for the profile that AWS_PROFILE names, and warns when others can read the file", async () => {
    writeFileSync(file(), "");
    chmodSync(file(), 0o644);
    const { status, stderr } = await password(["pw"], { env: { AWS_PROFILE: "dev" }, stdin: `${PASSWORD}\r\n` });
    expect(status).toBe(0);
    expect(stderr).toContain("warning: others on this machine can read ~/.aws/credentials (mode 644); chmod 600 keeps them out\n");
    expect(await stored()).toBe(PASSWORD);
  });

  it("takes one that was given, and says by what", async () => {
    expect(await password(["-P", PASSWORD, "passwd", "dev"], { stdin: "another" })).toMatchObject({
      status: 0,
      stderr: `aws-runas: taking the password from the flag -P\naws-runas: stored the password in ${SHOWN}\n`,
    });
  });

  it("--delete removes it and says so, and says when there is nothing", async () => {
    writeFileSync(file(), `# mine\n\n[${URL}]\nweb_identity_password = x\n`);
    const words = ["password", "--delete", "dev"];
    expect(await password(words)).toMatchObject({ status: 0, stderr: `aws-runas: removed the password from ${SHOWN}\n` });
    expect(readFileSync(file(), "utf8")).toBe("# mine\n");
    expect(await password(words)).toMatchObject({ status: 0, stderr: `aws-runas: there is no password stored for ${SHOWN}\n` });
  });
});

describe("aws-runas password for a SAML profile", () => {
  beforeEach(() => {
    writeFileSync(home.file(".aws/config"), `[profile dev]\nsaml_auth_url = ${URL}\n`);
  });

  it("stores it under SAML's key, and --delete removes it", async () => {
    expect(await password(["password", "dev"], { stdin: `${PASSWORD}\n` })).toMatchObject({
      status: 0,
      stderr: `aws-runas: stored the password in ${SHOWN}\n`,
    });
    const [, text = ""] = /^\[.*\]\nsaml_password = (.*)\n$/.exec(readFileSync(file(), "utf8")) ?? [];
    expect((await decodePassword(text, URL))?.reveal()).toBe(PASSWORD);
    expect(await password(["password", "--delete", "dev"])).toMatchObject({
      status: 0,
      stderr: expect.stringContaining("removed the password"),
    });
    expect(readFileSync(file(), "utf8")).not.toContain("saml_password");
  });

  it("takes the one that SAML_PASSWORD has, and not OpenID Connect's", async () => {
    const env = { SAML_PASSWORD: PASSWORD, WEB_IDENTITY_PASSWORD: "other" };
    expect((await password(["password", "dev"], { env })).stderr).toContain(
      "taking the password from the environment variable SAML_PASSWORD",
    );
    const [, text = ""] = /saml_password = (.*)\n/.exec(readFileSync(file(), "utf8")) ?? [];
    expect((await decodePassword(text, URL))?.reveal()).toBe(PASSWORD);
  });
});

describe("aws-runas password stores nothing", () => {
  it.each([
    ["from an empty pipe", { stdin: "" }, 2, "an empty password is not stored"],
    ["from a pipe with an empty line", { stdin: "\n" }, 2, "an empty password is not stored"],
    ["from a pipe with two lines", { stdin: `${PASSWORD}\nb\n` }, 2, "more than one line on stdin"],
    ["when the answer is empty", { answers: [["Password", ""]] }, 2, "an empty password is not stored"],
    [
      "when the two answers differ",
      {
        answers: [
          ["Password", PASSWORD],
          ["once more", "b"],
        ],
      },
      2,
      "two different passwords",
    ],
    ["when there is nobody to ask", {}, 7, "nobody is there"],
  ] as const)("%s", async (_, run, status, message) => {
    const outcome = await password(["password", "dev"], run);
    expect(outcome.status).toBe(status);
    expect(outcome.stderr).toContain(message);
    expect(existsSync(file())).toBe(false);
  });

  it.each([
    ["for an unknown profile", ["password", "nobody"], 3, "nobody"],
    ["without a profile", ["password"], 2, "no profile is named"],
    ["with a word too many", ["password", "dev", "extra"], 2, "there is a word too many after the profile\n"],
    ["for --delete together with --keychain", ["password", "--delete", "--keychain", "dev"], 2, "exclude each other"],
  ])("%s", async (_, words, status, message) => {
    const outcome = await password(words, { stdin: "x\n" });
    expect(outcome.status).toBe(status);
    expect(outcome.stderr).toContain(message);
    expect(existsSync(file())).toBe(false);
  });
});
