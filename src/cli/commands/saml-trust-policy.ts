/**
 * `aws-runas trust-policy PROFILE` with SAML: what makes the profile's role take this provider's responses, from a real one; logs in where none
 * is at hand.
 */

import { samlTrustPolicy } from "../../aws/saml-trust.ts";
import type { Profile, SamlLogin } from "../../config/profile.ts";
import type { CredentialTools } from "../../credentials/provider.ts";
import { chooseRole } from "../../credentials/role-choice.ts";
import { obtainAssertion } from "../../credentials/saml-chain.ts";
import { UsageError } from "../../errors.ts";
import { trustFactsOf } from "../../login/saml/trust-facts.ts";
import type { Output } from "../../world.ts";
import { escapeInvisible } from "../json.ts";

/** @throws UsageError for what needs the provider's metadata, which no login gives */
export function refuseFiles(switches: ReadonlySet<string>): void {
  const asked = ["terraform", "cloudformation"].find((name) => switches.has(name));
  if (asked === undefined) return;
  throw new UsageError(`--${asked} is for OpenID Connect: with SAML the account's provider is made from the identity provider's metadata`, {
    hint: "without it the role's policy is printed, as JSON",
  });
}

/** @throws LoginError "role-not-offered"; what a login does */
export async function printSamlTrust(
  profile: Profile & { readonly login: SamlLogin },
  stdout: Output,
  tools: CredentialTools,
): Promise<void> {
  const { name, login, jumpRoleArn } = profile;
  const assertion = await obtainAssertion({ name, login }, tools);
  const { roleArn, principalArn } = await chooseRole({ ...profile, roleArn: jumpRoleArn ?? profile.roleArn }, login, assertion, tools);
  const facts = trustFactsOf(assertion, new URL(login.authUrl.value).host);
  stdout.write(`${escapeInvisible(samlTrustPolicy({ principalArn, ...facts }))}\n`);
  tools.log.info(`this is for ${roleArn}; the account needs ${principalArn} too: aws iam create-saml-provider makes it of the metadata`);
}
