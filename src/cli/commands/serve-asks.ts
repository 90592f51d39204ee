/** Who asks where a login needs a person while a server runs: its page, by the management API, or with --headless the terminal. */

import type { CredentialTools } from "../../credentials/provider.ts";
import type { Active } from "../../metadata/serve/active.ts";
import { createAsker } from "../../metadata/serve/asker.ts";
import { createManagement, type Management } from "../../metadata/serve/management.ts";
import type { Pool } from "../../metadata/serve/pool.ts";
import type { World } from "../../world.ts";
import type { CommandRequest } from "../commands.ts";

export interface Asking extends Omit<Management, "sessions"> {
  readonly sessions: Management["sessions"] | undefined;
  readonly hasPage: boolean;
  /** To be told of each failure; nobody is where the page asks. */
  readonly failed: ((name: string, error: unknown) => void) | undefined;
}

export interface AskingSource {
  readonly active: Active;
  readonly pool: Pool;
  readonly tools: CredentialTools;
  readonly request: CommandRequest;
}

export function whoAsks({ active, pool, tools, request }: AskingSource, world: World): Asking {
  if (request.switches.has("headless")) {
    const { failed } = createAsker({ open: (wanted) => pool.open(wanted, tools), ...world });
    return { routes: [], sessions: undefined, note: () => {}, close: () => {}, hasPage: false, failed };
  }
  const management = createManagement({ pool, active, tools, settings: request.settings });
  return { ...management, hasPage: true, failed: undefined };
}
