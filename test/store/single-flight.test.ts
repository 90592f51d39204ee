import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AwsError } from "../../src/errors.ts";
import { singleFlight, type SingleFlightOptions } from "../../src/store/single-flight.ts";
import { buildContenders, type Contenders, makeHome, readJournal, type Running, type Runtime, silentLog, until } from "./programs.ts";

let contenders: Contenders;
const homes: ReturnType<typeof makeHome>[] = [];

beforeAll(async () => {
  contenders = await buildContenders();
});
afterAll(() => {
  contenders.close();
  for (const home of homes) home.remove();
});

/** Processes that all want the same thing, in a home of their own. */
function crowd() {
  const home = makeHome();
  homes.push(home);
  return {
    fly: (runtime: Runtime, make = "100", outcome = "ok") => contenders.start(runtime, "fly", home.path, make, outcome),
    count: (word: string) => readJournal(home.path).filter((line) => line.startsWith(word)).length,
  };
}

async function distinct(all: readonly Running[]): Promise<unknown[]> {
  const results = await Promise.all(all.map(({ result }) => result));
  return [...new Set(results.map((value) => JSON.stringify(value)))].map((text) => JSON.parse(text));
}

const untilAllWait = (all: readonly Running[]) => until(() => all.every((one) => one.said().includes("waiting for another aws-runas")));

test("of a hundred processes on both runtimes one makes it and all have it", async () => {
  const { fly, count } = crowd();
  const all = Array.from({ length: 100 }, (_, index) => fly(index % 4 === 0 ? "node" : "bun", "200"));
  expect(await distinct(all)).toHaveLength(1);
  expect(count("begin")).toBe(1);
}, 60_000);

describe.concurrent.each<[Runtime, Runtime]>([
  ["node", "bun"],
  ["bun", "node"],
])("with a holder on %s, and those who wait on %s and others", (first, second) => {
  test("one of them takes over within a second when the holder is killed", async () => {
    const { fly, count } = crowd();
    const holder = fly(first, "untilTold");
    await until(() => count("begin") === 1);
    const waiters = [second, first, second].map((runtime) => fly(runtime));
    await untilAllWait(waiters);
    holder.process.kill("SIGKILL");
    expect(await until(() => count("begin") === 2)).toBeLessThan(1_000);
    expect(await distinct(waiters)).toHaveLength(1);
    expect(count("begin")).toBe(2);
  });

  test("one of them takes over when the holder is cancelled", async () => {
    const { fly, count } = crowd();
    const holder = fly(first, "untilTold", "cancelled");
    await until(() => count("begin") === 1);
    const waiters = [second, first, second].map((runtime) => fly(runtime));
    await untilAllWait(waiters);
    holder.process.stdin?.end();
    await expect(holder.result).rejects.toThrow("cancelled");
    expect(await distinct(waiters)).toHaveLength(1);
    expect(count("begin")).toBe(2);
  });

  test("all of them fail with the holder's error when it is refused, and none tries again", async () => {
    const { fly, count } = crowd();
    const holder = fly(first, "untilTold", "refused");
    await until(() => count("begin") === 1);
    const waiters = [second, first, second].map((runtime) => fly(runtime));
    await untilAllWait(waiters);
    holder.process.stdin?.end();
    expect(await distinct([holder, ...waiters])).toEqual([
      {
        name: "LoginError",
        code: "credentials-refused",
        message: `wrong password, says ${holder.process.pid}`,
        hint: "try another",
        provider: "example",
        step: "form",
      },
    ]);
    expect(count("begin")).toBe(1);
  });
});

describe("in one process", () => {
  let home: ReturnType<typeof makeHome>;
  beforeEach(() => {
    home = makeHome();
  });
  afterEach(() => home.remove());

  const options = (env: Record<string, string> = {}): SingleFlightOptions => ({
    env,
    homeDir: home.path,
    platform: process.platform,
    log: silentLog,
  });
  const nothing = async () => undefined;

  test("what is stored is not made", async () => {
    const make = () => Promise.reject(new Error("made"));
    await expect(singleFlight({ name: "a", read: async () => "stored", make }, options())).resolves.toBe("stored");
  });

  test.each(["file", "none"])("callers at the same time share one flight, with the store %s", async (mode) => {
    let made = 0;
    const make = async () => {
      await sleep(20);
      return ++made;
    };
    const both = [1, 2].map(() => singleFlight({ name: "a", read: nothing, make }, options({ AWSRUNAS_STORE: mode })));
    expect(await Promise.all(both)).toEqual([1, 1]);
    expect(await singleFlight({ name: "a", read: nothing, make }, options({ AWSRUNAS_STORE: mode }))).toBe(2);
  });

  test("what somebody else stored before the lock was ours is not made", async () => {
    const answers = [undefined, "stored meanwhile"];
    const make = () => Promise.reject(new Error("made"));
    await expect(singleFlight({ name: "a", read: async () => answers.shift(), make }, options())).resolves.toBe("stored meanwhile");
  });

  test("a failure reaches the caller as it is, and the next call tries again", async () => {
    const error = new AwsError("aws-refused", "no");
    const refused = singleFlight({ name: "a", read: nothing, make: () => Promise.reject(error) }, options());
    await expect(refused).rejects.toBe(error);
    await expect(singleFlight({ name: "a", read: nothing, make: async () => 1 }, options())).resolves.toBe(1);
  });

  test("flights of different names do not wait for each other", async () => {
    const inner = () => singleFlight({ name: "token", read: nothing, make: async () => "token" }, options());
    await expect(singleFlight({ name: "credentials", read: nothing, make: inner }, options())).resolves.toBe("token");
  });
});
