/**
 * The Authentication API's answers, narrowed to what a login reads.
 *
 * https://developer.okta.com/docs/reference/api/authn/#authentication-transaction-object
 */

import { numberAt, objectAt, objectsAt, textAt } from "../json.ts";
import { type OktaOrg, type OrgAnswer, readRefusal, refusal, wrongShape } from "./okta-org.ts";

export interface AuthnState {
  /** "MFA_REQUIRED"; upper case. */
  readonly status: string;
  /** Of the transaction; it stands for a login that is half done. */
  readonly stateToken: string | undefined;
  /** One-time, good for five minutes, and as good as the login. */
  readonly sessionToken: string | undefined;
  /** "WAITING", "REJECTED", "TIMEOUT", "CHALLENGE" …; upper case. */
  readonly factorResult: string | undefined;
  readonly factors: readonly AuthnFactor[];
  /** The one being verified. */
  readonly factor: AuthnFactor | undefined;
  /** To be picked in Okta Verify. */
  readonly number: string | undefined;
  readonly nextName: string | undefined;
  readonly nextHref: string | undefined;
  readonly skipHref: string | undefined;
  /** How many days a password lives on. */
  readonly passwordDays: number | undefined;
  /** Names of what a consent is about. */
  readonly scopes: readonly string[];
}

export interface AuthnFactor {
  readonly type: string;
  /** "OKTA", "GOOGLE", "DUO" …; upper case. */
  readonly provider: string;
  readonly vendor: string;
  /** A telephone number or address, partly hidden; a device's name. */
  readonly target: string | undefined;
  readonly question: string | undefined;
  readonly verifyHref: string | undefined;
}

/** @throws LoginError `provider-refused`, `provider-answer` for an answer that is no transaction */
export function stateOf(org: OktaOrg, answer: OrgAnswer, step: string): AuthnState {
  const refused = readRefusal(answer);
  if (refused !== undefined) throw refusal(org, refused, step);
  const state = readAuthnState(answer);
  if (state === undefined) throw wrongShape(org, step, "has no status");
  return state;
}

/** Undefined for an answer that is no transaction. */
function readAuthnState({ json }: OrgAnswer): AuthnState | undefined {
  const status = textAt(json, "status")?.toUpperCase();
  if (status === undefined) return undefined;
  const factor = objectAt(json, "_embedded", "factor");
  return {
    status,
    stateToken: textAt(json, "stateToken"),
    sessionToken: textAt(json, "sessionToken"),
    factorResult: textAt(json, "factorResult")?.toUpperCase(),
    factors: objectsAt(json, "_embedded", "factors").flatMap(readFactor),
    factor: readFactor(factor)[0],
    number: textAt(factor, "_embedded", "challenge", "correctAnswer"),
    nextName: textAt(json, "_links", "next", "name"),
    nextHref: textAt(json, "_links", "next", "href"),
    skipHref: textAt(json, "_links", "skip", "href"),
    passwordDays: numberAt(json, "_embedded", "policy", "expiration", "passwordExpireDays"),
    scopes: objectsAt(json, "_embedded", "scopes").flatMap((scope) => textAt(scope, "name") ?? []),
  };
}

function readFactor(factor: unknown): AuthnFactor[] {
  const type = textAt(factor, "factorType")?.toLowerCase();
  if (type === undefined) return [];
  const profile = objectAt(factor, "profile");
  return [
    {
      type,
      provider: textAt(factor, "provider")?.toUpperCase() ?? "",
      vendor: textAt(factor, "vendorName") ?? "",
      target: textAt(profile, "phoneNumber") ?? textAt(profile, "email") ?? textAt(profile, "name"),
      question: textAt(profile, "questionText"),
      verifyHref: textAt(factor, "_links", "verify", "href"),
    },
  ];
}
