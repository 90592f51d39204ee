/**
 * The page where a person enters the code of a device login: only one that is the provider's own is shown, for that is where they will type
 * their password (RFC 8628 section 5.4).
 */

import { getPublicSuffix } from "tough-cookie";

import { LoginError, printable } from "../../errors.ts";
import { isLoopbackName } from "../../http/loopback.ts";
import type { LoginContext } from "./context.ts";

/** @throws LoginError `untrusted-destination`, `provider-answer` for what is no URL */
export function checkDevicePage(text: string, context: LoginContext): URL {
  const { host: provider } = context;
  const step = "device login";
  if (!URL.canParse(text)) throw new LoginError("provider-answer", `${provider} names no page to enter the code on`, { provider, step });
  const page = new URL(text);
  if (isOnThisMachine(page, context) || isProvidersOwn(page, context)) return page;
  const message = `${provider} sends its users to ${printable(page.protocol)}//${page.host} to enter the code, which is not the provider's own page`;
  const hint = `if it is, add web_identity_trusted_origins = https://${page.host} to the profile`;
  throw new LoginError("untrusted-destination", message, { provider, step, hint: page.protocol === "https:" ? hint : undefined });
}

/** Plain http, and any port, where the provider is there too. */
function isOnThisMachine(page: URL, { metadata }: LoginContext): boolean {
  return page.protocol === "http:" && isLoopbackName(page.hostname) && isLoopbackName(new URL(metadata.issuer).hostname) && hasNoUser(page);
}

function isProvidersOwn(page: URL, { metadata, provider, login }: LoginContext): boolean {
  if (page.protocol !== "https:" || !hasNoUser(page)) return false;
  const own = [metadata.issuer, metadata.authorization_endpoint].map((url) => new URL(url).hostname);
  return (
    own.some((hostname) => page.hostname === hostname || isSameDomain(page.hostname, hostname)) ||
    provider.ownsHost?.(page.hostname) === true ||
    provider.devicePages?.includes(page.origin + page.pathname) === true ||
    login.trustedOrigins?.includes(page.origin) === true
  );
}

/** "https://id.example.com@elsewhere.example" is not where it seems to be. */
function hasNoUser({ username, password }: URL): boolean {
  return username === "" && password === "";
}

/** Whether both are registered by the same owner, as far as the public suffix list tells. */
function isSameDomain(one: string, other: string): boolean {
  const domain = domainOf(one);
  return domain !== undefined && domain === domainOf(other);
}

/** Names that are only of use inside an organisation ("sso.corp.local") count as any other. */
function domainOf(hostname: string): string | undefined {
  return getPublicSuffix(hostname, { allowSpecialUseDomain: true, ignoreError: true });
}
