/** What `serve ecs` holds in memory under load; how fast it is then, test/peers/serve-load.test.ts says. */

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { load } from "../../bench/load.ts";
import { artefacts } from "./artefacts.ts";
import { type Serving, startServing } from "./serve-client.ts";
import { type Stage, setStage } from "./stage.ts";

describe.each(artefacts)("$name", (artefact) => {
  let stage: Stage;
  let serving: Serving;
  let request: string;
  beforeAll(async () => {
    stage = await setStage();
    serving = await startServing(artefact, ["developer"], stage.asAlice);
    request = `GET /credentials HTTP/1.1\r\nHost: ${serving.host}\r\nAuthorization: ${serving.token}\r\n\r\n`;
  });
  afterAll(async () => {
    await serving.end();
    await stage.close();
  });

  test("does not grow with each 100,000 requests, of 400,000", async () => {
    const target = { port: serving.port, request };
    const used: number[] = [];
    for (let block = 0; block < 4; block++) {
      let asked = 0;
      while (asked < 100_000) asked += (await load(target, 20, 500)).requestsPerSecond * 0.5;
      used.push(residentBytes(serving.child.pid));
    }
    // What leaks leaks in each block; a heap that is about to be collected is seen in some of them.
    const growth = used.slice(1).map((bytes, index) => bytes - (used[index] ?? 0));
    expect(Math.min(...growth)).toBeLessThan(8 * 2 ** 20);
  }, 120_000);
});

/** Linux. @see proc_pid_status(5) */
function residentBytes(pid: number | undefined): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}
