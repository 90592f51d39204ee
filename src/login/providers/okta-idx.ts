/**
 * Identity Engine's sign-in: the sign-in page's state token → remediation after remediation → the address that leads back to the app.
 *
 * Every answer lists what may be done next; what can be answered here is done in the order below, the rest is named. Steps that only a
 * device or browser can take (FastPass, passkeys) are gone around where Okta offers another way.
 */

import type { Secret } from "../../secret.ts";
import type { HttpRequest } from "../../world.ts";
import { type IdxState, readIdxState, type Remediation } from "./okta-idx-answer.ts";
import { ended, joined, needed, refused, stopped } from "./okta-idx-errors.ts";
import { PASSWORD, selectPassword } from "./okta-idx-factors.ts";
import { introspect, proceed, stepOf } from "./okta-idx-request.ts";
import { useFactor } from "./okta-idx-verify.ts";
import { type IdxNext, type IdxWalk, readNext, send } from "./okta-idx-walk.ts";
import { type OktaOrg, type OrgAnswer, readRefusal, refusal, TOO_MANY_REQUESTS, visit, wrongShape } from "./okta-org.ts";

type Handler = (remediation: Remediation, state: IdxState, walk: IdxWalk) => Promise<IdxNext>;

const MAX_STEPS = 30;

/** In this order; what is not here is named. */
const HANDLERS: readonly (readonly [string, Handler])[] = [
  ["failure-redirect", leave],
  ["identify", identify],
  ["challenge-authenticator", challenge],
  ["challenge-poll", (_remediation, state, walk) => useFactor(state, walk)],
  ["authenticator-verification-data", (_remediation, state, walk) => useFactor(state, walk)],
  ["select-authenticator-authenticate", select],
  ["consent", (remediation, _state, walk) => send(walk, remediation, { consent: true })],
  ["keep-me-signed-in", (remediation, _state, walk) => send(walk, remediation, { keepMeSignedIn: true })],
  ["device-challenge-poll", goAroundDevice],
  ["skip", (remediation, _state, walk) => send(walk, remediation, {})],
  ["redirect-idp", chooseProvider],
];

/**
 * Where a browser would go once the login is done; undefined when the org answers as if it had no Identity Engine, and nothing was sent but
 * the state token.
 *
 * @throws LoginError `credentials-refused`, `code-refused`, `approval-refused`, `page-not-answerable`, `provider-refused`, `provider-answer`,
 *   `untrusted-destination`; PersonNeededError; CancelledError
 */
export async function logInByIdx(org: OktaOrg, stateToken: Secret): Promise<HttpRequest | undefined> {
  const answer = await introspect(org, stateToken.reveal());
  let state = readIdxState(answer.json);
  if (state === undefined) return notHere(org, answer);
  const walk: IdxWalk = { org, selected: undefined, isPasswordGiven: false };
  for (let steps = 0; steps < MAX_STEPS; steps += 1) {
    const next = await goOn(state, walk);
    if ("visit" in next) return next.visit;
    state = next;
  }
  throw wrongShape(org, "idx", "comes back to where it was, again and again");
}

function notHere(org: OktaOrg, answer: OrgAnswer): undefined {
  const no = readRefusal(answer);
  if (no === undefined) throw wrongShape(org, "idx introspect", "has no version");
  if (no.status === TOO_MANY_REQUESTS) throw refusal(org, no, "idx introspect");
}

async function goOn(state: IdxState, walk: IdxWalk): Promise<IdxNext> {
  const { org } = walk;
  if (state.successHref !== undefined) return { visit: visit(org, state.successHref, "idx success") };
  const stop = stopped(org, state);
  if (stop !== undefined) throw stop;
  for (const [name, handle] of HANDLERS) {
    const remediation = state.remediations.find((each) => each.name === name);
    if (remediation !== undefined) return handle(remediation, state, walk);
  }
  throw state.remediations.length === 0 ? ended(org, state) : needed(org, state);
}

async function leave({ href }: Remediation, _state: IdxState, { org }: IdxWalk): Promise<IdxNext> {
  return { visit: visit(org, href, "idx failure-redirect") };
}

/** The user name, and the password where the same form has it. */
async function identify(remediation: Remediation, state: IdxState, walk: IdxWalk): Promise<IdxNext> {
  const hasPassword = remediation.fields.some(({ name }) => name === "credentials");
  const asked = { username: true, password: hasPassword, error: joined(state.errors) };
  const { username, password } = await walk.org.signIn.answers.give(asked);
  if (hasPassword) walk.isPasswordGiven = true;
  return send(walk, remediation, { identifier: username, credentials: password && { passcode: password.reveal() } });
}

async function challenge(remediation: Remediation, state: IdxState, walk: IdxWalk): Promise<IdxNext> {
  if (state.current?.key !== PASSWORD) return useFactor(state, walk);
  const { password } = await walk.org.signIn.answers.give({ password: true, error: joined(state.errors) });
  walk.isPasswordGiven = true;
  return send(walk, remediation, { credentials: { passcode: password?.reveal() } });
}

async function select(_remediation: Remediation, state: IdxState, walk: IdxWalk): Promise<IdxNext> {
  const password = walk.isPasswordGiven ? undefined : selectPassword(state);
  return password === undefined ? useFactor(state, walk) : send(walk, password.remediation, password.values);
}

/** As the sign-in page does when Okta Verify does not answer on this device. */
async function goAroundDevice(remediation: Remediation, state: IdxState, walk: IdxWalk): Promise<IdxNext> {
  if (state.cancelPolling === undefined) throw needed(walk.org, { ...state, remediations: [remediation] });
  const why = { reason: "OV_UNREACHABLE_BY_LOOPBACK", statusCode: null };
  return readNext(walk, state.cancelPolling, await proceed(walk.org, state.cancelPolling, {}, why));
}

async function chooseProvider(remediation: Remediation, state: IdxState, { org }: IdxWalk): Promise<IdxNext> {
  if (state.errors.length > 0) throw refused(org, state.errors);
  const ways = state.remediations.filter(({ name, href }) => name === "redirect-idp" && href !== undefined);
  const labelled = ways.map((way) => ({ value: way, label: way.idpName ?? "another provider" }));
  const way = ways.length < 2 ? remediation : await org.signIn.terminal.choose(`How to log in at ${org.signIn.provider}`, labelled);
  return { visit: visit(org, way.href, stepOf(way)) };
}
