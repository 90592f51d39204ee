import { describe, expect, test } from "vitest";
import { readArguments } from "../../src/cli/arguments.ts";
import { globalFlags } from "../../src/cli/flags.ts";
import { readOptions } from "../../src/cli/options.ts";
import { ConfigError, UsageError } from "../../src/errors.ts";
import type { Environment } from "../../src/world.ts";

function read(argv: string[], env: Environment = {}) {
  return readOptions(readArguments(argv, globalFlags).flags, env);
}

test("nothing given: the endpoint, shell lines, no talk", () => {
  expect(read([])).toEqual({
    settings: {},
    asVariables: false,
    output: "env",
    outputWasGiven: false,
    refresh: false,
    session: false,
    startsShell: false,
    writesFile: false,
    showsExpiry: false,
    showsIdentity: false,
  });
});

test("flags that override the profile are handed on as they were typed", () => {
  expect(read(["-J", "arn", "--web-url=https://idp", "-a", "15m"]).settings).toEqual({
    jumpRole: { flag: "-J", value: "arn" },
    webUrl: { flag: "--web-url", value: "https://idp" },
    roleDuration: { flag: "-a", value: "15m" },
  });
});

describe("-E", () => {
  test.each<[string[], string | undefined, boolean]>([
    [["-E"], undefined, true],
    [[], "true", true],
    [[], "1", true],
    [[], "", false],
    [["-E=false"], "true", false],
    [["-E"], "false", true],
  ])("%j with RUNAS_ENV_CREDENTIALS=%s", (argv, variable, expected) => {
    expect(read(argv, { RUNAS_ENV_CREDENTIALS: variable }).asVariables).toBe(expected);
  });

  test("a variable that is neither true nor false is an error that names it", () => {
    expect(() => read([], { RUNAS_ENV_CREDENTIALS: "maybe" })).toThrow(ConfigError);
    expect(() => read([], { RUNAS_ENV_CREDENTIALS: "maybe" })).toThrow("RUNAS_ENV_CREDENTIALS");
  });
});

describe("-O", () => {
  test("takes env and json, in any case", () => {
    expect(read(["-O", "json"])).toMatchObject({ output: "json", outputWasGiven: true });
    expect(read(["-O", "JSON"])).toMatchObject({ output: "json" });
    expect(read([], { RUNAS_OUTPUT_FORMAT: "json" })).toMatchObject({ output: "json", outputWasGiven: false });
    expect(read(["-O", "env"], { RUNAS_OUTPUT_FORMAT: "json" })).toMatchObject({ output: "env" });
  });

  test("and nothing else", () => {
    expect(() => read(["-O", "yaml"])).toThrow(UsageError);
    expect(() => read([], { RUNAS_OUTPUT_FORMAT: "yaml" })).toThrow("RUNAS_OUTPUT_FORMAT is env or json");
  });
});

describe("features this version does not have", () => {
  test.each(["-u", "-D", "--diagnose"])("%s", (flag) => {
    const spelling = flag.split("=")[0];
    expect(() => read([flag])).toThrow(`the flag ${spelling} is not supported in this version`);
  });

  test("a switch that is turned off asks for nothing", () => {
    expect(() => read(["-u=false"])).not.toThrow();
  });
});
