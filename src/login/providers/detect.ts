/** Which provider a profile logs in at: the one it names, else the one whose discovery document it is. */

import type { ProviderLogin } from "../../config/profile.ts";
import { describeOrigin } from "../../config/origin.ts";
import { ConfigError, printable } from "../../errors.ts";
import type { HttpResponse } from "../../world.ts";
import type { Metadata } from "../oidc/metadata.ts";
import { entra } from "./entra.ts";
import { forgerock } from "./forgerock.ts";
import { generic } from "./generic.ts";
import { keycloak } from "./keycloak.ts";
import { okta } from "./okta.ts";
import { onelogin } from "./onelogin.ts";
import type { Provider } from "./provider.ts";

/** The first that matches is taken; the last matches all. */
export const providers: readonly Provider[] = [okta, entra, onelogin, forgerock, keycloak, generic];

/**
 * What providers' own answers carry, for those whose document does not tell. The weaker sign: what stands in front of a provider may send
 * headers of its own.
 */
const MARKS: readonly (readonly [provider: Provider, isMarked: (headers: HttpResponse["headers"]) => boolean])[] = [
  [forgerock, (headers) => /X-OpenAM-|MFA-FR-Token/i.test(String(headers["access-control-allow-headers"] ?? ""))],
  [okta, (headers) => headers["x-okta-request-id"] !== undefined],
  [entra, (headers) => headers["x-ms-request-id"] !== undefined],
  [keycloak, (headers) => cookieNames(headers).some((name) => /^KC_RESTART$/i.test(name))],
  [onelogin, (headers) => cookieNames(headers).some((name) => name.includes("_onelogin.com"))],
];

/** SAML's ways to log in with a browser. */
const BROWSERS = new Set(["browser", "browserne"]);

/** The names that web_identity_provider and saml_provider take. */
export const providerNames: readonly string[] = providers.map((provider) => provider.name);

/**
 * The provider that the profile names; undefined when it names none.
 *
 * @throws ConfigError `config-value`
 */
export function namedProvider({ kind, provider: setting }: Pick<ProviderLogin, "kind" | "provider">): Provider | undefined {
  if (setting === undefined) return undefined;
  const found = providers.find((provider) => [provider.name, ...(provider.aliases ?? [])].includes(setting.value));
  if (found !== undefined) return found;
  const said = `${describeOrigin(setting.origin)} is "${printable(setting.value)}"`;
  if (kind === "oidc" && BROWSERS.has(setting.value)) {
    throw new ConfigError("config-value", `${said}, which is for SAML`, {
      hint: "OpenID Connect's browser login is asked for by web_identity_flow = browser",
    });
  }
  const others = kind === "saml" ? [...providerNames, ...BROWSERS] : providerNames;
  const hint = `expected: ${others.join(", ")}; ${generic.name} is for any other provider`;
  throw new ConfigError("config-value", said, { hint });
}

/** The provider that a host is known to belong to. */
export function providerByHost(hostname: string): Provider | undefined {
  return providers.find((provider) => provider.ownsHost?.(hostname) === true);
}

/** The provider that a page is known to be of, by its host or, where anybody may host it, by its path. */
export function providerOfPage(page: URL): Provider | undefined {
  return providerByHost(page.hostname) ?? providers.find((provider) => provider.ownsPage?.(page) === true);
}

/** @param headers of the answer that the document came in */
export function detectProvider(metadata: Metadata, headers: HttpResponse["headers"] = {}): Provider {
  const told = providers.find((provider) => provider !== generic && provider.matches(metadata));
  return told ?? byMarks(headers) ?? generic;
}

/** By the first page of a login without a discovery document. */
export function detectByPage({ url, headers }: HttpResponse): Provider {
  return providerOfPage(url) ?? byMarks(headers) ?? generic;
}

function byMarks(headers: HttpResponse["headers"]): Provider | undefined {
  return MARKS.find(([, isMarked]) => isMarked(headers))?.[0];
}

function cookieNames(headers: HttpResponse["headers"]): readonly string[] {
  return [headers["set-cookie"] ?? []].flat().map((cookie) => cookie.split("=", 1)[0]?.trim() ?? "");
}
