/** Microsoft Entra ID, which was Azure AD. */

import { suffixOf } from "./hosts.ts";
import type { Provider } from "./provider.ts";

export const entra: Provider = {
  name: "azuread",
  aliases: ["entra", "microsoft"],
  matches: ({ authorization_endpoint }) => entra.ownsHost?.(new URL(authorization_endpoint).hostname) === true,
  ownsHost: (hostname) =>
    suffixOf(hostname, [
      "login.microsoftonline.com",
      "login.microsoftonline.us",
      "login.partner.microsoftonline.cn",
      "login.microsoft.com",
      "login.windows.net",
    ]),
  // The device code flow's page in the public cloud, in the United States' and in China's.
  devicePages: ["https://microsoft.com/devicelogin", "https://microsoft.com/deviceloginus", "https://microsoft.com/deviceloginchina"],
  demandOf: () => undefined,
  accountUrl: () => undefined,
};
