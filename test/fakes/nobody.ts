/** A terminal on which nobody can be asked, and a browser that cannot be started. */

import { PersonNeededError } from "../../src/errors.ts";
import type { Browser, Terminal } from "../../src/world.ts";

async function refuse(): Promise<never> {
  throw new PersonNeededError("nobody is there");
}

export const nobody: Terminal = {
  isAvailable: false,
  ask: refuse,
  askSecret: refuse,
  choose: refuse,
  say: () => {},
  showWait: () => () => {},
  showQr: async () => {},
};

export const noBrowser: Browser = { isAvailable: false, open: async () => false };
