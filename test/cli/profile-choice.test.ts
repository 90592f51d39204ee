import { describe, expect, test } from "vitest";
import { chooseProfile } from "../../src/cli/profile-choice.ts";
import { UsageError } from "../../src/errors.ts";
import type { Environment } from "../../src/world.ts";

const profileExists = (name: string) => ["dev", "prod"].includes(name) || name.startsWith("arn:");

function choose(words: string[], env: Environment = {}, dashesFirst = false) {
  const { profile, command } = chooseProfile({ words, dashesFirst, env, profileExists });
  return [profile, ...command];
}

describe("without AWS_PROFILE", () => {
  test("the first word is the profile, whether it exists or not", () => {
    expect(choose(["dev", "aws", "s3"])).toEqual(["dev", "aws", "s3"]);
    expect(choose(["nosuch", "aws"])).toEqual(["nosuch", "aws"]);
    expect(choose(["dev"], { AWS_PROFILE: "", AWS_DEFAULT_PROFILE: "" })).toEqual(["dev"]);
  });

  test("also after --", () => {
    expect(choose(["dev", "aws"], {}, true)).toEqual(["dev", "aws"]);
  });

  test("one -- after the profile is dropped, a second one is the command's", () => {
    expect(choose(["dev", "--", "aws"])).toEqual(["dev", "aws"]);
    expect(choose(["dev", "--", "--", "aws"])).toEqual(["dev", "--", "aws"]);
    expect(choose(["dev", "aws", "--", "x"])).toEqual(["dev", "aws", "--", "x"]);
  });

  test.each([[[]], [[""]], [["", "aws"]]])("%j names no profile", (words) => {
    expect(() => choose(words)).toThrow(UsageError);
  });
});

describe("with AWS_PROFILE", () => {
  const env = { AWS_PROFILE: "prod" };

  test("a first word that is not a profile begins the command", () => {
    expect(choose(["aws", "s3"], env)).toEqual(["prod", "aws", "s3"]);
    expect(choose(["nosuch", "--", "aws"], env)).toEqual(["prod", "nosuch", "--", "aws"]);
  });

  test("a first word that is a profile is the profile", () => {
    expect(choose(["dev", "aws"], env)).toEqual(["dev", "aws"]);
    expect(choose(["dev", "--", "aws"], env)).toEqual(["dev", "aws"]);
    expect(choose(["prod", "aws"], env)).toEqual(["prod", "aws"]);
    expect(choose(["arn:aws:iam::123456789012:role/x", "aws"], env)).toEqual(["arn:aws:iam::123456789012:role/x", "aws"]);
  });

  test("the profile it names is recognised as a word even when no file has it", () => {
    expect(choose(["ghost", "aws"], { AWS_PROFILE: "ghost" })).toEqual(["ghost", "aws"]);
  });

  test("-- first makes every word the command", () => {
    expect(choose(["dev", "aws"], env, true)).toEqual(["prod", "dev", "aws"]);
  });

  test("no words: the profile alone", () => {
    expect(choose([], env)).toEqual(["prod"]);
  });

  test("AWS_DEFAULT_PROFILE counts when AWS_PROFILE is unset or empty", () => {
    expect(choose(["aws"], { AWS_DEFAULT_PROFILE: "dev" })).toEqual(["dev", "aws"]);
    expect(choose(["aws"], { AWS_PROFILE: "", AWS_DEFAULT_PROFILE: "dev" })).toEqual(["dev", "aws"]);
    expect(choose(["aws"], { AWS_PROFILE: "prod", AWS_DEFAULT_PROFILE: "dev" })).toEqual(["prod", "aws"]);
  });
});
