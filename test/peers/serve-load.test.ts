/** How fast `serve ecs` answers, all checks on, beside a bare server of its runtime. Here, as no other test runs beside these. */

import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compare, startBare } from "../../bench/compare.ts";
import { artefacts } from "../binary/artefacts.ts";
import { ask, startServing } from "../binary/serve-client.ts";
import { setStage } from "../binary/stage.ts";

const runtimes = [join(import.meta.dirname, "../../node_modules/.bin/bun"), process.execPath];

describe.each(artefacts.map((artefact, index) => ({ ...artefact, runtime: runtimes[index] ?? "" })))("$name", (artefact) => {
  // The machine may be busy with something else for a while: it may try five times.
  test("answers 0.7 of the bare server's requests a second, with a p99 of 1/0.7 of its", { retry: 4 }, async () => {
    const stage = await setStage();
    const serving = await startServing(artefact, ["developer"], stage.asAlice);
    const request = `GET /credentials HTTP/1.1\r\nHost: ${serving.host}\r\nAuthorization: ${serving.token}\r\n\r\n`;
    const bare = await startBare(artefact.runtime, { request, body: (await ask(serving)).body });
    try {
      const seen = await compare({ child: serving.child, target: { port: serving.port, request } }, bare, 9);
      console.log(`${artefact.name}: ${seen.rateRatio.toFixed(2)} of its rate, ${seen.p99Ratio.toFixed(2)} of its p99`);
      expect(seen.rateRatio).toBeGreaterThanOrEqual(0.7);
      expect(seen.p99Ratio).toBeLessThanOrEqual(1 / 0.7);
    } finally {
      bare.child.kill();
      await serving.end();
      await stage.close();
    }
  });
});
