/**
 * The configured URL → the provider's discovery document (OpenID Connect Discovery 1.0 section 4), kept for a day, and which provider
 * it is.
 *
 * Users configure an issuer or one of the forms that providers' guides show, so a short list of candidates is tried. The issuer found
 * must be the candidate itself or on its origin; it is then what the id token must name.
 */

import type { OidcLogin } from "../../config/profile.ts";
import { LoginError, printable } from "../../errors.ts";
import { isObject, parseJson } from "../json.ts";
import { entryKey } from "../../store/entry-key.ts";
import type { Store } from "../../store/store.ts";
import type { Clock, Http } from "../../world.ts";
import { detectProvider, namedProvider, providerNames, providers } from "../providers/detect.ts";
import type { Provider } from "../providers/provider.ts";
import { type Metadata, parseMetadata } from "./metadata.ts";

export interface Discovered {
  readonly metadata: Metadata;
  readonly provider: Provider;
}

export interface DiscoveryTools {
  readonly http: Http;
  readonly store: Store;
  readonly clock: Clock;
}

const WELL_KNOWN = "/.well-known/openid-configuration";
const KEPT_MS = 24 * 60 * 60 * 1000;

/**
 * @throws LoginError `provider-unknown` when no candidate has a usable document or it is one for every tenant, `provider-unreachable`;
 *   what `namedProvider` throws
 */
export async function discover(login: OidcLogin, tools: DiscoveryTools): Promise<Discovered> {
  const named = namedProvider(login);
  const drivers = named === undefined ? providers : [named];
  const candidates = issuerCandidates(login.authUrl.value, drivers);
  const key = await entryKey({ authUrl: candidates[0] });
  const kept = readKept(await tools.store.read("discovery", key));
  const found = kept ?? (await fetchFirst(candidates, drivers, tools.http));
  if (kept === undefined) await tools.store.write("discovery", key, asKept(found), new Date(tools.clock.now() + KEPT_MS));
  return { metadata: found.metadata, provider: named ?? found.provider };
}

/** The document with the name of the provider that was detected: its headers are gone the next time. */
function asKept({ metadata, provider }: Discovered): unknown {
  return { ...metadata, provider: provider.name };
}

function readKept(entry: unknown): Discovered | undefined {
  const metadata = parseMetadata(entry);
  if (typeof metadata === "string" || !isObject(entry)) return undefined;
  const provider = providers.find(({ name }) => name === entry["provider"]);
  return provider && { metadata, provider };
}

/** What `discover` would say without asking anybody; undefined when it would have to. Throws what `namedProvider` throws. */
export async function keptMetadata(login: OidcLogin, store: Store): Promise<Metadata | undefined> {
  const named = namedProvider(login);
  const [first] = issuerCandidates(login.authUrl.value, named === undefined ? providers : [named]);
  return readKept(await store.read("discovery", await entryKey({ authUrl: first })))?.metadata;
}

/**
 * The issuers that a configured URL may mean, most likely first; the query (which may hold a secret), a trailing slash and the document's
 * own path are dropped.
 */
export function issuerCandidates(authUrl: string, drivers: readonly Provider[] = []): readonly string[] {
  const url = new URL(authUrl);
  const path = url.pathname.replace(/\/+$/, "").replace(WELL_KNOWN, "").replace(/\/+$/, "");
  const issuerPath = path.replace(/\/oauth2(\/v2\.0)?$/, "$1");
  const documented = drivers.flatMap((driver) => driver.issuersOf?.(url) ?? []);
  return [...new Set([...documented, url.origin + path, url.origin + issuerPath])];
}

async function fetchFirst(candidates: readonly string[], drivers: readonly Provider[], http: Http): Promise<Discovered> {
  const tried: string[] = [];
  for (const candidate of candidates) {
    const found = await fetchMetadata(candidate, drivers, http);
    if (typeof found !== "string") return found;
    tried.push(`${candidate}${WELL_KNOWN} ${found}`);
  }
  throw new LoginError("provider-unknown", `unable to determine client provider type: ${printable(tried.join("; "))}`, {
    provider: new URL(candidates[0] ?? "").host,
    step: "discovery",
    hint: `set web_identity_auth_url to the provider's issuer, and web_identity_provider to one of ${providerNames.join(", ")}`,
  });
}

/** The document, or what is wrong with it. */
async function fetchMetadata(issuer: string, drivers: readonly Provider[], http: Http): Promise<Discovered | string> {
  const response = await http({ method: "GET", url: new URL(issuer + WELL_KNOWN), headers: { accept: "application/json" } });
  if (response.status !== 200) return `answers ${response.status}`;
  const metadata = parseMetadata(parseJson(response.body));
  if (typeof metadata === "string") return metadata;
  if (metadata.issuer.includes("{")) throw forAnyTenant(metadata.issuer);
  const isItsOwn = new URL(metadata.issuer).origin === new URL(issuer).origin;
  const isKnown = drivers.some((driver) => driver.acceptsIssuer?.(issuer, metadata.issuer) === true);
  return isItsOwn || isKnown
    ? { metadata, provider: detectProvider(metadata, response.headers) }
    : `names another issuer, ${metadata.issuer}`;
}

/** Entra's "common" and "organizations": each id token then names the tenant of its user, and nothing could be pinned. */
function forAnyTenant(issuer: string): LoginError {
  const provider = new URL(issuer).host;
  return new LoginError("provider-unknown", `web_identity_auth_url names no tenant: ${provider} gives its issuer as ${printable(issuer)}`, {
    provider,
    step: "discovery",
    hint: "put the tenant's id, or one of its domains, in the place of common or organizations",
  });
}
