/** How fast `serve ecs` answers, all checks on, beside a bare server of the same runtime; `npm run bench:serve` has the figures. */

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { load, type Target } from "../../bench/load.ts";
import { artefacts } from "./artefacts.ts";
import { ask, type Serving, startServing } from "./serve-client.ts";
import { type Stage, setStage } from "./stage.ts";

const root = join(import.meta.dirname, "../..");
const runtimes = [join(root, "node_modules/.bin/bun"), process.execPath];

describe.each(artefacts.map((artefact, index) => ({ ...artefact, runtime: runtimes[index] ?? "" })))("$name", (artefact) => {
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

  // 0.7 is asked for on a quiet machine; other tests run beside this one.
  test("at least half of the bare server's requests a second", async () => {
    const { body } = await ask(serving);
    const bare = spawn(artefact.runtime, [join(root, "bench/bare-server.cjs")], { env: { ...process.env, BODY: body }, stdio: "pipe" });
    try {
      const port = Number(await new Promise<string>((resolve) => bare.stdout.once("data", (part) => resolve(String(part)))));
      const [ours, its] = await rates({ port: serving.port, request }, { port, request });
      expect(ours / its).toBeGreaterThan(0.5);
    } finally {
      bare.kill();
    }
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

/** The best of turns taken one after the other, when both are compiled: what else the machine does only slows them down. */
async function rates(one: Target, other: Target): Promise<[number, number]> {
  const seen: [number[], number[]] = [[], []];
  for (let turn = 0; turn < 7; turn++) {
    seen[0].push((await load(one, 20, 300)).requestsPerSecond);
    seen[1].push((await load(other, 20, 300)).requestsPerSecond);
  }
  return [Math.max(...seen[0]), Math.max(...seen[1])];
}

/** Linux. @see proc_pid_status(5) */
function residentBytes(pid: number | undefined): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) * 1024;
}
