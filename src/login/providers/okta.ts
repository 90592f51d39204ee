/** Okta, Classic and Identity Engine. */

import { suffixOf } from "./hosts.ts";
import type { Provider } from "./provider.ts";

export const okta: Provider = {
  name: "okta",
  // Others (Oracle) have the first path, but not both.
  matches: ({ authorization_endpoint: endpoint, jwks_uri: keys }) =>
    /\/oauth2(\/[^/]+)?\/v1\/authorize$/.test(new URL(endpoint).pathname) && new URL(keys).pathname.endsWith("/v1/keys"),
  ownsHost: (hostname) => suffixOf(hostname, ["okta.com", "okta-emea.com", "oktapreview.com", "okta-gov.com", "okta.mil"]),
  demandOf: () => undefined,
  accountUrl: () => undefined,
};
