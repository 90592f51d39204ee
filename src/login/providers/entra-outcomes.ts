/**
 * How a second factor ends at Entra: the names in `ResultValue` → an error that says so.
 *
 * The names are in the login page's own script; some are explained at
 * https://learn.microsoft.com/entra/identity/authentication/howto-mfa-nps-extension-errors
 */

import { type ErrorCode, LoginError, shorten } from "../../errors.ts";

interface Outcome {
  readonly result: string;
  readonly message: string;
  readonly isRepeatable: boolean;
}

const PENDING = "AuthenticationPending";
const WRONG_CODES = new Set([
  "OathCodeIncorrect",
  "OathCodeDuplicate",
  "OathCodeOld",
  "OtpCodeIncorrect",
  "IncorrectOTP",
  "SMSAuthFailedWrongCodeEntered",
  "VoiceOTPAuthFailedWrongCodeEntered",
]);

/** Each goes on from "HOST ". */
const DENIALS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    PhoneAppDenied: "says that the login was denied in the app",
    PhoneAppFraud: "says that the login was reported as fraud in the app",
    PhoneAppFraudReported: "says that the login was reported as fraud in the app",
    PhoneAppEntropyIncorrect: "says that another number was picked in the app",
    PhoneAppNoResponse: "says that nobody answered in the app in time",
    FraudCodeEntered: "says that the call was reported as fraud",
    UserVoiceAuthFailedPhoneHungUp: "says that the call was hung up",
    UserVoiceAuthFailedCallWentToVoicemail: "says that the call went to voicemail",
    UserVoiceAuthFailedPhoneUnreachable: "says that the phone could not be reached",
    UserVoiceAuthFailedInvalidPhoneInput: "says that the call was answered with another key than #",
    SMSAuthFailedNoResponseTimeout: "says that no code was given in time",
  }),
);

const REFUSALS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    AuthenticationThrottled: "was asked for too many second factors in a short time: try again in some minutes",
    AuthenticationMethodLimitReached: "was asked for this second factor too often: try again in some minutes, or with another one",
    AuthenticationMethodLocked: "has locked this second factor for a while: try again later, or with another one",
    UserAuthFailedDuplicateRequest: "still waits for the second factor of an earlier login: answer that one, or try again in a minute",
    SMSAuthFailedMaxAllowedCodeRetryReached: "takes no more codes for this login after too many wrong ones",
    OathCodeFailedMaxAllowedRetryReached: "takes no more codes for this login after too many wrong ones",
    VoiceOTPAuthFailedMaxAllowedCodeRetryReached: "takes no more codes for this login after too many wrong ones",
    UserIsBlocked: "has blocked this user's second factors, after a report of fraud",
    ProofDataNotFound: "has no phone number or app for this second factor",
    InvalidSession: "says that the second factor took too long: try again",
    FlowTokenExpired: "says that the login took too long: try again",
  }),
);

/** A person may still answer. */
export function isPending({ result, isRepeatable }: Outcome): boolean {
  return result === PENDING || (result === "" && isRepeatable);
}

/** Another code may be given. */
export function isWrongCode({ result }: Outcome): boolean {
  return WRONG_CODES.has(result);
}

/**
 * For a challenge that did not succeed and is not waited for.
 *
 * @throws LoginError `approval-refused` for what a person did or left undone, else `provider-refused`
 */
export function checkOutcome({ result, message }: Outcome, provider: string): never {
  const denial = DENIALS.get(result);
  const known = denial ?? REFUSALS.get(result);
  const code: ErrorCode = denial === undefined ? "provider-refused" : "approval-refused";
  const details = { provider, step: "second factor" };
  if (known !== undefined) throw new LoginError(code, `${provider} ${known} (${result})`, details);
  const words = [message, result].filter((text) => text !== "").join(": ") || "no reason is given";
  throw new LoginError(code, shorten(`${provider} refuses the second factor: ${words}`), details);
}
