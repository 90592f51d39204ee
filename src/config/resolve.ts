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
import { findSetting, layerSetting } from "./layers.ts";
import type { Layers, ProfileLayer } from "./layers.ts";
import { loginOf } from "./login.ts";
import { clientSecretWarnings, missingSetting } from "./oidc-login.ts";
import type { Subject } from "./oidc-login.ts";
import { profileLayers } from "./profile-layers.ts";
import type { Login, Profile, Setting } from "./profile.ts";
import { roleDuration, sessionDurationWarnings } from "./role-duration.ts";
import { findProfile } from "./sections.ts";
import { stsSettings } from "./sts-settings.ts";
import { unknownKeyWarnings } from "./unknown-keys.ts";
import { checkExternalId, checkRegion, checkRoleArn, checkSessionName, isRoleArn } from "./values.ts";

export interface ProfileRequest {
  readonly name: string;
  readonly files: AwsFiles;
  readonly env: Environment;
  readonly flags: FlagSettings;
}

/** @throws ConfigError naming file, section and key, variable or flag. */
export function resolveProfile({ name, files, env, flags }: ProfileRequest): Profile {
  const { layers, subject, warnings } = readLayers({ name, files, env, flags });
  const login = loginOf(layers, subject);
  const jumpRoleArn = checked(layers, attributes.jumpRoleArn, checkRoleArn);
  const duration = roleDuration(layers, jumpRoleArn);
  return {
    name,
    login,
    roleArn: roleOf(layers, name, subject),
    jumpRoleArn,
    roleSessionName: checked(layers, attributes.roleSessionName, checkSessionName),
    externalId: checked(layers, attributes.externalId, checkExternalId),
    durationSeconds: duration.setting,
    region: checked(layers, attributes.region, checkRegion),
    sts: stsSettings(layers, files),
    warnings: [...warnings, ...loginWarnings(login, layers, files), ...duration.warnings, ...sessionDurationWarnings(layers)],
  };
}

/**
 * How a profile logs in, whether or not it has a role: a source profile often has none.
 *
 * @throws ConfigError as `resolveProfile`
 */
export function resolveLogin(request: ProfileRequest): Login {
  const { layers, subject } = readLayers(request);
  return loginOf(layers, subject);
}

/** A profile that need not have a role. */
export interface Target {
  readonly name: string;
  readonly login: Login;
  /** Undefined where there is no role: then there is only the login. */
  readonly profile: Profile | undefined;
  /** What is odd about it, as a profile has them. */
  readonly warnings: readonly string[];
}

/** @throws ConfigError as `resolveProfile`, but not for a missing role */
export function resolveTarget(request: ProfileRequest): Target {
  const { name, files } = request;
  const { layers, subject, warnings } = readLayers(request);
  const login = loginOf(layers, subject);
  const hasRole = isRoleArn(name) || findSetting(layers, attributes.roleArn) !== undefined;
  const profile = hasRole ? resolveProfile(request) : undefined;
  return { name, login, profile, warnings: profile?.warnings ?? [...warnings, ...loginWarnings(login, layers, files)] };
}

/** True for a role ARN too: it works in a profile's place. */
export function profileExists(name: string, files: AwsFiles): boolean {
  return isRoleArn(name) || findProfile(files, name) !== undefined;
}

function readLayers({ name, files, env, flags }: ProfileRequest): { layers: Layers; subject: Subject; warnings: readonly string[] } {
  const { profiles, warnings } = profileLayers(files, isRoleArn(name) ? undefined : name);
  return { layers: { flags, env, profiles }, subject: describeSubject(name, files, profiles), warnings };
}

/** The nearest section of a file is where a missing setting belongs. */
function describeSubject(name: string, { config }: AwsFiles, profiles: readonly ProfileLayer[]): Subject {
  const [section] = profiles.flatMap((profile) => profile.sections);
  const place = section === undefined ? `[default] in ${config.label}` : `[${section.name}] in ${section.file.label}`;
  return { name: isRoleArn(name) ? name : `profile "${name}"`, place };
}

function loginWarnings(login: Login, layers: Layers, files: AwsFiles): string[] {
  return [...unknownKeyWarnings(layers), ...(login.kind === "oidc" ? clientSecretWarnings(login, files) : [])];
}

function checked(layers: Layers, attribute: Attribute, check: (setting: Setting<string>) => Setting<string>): Setting<string> | undefined {
  const setting = findSetting(layers, attribute);
  return setting && check(setting);
}

function roleOf(layers: Layers, name: string, subject: Subject): Setting<string> {
  if (isRoleArn(name)) return { value: name, origin: { layer: "argument" } };
  const setting = findSetting(layers, attributes.roleArn);
  if (setting !== undefined) return checkRoleArn(setting);
  const source = layers.profiles.find((profile) => profile.layer === "source" && layerSetting(profile, "role_arn") !== undefined);
  throw missingSetting(attributes.roleArn, subject, source && "that of its source_profile is not inherited");
}
