/**
 * A second factor at the Authentication API: chosen, sent where it has to be sent, verified.
 *
 * https://developer.okta.com/docs/reference/api/authn/#verify-factor
 */

import type { LoginError } from "../../errors.ts";
import { type Polled, waitForApproval } from "../forms/approval.ts";
import type { Factor, FactorKind } from "../forms/factors.ts";
import { type AuthnFactor, type AuthnState, stateOf } from "./okta-authn-answer.ts";
import type { AuthnOutcome } from "./okta-authn.ts";
import { factorsOf, kindOf, labelOf } from "./okta-authn-factors.ts";
import {
  failure,
  linkOf,
  needsBrowser,
  type OktaOrg,
  post,
  PUSH_LIMIT_MS,
  readRefusal,
  refusal,
  TOO_MANY_REQUESTS,
  visit,
  wrongShape,
} from "./okta-org.ts";

type Next = AuthnState | AuthnOutcome;

const STEP = "second factor";
/** Okta names no interval; its own page asks every four seconds. */
const POLL_MS = 2000;
/** "Invalid Passcode/Answer", and a code that was used already. */
const WRONG_CODES = new Set(["E0000068", "E0000082"]);
/** Text messages, calls and e-mails are sent by the first request and verified by the second. */
const TYPED: ReadonlySet<FactorKind> = new Set(["totp", "question", "sms", "call", "email"]);

/** The state after a factor was verified, or where a browser would go for it. */
export async function verifyFactor(org: OktaOrg, state: AuthnState): Promise<Next> {
  const { stateToken } = state;
  if (stateToken === undefined) throw wrongShape(org, STEP, "has no state token");
  if (state.status === "MFA_CHALLENGE" && state.factor !== undefined) {
    return goOnWith(org, { factor: asFactor(state.factor), stateToken, href: state.nextHref, state });
  }
  const factor = await org.signIn.factors.choose(factorsOf(state.factors));
  return begin(org, factor, stateToken);
}

interface Verification {
  readonly factor: Factor<AuthnFactor>;
  readonly stateToken: string;
  /** Where codes and polls are posted. */
  readonly href: string | undefined;
  readonly state: AuthnState;
}

function asFactor(value: AuthnFactor): Factor<AuthnFactor> {
  return { kind: kindOf(value), label: labelOf(value), value };
}

async function begin(org: OktaOrg, factor: Factor<AuthnFactor>, stateToken: string): Promise<Next> {
  const url = linkOf(org, factor.value.verifyHref, STEP);
  if (factor.kind === "totp" || factor.kind === "question") return enterCode(org, factor, { url, stateToken });
  const state = stateOf(org, await post(org, { url, body: { stateToken }, step: STEP }), STEP);
  return goOnWith(org, { factor, stateToken: state.stateToken ?? stateToken, href: state.nextHref, state });
}

async function goOnWith(org: OktaOrg, { factor, stateToken, href, state }: Verification): Promise<Next> {
  if (state.status !== "MFA_CHALLENGE") return state;
  if (factor.kind === "push") return awaitPush(org, state, { url: linkOf(org, href, STEP), stateToken });
  if (TYPED.has(factor.kind)) return enterCode(org, factor, { url: linkOf(org, href, STEP), stateToken });
  if (state.nextName === "redirect") return { kind: "visit", request: visit(org, href, STEP) };
  throw needsBrowser(org, factor, STEP);
}

interface Destination {
  readonly url: URL;
  readonly stateToken: string;
}

function enterCode(org: OktaOrg, { kind, label, value }: Factor<AuthnFactor>, { url, stateToken }: Destination): Promise<AuthnState> {
  const { answers } = org.signIn;
  const isQuestion = kind === "question";
  const factor = { kind, label: isQuestion ? (value.question ?? label) : label };
  return answers.untilTaken(async (error) => {
    const code = (await answers.giveCode(factor, error)).reveal();
    const body = isQuestion ? { stateToken, answer: code } : { stateToken, passCode: code };
    const response = await post(org, { url, body, step: STEP });
    const refused = readRefusal(response);
    if (refused === undefined) return { taken: stateOf(org, response, STEP) };
    if (!WRONG_CODES.has(refused.code)) throw refusal(org, refused, STEP);
    return { refused: refused.summary };
  });
}

function awaitPush(org: OktaOrg, first: AuthnState, { url, stateToken }: Destination): Promise<AuthnState> {
  const poll = async (): Promise<Polled<AuthnState>> => {
    const answer = await post(org, { url, body: { stateToken }, step: STEP });
    return answer.status === TOO_MANY_REQUESTS ? { kind: "waiting" } : readPush(org, stateOf(org, answer, STEP));
  };
  const begun = readPush(org, first);
  if (begun.kind === "done") return Promise.resolve(begun.result);
  const message = `Approve the login at ${org.signIn.provider} in Okta Verify`;
  return waitForApproval({ poll, intervalMs: POLL_MS, limitMs: PUSH_LIMIT_MS, message, number: begun.number }, org.signIn);
}

/** @throws LoginError `approval-refused` */
function readPush(org: OktaOrg, state: AuthnState): Polled<AuthnState> {
  if (state.status !== "MFA_CHALLENGE") return { kind: "done", result: state };
  if (state.factorResult === "WAITING") return { kind: "waiting", number: state.number };
  if (state.factorResult === "REJECTED") throw denied(org, "says that the login was denied in Okta Verify");
  if (state.factorResult === "TIMEOUT") throw denied(org, "says that nobody answered in Okta Verify in time");
  throw wrongShape(org, STEP, `tells of a push that is neither waiting nor over (${state.factorResult ?? "no factorResult"})`);
}

function denied(org: OktaOrg, what: string): LoginError {
  return failure(org, { code: "approval-refused", what, step: STEP });
}
