/**
 * A profile's name (or a role ARN), the files, the environment and the flags → the profile everything downstream reads.
 *
 * Value by value the nearest layer wins: flags, environment, the profile, its source_profile and theirs, [default]. A role and what goes
 * with it (external id, session name) are not inherited from a source: they are its own step of the way.
 */

import type { Environment } from "../world.ts";
import { attributes } from "./attributes.ts";
import type { Attribute, FlagSettings } from "./attributes.ts";
import type { AwsFiles } from "./files.ts";
import { hasRole, iamRoleDuration, partitionOf } from "./iam-hops.ts";
import { idleSettingWarnings } from "./idle-settings.ts";
import { findSetting } from "./layers.ts";
import type { Layers, ProfileLayer } from "./layers.ts";
import { loginOf } from "./login.ts";
import { clientSecretWarnings, missingSetting } from "./oidc-login.ts";
import type { Subject } from "./oidc-login.ts";
import { describeOrigin } from "./origin.ts";
import { profileLayers } from "./profile-layers.ts";
import type { Login, Profile, Setting } from "./profile.ts";
import { roleDuration } from "./role-duration.ts";
import type { RoleDuration, Via } from "./role-duration.ts";
import { findProfile } from "./sections.ts";
import { refuseTerms, sessionTerms, termsOfProof } from "./session-terms.ts";
import { type Service, serviceEndpoint, stsSettings } from "./sts-settings.ts";
import { oddKeyWarnings } from "./unknown-keys.ts";
import { checkExternalId, checkRegion, checkRoleArn, checkSessionName, isInherited, isRoleArn } from "./values.ts";

export interface ProfileRequest {
  readonly name: string;
  readonly files: AwsFiles;
  readonly env: Environment;
  readonly flags: FlagSettings;
  /** True for `-s`, which stops before the role: AWS's limit for a role reached through another is then none of its business. */
  readonly isForSession?: boolean;
}

/** @throws ConfigError naming file, section and key, variable or flag. */
export function resolveProfile(request: ProfileRequest): Profile {
  const read = readLayers(request);
  return profileOf(read, loginOf(read.layers, read.subject, request.files), request);
}

function profileOf({ layers, subject, warnings }: ReadLayers, login: Login, { name, files, isForSession }: ProfileRequest): Profile {
  const { jumpRoleArn, ...jump } = jumpOf(layers, login);
  const duration = isForSession ? roleDuration(layers, undefined) : wayDuration(layers, login, jumpRoleArn);
  const roleArn = roleOf(layers, subject, login);
  const carried = termsOf(layers, files, { name, login, roleArn, jumpRoleArn });
  return {
    name,
    login,
    roleArn,
    jumpRoleArn,
    roleSessionName: checked(layers, attributes.roleSessionName, checkSessionName),
    externalId: checked(layers, attributes.externalId, checkExternalId),
    durationSeconds: duration.setting,
    terms: carried.terms,
    region: checked(layers, attributes.region, checkRegion),
    sts: stsSettings(layers, files),
    warnings: [
      ...warnings,
      ...loginWarnings(login, layers, files),
      ...duration.warnings,
      ...(login.kind === "iam" ? login.warnings : idleSettingWarnings(layers, login.kind, jumpRoleArn !== undefined)),
      ...jump.warnings,
      ...carried.warnings,
    ],
  };
}

/**
 * How a profile logs in, whether or not it has a role: a source profile often has none.
 *
 * @throws ConfigError as `resolveProfile`
 */
export function resolveLogin(request: ProfileRequest): Login {
  const { layers, subject } = readLayers(request);
  return loginOf(layers, subject, request.files);
}

/** The user's own endpoint for a service that profiles do not have one of, as few commands call it. @throws ConfigError as `stsSettings` */
export function endpointOf(service: Service, request: ProfileRequest): Setting<string> | undefined {
  return serviceEndpoint(service, readLayers(request).layers, request.files);
}

/** A profile that need not have a role. */
export interface Target {
  readonly name: string;
  /** The profile that source_profile names. */
  readonly source?: string | undefined;
  readonly login: Login;
  /** Undefined where there is no role, and no IAM: then there is only the login. */
  readonly profile: Profile | undefined;
  /** What is odd about it, as a profile has them. */
  readonly warnings: readonly string[];
}

/** @throws ConfigError as `resolveProfile`, but not for a missing role */
export function resolveTarget(request: ProfileRequest): Target {
  const { name, files } = request;
  const read = readLayers(request);
  const { layers, warnings } = read;
  const login = loginOf(layers, read.subject, files);
  const hasCredentials = ["iam", "saml"].includes(login.kind) || isRoleArn(name) || findSetting(layers, attributes.roleArn) !== undefined;
  const profile = hasCredentials ? profileOf(read, login, request) : undefined;
  const source = layers.profiles.find(({ layer }) => layer === "source")?.name;
  return { name, source, login, profile, warnings: profile?.warnings ?? [...warnings, ...loginWarnings(login, layers, files)] };
}

/** True for a role ARN too: it works in a profile's place. */
export function profileExists(name: string, files: AwsFiles): boolean {
  return isRoleArn(name) || findProfile(files, name) !== undefined;
}

interface ReadLayers {
  readonly layers: Layers;
  readonly subject: Subject;
  readonly warnings: readonly string[];
}

function readLayers({ name, files, env, flags }: ProfileRequest): ReadLayers {
  const { profiles, warnings } = profileLayers(files, isRoleArn(name) ? undefined : name);
  return { layers: { flags, env, profiles }, subject: describeSubject(name, files, profiles), warnings };
}

/** The nearest section of a file is where a missing setting belongs. */
function describeSubject(name: string, { config }: AwsFiles, profiles: readonly ProfileLayer[]): Subject {
  const [section] = profiles.flatMap((profile) => profile.sections);
  const place = section === undefined ? `[default] in ${config.label}` : `[${section.name}] in ${section.file.label}`;
  return isRoleArn(name) ? { name, place, roleArn: name } : { name: `profile "${name}"`, place };
}

function loginWarnings(login: Login, layers: Layers, files: AwsFiles): string[] {
  return [...oddKeyWarnings(layers), ...(login.kind === "oidc" ? clientSecretWarnings(login, files) : [])];
}

function checked(layers: Layers, attribute: Attribute, check: (setting: Setting<string>) => Setting<string>): Setting<string> | undefined {
  const setting = findSetting(layers, attribute);
  return setting && check(setting);
}

/**
 * With IAM a profile may be without; but not one whose source has a role, as either may be meant. With SAML the assertion may offer one, or
 * several to choose from.
 */
function roleOf(layers: Layers, subject: Subject, login: Login): Setting<string> | undefined {
  if (subject.roleArn !== undefined) return { value: subject.roleArn, origin: { layer: "argument" } };
  const setting = findSetting(layers, attributes.roleArn);
  if (setting !== undefined) return checkRoleArn(setting);
  if (login.kind === "iam" && login.hops.length === 0) return undefined;
  if (login.kind === "saml" && findSetting(layers, attributes.jumpRoleArn) === undefined) return undefined;
  const source = layers.profiles.find((profile) => profile.layer === "source" && hasRole(profile));
  throw missingSetting(attributes.roleArn, subject, source && "that of its source_profile is not inherited");
}

/** IAM has chains of source_profile instead. */
function jumpOf(layers: Layers, login: Login): { jumpRoleArn: Setting<string> | undefined; warnings: readonly string[] } {
  const jumpRoleArn = checked(layers, attributes.jumpRoleArn, checkRoleArn);
  if (login.kind !== "iam" || jumpRoleArn === undefined) return { jumpRoleArn, warnings: [] };
  const warning = `${describeOrigin(jumpRoleArn.origin)} has no effect with IAM: source_profile names the profile of a role to assume first`;
  return { jumpRoleArn: undefined, warnings: isInherited(jumpRoleArn.origin) ? [] : [warning] };
}

function wayDuration(layers: Layers, login: Login, jumpRoleArn: Setting<string> | undefined): RoleDuration {
  if (login.kind === "iam") return iamRoleDuration(layers, login);
  return roleDuration(layers, jumpRoleArn && viaJumpRole(jumpRoleArn));
}

function viaJumpRole({ origin }: Setting<string>): Via {
  return { what: "a jump role", which: "the jump role", origin };
}

/** As much of the session's terms as the last call takes. */
function termsOf(
  layers: Layers,
  { homeDir }: AwsFiles,
  { name, login, roleArn, jumpRoleArn }: Pick<Profile, "name" | "login" | "roleArn" | "jumpRoleArn">,
) {
  const terms = sessionTerms(layers, { partition: partitionOf(roleArn?.value), homeDir });
  if (login.kind === "iam" && roleArn === undefined) {
    refuseTerms(terms, name);
    return { terms: undefined, warnings: [] };
  }
  return login.kind === "iam" || jumpRoleArn !== undefined ? { terms, warnings: [] } : termsOfProof(terms, login.kind);
}
