/**
 * The management API of a server: which profiles there are, which is active, and logging in to one over HTTP (openapi.ts describes it); and the
 * page that uses it.
 *
 * Every route of the API wants the server's token, or the page's; the files of the page want none.
 */

import { customRoutes } from "./custom-routes.ts";
import { LoginDesk } from "./login-desk.ts";
import { loginRoutes } from "./login-routes.ts";
import type { ManagementOptions, ManagementState } from "./management-route.ts";
import { openapiRoutes } from "./openapi.ts";
import { pageFileRoutes } from "./page.ts";
import { pageRoutes } from "./page-routes.ts";
import { createPageSessions, type PageSessions } from "./page-sessions.ts";
import { profileRoutes } from "./profile-routes.ts";
import { createRecent } from "./recent.ts";
import type { Answered, Route } from "./server.ts";
import { stateRoutes } from "./state-routes.ts";

export interface Management {
  readonly routes: readonly Route[];
  readonly sessions: PageSessions;
  /** A request that the server answered. */
  note(answered: Answered): void;
  /** Ends the login that is under way. */
  close(): void;
}

export function createManagement(options: ManagementOptions): Management {
  const recent = createRecent();
  const sessions = createPageSessions(options.tools.clock);
  const state: ManagementState = { ...options, recent, sessions, desk: new LoginDesk(options), custom: undefined };
  const groups = [profileRoutes, customRoutes, loginRoutes, stateRoutes, pageRoutes, openapiRoutes, pageFileRoutes];
  return {
    routes: groups.flatMap((group) => group(state)),
    sessions,
    note: (answered) => recent.add(answered),
    close: () => state.desk.cancel(),
  };
}
