/**
 * One of the processes that the store's tests start: `contender ACTION HOME [ARGS…]`.
 *
 * What it does is appended to HOME/journal, one line each: "begin PID", "end PID".
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CancelledError, LoginError } from "../../../src/errors.ts";
import { writeFileAtomic } from "../../../src/store/atomic-file.ts";
import { fileDataKey } from "../../../src/store/data-key.ts";
import { entryKey } from "../../../src/store/entry-key.ts";
import { makePrivateFolder, storeFolder } from "../../../src/store/folder.ts";
import { withLock } from "../../../src/store/lock.ts";
import { singleFlight } from "../../../src/store/single-flight.ts";
import { openStore } from "../../../src/store/store.ts";

const [action = "", homeDir = "", ...args] = process.argv.slice(2);
const say = (line: string) => process.stderr.write(`${line}\n`);
const options = {
  env: process.env,
  homeDir,
  platform: process.platform,
  clock: { now: () => Date.now(), sleep: async (ms: number) => sleep(ms) },
  log: { warn: (line: string) => say(`warning: ${line}`), info: say, debug: () => undefined },
};

const ACTIONS: Readonly<Record<string, () => Promise<unknown>>> = { fly, takeTurns, hold, makeKey, rewrite };
console.log(JSON.stringify(await ACTIONS[action]?.()));

/** fly MAKE OUTCOME: gets the one shared thing; making it takes so many ms, or until stdin ends ("untilTold"), and ends as "ok", "refused" or "cancelled". */
async function fly(): Promise<unknown> {
  const [duration, outcome] = args;
  const store = openStore(options);
  const key = await entryKey({ thing: "shared" });
  const make = async () => {
    journal("begin");
    if (duration === "untilTold") await once(process.stdin.resume(), "end");
    else await sleep(Number(duration));
    if (outcome === "refused") throw refusal(process.pid);
    if (outcome === "cancelled") throw new CancelledError();
    await store.write("token", key, { maker: process.pid }, new Date(Date.now() + 60_000));
    journal("end");
    return { maker: process.pid };
  };
  const flight = { name: "thing", read: async () => (await store.read("token", key)) as { maker: number } | undefined, make };
  try {
    return await singleFlight(flight, options);
  } catch (error) {
    if (!(error instanceof LoginError)) throw error;
    const { name, code, message, hint, provider, step } = error;
    return { name, code, message, hint, provider, step };
  }
}

function refusal(pid: number): LoginError {
  return new LoginError("credentials-refused", `wrong password, says ${pid}`, { provider: "example", step: "form", hint: "try another" });
}

/** takeTurns COUNT: takes the lock as often, for a moment each. */
async function takeTurns(): Promise<unknown> {
  const turn = async () => {
    journal("begin");
    await sleep(Math.random() < 0.5 ? 0 : 1);
    journal("end");
  };
  for (let round = 0; round < Number(args[0]); round++) await withLock("thing", turn, options);
  return "done";
}

/** hold: takes the lock and keeps it, with a child process that outlives us. */
async function hold(): Promise<unknown> {
  return withLock(
    "thing",
    async () => {
      const child = spawn("sleep", ["20"], { stdio: "ignore", detached: true });
      journal(`child ${child.pid}`);
      await sleep(60_000);
    },
    options,
  );
}

async function makeKey(): Promise<unknown> {
  makePrivateFolder(storeFolder(homeDir));
  return Buffer.from(await fileDataKey(storeFolder(homeDir), options).readOrCreate()).toString("hex");
}

/** rewrite: replaces HOME/file, again and again, by a long text of one letter. */
async function rewrite(): Promise<unknown> {
  for (let round = 0; ; round++) await writeFileAtomic(join(homeDir, "file"), "ABCDEFGH".charAt(round % 8).repeat(100_000));
}

function journal(line: string): void {
  appendFileSync(join(homeDir, "journal"), `${line} ${process.pid}\n`);
}
