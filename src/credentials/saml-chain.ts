/**
 * SAML: from a login to an assertion, and from that to a role.
 *
 *   assertion ── AssumeRoleWithSAML ──▶ role
 */

import type { AssumedRole, Sts } from "../aws/sts.ts";
import { describeOrigin } from "../config/origin.ts";
import type { Profile, SamlLogin } from "../config/profile.ts";
import { PersonNeededError } from "../errors.ts";
import type { Assertion } from "../login/saml/assertion.ts";
import { withRole } from "./chosen-role.ts";
import { asSingleFlight } from "./flight.ts";
import { find, forget, type LoginHolder, remember } from "./kept.ts";
import { isAssertionUsable, KEPT_ASSERTION } from "./kept-assertion.ts";
import { openLoginTools } from "./login-tools.ts";
import { tradeProof } from "./proof.ts";
import type { CredentialTools } from "./provider.ts";
import { chooseRole } from "./role-choice.ts";
import { asAttended } from "./unattended.ts";

export interface SamlSteps {
  readonly login: SamlLogin;
  readonly tools: CredentialTools;
  readonly openSts: (profile: Profile) => Promise<Sts>;
}

/** A role's credentials; the role's own ARN with them where it was chosen from the assertion's. */
export type AssumedByAssertion = AssumedRole & { readonly chosenRoleArn?: string };

/** What logs in with a browser, which is no thing to appear by itself. */
const BROWSERS: ReadonlySet<string> = new Set(["browser", "browserne"]);

/** Throws as a login does; LoginError "role-not-offered"; AwsError from STS */
export function takeSamlStep(profile: Profile, { login, tools, openSts }: SamlSteps): Promise<AssumedByAssertion> {
  const holder = { name: profile.name, login };
  let wanted = profile;
  const isGood = (assertion: Assertion) => isAssertionUsable(assertion, tools.clock.now());
  const trade = async (assertion: Assertion): Promise<AssumedByAssertion> => {
    const wasGood = isGood(assertion);
    const { roleArn, principalArn } = await chooseRole(wanted, login, assertion, tools);
    // Whoever has chosen is not asked again where the assertion turns out to be of no use.
    if (wanted.roleArn === undefined) wanted = withRole(wanted, roleArn);
    if (wasGood && !isGood(assertion)) return trade(await obtainAssertion(holder, tools)); // the person took their time
    const sts = await openSts(wanted);
    const durationSeconds = durationOf(wanted, assertion, tools);
    const assumed = await sts.assumeRoleWithSaml({ roleArn, principalArn, durationSeconds, terms: wanted.terms, assertion });
    return profile.roleArn === undefined ? { ...assumed, chosenRoleArn: roleArn } : assumed;
  };
  const steps = {
    what: "assertion",
    find: () => findAssertion(holder, tools),
    forget: (refused: Assertion) => forgetAssertion(holder, refused, tools),
    obtain: () => obtainAssertion(holder, tools),
    trade,
  };
  return tradeProof(steps, tools.log);
}

/** What a profile asks for, but no more than its provider lets a session last; that is told where less was not what anybody asked for. */
function durationOf({ durationSeconds }: Profile, { sessionSeconds }: Assertion, { log }: CredentialTools): Profile["durationSeconds"] {
  const { value, origin } = durationSeconds;
  if (sessionSeconds === undefined || value <= sessionSeconds) return durationSeconds;
  const limit = `the assertion's SessionDuration lets a session last ${sessionSeconds} seconds`;
  if (origin.layer === "built-in") log.debug(limit);
  else log.info(`${limit}, less than the ${value} of ${describeOrigin(origin)}`);
  return { ...durationSeconds, value: sessionSeconds };
}

/** An assertion that STS still takes: the kept one, or that of a new login. Throws as a login does. */
export async function obtainAssertion(holder: LoginHolder & { readonly login: SamlLogin }, tools: CredentialTools): Promise<Assertion> {
  const make = remember(KEPT_ASSERTION, () => logIn(holder.login, holder.name, tools), tools.store);
  return asSingleFlight(KEPT_ASSERTION, { read: (wanted: LoginHolder) => findAssertion(wanted, tools), make }, tools)(holder);
}

function findAssertion(holder: LoginHolder, { store, clock }: CredentialTools): Promise<Assertion | undefined> {
  return find(KEPT_ASSERTION, (assertion) => isAssertionUsable(assertion, clock.now()), store)(holder);
}

/** Another process may have put a new one in its place already: that one stays. */
async function forgetAssertion(holder: LoginHolder, refused: Assertion, { store }: CredentialTools): Promise<void> {
  const current = await find(KEPT_ASSERTION, ({ raw }) => raw.reveal() === refused.raw.reveal(), store)(holder);
  if (current !== undefined) await forget(KEPT_ASSERTION, holder, store);
}

async function logIn(login: SamlLogin, name: string | undefined, tools: CredentialTools): Promise<Assertion> {
  const saml = await import("../login/saml/login.ts");
  return asAttended(login, tools, async (attended) => {
    if (attended.terminal.isUnattended === true && BROWSERS.has(login.provider?.value ?? "")) {
      throw new PersonNeededError("a login with a browser needs a person");
    }
    return saml.logIn(login, await openLoginTools(login, { name, attended, tools }));
  });
}
