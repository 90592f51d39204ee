/** What a login at a provider works with, whichever protocol and flow it takes. */

import type { Secret } from "../secret.ts";
import type { Store } from "../store/store.ts";
import type { Browser, Clock, Http, Log, OwnProcess, Terminal } from "../world.ts";

export interface LoginTools {
  readonly http: Http;
  readonly store: Store;
  readonly clock: Clock;
  readonly terminal: Terminal;
  readonly browser: Browser;
  readonly log: Log;
  readonly process: OwnProcess;
  /** For paths that begin with "~/". */
  readonly homeDir?: string | undefined;
  /** The profile's name, for what a person is told. */
  readonly profile?: string | undefined;
  /** Where browsers that we start keep their profiles; undefined where nothing is to be kept. */
  readonly browserHome: string | undefined;
  /** Called only when a form asks and the profile has no password. */
  readonly storedPassword: () => Promise<Secret | undefined>;
  /** Runs the work while no other process of this user runs work of the same name. Taken inside the flight of the token, never around it. */
  readonly inTurn: <T>(name: string, work: () => Promise<T>) => Promise<T>;
}
