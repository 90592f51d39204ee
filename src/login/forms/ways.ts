/** The words beside one of several ways to log in → what kind of factor it is. Undefined for words that say nothing of it. */

import type { FactorKind } from "./factors.ts";

export type WayKind = FactorKind | "password";

/** English, as pages are asked for it; the first that matches: "backup code" is no "code", "one-time password" no "password". */
const KINDS: readonly (readonly [RegExp, WayKind])[] = [
  [/\b(passkeys?|security key|web-?authn|fido2?|u2f|yubikey|windows hello|touch id|face id|biometric)/i, "webauthn"],
  [/\b(recovery|backup|scratch|emergency) /i, "recovery"],
  [/\bduo\b/i, "duo"],
  [/\b(push|notification|approve)/i, "push"],
  [/\b(sms|text message|text me)\b/i, "sms"],
  [/\b(call|voice)\b/i, "call"],
  [/\be-?mail\b/i, "email"],
  [/\bsecurity question/i, "question"],
  [/\b(one-time|code|h?otp|totp|oath|authenticator|token)\b/i, "totp"],
  [/\bpassword\b/i, "password"],
];

export function kindOfWay(label: string): WayKind | undefined {
  return KINDS.find(([words]) => words.test(label))?.[1];
}
