/**
 * What Okta's Authentication API answers, written from https://developer.okta.com/docs/reference/api/authn/ ("authn" below) and
 * https://developer.okta.com/docs/reference/error-codes/ ("errors").
 */

import { type Answer, json } from "../login/fake-provider.ts";
import { ACME, type Json, SESSION_TOKEN } from "./okta-org.ts";

export const STATE_TOKEN = "007ucIX7PATyn94hsHfOLVaXAmOBkKHWnOOLG43bsb";

const expiresAt = "2030-11-03T10:15:57.000Z";
const user = {
  id: "00ub0oNGTSWTBKOLGLNR",
  passwordChanged: "2015-09-08T20:14:45.000Z",
  profile: { login: "alice@acme.example", firstName: "Alice", lastName: "A", locale: "en_US", timeZone: "America/Los_Angeles" },
};
const link = (name: string, path: string) => ({ name, href: `${ACME}${path}`, hints: { allow: ["POST"] } });
const cancel = link("cancel", "/api/v1/authn/cancel");

/** authn, "Authentication Transaction object". */
function transaction(status: string, embedded: Json, links: Json, extra: Json = {}): Answer {
  return json({ stateToken: STATE_TOKEN, expiresAt, status, ...extra, _embedded: embedded, _links: links });
}

/** authn, "Response example for primary authentication with a public application (success)". */
export function success(): Answer {
  return json({ expiresAt, status: "SUCCESS", relayState: "/myapp", sessionToken: SESSION_TOKEN, _embedded: { user } });
}

/** authn, "Response example for step-up authentication without Okta session when MFA isn't required". */
export function stepUpSuccess(): Answer {
  const next = { name: "original", href: `${ACME}/login/step-up/redirect?stateToken=${STATE_TOKEN}`, hints: { allow: ["GET"] } };
  return transaction("SUCCESS", { user }, { next }, { type: "SESSION_STEP_UP" });
}

/** authn, "Response example for step-up authentication without Okta session". */
export function unauthenticated(): Answer {
  return transaction("UNAUTHENTICATED", {}, { next: link("authenticate", "/api/v1/authn") }, { type: "SESSION_STEP_UP" });
}

/** authn, "Response example for primary authentication with a public application (Factor challenge)". */
export function mfaRequired(...offered: Json[]): Answer {
  const policy = { allowRememberDevice: true, rememberDeviceLifetimeInMinutes: 15, rememberDeviceByDefault: false };
  return transaction("MFA_REQUIRED", { user, factors: offered, policy }, { cancel });
}

/** authn, "Response example for step-up authentication with Okta session": the app's policy wants a second factor of it. */
export function stepUpRequired(...offered: Json[]): Answer {
  const target = { type: "APP", name: "amazon_aws", label: "AWS Account Federation" };
  return transaction("MFA_REQUIRED", { user, target, factors: offered }, { cancel }, { type: "SESSION_STEP_UP" });
}

/** authn, "Factor object", with the profiles of the examples. */
export const factors = {
  push: factor("opf1", "push", "OKTA"),
  totp: factor("ost1", "token:software:totp", "GOOGLE", { credentialId: "alice@acme.example" }),
  hotp: factor("hot1", "token:hotp", "CUSTOM", { credentialId: "alice@acme.example" }, "Entrust"),
  rsa: factor("rsa1", "token", "RSA", { credentialId: "alice" }),
  yubikey: factor("ykf1", "token:hardware", "YUBICO", { credentialId: "000003500025" }),
  sms: factor("sms1", "sms", "OKTA", { phoneNumber: "+1 XXX-XXX-1337" }),
  call: factor("clf1", "call", "OKTA", { phoneNumber: "+1 XXX-XXX-7799" }),
  email: factor("emf1", "email", "OKTA", { email: "a...e@acme.example" }),
  question: factor("ufs1", "question", "OKTA", { question: "disliked_food", questionText: "What is the food you least liked as a child?" }),
  webauthn: factor("fwf1", "webauthn", "FIDO", { credentialId: "00uk9z38LFBdMXeWw0g3" }),
  duo: factor("dsf1", "web", "DUO", { credentialId: "alice" }),
  /** As Duo's Universal Prompt comes: https://duo.com/docs/okta#duo-custom-idp-factor-in-okta-classic, gimme-aws-creds pull request 437. */
  duoUniversal: factor("clp1", "claims_provider", "CUSTOM", undefined, "Duo Universal Prompt"),
} as const;

function factor(id: string, factorType: string, provider: string, profile?: Json, vendorName = provider): Json {
  const verify = link("verify", `/api/v1/authn/factors/${id}/verify`);
  return { id, factorType, provider, vendorName, ...(profile && { profile }), _links: { verify } };
}

/** Where a factor is verified. */
export function verifyPath(id: string): string {
  return `/api/v1/authn/factors/${id}/verify`;
}

/** authn, "Response example for send SMS challenge (OTP)": the next link is where the code goes. */
export function challenge(id: keyof typeof factors): Answer {
  const value = factors[id];
  return transaction("MFA_CHALLENGE", { user, factor: value }, { next: link("verify", verifyPath(String(value["id"]))), cancel });
}

/** authn, "Response example (waiting)", "(waiting for 3-number verification challenge response)", "(rejected)", "(timeout)". */
export function push(factorResult: string, correctAnswer?: number): Answer {
  const value = { ...factors.push, ...(correctAnswer !== undefined && { _embedded: { challenge: { correctAnswer } } }) };
  const next = link(factorResult === "WAITING" ? "poll" : "verify", verifyPath("opf1"));
  return transaction("MFA_CHALLENGE", { user, factor: value }, { next, cancel }, { factorResult });
}

/** authn, "Response example for verify Duo Factor". */
export function duoFrame(): Answer {
  const verification = {
    host: "api-acme.duosecurity.com",
    signature: "TX|signature:APP|signature",
    factorResult: "WAITING",
    _links: { complete: link("complete", "/api/v1/authn/factors/dsf1/lifecycle/duoCallback") },
  };
  const value = { ...factors.duo, _embedded: { verification } };
  return transaction(
    "MFA_CHALLENGE",
    { user, factor: value },
    { next: link("poll", verifyPath("dsf1")), cancel },
    { factorResult: "WAITING" },
  );
}

/** gimme-aws-creds, tests/test_duo_universal_client.py (recorded): the browser is to be sent on. */
export function redirectFactor(): Answer {
  const next = { name: "redirect", href: `${ACME}/sso/idps/oktaclaimsidpid?stateToken=${STATE_TOKEN}`, hints: { allow: ["GET"] } };
  return transaction("MFA_CHALLENGE", { user, factor: factors.duoUniversal }, { next, cancel }, { factorResult: "CHALLENGE" });
}

/** authn, "Response example for password expiration warning". */
export function passwordWarn(): Answer {
  const next = link("changePassword", "/api/v1/authn/credentials/change_password");
  const policy = { expiration: { passwordExpireDays: 5 }, complexity: { minLength: 8 } };
  return transaction("PASSWORD_WARN", { user, policy }, { next, skip: link("skip", "/api/v1/authn/skip"), cancel });
}

/** authn, "Transaction state": those that only say what has to be done. */
export function stuck(status: string): Answer {
  return transaction(status, { user }, { next: link("next", "/api/v1/authn/next"), cancel });
}

/** authn, "Response example for primary authentication with a public application and show lockout failures". */
export function lockedOut(): Answer {
  return json({ status: "LOCKED_OUT", _links: { next: link("unlock", "/api/v1/authn/recovery/unlock") } });
}

/** okta-signin-widget, playground/mocks/data/api/v1/authn/consent-required.json. */
export function consentRequired(): Answer {
  const scopes = [{ name: "openid" }, { name: "profile" }];
  return transaction("CONSENT_REQUIRED", { user, scopes }, { next: link("consent", "/api/v1/authn/consent"), cancel });
}

/** errors, and authn's "Response parameters": status, code, summary, causes. */
export function refused(status: number, errorCode: string, errorSummary: string, ...causes: string[]): Answer {
  const errorCauses = causes.map((cause) => ({ errorSummary: cause }));
  return json({ errorCode, errorSummary, errorLink: errorCode, errorId: "oaeuHRrvMnuRga5UzpKIOhKpQ", errorCauses }, status);
}

export const wrongPassword = refused(401, "E0000004", "Authentication failed");
export const wrongCode = refused(403, "E0000068", "Invalid Passcode/Answer", "Your passcode doesn't match our records. Please try again.");
export const rateLimited = refused(429, "E0000047", "API call exceeded rate limit due to too many requests.");
