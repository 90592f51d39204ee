/** Any OpenID provider whose login is plain HTML forms: nothing particular. */

import type { Provider } from "./provider.ts";

export const generic: Provider = {
  name: "oidc",
  matches: () => true,
  offlineNeedsConsent: true,
  demandOf: () => undefined,
  accountUrl: () => undefined,
};
