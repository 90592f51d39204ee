/** The layers → how long the role's credentials live. */

import { ConfigError } from "../errors.ts";
import { attributes } from "./attributes.ts";
import { roleSeconds } from "./duration.ts";
import { findSetting } from "./layers.ts";
import type { Layers } from "./layers.ts";
import { describeOrigin } from "./origin.ts";
import type { Origin, Setting } from "./profile.ts";
import { isInherited } from "./values.ts";

export interface RoleDuration {
  readonly setting: Setting<number>;
  readonly warnings: readonly string[];
}

const DEFAULT_SECONDS = 3600;
/** AWS's limit for a role that is assumed with another role's credentials. */
const MAX_CHAINED_SECONDS = 3600;

/** What a role is reached through, where that limits its life. */
export interface Via {
  /** "a jump role", and with its article "the jump role". */
  readonly what: string;
  readonly which: string;
  readonly origin: Origin;
}

/**
 * @param via set when the role is reached through another.
 * @throws ConfigError "config-value" for a malformed duration or one outside of its bounds, those of a chained role included where the
 *   profile, the environment or a flag asked for it; what was inherited is cut to an hour, with a warning.
 */
export function roleDuration(layers: Layers, via: Via | undefined): RoleDuration {
  const asked = findSetting(layers, attributes.duration);
  if (asked === undefined) return { setting: { value: DEFAULT_SECONDS, origin: { layer: "built-in" } }, warnings: [] };
  const setting = { value: roleSeconds(asked), origin: asked.origin };
  if (via === undefined || setting.value <= MAX_CHAINED_SECONDS) return { setting, warnings: [] };
  const problem = `${describeOrigin(asked.origin)}: "${asked.value}" is more than the 1h that AWS gives a role reached through ${via.what}`;
  if (!isInherited(asked.origin)) {
    throw new ConfigError("config-value", problem, { hint: `ask for 1h or less; ${via.which} is ${describeOrigin(via.origin)}` });
  }
  return { setting: { ...setting, value: MAX_CHAINED_SECONDS }, warnings: [`${problem}: using 1h`] };
}
