/**
 * The layers → how an IAM profile comes by its role: the credentials at the end of its chain of source_profile, and the roles on the way.
 *
 * As in AWS's SDKs: a source with static keys ends the chain, and its own role_arn counts only where the profile itself is named; so does one
 * without a role that has credentials of any kind. A source without keys and with a role is a step of the way, with the external id, session
 * name, duration and policies of its own section. What comes from the environment and from flags is for the last role alone; the MFA device is
 * the user's, whichever layer names it.
 */

import { ConfigError } from "../errors.ts";
import { attributes } from "./attributes.ts";
import { credentialsOf, environmentKeys, staticKeysOf } from "./base-credentials.ts";
import { sessionSeconds } from "./duration.ts";
import type { AwsFiles } from "./files.ts";
import { hasRole, hopsOf, partitionOf } from "./iam-hops.ts";
import { findSetting } from "./layers.ts";
import type { Layers, ProfileLayer } from "./layers.ts";
import type { Subject } from "./oidc-login.ts";
import { asSecret } from "./person-login.ts";
import type { BaseCredentials, IamLogin } from "./profile.ts";
import { serviceEndpoint } from "./sts-settings.ts";
import { checkAttendance, checkMfaCode, checkMfaSerial } from "./values.ts";

const DEFAULT_SESSION_SECONDS = 12 * 3600;

/** Where a profile's keys are, and whose roles lie between them and its own. */
export interface IamChain {
  readonly base: BaseCredentials;
  /** Sources with a role, the first to be assumed first. */
  readonly steps: readonly ProfileLayer[];
}

/**
 * A role's ARN in the profile's place names no profile: the environment's keys are nearest then, as in AWS's SDKs.
 *
 * @param role the profile's own, if it has one.
 * @returns undefined where no credentials are at the end of the chain.
 * @throws ConfigError "config-missing" for half a pair of keys, "config-value" for an unknown `credential_source`.
 */
export function findChain(layers: Layers, files: AwsFiles, role: string | undefined): IamChain | undefined {
  const surroundings = { env: layers.env, files };
  const own = layers.profiles.find(({ layer }) => layer === "profile");
  const sources = layers.profiles.filter(({ layer }) => layer === "source");
  const unnamed = own === undefined ? environmentKeys(layers.env) : undefined;
  if (unnamed !== undefined) return { base: unnamed, steps: [] };
  if (role === undefined || sources.length === 0) {
    const nearest = own ?? layers.profiles.find(({ layer }) => layer === "default");
    const base = nearest && credentialsOf(nearest, surroundings);
    if (base !== undefined) return { base, steps: [] };
  }
  const end = sources.findIndex((source) => (hasRole(source) ? staticKeysOf(source) : credentialsOf(source, surroundings)) !== undefined);
  const last = sources[end < 0 ? sources.length - 1 : end];
  const base = last && credentialsOf(last, surroundings);
  const passed = end < 0 ? sources : sources.slice(0, end);
  return base && { base, steps: passed.filter(hasRole).toReversed() };
}

/** @throws ConfigError naming what is wrong */
export function iamLogin(layers: Layers, files: AwsFiles, { chain, role }: { chain: IamChain; role: string | undefined }): IamLogin {
  const find = (attribute: Parameters<typeof findSetting>[1]) => findSetting(layers, attribute);
  const [mfaSerial, mfaCode, attendance] = [find(attributes.mfaSerial), find(attributes.mfaCode), find(attributes.attendance)];
  const asked = find(attributes.sessionDuration);
  return {
    kind: "iam",
    base: chain.base,
    ...hopsOf(chain, layers, files),
    partition: partitionOf(role ?? mfaSerial?.value),
    mfaSerial: mfaSerial && checkMfaSerial(mfaSerial),
    mfaCode: mfaCode && asSecret(checkMfaCode(mfaCode)),
    sessionSeconds: asked
      ? { value: sessionSeconds(asked), origin: asked.origin }
      : { value: DEFAULT_SESSION_SECONDS, origin: { layer: "built-in" } },
    attendance: attendance && checkAttendance(attendance),
    iamEndpoint: serviceEndpoint("iam", layers, files),
  };
}

/** The error for a profile at the end of whose chain there is nothing. */
export function missingBase({ profiles }: Layers, { name, place }: Subject, { config, credentials }: AwsFiles): ConfigError {
  const source = profiles.findLast(({ layer }) => layer === "source");
  const where = source === undefined ? name : `its source_profile "${source.name}"`;
  const section = source === undefined ? place : `[${source.name}] in ${credentials.label}`;
  return new ConfigError("config-missing", `${name} says nowhere how to log in, and ${where} has no AWS keys`, {
    hint:
      `for IAM, add aws_access_key_id and aws_secret_access_key (or credential_process, or sso_session) to ${section}, or to ${place}` +
      ` \`source_profile = …\` with the name of a profile that has them; to log in with OpenID Connect, add web_identity_auth_url` +
      ` and its like, or a source of tokens such as web_identity_token_file, to ${config.label}`,
  });
}
