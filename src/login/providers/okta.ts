/** Okta, Classic and Identity Engine. */

import { suffixOf } from "./hosts.ts";
import type { Provider } from "./provider.ts";

export const okta: Provider = {
  name: "okta",
  matches: ({ authorization_endpoint }) => /\/oauth2(\/[^/]+)?\/v1\/authorize$/.test(new URL(authorization_endpoint).pathname),
  ownsHost: (hostname) => suffixOf(hostname, ["okta.com", "okta-emea.com", "oktapreview.com", "okta-gov.com", "okta.mil"]),
  demandOf: () => undefined,
  accountUrl: () => undefined,
};
