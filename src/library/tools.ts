/** A program's options and the process it is in → what credentials are got with. Nothing of it is shared between two providers but the store. */

import type { CredentialTools } from "../credentials/provider.ts";
import { unattendedTools } from "../credentials/unattended.ts";
import { UsageError } from "../errors.ts";
import { restoreOuterEnvironment } from "../exec/environment.ts";
import { openStore } from "../store/store.ts";
import { homeOf, ownSystem, systemClock } from "../system.ts";
import type { Clock, Environment, Log } from "../world.ts";
import type { AwsRunasOptions, Logger } from "./options.ts";
import { browserOf, terminalOf } from "./prompts.ts";

export interface AbortableTools extends CredentialTools {
  readonly signal: AbortSignal;
}

/** @throws ConfigError for what AWSRUNAS_STORE does not know */
export function openTools({ prompts, signal: end, env: given, logger = {} }: AwsRunasOptions): AbortableTools {
  // One of our own: more than ten who listen to a program's signal are a warning on its stderr.
  const signal = AbortSignal.any(end === undefined ? [] : [end]);
  const system = ownSystem();
  const env = restoreOuterEnvironment(given ?? system.env);
  const around = { ...system, env, homeDir: homeOf(env), clock: clockUntil(signal), log: logOf(logger) };
  const tools = { ...around, store: openStore(around), flights: new Map<string, Promise<unknown>>(), signal };
  if (prompts === undefined) return { ...unattendedTools(tools), signal };
  return { ...tools, terminal: terminalOf(prompts, signal), browser: browserOf(prompts) };
}

/** @throws UsageError */
export function profileName({ profile }: AwsRunasOptions, env: Environment): string {
  const name = profile ?? (env["AWS_PROFILE"] || env["AWS_DEFAULT_PROFILE"]);
  if (name) return name;
  throw new UsageError("no profile is named", { hint: "fromAwsRunas({ profile }) names one, or AWS_PROFILE" });
}

function clockUntil(end: AbortSignal): Clock {
  return {
    now: () => systemClock.now(),
    sleep: (durationMs, signal) => systemClock.sleep(durationMs, signal === undefined ? end : AbortSignal.any([signal, end])),
  };
}

function logOf(logger: Logger): Log {
  return {
    warn: (message) => logger.warn?.(message),
    info: (message) => logger.info?.(message),
    debug: (message) => logger.debug?.(message),
  };
}
