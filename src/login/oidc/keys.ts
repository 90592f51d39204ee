/** The keys that a provider signs id tokens with (RFC 7517), kept for a day. */

import { LoginError } from "../../errors.ts";
import { isObject, parseJson } from "../json.ts";
import type { JWKS } from "oauth4webapi";
import { entryKey } from "../../store/entry-key.ts";
import type { DiscoveryTools } from "./discovery.ts";
import type { Metadata } from "./metadata.ts";

export interface ProviderKeys {
  readonly keys: JWKS;
  /** Kept ones may be older than the key that a token was signed with. */
  readonly areFresh: boolean;
}

const KEPT_MS = 24 * 60 * 60 * 1000;

/** The kept keys, or the provider's where none are kept. */
export async function findKeys(metadata: Metadata, tools: DiscoveryTools): Promise<ProviderKeys> {
  const kept = await tools.store.read("keys", await entryKey({ jwksUri: metadata.jwks_uri }));
  return isKeySet(kept) ? { keys: kept, areFresh: false } : fetchKeys(metadata, tools);
}

/** @throws LoginError `provider-answer`, `provider-unreachable` */
export async function fetchKeys(metadata: Metadata, { http, store, clock }: DiscoveryTools): Promise<ProviderKeys> {
  const response = await http({ method: "GET", url: new URL(metadata.jwks_uri), headers: { accept: "application/json" } });
  const keys = response.status === 200 ? parseKeys(response.body) : undefined;
  if (keys === undefined) {
    const provider = new URL(metadata.issuer).host;
    throw new LoginError("provider-answer", `${provider} gives no key set: status ${response.status}`, { provider, step: "keys" });
  }
  await store.write("keys", await entryKey({ jwksUri: metadata.jwks_uri }), keys, new Date(clock.now() + KEPT_MS));
  return { keys, areFresh: true };
}

function parseKeys(body: string): JWKS | undefined {
  const json = parseJson(body);
  return isKeySet(json) ? json : undefined;
}

function isKeySet(value: unknown): value is JWKS {
  return isObject(value) && Array.isArray(value["keys"]) && value["keys"].every(isObject);
}
