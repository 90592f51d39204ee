/** OneLogin, by its API. */

import { suffixOf } from "./hosts.ts";
import type { Provider } from "./provider.ts";

export const onelogin: Provider = {
  name: "onelogin",
  matches: ({ issuer }) => onelogin.ownsHost?.(new URL(issuer).hostname) === true,
  ownsHost: (hostname) => suffixOf(hostname, ["onelogin.com"]),
  demandOf: () => undefined,
  accountUrl: () => undefined,
};
