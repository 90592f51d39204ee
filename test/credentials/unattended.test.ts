import { describe, expect, test } from "vitest";
import type { OidcLogin } from "../../src/config/profile.ts";
import { asAttended, unattendedProfile, unattendedTools } from "../../src/credentials/unattended.ts";
import { LoginError, PersonNeededError } from "../../src/errors.ts";
import { Secret } from "../../src/secret.ts";
import { setting, testProfile } from "../aws/fixtures.ts";
import { testTools } from "./fixtures.ts";

test("the one-time code of the first login is not used again, the password is", () => {
  const base = testProfile();
  const login = { ...base.login, mfaCode: setting(new Secret("123456")), password: setting(new Secret("pw")) };
  const unattended = unattendedProfile({ ...base, login });
  expect(unattended.login).toMatchObject({ mfaCode: undefined, password: login.password });
});

test("every question says that nobody is there, though the command has a terminal", async () => {
  const answering = {
    isAvailable: true,
    ask: async () => "a",
    askSecret: async () => new Secret("b"),
    say: () => {},
    showWait: () => () => {},
    showQr: async () => {},
  };
  const tools = await testTools();
  const { terminal } = unattendedTools({ ...tools, terminal: { ...answering, choose: async (_, options) => options[0]!.value } });
  expect(terminal.isAvailable).toBe(false);
  await expect(terminal.ask("user name")).rejects.toBeInstanceOf(PersonNeededError);
  await expect(terminal.askSecret("password")).rejects.toBeInstanceOf(PersonNeededError);
  await expect(terminal.choose("factor", [{ value: 1, label: "one" }])).rejects.toBeInstanceOf(PersonNeededError);
});

describe("login = never", () => {
  const never: OidcLogin = {
    ...testProfile().login,
    attendance: { value: "never", origin: { layer: "environment", variable: "AWSRUNAS_LOGIN" } },
  };

  test("takes the terminal away, and says where it is set when a person is needed", async () => {
    const tools = await testTools();
    const present = { ...tools, terminal: { ...tools.terminal, isAvailable: true, ask: async () => "answered" } };
    await expect(asAttended(never, present, ({ terminal }) => terminal.ask("user name"))).rejects.toMatchObject({
      exitStatus: 7,
      message: "the login needs a person, and login = never says that there is none (the environment variable AWSRUNAS_LOGIN)",
    });
    const auto: OidcLogin = { ...never, attendance: setting("auto") };
    expect(await asAttended(auto, present, ({ terminal }) => terminal.ask("user name"))).toBe("answered");
  });

  test("changes nothing about a login that needs nobody, nor about other failures", async () => {
    const tools = await testTools();
    expect(await asAttended(never, tools, async () => "in")).toBe("in");
    const offline = new LoginError("provider-unreachable", "no answer", { provider: "x", step: "discovery" });
    await expect(asAttended(never, tools, () => Promise.reject(offline))).rejects.toBe(offline);
  });
});

test("what would be told to a person is kept out of the command's output", async () => {
  const tools = await testTools();
  const { log } = unattendedTools(tools);
  log.info("waiting");
  log.warn("damaged");
  expect(tools.log.lines).toEqual(["debug: waiting", "warning: damaged"]);
});
