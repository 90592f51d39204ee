/** Warnings for settings of the profile itself, or of flags, that its kind of login does not use. Inherited ones are no mistake and not warned of. */

import { attributes } from "./attributes.ts";
import type { Attribute } from "./attributes.ts";
import { durationOf } from "./duration.ts";
import { findSetting } from "./layers.ts";
import type { Layers } from "./layers.ts";
import { describeOrigin } from "./origin.ts";
import type { Login } from "./profile.ts";

/**
 * For a login by OIDC or SAML, or by an id token that is given.
 *
 * @throws ConfigError "config-value" for a session's duration that is none
 */
export function idleSettingWarnings(layers: Layers, kind: Exclude<Login["kind"], "iam">, hasJumpRole: boolean): string[] {
  const session = findSetting(layers, attributes.sessionDuration);
  if (session !== undefined) durationOf(session);
  return [
    idle(layers, attributes.sessionDuration, "with OIDC and SAML: it is for IAM's session tokens"),
    idle(layers, attributes.mfaSerial, "with OIDC and SAML: it is for IAM users, and mfa_type for a login's second factor"),
    hasJumpRole ? undefined : idle(layers, attributes.externalId, "without a jump role: AWS takes none with a login"),
    hasJumpRole || kind !== "saml"
      ? undefined
      : idle(layers, attributes.roleSessionName, "without a jump role: the SAML response names the session"),
  ].filter((warning) => warning !== undefined);
}

/** A variable may be meant for other profiles, or other programs. */
function idle(layers: Layers, attribute: Attribute, why: string): string | undefined {
  const origin = findSetting(layers, attribute)?.origin;
  const isAimedHere = origin?.layer === "profile" || origin?.layer === "flag";
  return isAimedHere ? `${describeOrigin(origin)} has no effect ${why}` : undefined;
}
