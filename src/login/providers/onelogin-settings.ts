/**
 * A profile's settings → OneLogin's API: where it is, and the API credentials that aws-runas calls it with. They are another pair than the OIDC
 * application's client, so they have settings of their own; the Go tool's way, `token=<base64 of id:secret>` in the query of
 * web_identity_auth_url or saml_auth_url, wins over these. The query leaves this machine nowhere.
 *
 * @see https://developers.onelogin.com/api-docs/2/oauth20-tokens/generate-tokens: each call goes to the account's own host; `region=us|eu` in
 *   the query asks for the API's older hosts
 */

import { describeOrigin } from "../../config/origin.ts";
import type { ProviderLogin } from "../../config/profile.ts";
import { ConfigError } from "../../errors.ts";
import { Secret } from "../../secret.ts";
import { isInDomains } from "./hosts.ts";

export interface ApiCredentials {
  readonly clientId: string;
  readonly clientSecret: Secret;
  /** Where they stand, for messages. */
  readonly source: string;
}

const REGIONS = new Set(["us", "eu"]);

export function isOneloginHost(hostname: string): boolean {
  return isInDomains(hostname, ["onelogin.com"]);
}

/**
 * The origin that the profile's `region` asks for; undefined without one.
 *
 * @throws ConfigError "config-value"
 */
export function regionOrigin({ authUrl }: ProviderLogin): string | undefined {
  const region = new URL(authUrl.value).searchParams.get("region")?.toLowerCase();
  if (region === undefined || region === "") return undefined;
  if (!REGIONS.has(region)) throw wrong(authUrl, "the region", "region=us or region=eu, or leave it out");
  return `https://api.${region}.onelogin.com`;
}

/** SAML's URL as it is requested: the parameters that are ours stay here. */
export function launchUrl(authUrl: URL): URL {
  const url = new URL(authUrl);
  for (const name of ["token", "app_id", "region"]) url.searchParams.delete(name);
  return url;
}

/** The same of a URL that nobody knows to be OneLogin's: without a `token` that may be API credentials, by its form or by what stands beside it. */
export function withoutApiCredentials(authUrl: URL): URL {
  const token = authUrl.searchParams.get("token");
  if (token === null) return authUrl;
  return authUrl.searchParams.has("app_id") || decodePair(token) !== undefined ? launchUrl(authUrl) : authUrl;
}

/** The id of the SAML application, which the Go tool's way has in the query: with it the API gives the response itself. */
export function appIdOf({ authUrl }: ProviderLogin): string | undefined {
  return new URL(authUrl.value).searchParams.get("app_id") || undefined;
}

/** The account's name in OneLogin: the first label of its host. */
export function subdomainOf({ authUrl }: ProviderLogin, home: URL): string {
  const configured = new URL(authUrl.value).hostname;
  const [label = ""] = (isOneloginHost(home.hostname) || !isOneloginHost(configured) ? home.hostname : configured).split(".");
  return label;
}

/**
 * Undefined where the profile has none, or only half of them.
 *
 * @throws ConfigError "config-value" for a `token` that is none
 */
export function apiCredentials({ authUrl, apiClientId, apiClientSecret }: ProviderLogin): ApiCredentials | undefined {
  const token = new URL(authUrl.value).searchParams.get("token") ?? "";
  if (token !== "") {
    const pair = decodePair(token);
    if (pair === undefined) throw wrong(authUrl, "the token", "token=$(printf %s 'client_id:client_secret' | base64 -w0)");
    return { ...pair, source: `the token in ${describeOrigin(authUrl.origin)}` };
  }
  if (apiClientId === undefined || apiClientSecret === undefined) return undefined;
  return { clientId: apiClientId.value, clientSecret: apiClientSecret.value, source: describeOrigin(apiClientSecret.origin) };
}

/** Base64 in either alphabet, with or without padding; a "+" in a query that nobody encoded arrives as a blank. The secret may hold a colon. */
function decodePair(token: string): { clientId: string; clientSecret: Secret } | undefined {
  const standard = token.replaceAll(" ", "+").replaceAll("-", "+").replaceAll("_", "/").replace(/=+$/, "");
  if (!/^[A-Za-z0-9+/]+$/.test(standard) || standard.length % 4 === 1) return undefined;
  const [, clientId = "", clientSecret = ""] = /^([!-9;-~]+):([!-~]+)$/.exec(Buffer.from(standard, "base64").toString()) ?? [];
  return clientId === "" ? undefined : { clientId, clientSecret: new Secret(clientSecret) };
}

/** Without the value: it is a secret, or stands beside one. */
function wrong({ origin }: ProviderLogin["authUrl"], what: string, expected: string): ConfigError {
  return new ConfigError("config-value", `${what} in the query of ${describeOrigin(origin)} is none of OneLogin's`, {
    hint: `expected: ${expected}`,
  });
}
