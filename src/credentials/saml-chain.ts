/**
 * SAML: from a login to an assertion, and from that to a role.
 *
 *   assertion ── AssumeRoleWithSAML ──▶ role
 */

import type { AssumedRole, Sts } from "../aws/sts.ts";
import type { Profile, SamlLogin } from "../config/profile.ts";
import type { Assertion } from "../login/saml/assertion.ts";
import { oneAtATime } from "./flight.ts";
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

/** Throws as a login does; LoginError "role-not-offered"; AwsError from STS */
export function takeSamlStep(profile: Profile, { login, tools, openSts }: SamlSteps): Promise<AssumedRole> {
  const holder = { name: profile.name, login };
  const trade = async (assertion: Assertion): Promise<AssumedRole> => {
    const { roleArn, principalArn } = await chooseRole(profile, login, assertion, tools);
    const sts = await openSts({ ...profile, roleArn: { value: roleArn, origin: profile.roleArn?.origin ?? { layer: "built-in" } } });
    return sts.assumeRoleWithSaml({
      roleArn,
      principalArn,
      durationSeconds: durationOf(profile, assertion),
      terms: profile.terms,
      assertion,
    });
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

/** What a profile asks for, but no more than its provider lets a session last. */
function durationOf({ durationSeconds }: Profile, { sessionSeconds }: Assertion): Profile["durationSeconds"] {
  if (sessionSeconds === undefined || durationSeconds.value <= sessionSeconds) return durationSeconds;
  return { ...durationSeconds, value: sessionSeconds };
}

/** An assertion that STS still takes: the kept one, or that of a new login. Throws as a login does. */
export async function obtainAssertion(holder: LoginHolder & { readonly login: SamlLogin }, tools: CredentialTools): Promise<Assertion> {
  const make = remember(KEPT_ASSERTION, () => logIn(holder.login, holder.name, tools), tools.store);
  return oneAtATime(KEPT_ASSERTION, { read: (wanted: LoginHolder) => findAssertion(wanted, tools), make }, tools)(holder);
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
  return asAttended(login, tools, async (attended) => saml.logIn(login, await openLoginTools(login, { name, attended, tools })));
}
