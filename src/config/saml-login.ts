/** The layers → how this profile logs in with SAML, or what it lacks for that and where to put it. */

import { attributes } from "./attributes.ts";
import { findSetting } from "./layers.ts";
import type { Layers } from "./layers.ts";
import { map, personLogin } from "./person-login.ts";
import type { SamlLogin, Setting } from "./profile.ts";
import { checkAuthBrowser, checkUrl } from "./values.ts";

/** @throws ConfigError "config-value" for a setting that has not its shape. */
export function samlLogin(layers: Layers, authUrl: Setting<string>): SamlLogin {
  const login = personLogin(layers, "saml");
  return {
    ...login,
    kind: "saml",
    provider: map(login.provider, shortName),
    authUrl: checkUrl(authUrl),
    entityId: findSetting(layers, attributes.samlEntityId),
    metadata: findSetting(layers, attributes.samlMetadata),
    browser: map(findSetting(layers, attributes.authBrowser), checkAuthBrowser),
  };
}

/** The Go tool's long name for `browserne`, which it documents and does not accept. */
function shortName(provider: Setting<string>): Setting<string> {
  return provider.value === "browsernewexperience" ? { ...provider, value: "browserne" } : provider;
}
