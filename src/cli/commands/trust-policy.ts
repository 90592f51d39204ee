/**
 * `aws-runas trust-policy PROFILE`: what makes the profile's role accept this login, from the claims of its real id token; logs in where none
 * is at hand. It is the role that the token itself is traded for: with a jump role, that one. With SAML see saml-trust-policy.ts.
 */

import { cloudFormationTemplate, providerCommand, terraformConfiguration, type TrustRequest } from "../../aws/trust-files.ts";
import { trustPolicy } from "../../aws/trust-policy.ts";
import { loadFiles } from "../../config/files.ts";
import { resolveProfile } from "../../config/resolve.ts";
import { forgetTarget, getToken } from "../../credentials/session.ts";
import { UsageError } from "../../errors.ts";
import { openStore } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { commandProfile } from "../command-profile.ts";
import type { CommandRequest } from "../commands.ts";
import { asJson, escapeInvisible } from "../json.ts";

/** Resolves with 0; throws every error there is, the one for a profile without a role included. */
export async function runTrustPolicy({ words, switches, settings, refresh }: CommandRequest, world: World): Promise<number> {
  if (switches.has("terraform") && switches.has("cloudformation"))
    throw new UsageError("--terraform and --cloudformation exclude each other");
  const name = commandProfile(words, world.env, "aws-runas trust-policy PROFILE");
  const profile = resolveProfile({ name, files: loadFiles(world.env, world.homeDir), env: world.env, flags: settings });
  const tools = { ...world, store: openStore(world) };
  for (const warning of profile.warnings) world.log.warn(warning);
  const { login } = profile;
  const target = { name, login, profile, warnings: profile.warnings };
  const saml = login.kind === "saml" ? await import("./saml-trust-policy.ts") : undefined;
  saml?.refuseFiles(switches);
  if (refresh) await forgetTarget(target, tools);
  if (saml !== undefined && login.kind === "saml") {
    await saml.printSamlTrust({ ...profile, login }, world.stdout, tools);
    return 0;
  }
  const claims = await getToken(target, tools);
  const { jumpRoleArn, durationSeconds } = profile;
  const roleArn = profile.roleArn?.value ?? "";
  if (jumpRoleArn !== undefined) world.log.info(`this is for the jump role ${jumpRoleArn.value}, which ${roleArn} has to trust in turn`);
  const request = { roleArn: jumpRoleArn?.value ?? roleArn, claims, maxSessionSeconds: durationSeconds.value };
  show(request, switches, world);
  return 0;
}

function show(request: TrustRequest, switches: ReadonlySet<string>, { stdout, log }: World): void {
  if (switches.has("terraform")) return stdout.write(terraformConfiguration(request));
  if (switches.has("cloudformation")) return stdout.write(asJson(cloudFormationTemplate(request)));
  stdout.write(`${escapeInvisible(trustPolicy(request.roleArn, request.claims))}\n`);
  log.info(`the account needs the provider too: ${providerCommand(request.claims)}`);
}
