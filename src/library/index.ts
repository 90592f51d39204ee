/**
 * The package's entry as a library: a profile → a credential provider for the AWS SDK for JavaScript v3.
 *
 * Whoever imports it has loaded this and the errors; the rest is loaded at the first call.
 */

import type { AwsRunasIdentity, AwsRunasOptions, AwsRunasProvider } from "./options.ts";
import type { Supply } from "./supply.ts";

export {
  AwsError,
  CancelledError,
  ConfigError,
  InternalError,
  LoginError,
  PersonNeededError,
  RunasError,
  StoreError,
  UsageError,
} from "../errors.ts";
export type { ErrorCode } from "../errors.ts";
export type { Answer, AwsRunasIdentity, AwsRunasOptions, AwsRunasProvider, Logger, Prompts, Question, TextQuestion } from "./options.ts";

/**
 * Credentials of a profile as `aws-runas PROFILE` gets them: from the same store, by the same logins, one for all who ask at once.
 *
 * Nothing happens before the SDK asks for the first time; then configuration and environment are read. The provider rejects with a
 * `RunasError`, whose `code` says what is wrong.
 */
export function fromAwsRunas(options: AwsRunasOptions = {}): AwsRunasProvider {
  let supply: Promise<Supply> | undefined;
  const open = async (): Promise<Supply> => (await import("./supply.ts")).openSupply(options);
  return async (): Promise<AwsRunasIdentity> => {
    supply ??= open().catch((error: unknown) => {
      supply = undefined;
      throw error;
    });
    return (await supply).identity();
  };
}
