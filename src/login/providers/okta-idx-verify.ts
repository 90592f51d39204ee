/** A second factor at Identity Engine: chosen, selected where it is not the one that Okta has picked, verified. */

import { type Polled, waitForApproval } from "../forms/approval.ts";
import type { Factor } from "../forms/factors.ts";
import { type IdxState, readIdxState, type Remediation } from "./okta-idx-answer.ts";
import { joined, refused, stopped } from "./okta-idx-errors.ts";
import { currentFactor, factorsOf, type IdxFactor, isSame } from "./okta-idx-factors.ts";
import { proceed, stepOf } from "./okta-idx-request.ts";
import { type IdxNext, type IdxWalk, readNext, send } from "./okta-idx-walk.ts";
import { failure, needsBrowser, type OktaOrg, PUSH_LIMIT_MS, TOO_MANY_REQUESTS, wrongShape } from "./okta-org.ts";

const POLL_MS = { shortest: 1000, unless: 4000, longest: 15_000 };

export async function useFactor(state: IdxState, walk: IdxWalk): Promise<IdxNext> {
  const challenge = state.remediations.find(({ name }) => name === "challenge-authenticator" || name === "challenge-poll");
  const current = challenge === undefined || state.current === undefined ? undefined : currentFactor(state.current);
  const chosen = await choose(state, current, walk);
  walk.selected = chosen.value;
  if (challenge !== undefined && current !== undefined && isSame(chosen.value, current.value)) {
    return verify({ state, factor: current, remediation: challenge }, walk);
  }
  if (chosen.value.select === undefined) throw wrongShape(walk.org, "idx", "does not say which authenticator it is about");
  const { remediation, values } = chosen.value.select;
  const next = await send(walk, remediation, values);
  if (next.errors.length > 0) throw stopped(walk.org, next) ?? refused(walk.org, next.errors);
  return next;
}

/** What was chosen before stays chosen. */
async function choose(state: IdxState, current: Factor<IdxFactor> | undefined, walk: IdxWalk): Promise<Factor<IdxFactor>> {
  const { selected, org } = walk;
  const offered = factorsOf(state);
  const isOffered = current === undefined || offered.some(({ value }) => isSame(value, current.value));
  const all = isOffered ? offered : [current, ...offered];
  if (selected !== undefined && current !== undefined && isSame(selected, current.value)) return current;
  const isBegun = state.remediations.some(({ name }) => name === "authenticator-verification-data");
  const before = isBegun && selected !== undefined ? all.find(({ value }) => isSame(value, selected)) : undefined;
  return before ?? org.signIn.factors.choose(all);
}

interface Verification {
  readonly state: IdxState;
  readonly factor: Factor<IdxFactor>;
  readonly remediation: Remediation;
}

async function verify(verification: Verification, walk: IdxWalk): Promise<IdxNext> {
  const { state, factor, remediation } = verification;
  const { answers } = walk.org.signIn;
  const error = joined(state.errors);
  if (factor.kind === "push" && remediation.name === "challenge-poll") return awaitPush(verification, walk);
  const isQuestion = factor.kind === "question";
  const field = isQuestion ? "answer" : codeField(remediation);
  if (field === undefined) throw needsBrowser(walk.org, factor, stepOf(remediation));
  const code = await answers.giveCode(isQuestion ? { kind: "question", label: questionOf(state, remediation) } : factor, error);
  return send(walk, remediation, { credentials: { [field]: code.reveal() } });
}

function questionOf({ current }: IdxState, { fields }: Remediation): string {
  const key = fields.find(({ name }) => name === "credentials")?.fields?.find(({ name }) => name === "questionKey");
  return current?.question ?? key?.label ?? "Security question";
}

/** "passcode", or "totp" in Okta Verify's. */
function codeField({ fields }: Remediation): string | undefined {
  const inner = fields.find(({ name }) => name === "credentials")?.fields ?? [];
  return inner.find(({ name }) => name === "passcode" || name === "totp")?.name;
}

function awaitPush({ state, factor, remediation }: Verification, walk: IdxWalk): Promise<IdxState> {
  const poll = async (): Promise<Polled<IdxState>> => {
    const answer = await proceed(walk.org, remediation);
    if (answer.status === TOO_MANY_REQUESTS && readIdxState(answer.json)?.remediations.length !== 0) return { kind: "waiting" };
    return readPush(walk.org, readNext(walk, remediation, answer));
  };
  const intervalMs = Math.min(Math.max(remediation.refreshMs ?? POLL_MS.unless, POLL_MS.shortest), POLL_MS.longest);
  const message = `Approve the login at ${walk.org.signIn.provider} in ${factor.label}`;
  return waitForApproval({ poll, intervalMs, limitMs: PUSH_LIMIT_MS, message, number: state.current?.number }, walk.org.signIn);
}

/** @throws LoginError `approval-refused` */
function readPush(org: OktaOrg, state: IdxState): Polled<IdxState> {
  const isWaiting = state.remediations.some(({ name }) => name === "challenge-poll");
  if (state.errors.length === 0) return isWaiting ? { kind: "waiting", number: state.current?.number } : { kind: "done", result: state };
  throw (
    stopped(org, state) ??
    failure(org, { code: "approval-refused", what: `says: ${joined(state.errors) ?? ""}`, step: "idx challenge-poll" })
  );
}
