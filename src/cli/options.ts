/**
 * Flags given, and the environment variables that stand for some of them (RUNAS_ENV_CREDENTIALS and the like) → what the run command is to do.
 *
 * Flags that override a profile's settings go on to config/, which reads those settings' own variables.
 */

import type { FlagSettings, FlagValue } from "../config/attributes.ts";
import { ConfigError, UsageError } from "../errors.ts";
import type { Environment } from "../world.ts";
import { readBoolean } from "./arguments.ts";
import type { GivenFlag } from "./arguments.ts";

export interface RunOptions {
  readonly settings: FlagSettings;
  /** -E: the command gets the credentials as variables instead of an endpoint. */
  readonly asVariables: boolean;
  readonly output: "env" | "json";
  /** True when -O named the output, and not only the environment. */
  readonly outputWasGiven: boolean;
  readonly refresh: boolean;
  /** -s: the credentials before the profile's role. */
  readonly session: boolean;
  /** -i: without a command, the user's shell is it. */
  readonly startsShell: boolean;
  /** -c: they go into the credentials file as well. */
  readonly writesFile: boolean;
  readonly showsExpiry: boolean;
  readonly showsIdentity: boolean;
}

type Flags = ReadonlyMap<string, GivenFlag>;

/**
 * @throws UsageError for a flag whose feature does not exist and for a value -O does not know.
 * @throws ConfigError for such a value in the environment.
 */
export function readOptions(flags: Flags, env: Environment): RunOptions {
  refuseUnsupported(flags);
  const output = flags.get("output");
  return {
    settings: settingsOf(flags),
    asVariables: switchOf(flags, "env") ?? booleanVariable(env, "RUNAS_ENV_CREDENTIALS"),
    output: output === undefined ? outputVariable(env) : outputFlag(output),
    outputWasGiven: output !== undefined,
    refresh: switchOf(flags, "refresh") ?? false,
    session: switchOf(flags, "session") ?? booleanVariable(env, "RUNAS_SESSION_CREDENTIALS"),
    startsShell: switchOf(flags, "interactive") ?? false,
    writesFile: switchOf(flags, "write-credentials") ?? booleanVariable(env, "RUNAS_WRITE_CREDENTIALS"),
    showsExpiry: switchOf(flags, "expiration") ?? false,
    showsIdentity: switchOf(flags, "whoami") ?? false,
  };
}

/** The flags that override settings of the profile. */
function settingsOf(flags: Flags): FlagSettings {
  const settings: Record<string, FlagValue> = {};
  for (const { spec, spelling, value } of flags.values()) {
    if (spec.setting !== undefined) settings[spec.setting] = { flag: spelling, value };
  }
  return settings;
}

/** 0, 1 for -v, 2 for -vv. */
export function verbosityOf(flags: Flags): number {
  return Number(flags.get("verbose")?.value ?? 0);
}

function refuseUnsupported(flags: Flags): void {
  for (const { spec, spelling, value } of flags.values()) {
    if (spec.summary === undefined && value !== "false") throw notSupported(`the flag ${spelling}`);
  }
}

function notSupported(what: string): UsageError {
  return new UsageError(`${what} is not supported in this version`, { code: "not-supported", hint: "aws-runas --help lists what is" });
}

function switchOf(flags: Flags, name: string): boolean | undefined {
  const given = flags.get(name);
  return given && given.value === "true";
}

function booleanVariable(env: Environment, variable: string): boolean {
  const text = env[variable] ?? "";
  const isOn = text === "" ? false : readBoolean(text);
  if (isOn === undefined)
    throw new ConfigError("config-value", `the environment variable ${variable} is either true or false, not "${text}"`);
  return isOn;
}

function outputFlag({ spelling, value }: GivenFlag): "env" | "json" {
  const format = outputFormat(value);
  if (format === undefined) throw new UsageError(`the flag ${spelling} takes env or json, not "${value}"`);
  return format;
}

function outputVariable(env: Environment): "env" | "json" {
  const text = env["RUNAS_OUTPUT_FORMAT"] || "env";
  const format = outputFormat(text);
  if (format === undefined)
    throw new ConfigError("config-value", `the environment variable RUNAS_OUTPUT_FORMAT is env or json, not "${text}"`);
  return format;
}

/** In any case. */
function outputFormat(text: string): "env" | "json" | undefined {
  const lower = text.toLowerCase();
  return lower === "env" || lower === "json" ? lower : undefined;
}
