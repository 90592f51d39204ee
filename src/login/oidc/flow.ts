/**
 * Which flow logs in: the one that web_identity_flow names, else the one that the redirect URI is for. One on this machine, by plain http, is
 * the browser's (RFC 8252 section 7.3); any other the forms'; none at all asks for a code on another device (RFC 8628).
 *
 * Where no browser can be shown, a device's code takes its place, unless the provider does not do that or the browser was named.
 */

import { describeOrigin } from "../../config/origin.ts";
import type { OidcLogin } from "../../config/profile.ts";
import { ConfigError, PersonNeededError } from "../../errors.ts";
import { isLoopbackName } from "../../http/loopback.ts";
import type { Browser, Terminal } from "../../world.ts";
import { browserSettings } from "./browser-hint.ts";
import type { Discovered } from "./discovery.ts";

export type Flow =
  | { readonly kind: "form"; readonly redirectUri: string }
  | { readonly kind: "browser"; readonly redirectUri: string }
  /** `insteadOf`: the redirect URI of the browser flow whose place it takes. */
  | { readonly kind: "device"; readonly insteadOf?: string };

/** What the settings alone say; `isNamed` when web_identity_flow does. */
export type WantedFlow = Flow & { readonly isNamed: boolean };

const FORM_HINT = "set web_identity_redirect_uri = app:/callback, and register it at the provider";

/** @throws ConfigError `config-missing` or `config-conflict` where web_identity_flow and web_identity_redirect_uri do not fit together */
export function wantedFlow({ flow, redirectUri }: OidcLogin): WantedFlow {
  const isForBrowser = redirectUri !== undefined && isOnThisMachine(redirectUri.value);
  if (flow?.value === "device" || (flow === undefined && redirectUri === undefined)) return { kind: "device", isNamed: flow !== undefined };
  if (redirectUri === undefined) {
    const hint = flow?.value === "browser" ? browserSettings({}) : FORM_HINT;
    throw new ConfigError("config-missing", `the ${flow?.value} flow needs web_identity_redirect_uri`, { hint });
  }
  if (flow?.value === "browser" && !isForBrowser) {
    const problem = `web_identity_flow = browser does not fit ${describeOrigin(redirectUri.origin)}, which is not http on this machine`;
    throw new ConfigError("config-conflict", problem, { hint: browserSettings({}) });
  }
  const kind = flow?.value ?? (isForBrowser ? "browser" : "form");
  return { kind, redirectUri: redirectUri.value, isNamed: flow !== undefined };
}

/** Who can be reached. */
export interface Reach {
  readonly browser: Pick<Browser, "isAvailable">;
  readonly terminal: Pick<Terminal, "isAvailable" | "isInBackground">;
}

/**
 * What can be done of it here and at this provider.
 *
 * @throws PersonNeededError where there is neither browser nor terminal for a flow that needs one; ConfigError for a device flow that the
 *   provider does not have
 */
export function chooseFlow(wanted: WantedFlow, { metadata, provider }: Discovered, { browser, terminal }: Reach): Flow {
  if (wanted.kind === "form") return wanted;
  const { host } = new URL(metadata.issuer);
  if (!browser.isAvailable && !terminal.isAvailable && !terminal.isInBackground) {
    const hint =
      "log in once at a terminal; with web_identity_scopes = offline_access, later logins need nobody for as long as the provider allows";
    throw new PersonNeededError(`the login at ${host} needs a person, and there is neither browser nor terminal`, { hint });
  }
  const hasDeviceFlow = metadata.device_authorization_endpoint !== undefined;
  if (wanted.kind === "browser") {
    const takesItsPlace = !browser.isAvailable && !wanted.isNamed && hasDeviceFlow;
    return takesItsPlace ? { kind: "device", insteadOf: wanted.redirectUri } : wanted;
  }
  if (hasDeviceFlow) return wanted;
  if (wanted.isNamed)
    throw new ConfigError("config-value", `web_identity_flow = device, which ${host} does not offer`, { hint: browserSettings(provider) });
  throw new ConfigError("config-missing", `web_identity_redirect_uri is not set, and ${host} does not offer the device flow`, {
    hint: `${browserSettings(provider)}, or app:/callback to log in at its forms`,
  });
}

function isOnThisMachine(redirectUri: string): boolean {
  const { protocol, hostname } = new URL(redirectUri);
  return protocol === "http:" && isLoopbackName(hostname);
}
