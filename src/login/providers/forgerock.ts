/** ForgeRock, Ping AM and OpenAM: one interface of callbacks. */

import type { Provider } from "./provider.ts";

export const forgerock: Provider = {
  name: "forgerock",
  aliases: ["pingam", "openam"],
  matches: ({ token_endpoint }) => /\/oauth2\/(.*\/)?access_token$/.test(new URL(token_endpoint).pathname),
  demandOf: () => undefined,
  accountUrl: () => undefined,
};
