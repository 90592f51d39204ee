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
/** Made when it is first asked for. */
let ours: ReadonlySet<string> | undefined;
const lookalikes = new Map<string, string | undefined>();

interface UnknownKey {
  readonly origin: Origin;
  /** The attribute that it looks like. */
  readonly nearest: string | undefined;
}

interface KeySetting {
  readonly key: string;
  readonly setting: Setting<string>;
}

/** One line for each, the nearest section's first; then those for values in quotes. */
export function oddKeyWarnings({ profiles }: Layers): string[] {
  const settings = profiles.flatMap(prefixedSettings);
  const unknown = unknownAmong(settings).map(({ origin, nearest }) => {
    const hint = nearest === undefined ? "" : `; did you mean ${nearest}?`;
    return `${describeOrigin(origin)} is not used: no attribute has this name${hint}`;
  });
  return [...unknown, ...quotedValueWarnings(settings)];
}

/** Quotes count: no URL, client or user has any, and the Go tool reads the value without. */
function quotedValueWarnings(settings: readonly KeySetting[]): string[] {
  const quoted = settings.filter(({ key, setting }) => key !== COMMAND && isQuoted(setting.value));
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
  return unknownAmong(profiles.flatMap(prefixedSettings));
}

function unknownAmong(settings: readonly KeySetting[]): UnknownKey[] {
  if (settings.length === 0) return [];
  const unknown = settings.filter(({ key }) => !ourKeys().has(key));
  return unknown.map(({ key, setting }) => ({ origin: setting.origin, nearest: nearestKey(key) }));
}

/** Looks at the prefix first: most keys have another, and a list of thousands of profiles comes by here. */
function prefixedSettings(profile: ProfileLayer): KeySetting[] {
  const keys = new Set<string>();
  for (const { values } of profile.sections) {
    for (const key of values.keys()) if (PREFIXES.some((prefix) => key.startsWith(prefix))) keys.add(key);
  }
  return [...keys].flatMap((key) => {
    const setting = layerSetting(profile, key);
    return setting === undefined ? [] : [{ key, setting }];
  });
}

/** Looked for once: thousands of profiles inherit a mistake in [default]. */
function nearestKey(key: string): string | undefined {
  if (!lookalikes.has(key)) lookalikes.set(key, findNearest(key));
  return lookalikes.get(key);
}

/** By what follows the prefix, which all have in common. */
function findNearest(key: string): string | undefined {
  const prefix = PREFIXES.find((each) => key.startsWith(each)) ?? "";
  const endings = [...ourKeys()].flatMap((known) => (known.startsWith(prefix) ? [known.slice(prefix.length)] : []));
  const [ending] = nearestNames(key.slice(prefix.length), endings);
  return ending && prefix + ending;
}

function ourKeys(): ReadonlySet<string> {
  return (ours ??= new Set(Object.values(attributes).flatMap((attribute: Attribute) => attribute.keys)));
}
