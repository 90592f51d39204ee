/** The authenticators that Identity Engine offers a user, as second factors that a person would recognise. */

import type { Factor, FactorKind } from "../forms/factors.ts";
import type { Authenticator, IdxOption, IdxState, Remediation } from "./okta-idx-answer.ts";
import { fill } from "./okta-idx-request.ts";
import type { Json } from "../json.ts";

export interface IdxFactor {
  /** "okta_verify". */
  readonly key: string;
  /** "push". */
  readonly method: string | undefined;
  /** The enrolment, where a user has several of a kind. */
  readonly id: string | undefined;
  /** How to select it; undefined for the one that is being verified. */
  readonly select: { readonly remediation: Remediation; readonly values: Json } | undefined;
}

export const PASSWORD = "okta_password";

const KINDS_BY_METHOD: Readonly<Record<string, FactorKind>> = {
  push: "push",
  totp: "totp",
  otp: "totp",
  tac: "totp",
  sms: "sms",
  voice: "call",
  email: "email",
  security_question: "question",
  duo: "duo",
};

const KINDS_BY_KEY: Readonly<Record<string, FactorKind>> = {
  okta_email: "email",
  security_question: "question",
  google_otp: "totp",
  symantec_vip: "totp",
  custom_otp: "totp",
  rsa_token: "totp",
  onprem_mfa: "totp",
  yubikey_token: "totp",
  tac: "totp",
  phone_number: "sms",
  custom_app: "push",
  duo: "duo",
};

/** What may be selected, the password apart: first the methods of the authenticator that is about to be used. */
export function factorsOf(state: IdxState): readonly Factor<IdxFactor>[] {
  const begun = begunIn(state);
  const others = optionsIn(state.remediations).filter(
    ({ option }) => begun.length === 0 || option.authenticator?.key !== state.current?.key,
  );
  return [...begun, ...others].filter(({ option }) => option.authenticator?.key !== PASSWORD).flatMap(expand);
}

/** Lenient: some answers leave methods or enrolments out. */
export function isSame(one: IdxFactor, other: IdxFactor): boolean {
  const agree = (a: string | undefined, b: string | undefined) => a === undefined || b === undefined || a === b;
  return one.key === other.key && agree(one.method, other.method) && agree(one.id, other.id);
}

/** How to select the password; undefined where it is not offered. */
export function selectPassword({ remediations }: IdxState): IdxFactor["select"] {
  const found = optionsIn(remediations).find(({ option }) => option.authenticator?.key === PASSWORD);
  return found && { remediation: found.remediation, values: { authenticator: fill(found.option.fields, {}) } };
}

/** The one that is being verified. */
export function currentFactor(authenticator: Authenticator): Factor<IdxFactor> {
  const method = authenticator.methods[0];
  return {
    kind: kindOf(authenticator, method),
    label: labelOf(authenticator, method, authenticator.name),
    value: { key: authenticator.key, method, id: undefined, select: undefined },
  };
}

interface Offer {
  readonly remediation: Remediation;
  readonly option: IdxOption;
}

function optionsIn(remediations: readonly Remediation[]): readonly Offer[] {
  const remediation = remediations.find(({ name }) => name === "select-authenticator-authenticate");
  const field = remediation?.fields.find(({ name }) => name === "authenticator");
  return remediation === undefined ? [] : (field?.options ?? []).map((option) => ({ remediation, option }));
}

/** The authenticator that Okta has picked and waits to be told to use. */
function begunIn({ remediations, current }: IdxState): readonly Offer[] {
  const remediation = remediations.find(({ name }) => name === "authenticator-verification-data");
  const field = remediation?.fields.find(({ name }) => name === "authenticator");
  if (remediation === undefined || field?.fields === undefined) return [];
  const option = { label: field.label ?? "", value: undefined, fields: field.fields, authenticator: current };
  return [{ remediation, option }];
}

/** One for each method of an authenticator. */
function expand({ remediation, option }: Offer): Factor<IdxFactor>[] {
  const { authenticator, label } = option;
  const fixed = fill(option.fields, {});
  const choice = option.fields.find(({ name }) => name === "methodType")?.options.flatMap(({ value }) => value ?? []) ?? [];
  const only = textOf(fixed["methodType"]) ?? authenticator?.methods[0];
  return (choice.length === 0 ? [only] : choice).map((method) => {
    const chosen = choice.length === 0 ? fixed : { ...fixed, methodType: method };
    const select = { remediation, values: { authenticator: chosen } };
    const value = { key: authenticator?.key ?? "", method, id: textOf(fixed["enrollmentId"]), select };
    return { kind: kindOf(authenticator, method), label: labelOf(authenticator, method, label), value };
  });
}

function kindOf(authenticator: Authenticator | undefined, method: string | undefined): FactorKind {
  const key = authenticator?.key ?? "";
  if (key === "external_idp") return /\bduo\b/i.test(authenticator?.name ?? "") ? "duo" : "idp";
  const found = lookUp(KINDS_BY_METHOD, method) ?? lookUp(KINDS_BY_KEY, key) ?? lookUp(KINDS_BY_METHOD, authenticator?.methods[0]);
  return key === "duo" ? "duo" : (found ?? "webauthn");
}

function lookUp(kinds: Readonly<Record<string, FactorKind>>, name: string | undefined): FactorKind | undefined {
  return name !== undefined && Object.hasOwn(kinds, name) ? kinds[name] : undefined;
}

const METHOD_NAMES: Readonly<Record<string, string>> = {
  push: "push",
  totp: "code",
  otp: "code",
  sms: "SMS",
  voice: "voice call",
  signed_nonce: "FastPass",
};

function labelOf(authenticator: Authenticator | undefined, method: string | undefined, label: string): string {
  const name = label || authenticator?.name || authenticator?.key || "authenticator";
  const how = method !== undefined && Object.hasOwn(METHOD_NAMES, method) ? METHOD_NAMES[method] : undefined;
  return [name, how, authenticator?.target].filter((part) => part !== undefined).join(" ");
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
