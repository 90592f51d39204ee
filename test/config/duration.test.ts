/** How long a role's credentials are to live: the ways to write it, its bounds, a jump role's own bound. */

import { describe, expect, it } from "vitest";
import { parseDuration } from "../../src/config/duration.ts";
import type { FlagSettings } from "../../src/config/attributes.ts";
import type { Environment } from "../../src/world.ts";
import { COMPLETE, failureOf, resolve } from "./files-of.ts";

const JUMP = "jump_role_arn = arn:aws:iam::123456789012:role/jump\n";

describe("a duration", () => {
  it.each([
    ["90m", 5400],
    ["1h30m", 5400],
    ["1.5h", 5400],
    ["16.1m", 966],
    ["3600", 3600],
    ["1h0m0s", 3600],
    ["+1h", 3600],
    ["-1h", -3600],
    [".5h", 1800],
    ["1.h", 3600],
    ["900000ms", 900],
    ["900000000us", 900],
    ["900000000µs", 900],
    ["1h1ns", 3600.000000001],
    ["0", 0],
  ])("%s is %d seconds", (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it.each(["", "7d", "1 h", "h", "1h30", "1e3s", "1,5h", "-3600", "0x10", "m15", "1.5", ".h", "1H", "∞"])('"%s" is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe("the life of a role's credentials", () => {
  it("is an hour unless told", () => {
    expect(resolve("dev", { config: profile() }).durationSeconds).toEqual({ value: 3600, origin: { layer: "built-in" } });
  });

  it.each([
    ["15m", 900],
    ["12h", 43200],
    ["7200", 7200],
  ])("may be %s, by either key", (text, seconds) => {
    for (const key of ["credentials_duration", "duration_seconds"]) {
      expect(resolve("dev", { config: profile(`${key} = ${text}\n`) }).durationSeconds.value).toBe(seconds);
    }
  });

  it.each([
    ["7d", "is not a duration"],
    ["14m59s", "is outside of 15m to 12h"],
    ["12h1s", "is outside of 15m to 12h"],
    ["43201", "is outside of 15m to 12h"],
    ["0", "is outside of 15m to 12h"],
    ["-1h", "is outside of 15m to 12h"],
    ["1h0.5s", "is not a whole number of seconds"],
  ])("%s is an error that says why and where", (text, problem) => {
    const failure = (env: Environment, flags: FlagSettings, config: string) => failureOf(() => resolve("dev", { config, env, flags }));
    const inFile = failure({}, {}, profile(`credentials_duration = ${text}\n`));
    expect(inFile).toMatchObject({
      code: "config-value",
      hint: expect.stringContaining(problem.includes("outside") ? "AWS's limits" : "1h30m"),
    });
    expect(inFile.message).toBe(`credentials_duration in [profile dev] (~/.aws/config, line 5): "${text}" ${problem}`);
    expect(failure({ DURATION_SECONDS: text }, {}, profile()).message).toBe(
      `the environment variable DURATION_SECONDS: "${text}" ${problem}`,
    );
    expect(failure({}, { roleDuration: { flag: "-a", value: text } }, profile()).message).toBe(`the flag -a: "${text}" ${problem}`);
  });

  it("may not be said differently by two keys of one layer", () => {
    expect(failureOf(() => resolve("dev", { config: profile("credentials_duration = 1h\nduration_seconds = 7200\n") })).code).toBe(
      "config-conflict",
    );
    const env = { CREDENTIALS_DURATION: "1h", DURATION_SECONDS: "7200" };
    expect(failureOf(() => resolve("dev", { config: profile(), env })).message).toBe(
      "the environment variable CREDENTIALS_DURATION and the environment variable DURATION_SECONDS say different things",
    );
  });

  it("may be said twice alike, in different words", () => {
    const config = profile("credentials_duration = 2h\nduration_seconds = 7200\n");
    expect(resolve("dev", { config }).durationSeconds.value).toBe(7200);
  });

  it("comes from the nearer layer, by whichever key", () => {
    const config = `[default]\ncredentials_duration = 2h\n${profile("duration_seconds = 900\n")}`;
    expect(resolve("dev", { config }).durationSeconds.value).toBe(900);
    expect(resolve("dev", { config, env: { CREDENTIALS_DURATION: "3h" } }).durationSeconds.value).toBe(10800);
    const flags = { roleDuration: { flag: "-a", value: "4h" } };
    expect(resolve("dev", { config, env: { DURATION_SECONDS: "900" }, flags }).durationSeconds.value).toBe(14400);
  });
});

describe("behind a jump role", () => {
  it("an hour or less is fine", () => {
    expect(resolve("dev", { config: profile(`${JUMP}credentials_duration = 1h\n`) })).toMatchObject({
      durationSeconds: { value: 3600 },
      warnings: [],
    });
  });

  it.each([
    ["the profile", profile(`${JUMP}credentials_duration = 2h\n`), {}, {}],
    ["the environment", profile(JUMP), { CREDENTIALS_DURATION: "2h" }, {}],
    ["a flag", profile(JUMP), {}, { roleDuration: { flag: "-a", value: "2h" } }],
  ])("more than that is an error when %s asks for it", (_, config, env, flags) => {
    expect(failureOf(() => resolve("dev", { config, env, flags }))).toEqual({
      code: "config-value",
      message: expect.stringContaining('"2h" is more than the 1h that AWS gives a role reached through a jump role'),
      hint: expect.stringMatching(/^ask for 1h or less; the jump role is jump_role_arn in \[profile dev\]/),
    });
  });

  it.each([
    ["[default]", `[default]\ncredentials_duration = 2h\n${profile(JUMP)}`],
    ["the source", `[profile base]\ncredentials_duration = 2h\n${profile(`${JUMP}source_profile = base\n`)}`],
  ])("more than that, inherited from %s, becomes an hour, with a warning", (_, config) => {
    const { durationSeconds, warnings } = resolve("dev", { config });
    expect(durationSeconds.value).toBe(3600);
    expect(warnings).toEqual([
      expect.stringMatching(/^credentials_duration in .+ \(~\/.aws\/config, line 2\): "2h" is more than the 1h .+: using 1h$/),
    ]);
  });
});

describe("the life of IAM's session tokens", () => {
  it.each([
    ["[default]", { config: `[default]\nsession_token_duration = 36h\n${profile()}` }],
    ["the environment", { config: profile(), env: { SESSION_TOKEN_DURATION: "1s" } }],
  ])("in %s means nothing to OIDC", (_, setup) => {
    expect(resolve("dev", setup)).toMatchObject({ durationSeconds: { value: 3600 }, warnings: [] });
  });

  it("in the profile itself is warned of", () => {
    expect(resolve("dev", { config: profile("session_token_duration = 12h\n") }).warnings).toEqual([
      "session_token_duration in [profile dev] (~/.aws/config, line 5) has no effect with OIDC and SAML: it is for IAM's session tokens",
    ]);
  });

  it("is an error when it is no duration, wherever it is", () => {
    expect(failureOf(() => resolve("dev", { config: profile(), env: { SESSION_TOKEN_DURATION: "7d" } }))).toMatchObject({
      code: "config-value",
      message: 'the environment variable SESSION_TOKEN_DURATION: "7d" is not a duration',
    });
  });
});

function profile(settings = ""): string {
  return `[profile dev]\n${COMPLETE}${settings}`;
}
