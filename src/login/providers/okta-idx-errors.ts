/** What Identity Engine says when a login cannot go on, in words and with what to do. Messages have keys; their texts are in any language. */

import type { LoginError } from "../../errors.ts";
import type { IdxMessage, IdxState } from "./okta-idx-answer.ts";
import { failure, lockedOut, type OktaOrg, personNeeded, wrongShape } from "./okta-org.ts";

const STEP = "idx";

const LOCKED = /suspended_factor|account\.locked|LOCKED_OUT/;
const DENIED = /push_rejected|operation\.cancelled/;
const TIMED_OUT = /transaction_resource_not_found|verification_timeout/;
/** Over, whatever else the answer offers. */
const FINAL =
  /not[._]assigned|access_denied|unsatisfiable|inactive\.user|identity\.provider|tooManyRequests|E0000(009|010|020|047|150|151)$|session\.expired|enable\.biometrics|force\.upgrade|app_update_required|device_incompatible/;

/** Remediations that only a person can do, and what they ask for. */
const DEMANDS: readonly (readonly [RegExp, string])[] = [
  [/^reenroll-|^reset-authenticator/, "a new password: the old one has expired or was reset"],
  [
    /^(select-authenticator-|authenticator-)?enroll(?!-profile)|enroll-authenticator|enrollment|enroll-poll/,
    "an authenticator to be set up",
  ],
  [/profile/, "the user's profile to be completed"],
  [/^admin-consent/, "an administrator's consent to what the app may do"],
  [/device-challenge|launch-authenticator/, "Okta Verify on this device (FastPass)"],
  [/webauthn|passkey|piv/, "a passkey, security key or smart card"],
  [/unlock-account/, "the account to be unlocked"],
  [/device-assurance|end-user-remediation/, "the device to be made to meet the org's requirements"],
];

/** The error that a message means by itself. */
export function stopped(org: OktaOrg, { errors, needsCaptcha }: IdxState): LoginError | undefined {
  const words = joined(errors) ?? "";
  const is = (pattern: RegExp) => errors.some(({ key }) => pattern.test(key));
  if (is(LOCKED)) return lockedOut(org, words, STEP);
  if (is(DENIED)) return failure(org, { code: "approval-refused", what: `says that the login was denied: ${words}`, step: STEP });
  if (is(TIMED_OUT)) return failure(org, { code: "approval-refused", what: `says that nobody answered in time: ${words}`, step: STEP });
  if (is(FINAL)) return refused(org, errors);
  return needsCaptcha ? personNeeded(org, "a captcha to be solved", STEP) : undefined;
}

/** Nothing more can be done. */
export function ended(org: OktaOrg, { errors, notes }: IdxState): LoginError {
  if (errors.length > 0) return refused(org, errors);
  const [note] = notes;
  return note === undefined ? wrongShape(org, STEP, "offers nothing to go on with") : personNeeded(org, `a person: ${note}`, STEP);
}

export function refused(org: OktaOrg, errors: readonly IdxMessage[]): LoginError {
  const isRate = errors.some(({ key }) => /tooMany|E0000(047|150|151)/.test(key));
  const isExpired = errors.some(({ key }) => /expired/.test(key));
  const isAssigned = errors.some(({ key }) => /not[._]assigned/.test(key));
  const hint = isRate
    ? "wait a minute, then try again"
    : isExpired
      ? "the login took too long: try again"
      : isAssigned
        ? "have an administrator assign the app to the user or one of its groups"
        : undefined;
  return failure(org, { code: "provider-refused", what: `refuses the login: ${joined(errors) ?? ""}`, step: STEP, hint });
}

/** The remediations are such that only a person can do. */
export function needed(org: OktaOrg, { remediations }: IdxState): LoginError {
  const names = remediations.map(({ name }) => name);
  const [what, name] = DEMANDS.flatMap(([pattern, words]) =>
    names.filter((each) => pattern.test(each)).map((each) => [words, each]),
  )[0] ?? ["something that aws-runas does not know", names[0]];
  return personNeeded(org, `${what} (${name?.slice(0, 60)})`, STEP);
}

export function joined(errors: readonly IdxMessage[]): string | undefined {
  const texts = [...new Set(errors.map(({ text }) => text.replace(/\.$/, "")))].filter((text) => text !== "");
  return texts.length === 0 ? undefined : texts.slice(0, 3).join("; ");
}
