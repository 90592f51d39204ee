import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AwsError } from "../../src/errors.ts";
import { singleFlight, type SingleFlightOptions } from "../../src/store/single-flight.ts";
import { buildContenders, type Contenders, makeHome, readJournal, type Running, type Runtime, silentLog, until } from "./programs.ts";

let contenders: Contenders;
let home: ReturnType<typeof makeHome>;

beforeAll(async () => {
  contenders = await buildContenders();
});
afterAll(() => contenders.close());
beforeEach(() => {
  home = makeHome();
});
afterEach(() => home.remove());

const fly = (runtime: Runtime, makeMs: number, outcome = "ok") => contenders.start(runtime, "fly", home.path, String(makeMs), outcome);
const count = (word: string) => readJournal(home.path).filter((line) => line.startsWith(word)).length;
const distinct = async (all: readonly Running[]) =>
  new Set((await Promise.all(all.map(({ result }) => result))).map((value) => JSON.stringify(value)));
const untilAllWait = (all: readonly Running[]) => until(() => all.every((one) => one.said().includes("waiting for another aws-runas")));

test("of a hundred processes on both runtimes one makes it and all have it", async () => {
  const all = Array.from({ length: 100 }, (_, index) => fly(index % 4 === 0 ? "node" : "bun", 200));
  expect(await distinct(all)).toHaveProperty("size", 1);
  expect(count("begin")).toBe(1);
});

describe.each<[Runtime, Runtime]>([
  ["node", "bun"],
  ["bun", "node"],
])("with a holder on %s, and those who wait on %s and others", (first, second) => {
  test.each(["SIGKILL", "SIGTERM"] as const)("a holder that dies of %s is succeeded by one of them within a second", async (signal) => {
    const holder = fly(first, 60_000);
    await until(() => count("begin") === 1);
    const waiters = [second, first, second].map((runtime) => fly(runtime, 100));
    await untilAllWait(waiters);
    holder.process.kill(signal);
    expect(await until(() => count("begin") === 2)).toBeLessThan(1_000);
    expect(await distinct(waiters)).toHaveProperty("size", 1);
    expect(count("begin")).toBe(2);
  });

  test("a holder that is cancelled is succeeded by one of them", async () => {
    const holder = fly(first, 1_500, "cancelled");
    await until(() => count("begin") === 1);
    const waiters = [second, first, second].map((runtime) => fly(runtime, 100));
    await untilAllWait(waiters);
    await expect(holder.result).rejects.toThrow("cancelled");
    expect(await distinct(waiters)).toHaveProperty("size", 1);
    expect(count("begin")).toBe(2);
  });

  test("a holder that is refused leaves its error to all of them, and none tries again", async () => {
    const holder = fly(first, 1_500, "refused");
    await until(() => count("begin") === 1);
    const waiters = [second, first, second].map((runtime) => fly(runtime, 100));
    const errors = await distinct([holder, ...waiters]);
    expect([...errors].map((text) => JSON.parse(text))).toEqual([
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
  const options = (env: Record<string, string> = {}): SingleFlightOptions => ({
    env,
    homeDir: home.path,
    platform: process.platform,
    log: silentLog,
    isShared: () => true,
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
