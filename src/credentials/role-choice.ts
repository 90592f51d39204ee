/**
 * Which of the roles that an assertion offers is assumed: the profile's, the only one, else the person's choice.
 *
 * The choice is kept, to stand first the next time; where there is no terminal to ask on, it counts, and that is told. A running command's
 * refresh goes by the role that it began with (chosen-role.ts).
 */

import type { Profile, SamlLogin } from "../config/profile.ts";
import { LoginError, PersonNeededError } from "../errors.ts";
import type { Assertion, OfferedRole } from "../login/saml/assertion.ts";
import { entryKey } from "../store/entry-key.ts";
import { loginParts } from "./key.ts";
import type { CredentialTools } from "./provider.ts";
import { asAttended } from "./unattended.ts";

const KEPT_MS = 180 * 24 * 60 * 60 * 1000;

/** @throws LoginError "role-not-offered"; PersonNeededError where there are several and nobody to ask; CancelledError */
export async function chooseRole(
  { name, roleArn }: Profile,
  login: SamlLogin,
  { roles, user }: Assertion,
  tools: CredentialTools,
): Promise<OfferedRole> {
  if (roleArn === undefined)
    return roles.length === 1 && roles[0] !== undefined
      ? roles[0]
      : asAttended(login, tools, (attended) => askWhich(roles, login, attended));
  const offered = roles.find((role) => role.roleArn === roleArn.value);
  if (offered !== undefined) return offered;
  const host = new URL(login.authUrl.value).host;
  throw new LoginError("role-not-offered", `${host} does not offer ${roleArn.value} to ${user || "this user"}`, {
    provider: host,
    step: "assertion",
    hint: `aws-runas list roles ${name} shows the roles that it offers`,
  });
}

async function askWhich(
  roles: readonly OfferedRole[],
  login: SamlLogin,
  { terminal, store, clock, log }: CredentialTools,
): Promise<OfferedRole> {
  const key = await entryKey({ ...loginParts(login), preference: "role" });
  const kept = await store.read("preference", key);
  const before = roles.find(({ roleArn }) => roleArn === kept);
  if (!terminal.isAvailable) {
    if (before !== undefined) {
      log.info(`the role is ${before.roleArn}, which was chosen the last time`);
      return before;
    }
    throw new PersonNeededError(`${roles.length} roles are offered, and there is no terminal to choose one on`, {
      hint: "set role_arn to the one to assume, or choose once on a terminal",
    });
  }
  const sorted = roles.toSorted((a, b) => Number(b === before) - Number(a === before) || (a.roleArn < b.roleArn ? -1 : 1));
  const chosen = await terminal.choose(
    "Role",
    sorted.map((role) => ({ value: role, label: role.roleArn })),
  );
  await store.write("preference", key, chosen.roleArn, new Date(clock.now() + KEPT_MS));
  return chosen;
}
