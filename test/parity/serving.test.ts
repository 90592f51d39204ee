/** The Go tool's weakness in serving (reference/cli.md, section 9: 37), which is not ours. */

import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { runas } from "../flows/test-world.ts";
import { parityWorld } from "./parity-world.ts";

const world = parityWorld();

test("9: 37: flags before the word hold for what is served, and a signal that ends it is no failure", async () => {
  const signals = new EventEmitter();
  const { sandbox, home } = world;
  const outcome = await runas(["-a", "15m", "serve", "ecs", "-p", "0", "developer"], {
    home,
    env: { ...sandbox.environment, WEB_IDENTITY_PASSWORD: sandbox.users.alice.password },
    process: { on: (signal, listener) => signals.on(signal, listener), off: (signal, listener) => signals.off(signal, listener) },
    onPrinted: () => setTimeout(() => signals.emit("SIGTERM"), 100),
  });
  expect(outcome).toMatchObject({ status: 0, stdout: expect.stringContaining("AWS_CONTAINER_CREDENTIALS_FULL_URI") });
  expect(world.lastForm()["DurationSeconds"]).toBe("900");
});
