/**
 * The sections of a profile → its keys that begin as ours do and are none of ours, or have a value in quotes. A mistyped attribute would
 * count for nothing, and nobody would know why.
 *
 * Only `web_identity_…` and `saml_…` are looked at: keys with other names may be another program's.
 */

import { attributes } from "./attributes.ts";
import type { Attribute } from "./attributes.ts";
import { layerSetting } from "./layers.ts";
import type { Layers, ProfileLayer } from "./layers.ts";
import { nearestNames } from "./nearest.ts";
import { describeOrigin } from "./origin.ts";
import type { Origin, Setting } from "./profile.ts";
import { isQuoted } from "./values.ts";

const PREFIXES = ["web_identity_", "saml_"];
/** Has words that may be in quotes. */
const COMMAND = "web_identity_token_command";

interface UnknownKey {
  readonly origin: Origin;
  /** The attribute that it looks like. */
  readonly nearest: string | undefined;
}

/** One line for each, the nearest section's first. */
export function unknownKeyWarnings(layers: Layers): string[] {
  return unknownKeys(layers).map(({ origin, nearest }) => {
    const hint = nearest === undefined ? "" : `; did you mean ${nearest}?`;
    return `${describeOrigin(origin)} is not used: no attribute has this name${hint}`;
  });
}

/** One line for each value in quotes, which count: no URL, client or user has any, and the Go tool reads it without. */
export function quotedValueWarnings({ profiles }: Layers): string[] {
  const quoted = profiles.flatMap(prefixedSettings).filter(({ key, setting }) => key !== COMMAND && isQuoted(setting.value));
  return quoted.map(({ setting }) => `${describeOrigin(setting.origin)} is in quotes, which count: leave them out`);
}

/** Why an attribute is missing, where a key looks like it. */
export function misspellingOf({ keys }: Attribute, layers: Layers): string | undefined {
  const found = unknownKeys(layers).find(({ nearest }) => nearest !== undefined && keys.includes(nearest));
  return found && `${describeOrigin(found.origin)} is another name`;
}

/** True for a profile with such a key: it is one of ours, though it may say nothing that counts. */
export function hasUnknownKeys(layers: Layers): boolean {
  return unknownKeys(layers).length > 0;
}

function unknownKeys({ profiles }: Layers): UnknownKey[] {
  const known = new Set(ourKeys());
  const unknown = profiles.flatMap(prefixedSettings).filter(({ key }) => !known.has(key));
  return unknown.map(({ key, setting }) => ({ origin: setting.origin, nearest: nearestKey(key) }));
}

function prefixedSettings(profile: ProfileLayer): { readonly key: string; readonly setting: Setting<string> }[] {
  const keys = new Set(profile.sections.flatMap(({ values }) => [...values.keys()]));
  return [...keys].flatMap((key) => {
    const setting = PREFIXES.some((prefix) => key.startsWith(prefix)) ? layerSetting(profile, key) : undefined;
    return setting === undefined ? [] : [{ key, setting }];
  });
}

/** By what follows the prefix, which all have in common. */
function nearestKey(key: string): string | undefined {
  const prefix = PREFIXES.find((each) => key.startsWith(each)) ?? "";
  const endings = ourKeys().flatMap((known) => (known.startsWith(prefix) ? [known.slice(prefix.length)] : []));
  const [nearest] = nearestNames(key.slice(prefix.length), endings);
  return nearest && prefix + nearest;
}

function ourKeys(): string[] {
  return Object.values(attributes).flatMap((attribute: Attribute) => attribute.keys);
}
