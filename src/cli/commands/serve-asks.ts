/** How a running server asks a person when a login needs one: by its page and the management API, or on the terminal with --headless. */

import type { CredentialTools } from "../../credentials/provider.ts";
import type { Active } from "../../metadata/serve/active.ts";
import { createAsker } from "../../metadata/serve/asker.ts";
import { createManagement, type Management } from "../../metadata/serve/management.ts";
import { pageRoutes } from "../../metadata/serve/page.ts";
import type { Pool } from "../../metadata/serve/pool.ts";
import type { Answered } from "../../metadata/serve/server.ts";
import type { World } from "../../world.ts";
import type { CommandRequest } from "../commands.ts";

export interface Asking extends Management {
  readonly hasPage: boolean;
  /** Called with each failure; undefined where the page asks. */
  readonly failed: ((name: string, error: unknown) => void) | undefined;
}

export interface AskingSource {
  readonly active: Active;
  readonly pool: Pool;
  readonly tools: CredentialTools;
  readonly request: CommandRequest;
}

export function whoAsks({ active, pool, tools, request }: AskingSource, world: World): Asking {
  const say = ({ method, path, status }: Answered) => world.log.debug(`${method} ${path} → ${status}`);
  if (request.switches.has("headless")) {
    const { failed } = createAsker({ open: (wanted) => pool.open(wanted, tools), ...world });
    return { routes: [], note: say, close: () => {}, hasPage: false, failed };
  }
  const { routes, note, close } = createManagement({ pool, active, tools, settings: request.settings });
  const noteAndSay = (answered: Answered) => {
    say(answered);
    note(answered);
  };
  return { routes: [...routes, ...pageRoutes()], note: noteAndSay, close, hasPage: true, failed: undefined };
}
