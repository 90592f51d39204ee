import { describe, expect, test } from "vitest";
import { readArguments } from "../../src/cli/arguments.ts";
import { globalFlags, helpFlag } from "../../src/cli/flags.ts";
import type { FlagSpec } from "../../src/cli/flags.ts";
import { UsageError } from "../../src/errors.ts";

function read(...argv: string[]) {
  const { flags, words, dashesFirst } = readArguments(argv, globalFlags);
  return { flags: Object.fromEntries([...flags].map(([name, { value }]) => [name, value])), words, dashesFirst };
}

describe("where flags end", () => {
  test("at the first word; later ones belong to the command", () => {
    expect(read("-E", "prof", "-r", "--", "-x")).toEqual({ flags: { env: "true" }, words: ["prof", "-r", "--", "-x"], dashesFirst: false });
  });

  test("at --, which is dropped", () => {
    expect(read("-E", "--", "-r")).toEqual({ flags: { env: "true" }, words: ["-r"], dashesFirst: true });
  });

  test("at a lone dash, which is a word", () => {
    expect(read("-", "-E").words).toEqual(["-", "-E"]);
  });

  test("but the word after a flag that takes a value is its value, whatever it looks like", () => {
    expect(read("-U", "-E", "prof")).toEqual({ flags: { username: "-E" }, words: ["prof"], dashesFirst: false });
    expect(read("-U", "--", "prof").flags).toEqual({ username: "--" });
  });
});

describe("how a flag is written", () => {
  test.each([
    ["-J", "arn"],
    ["--J", "arn"],
    ["-jump-role", "arn"],
    ["--jump-role", "arn"],
    ["-J=arn"],
    ["--J=arn"],
    ["-jump-role=arn"],
    ["--jump-role=arn"],
  ])("%s %s", (...argv) => {
    expect(read(...argv, "prof")).toMatchObject({ flags: { "jump-role": "arn" }, words: ["prof"] });
  });

  test("only the first = separates", () => {
    expect(read("-W=https://idp/?a=b").flags).toEqual({ "web-url": "https://idp/?a=b" });
    expect(read("-P=").flags).toEqual({ password: "" });
  });

  test.each(["1", "t", "T", "true", "TRUE", "True"])("a switch is on with =%s", (text) => {
    expect(read(`-E=${text}`).flags).toEqual({ env: "true" });
  });

  test.each(["0", "f", "F", "false", "FALSE", "False"])("a switch is off with =%s", (text) => {
    expect(read(`--env=${text}`).flags).toEqual({ env: "false" });
  });

  test("single letters combine, and the last may take a value", () => {
    expect(read("-vEr", "prof").flags).toEqual({ verbose: "1", env: "true", refresh: "true" });
    expect(read("-vO", "json", "prof").flags).toEqual({ verbose: "1", output: "json" });
    expect(read("-vO=json", "prof").flags).toEqual({ verbose: "1", output: "json" });
  });

  test("verbosity is counted", () => {
    expect(read("-v").flags).toEqual({ verbose: "1" });
    expect(read("-vv").flags).toEqual({ verbose: "2" });
    expect(read("-v", "--verbose").flags).toEqual({ verbose: "2" });
  });

  test("the same flag twice: the last counts; in two spellings: both must agree", () => {
    expect(read("-O", "env", "-O", "json").flags).toEqual({ output: "json" });
    expect(read("-O", "json", "--output", "json").flags).toEqual({ output: "json" });
    expect(() => read("-O", "env", "--output", "json")).toThrow("-O and --output are the same flag and were given different values");
    expect(() => read("-E", "--env=false")).toThrow(UsageError);
  });
});

describe("what is wrong", () => {
  test.each([
    [["--refesh"], "unknown flag --refesh", "did you mean --refresh?"],
    [["-Z"], "unknown flag -Z", "aws-runas --help lists the flags"],
    [["-Ojson"], "the flag -O takes a value, which is a word of its own", "-O VALUE, or -O=VALUE"],
    [["-refesh"], "unknown flag -refesh", "did you mean --refresh?"],
    [["-Outptu"], "the flag -O takes a value, which is a word of its own", "did you mean --output?"],
    [["--vE"], "unknown flag --vE", "aws-runas --help"],
    [["---env"], "unknown flag ---env", "did you mean --env?"],
    [["-=x"], "unknown flag -", "aws-runas --help"],
  ])("%s", (argv, message, hint) => {
    const error = thrownBy(() => read(...argv));
    expect(error.message).toBe(message);
    expect(error.hint).toContain(hint);
  });

  test.each(["-Phunter2", "-Psecret", "-vPhunter2"])("a password that is stuck to its flag is not repeated: %s", (word) => {
    const { message, hint } = thrownBy(() => read(word, "dev")) as UsageError;
    expect(message + hint).not.toMatch(/hunter2|secret/);
    expect(message).toContain("the flag -P takes a value");
  });

  test("an unknown flag's value is not repeated: it may be a password", () => {
    expect(thrownBy(() => read("--pasword=hunter2")).message).toBe("unknown flag --pasword");
  });

  test.each([
    [["-U"], "the flag -U needs a value"],
    [["-vO"], "the flag -O needs a value"],
    [["-Ov", "json"], "the flag -O takes a value, which is a word of its own"],
    [["-E=maybe"], 'the flag -E is either true or false, not "maybe"'],
  ])("%s", (argv, message) => {
    expect(() => read(...argv)).toThrow(message);
  });
});

describe("flags of a command of our own", () => {
  const specs: FlagSpec[] = [{ name: "delete", kind: "switch", summary: "…" }, helpFlag];

  test("stand anywhere, up to --", () => {
    const { flags, words } = readArguments(["prof", "--delete", "x", "--", "--y"], specs, "scattered");
    expect([...flags.keys()]).toEqual(["delete"]);
    expect(words).toEqual(["prof", "x", "--y"]);
  });
});

function thrownBy(action: () => unknown): UsageError {
  try {
    action();
  } catch (error) {
    if (error instanceof UsageError) return error;
  }
  throw new Error("no UsageError was thrown");
}
