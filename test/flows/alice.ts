/** Whole commands as alice, whose password is in her environment: one sandbox for a file of tests, a home for each of them. */

import { afterAll, beforeAll, beforeEach } from "vitest";
import { startSandbox, type Sandbox } from "../../sandbox/sandbox.ts";
import { createHome, runas, type Home, type Outcome, type Run } from "./test-world.ts";

export interface AliceFlow {
  readonly sandbox: Sandbox;
  readonly home: Home;
  run(argv: readonly string[], more?: Omit<Run, "home">): Promise<Outcome>;
}

/** Call it once in a file; the home is that of the test that runs. */
export function aliceFlow(): AliceFlow {
  const flow = {} as { sandbox: Sandbox; home: Home };
  beforeAll(async () => {
    flow.sandbox = await startSandbox();
  });
  afterAll(() => flow.sandbox.stop());
  beforeEach(() => {
    const home = (flow.home = createHome(flow.sandbox.configText));
    return () => home[Symbol.dispose]();
  });
  return {
    get sandbox() {
      return flow.sandbox;
    },
    get home() {
      return flow.home;
    },
    run(argv, more = {}) {
      const { sandbox, home } = flow;
      return runas(argv, {
        home,
        ...more,
        env: { ...sandbox.environment, WEB_IDENTITY_PASSWORD: sandbox.users.alice.password, ...more.env },
      });
    },
  };
}
