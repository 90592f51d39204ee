/**
 * `aws-runas list roles|mfa|profiles`: what the user may assume, which MFA devices they have, which profiles there are.
 *
 * With IAM the user's policies tell the roles, asked for with the user's own keys; with SAML the assertion does, after a login where none is
 * at hand. `list profiles` asks nobody.
 */

import type { AssumableRole } from "../../aws/assumable-roles.ts";
import type { Iam } from "../../aws/iam.ts";
import type { IamLogin, Profile, SamlLogin } from "../../config/profile.ts";
import type { Target } from "../../config/resolve.ts";
import { type CredentialTools, forgetProof } from "../../credentials/provider.ts";
import { printable, UsageError } from "../../errors.ts";
import { openStore } from "../../store/store.ts";
import type { World } from "../../world.ts";
import { commandTarget } from "../command-profile.ts";
import type { CommandRequest } from "../commands.ts";
import { asJson } from "../json.ts";

/** Resolves with 0; throws every error there is. */
export async function runList(request: CommandRequest, world: World): Promise<number> {
  const [what, ...words] = request.words;
  const rest = { ...request, words };
  switch (what) {
    case "roles":
      return listRoles(rest, world);
    case "mfa":
      return listMfa(rest, world);
    case "profiles":
      return (await import("./list-profiles.ts")).listProfiles(rest, world);
    default:
      throw new UsageError(what === undefined ? "list what?" : "list does not know this word", {
        hint: "aws-runas list roles, mfa or profiles",
      });
  }
}

async function listRoles(request: CommandRequest, world: World): Promise<number> {
  const target = commandTarget(request, world, "list roles PROFILE");
  if (target.login.kind === "saml") return listOffered({ name: target.name, login: target.login }, request, world);
  const { profile, login } = iamTarget(target, "roles");
  const [{ assumableRoles }, result] = await Promise.all([
    import("../../aws/assumable-roles.ts"),
    withIam({ profile, login }, world, async (iam, user) => ({ user, ...(await iam.listPolicies(user)) })),
  ]);
  const { user, documents, denied } = result;
  const roles = assumableRoles(documents);
  for (const call of denied) world.log.warn(`IAM denies iam:${call}: roles that only this would tell are missing`);
  world.stdout.write(request.switches.has("json") ? asJson(rolesObject(user, roles, denied)) : rolesText(user, roles));
  return 0;
}

async function listOffered(
  holder: { readonly name: string; readonly login: SamlLogin },
  { switches, refresh }: CommandRequest,
  world: World,
): Promise<number> {
  const tools: CredentialTools = { ...world, store: openStore(world) };
  const { obtainAssertion } = await import("../../credentials/saml-chain.ts");
  if (refresh) await forgetProof(holder, tools.store);
  const { user, roles } = await obtainAssertion(holder, tools);
  const sorted = roles.toSorted((a, b) => (a.roleArn < b.roleArn ? -1 : 1));
  const objects = sorted.map(({ roleArn, principalArn }) => ({ arn: roleArn, principal: principalArn }));
  const rows = [`Available role ARNs for ${user}`, ...sorted.map(({ roleArn }) => `  ${roleArn}`)];
  world.stdout.write(switches.has("json") ? asJson({ user, roles: objects }) : rows.map((row) => `${printable(row)}\n`).join(""));
  return 0;
}

function rolesObject(user: string, roles: readonly AssumableRole[], denied: readonly string[]): object {
  return { user, roles: roles.map(({ arn, isPattern, isLimited }) => ({ arn, pattern: isPattern, limited: isLimited })), denied };
}

function rolesText(user: string, roles: readonly AssumableRole[]): string {
  const rows = roles.map(({ arn, isPattern, isLimited }) => {
    const remarks = [isPattern && "a pattern", isLimited && "with limits"].filter((remark) => remark !== false);
    return `  ${arn}${remarks.length === 0 ? "" : ` (${remarks.join(", ")})`}`;
  });
  const head = roles.length === 0 ? `The policies of ${user} name no roles to assume` : `Available role ARNs for ${user}`;
  return [head, ...rows].map((row) => `${printable(row)}\n`).join("");
}

async function listMfa(request: CommandRequest, world: World): Promise<number> {
  const target = iamTarget(commandTarget(request, world, "list mfa PROFILE"), "mfa");
  const { user, devices } = await withIam(target, world, async (iam, name) => ({ user: name, devices: await iam.listMfaDevices(name) }));
  const asObject = ({ serialNumber, enabledAt }: (typeof devices)[number]) => ({ serial: serialNumber, enabledAt: enabledAt ?? null });
  if (request.switches.has("json")) world.stdout.write(asJson({ user, devices: devices.map(asObject) }));
  else if (devices.length === 0) world.log.info(`${user} has no MFA device`);
  else world.stdout.write(devices.map(({ serialNumber }) => `${printable(serialNumber)}\n`).join(""));
  return 0;
}

interface IamTarget {
  readonly profile: Profile;
  readonly login: IamLogin;
}

const REASONS = {
  roles: "which roles accept its id token only their trust policies say, and no call lists them",
  mfa: "its second factors are the identity provider's, and AWS does not know them",
};

/** @throws UsageError for a profile that has not to do with IAM */
function iamTarget({ name, profile, login }: Target, what: "roles" | "mfa"): IamTarget {
  if (login.kind === "iam" && profile !== undefined) return { profile, login };
  throw new UsageError(
    `${name} is a ${login.kind === "saml" ? "SAML profile" : "Web Identity profile (OpenID Connect)"}: ${REASONS[what]}`,
  );
}

async function withIam<T>({ profile, login }: IamTarget, world: World, work: (iam: Iam, user: string) => Promise<T>): Promise<T> {
  const tools: CredentialTools = { ...world, store: openStore(world) };
  const [{ openIam }, { takeUserKeys }] = await Promise.all([import("../../aws/iam.ts"), import("../../credentials/user-keys.ts")]);
  const { user, keys } = await takeUserKeys(profile, login, tools);
  const iam = openIam(profile, { ...world, keys });
  try {
    return await work(iam, user);
  } finally {
    iam.close();
  }
}
