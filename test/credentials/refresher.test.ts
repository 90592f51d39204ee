import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Credentials } from "../../src/credentials/credentials.ts";
import { KEPT_CREDENTIALS, remember } from "../../src/credentials/kept.ts";
import { keepFresh, Refresher } from "../../src/credentials/refresher.ts";
import { AwsError, LoginError, PersonNeededError, StoreError } from "../../src/errors.ts";
import { grant, startFakeSts } from "../aws/fake-sts.ts";
import { testProfile } from "../aws/fixtures.ts";
import { credentials, idToken, MINUTE, seedToken, START, TestClock, TestLog, testTools } from "./fixtures.ts";

const refused = new LoginError("credentials-refused", "wrong password", { provider: "id.example.com", step: "login form" });
const offline = new LoginError("provider-unreachable", "no answer", { provider: "id.example.com", step: "discovery" });

let clock: TestClock;
let log: TestLog;
let renewals: number;
let renew: () => Promise<Credentials>;
let look: () => Promise<Credentials | undefined>;
let exchange: () => Promise<Credentials | undefined>;
let refresher: Refresher;

beforeEach(() => {
  clock = new TestClock();
  log = new TestLog();
  renewals = 0;
  renew = async () => credentials(`new${renewals}`, 60, clock.now());
  look = async () => undefined;
  exchange = async () => undefined;
  const counted = () => {
    renewals += 1;
    return renew();
  };
  refresher = new Refresher(credentials("first"), {
    name: "dev",
    clock,
    log,
    look: () => look(),
    exchange: () => exchange(),
    renew: counted,
  });
});

const id = async () => (await refresher.credentials()).accessKeyId;
/** Lets what has been started go on as far as it can without time passing. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe("ahead of time", () => {
  test("nothing happens while more than sixteen minutes are left", async () => {
    clock.advance(43 * MINUTE);
    refresher.tick();
    expect(await id()).toBe("ASIA-first");
    expect(renewals).toBe(0);
  });

  test("a tick refreshes before a client could see less than fifteen minutes", async () => {
    clock.advance(44 * MINUTE);
    refresher.tick();
    await settle();
    expect(await id()).toBe("ASIA-new1");
    expect(renewals).toBe(1);
  });

  test("ticks and requests during a refresh start no second one", async () => {
    clock.advance(46 * MINUTE);
    const { release, work } = held();
    renew = work;
    refresher.tick();
    refresher.tick();
    const requests = Promise.all([id(), id()]);
    release(credentials("new", 60, clock.now()));
    expect(await requests).toEqual(["ASIA-new", "ASIA-new"]);
    expect(renewals).toBe(1);
  });
});

describe("a request in the last fifteen minutes", () => {
  beforeEach(() => clock.advance(50 * MINUTE));

  test("gets new credentials where that is quick", async () => {
    expect(await id()).toBe("ASIA-new1");
  });

  test("gets the old ones within a second where it is not, and the next request does not wait again", async () => {
    renew = held().work;
    const start = performance.now();
    expect(await id()).toBe("ASIA-first");
    expect(performance.now() - start).toBeLessThan(1_000);
    const again = performance.now();
    expect(await id()).toBe("ASIA-first");
    expect(performance.now() - again).toBeLessThan(100);
  });

  test("gets the old ones when the refresh fails, and nothing is said but at -v", async () => {
    renew = () => Promise.reject(offline);
    expect(await id()).toBe("ASIA-first");
    expect(log.lines).toEqual(["debug: refreshing the credentials failed: no answer"]);
  });
});

describe("a request when the credentials have run out", () => {
  beforeEach(() => clock.advance(55 * MINUTE));

  test("never gets them, however long the machine slept", async () => {
    clock.advance(8 * 60 * MINUTE);
    expect(await id()).toBe("ASIA-new1");
  });

  test("never gets them when the clock was set back before their issue", async () => {
    clock.time = START - 24 * 60 * MINUTE;
    expect(await id()).toBe("ASIA-new1");
  });

  test("fails within a second while new ones are on their way, and gets those later", async () => {
    const { release, work } = held();
    renew = work;
    const start = performance.now();
    await expect(id()).rejects.toMatchObject({ code: "aws-unreachable" });
    expect(performance.now() - start).toBeLessThan(1_000);
    release(credentials("late", 60, clock.now()));
    await settle();
    expect(await id()).toBe("ASIA-late");
  });

  test.each([
    ["nobody is there to log in", new PersonNeededError("no password")],
    ["the provider refused the password", refused],
  ])("says to log in again when %s", async (_, failure) => {
    renew = () => Promise.reject(failure);
    const error = await refresher.credentials().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(PersonNeededError);
    expect(error).toMatchObject({ hint: expect.stringContaining("run aws-runas dev"), cause: failure });
  });

  test("fails with the reason when it is not a person's to mend", async () => {
    const failure = new AwsError("aws-refused", "STS refuses");
    renew = () => Promise.reject(failure);
    await expect(id()).rejects.toBe(failure);
  });

  test("is not told of a failure that was overcome since", async () => {
    renew = () => Promise.reject(offline);
    await expect(id()).rejects.toBe(offline);
    clock.advance(5_000);
    renew = async () => credentials("new", 60, clock.now());
    await id();
    clock.advance(60 * MINUTE);
    renew = held().work;
    await expect(id()).rejects.toMatchObject({ code: "aws-unreachable" });
  });

  test("finds what a person got in another terminal, even right after a refusal", async () => {
    renew = () => Promise.reject(refused);
    await expect(id()).rejects.toBeInstanceOf(PersonNeededError);
    look = async () => credentials("other", 60, clock.now());
    expect(await id()).toBe("ASIA-other");
  });
});

describe("after a failure", () => {
  beforeEach(() => clock.advance(50 * MINUTE));

  async function attemptsOver(seconds: number, step = 1): Promise<number> {
    const before = renewals;
    for (let second = 0; second < seconds; second += step) {
      refresher.tick();
      await settle();
      clock.advance(step * 1_000);
    }
    return renewals - before;
  }

  test("it is tried again after 5, 10, 20, 40 and then every 60 seconds", async () => {
    renew = () => Promise.reject(offline);
    for (const pause of [5, 10, 20, 40, 60, 60]) expect(await attemptsOver(pause)).toBe(1);
  });

  test("a clock that was set back did not make it wait until it had caught up", async () => {
    expect(await id()).toBe("ASIA-new1");
    clock.advance(-120 * MINUTE);
    expect(await id()).toBe("ASIA-new2");
    renew = () => Promise.reject(offline);
    clock.advance(50 * MINUTE);
    expect(await attemptsOver(5)).toBe(1);
    clock.advance(-120 * MINUTE);
    expect(await attemptsOver(1)).toBe(1);
  });

  test("a success makes the pauses short again", async () => {
    renew = () => Promise.reject(offline);
    await attemptsOver(120);
    renew = async () => credentials("short", 15, clock.now());
    await attemptsOver(60);
    renew = () => Promise.reject(offline);
    clock.advance(10 * MINUTE);
    for (const pause of [5, 10]) expect(await attemptsOver(pause)).toBe(1);
  });

  test("a login that got as far as a person is not made again: each would send the password, and perhaps a message", async () => {
    renew = () => Promise.reject(new PersonNeededError("asks for a one-time code"));
    expect(await attemptsOver(600, 20)).toBe(1);
  });

  test("and an id token that a person leaves in the store is traded all the same", async () => {
    renew = () => Promise.reject(new PersonNeededError("asks for a one-time code"));
    await attemptsOver(60);
    exchange = async () => credentials("exchanged", 60, clock.now());
    expect(await attemptsOver(60, 20)).toBe(0);
    expect(await id()).toBe("ASIA-exchanged");
  });

  test("STS that fails on such a token is asked at growing intervals", async () => {
    renew = () => Promise.reject(new PersonNeededError("asks for a one-time code"));
    await attemptsOver(1);
    let asked = 0;
    exchange = () => Promise.reject(new AwsError("aws-unreachable", `attempt ${(asked += 1)}`));
    await attemptsOver(5 + 10 + 20 + 40 + 60);
    expect(asked).toBe(5);
  });

  test("a refused password is never sent again, even when the store cannot be read meanwhile", async () => {
    renew = () => Promise.reject(refused);
    look = () => Promise.reject(new StoreError("keychain-unavailable", "locked"));
    expect(await attemptsOver(600, 20)).toBe(1);
  });

  test("credentials that are as good as expired when they come are not asked for on every request", async () => {
    clock.advance(60 * MINUTE);
    renew = async () => credentials("stale", 60, clock.now() - 60 * MINUTE);
    await expect(id()).rejects.toMatchObject({ code: "aws-unreachable" });
    await expect(id()).rejects.toMatchObject({ code: "aws-unreachable" });
    expect(renewals).toBe(1);
  });
});

describe("keepFresh", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test("refreshes by itself while nobody asks", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    const sts = await startFakeSts();
    const tools = await testTools();
    const profile = testProfile({ endpoint: sts.endpoint });
    const first = credentials("first");
    await remember(KEPT_CREDENTIALS, async () => first, tools.store)(profile);
    await seedToken(profile, idToken("t1", { expiresAt: new Date(START + 60 * MINUTE) }), tools);

    const current = keepFresh(profile, first, tools);
    tools.clock.advance(45 * MINUTE - 1);
    sts.plan(grant({ expiresAt: new Date(tools.clock.now() + 60 * MINUTE) }));
    vi.advanceTimersByTime(20_000);
    await vi.waitFor(async () => expect((await current()).accessKeyId).toBe("ASIA-Dev"), { timeout: 10_000 });
    await sts.finish();
  });
});

/** Work that goes on until the test lets it end. */
function held(): { release: (value: Credentials) => void; work: () => Promise<Credentials> } {
  let release: (value: Credentials) => void = () => {};
  const result = new Promise<Credentials>((resolve) => {
    release = resolve;
  });
  return { release: (value) => release(value), work: () => result };
}
