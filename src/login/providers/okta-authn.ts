/**
 * Classic's Authentication API: user name, password and second factor → a session token, with which the authorization request is made
 * again. A state machine; each answer says the state it is in and what may come next.
 *
 * https://developer.okta.com/docs/reference/api/authn/. Two surprises: the password of an account that is locked is refused like a wrong
 * one, unless the org shows lockouts; and the number that Okta Verify asks for comes with a later answer than the push.
 */

import { Secret } from "../../secret.ts";
import type { HttpRequest } from "../../world.ts";
import { type AuthnState, stateOf } from "./okta-authn-answer.ts";
import { verifyFactor } from "./okta-authn-verify.ts";
import { failure, linkOf, lockedOut, type OktaOrg, personNeeded, post, readRefusal, refusal, visit, wrongShape } from "./okta-org.ts";

/** How a login at Classic went on. */
export type AuthnOutcome =
  | { readonly kind: "visit"; readonly request: HttpRequest }
  /** The session token, for the next authorization request. */
  | { readonly kind: "session"; readonly token: Secret }
  /** The transaction wants the password, though the login has a session. */
  | { readonly kind: "password-again" }
  /** The API does not know the page's transaction; nothing was sent but that. */
  | { readonly kind: "unknown-transaction" };

const STEP = "authn";
const MAX_STEPS = 15;
const WRONG_PASSWORD = "E0000004";

/** States with a way around, where Okta offers it. */
const CAN_WAIT = new Set(["PASSWORD_WARN", "MFA_ENROLL"]);
/** States that only a person can leave, and what they ask for. */
const DEMANDS: Readonly<Record<string, string>> = {
  PASSWORD_EXPIRED: "a new password: the old one has expired (PASSWORD_EXPIRED)",
  PASSWORD_RESET: "a new password (PASSWORD_RESET)",
  MFA_ENROLL: "a second factor to be set up (MFA_ENROLL)",
  MFA_ENROLL_ACTIVATE: "the set-up of a second factor to be finished (MFA_ENROLL_ACTIVATE)",
  RECOVERY: "the account's recovery to be finished (RECOVERY)",
  RECOVERY_CHALLENGE: "the account's recovery to be finished (RECOVERY_CHALLENGE)",
  ADMIN_CONSENT_REQUIRED: "an administrator's consent to what the app may do (ADMIN_CONSENT_REQUIRED)",
};

/**
 * @param stateToken of the sign-in page, where it has one
 * @param hasSession true for the transaction of an app that wants more than the session that the login has
 * @throws LoginError `credentials-refused`, `code-refused`, `approval-refused`, `page-not-answerable`, `provider-refused`, `provider-answer`,
 *   `untrusted-destination`; PersonNeededError; CancelledError
 */
export async function logInByAuthn(org: OktaOrg, stateToken: Secret | undefined, hasSession = false): Promise<AuthnOutcome> {
  let state = stateToken === undefined ? await enterPassword(org, undefined) : await readTransaction(org, stateToken);
  for (let steps = 0; state !== undefined && steps < MAX_STEPS; steps += 1) {
    if (hasSession && state.status === "UNAUTHENTICATED") return { kind: "password-again" };
    const next = await goOn(org, state);
    if ("kind" in next) return next;
    state = next;
  }
  if (state === undefined) return { kind: "unknown-transaction" };
  throw wrongShape(org, STEP, "comes back to where it was, again and again");
}

async function readTransaction(org: OktaOrg, stateToken: Secret): Promise<AuthnState | undefined> {
  const answer = await post(org, { url: authnUrl(org), body: { stateToken: stateToken.reveal() }, step: STEP });
  return readRefusal(answer) === undefined ? stateOf(org, answer, STEP) : undefined;
}

async function goOn(org: OktaOrg, state: AuthnState): Promise<AuthnState | AuthnOutcome> {
  const demand = Object.hasOwn(DEMANDS, state.status) ? DEMANDS[state.status] : undefined;
  if (state.skipHref !== undefined && CAN_WAIT.has(state.status)) return skip(org, state);
  if (demand !== undefined) throw personNeeded(org, demand, STEP);
  switch (state.status) {
    case "SUCCESS":
      return finish(org, state);
    case "UNAUTHENTICATED":
      return enterPassword(org, state.stateToken);
    case "MFA_REQUIRED":
    case "MFA_CHALLENGE":
      return verifyFactor(org, state);
    case "CONSENT_REQUIRED":
      return consent(org, state);
    case "LOCKED_OUT":
      throw lockedOut(org, "LOCKED_OUT", STEP);
    default:
      throw wrongShape(org, STEP, `is in a state that aws-runas does not know (${state.status})`);
  }
}

function finish(org: OktaOrg, { sessionToken, nextHref }: AuthnState): AuthnOutcome {
  if (sessionToken !== undefined) return { kind: "session", token: new Secret(sessionToken) };
  return { kind: "visit", request: visit(org, nextHref, STEP) };
}

/** Refused, it is asked for again, as far as LoginAnswers allows. */
async function enterPassword(org: OktaOrg, stateToken: string | undefined): Promise<AuthnState> {
  const { answers } = org.signIn;
  return answers.untilTaken(async (error) => {
    const { username, password } = await answers.give({ username: true, password: true, error });
    const body = { username, password: password?.reveal(), ...(stateToken === undefined ? {} : { stateToken }) };
    const answer = await post(org, { url: authnUrl(org), body, step: STEP });
    const refused = readRefusal(answer);
    if (refused === undefined) return { taken: stateOf(org, answer, STEP) };
    if (refused.code !== WRONG_PASSWORD) throw notJudged(org, refused.status) ?? refusal(org, refused, STEP);
    return { refused: refused.summary };
  });
}

/** The API itself is not to be used in this org; the password was not looked at. */
function notJudged(org: OktaOrg, status: number): Error | undefined {
  if (![403, 404, 405].includes(status)) return undefined;
  return failure(org, {
    code: "provider-refused",
    what: `does not log in by its Authentication API (status ${status})`,
    step: STEP,
    hint: org.signIn.useBrowser,
  });
}

/** The end of a password's life, or a factor to set up, that may wait. */
async function skip(org: OktaOrg, { status, stateToken, skipHref, passwordDays }: AuthnState): Promise<AuthnState> {
  if (status === "PASSWORD_WARN") {
    const when = passwordDays === undefined ? "soon" : `in ${passwordDays} days`;
    org.signIn.terminal.say(`the password at ${org.signIn.provider} expires ${when}`);
  }
  const answer = await post(org, { url: linkOf(org, skipHref, STEP), body: { stateToken }, step: STEP });
  return stateOf(org, answer, STEP);
}

async function consent(org: OktaOrg, { stateToken, nextHref, scopes }: AuthnState): Promise<AuthnState> {
  const body = { stateToken, consent: { expiresAt: null, scopes } };
  return stateOf(org, await post(org, { url: linkOf(org, nextHref, STEP), body, step: STEP }), STEP);
}

function authnUrl({ page }: OktaOrg): URL {
  return new URL("/api/v1/authn", page.origin);
}
