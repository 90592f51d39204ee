import { expect, test } from "vitest";
import { unattendedProfile, unattendedTools } from "../../src/credentials/unattended.ts";
import { PersonNeededError } from "../../src/errors.ts";
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
  };
  const tools = await testTools();
  const { terminal } = unattendedTools({ ...tools, terminal: { ...answering, choose: async (_, options) => options[0]!.value } });
  expect(terminal.isAvailable).toBe(false);
  await expect(terminal.ask("user name")).rejects.toBeInstanceOf(PersonNeededError);
  await expect(terminal.askSecret("password")).rejects.toBeInstanceOf(PersonNeededError);
  await expect(terminal.choose("factor", [{ value: 1, label: "one" }])).rejects.toBeInstanceOf(PersonNeededError);
});

test("what would be told to a person is kept out of the command's output", async () => {
  const tools = await testTools();
  const { log } = unattendedTools(tools);
  log.info("waiting");
  log.warn("damaged");
  expect(tools.log.lines).toEqual(["debug: waiting", "warning: damaged"]);
});
