/** The second factors that the Authentication API offers a user, as a person would call them. */

import type { Factor, FactorKind } from "../forms/factors.ts";
import type { AuthnFactor } from "./okta-authn-answer.ts";

const KINDS: Readonly<Record<string, FactorKind>> = {
  push: "push",
  "token:software:totp": "totp",
  "token:hotp": "totp",
  token: "totp",
  "token:hardware": "totp",
  sms: "sms",
  call: "call",
  email: "email",
  question: "question",
};

const NAMES: Readonly<Record<string, string>> = {
  push: "Okta Verify push",
  sms: "SMS",
  call: "voice call",
  email: "e-mail",
  question: "security question",
  webauthn: "security key or biometric",
  u2f: "security key (U2F)",
};

const MAKERS: Readonly<Record<string, string>> = {
  OKTA: "Okta Verify",
  GOOGLE: "Google Authenticator",
  SYMANTEC: "Symantec VIP",
  RSA: "RSA SecurID",
  YUBICO: "YubiKey",
  FIDO: "FIDO",
};

/** A password is asked for again by nobody but a step-up, and is no second factor. */
export function factorsOf(offered: readonly AuthnFactor[]): readonly Factor<AuthnFactor>[] {
  return offered
    .filter(({ type }) => type !== "password")
    .map((factor) => ({ kind: kindOf(factor), label: labelOf(factor), value: factor }));
}

export function kindOf({ type, provider, vendor }: AuthnFactor): FactorKind {
  if (provider === "DUO") return "duo";
  if (type === "claims_provider") return /\bduo\b/i.test(vendor) ? "duo" : "idp";
  return (Object.hasOwn(KINDS, type) ? KINDS[type] : undefined) ?? "webauthn";
}

export function labelOf({ type, provider, vendor, target, question }: AuthnFactor): string {
  const detail = question ?? target;
  const name = nameOf(type, provider, vendor);
  return detail === undefined ? name : `${name} ${type === "question" ? `"${detail}"` : detail}`;
}

function nameOf(type: string, provider: string, vendor: string): string {
  if (provider === "DUO") return "Duo";
  const maker = Object.hasOwn(MAKERS, provider) ? MAKERS[provider] : undefined;
  const name = Object.hasOwn(NAMES, type) ? NAMES[type] : undefined;
  if (name !== undefined) return name;
  if (type.startsWith("token")) return `${maker ?? (vendor || provider)} code`;
  return vendor || maker || type;
}
