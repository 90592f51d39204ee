/**
 * The management API of a server: which profiles there are, which is active, and logging in to one over HTTP (openapi.ts describes it).
 *
 * Every route wants the server's token, and the server's own page may ask it.
 */

import { customRoutes } from "./custom-routes.ts";
import { LoginDesk } from "./login-desk.ts";
import { loginRoutes } from "./login-routes.ts";
import type { ManagementOptions, ManagementState } from "./management-route.ts";
import { openapiRoutes } from "./openapi.ts";
import { profileRoutes } from "./profile-routes.ts";
import { createRecent } from "./recent.ts";
import type { Answered, Route } from "./server.ts";
import { stateRoutes } from "./state-routes.ts";

export interface Management {
  readonly routes: readonly Route[];
  /** A request that the server answered. */
  note(answered: Answered): void;
  /** Ends the login that is under way. */
  close(): void;
}

export function createManagement(options: ManagementOptions): Management {
  const recent = createRecent();
  const state: ManagementState = { ...options, recent, desk: new LoginDesk(options), custom: undefined };
  return {
    routes: [profileRoutes, customRoutes, loginRoutes, stateRoutes, openapiRoutes].flatMap((group) => group(state)),
    note: (answered) => recent.add(answered),
    close: () => state.desk.cancel(),
  };
}
