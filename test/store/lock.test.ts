import { chmodSync, lstatSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { StoreError } from "../../src/errors.ts";
import { entryKey } from "../../src/store/entry-key.ts";
import { openPipePlace } from "../../src/store/lock-pipe.ts";
import { type LockOptions, takeTurn, withLock } from "../../src/store/lock.ts";
import { openRunFolder } from "../../src/store/run-folder.ts";
import { buildContenders, type Contenders, makeHome, readJournal, recordingLog, type Runtime, until } from "./programs.ts";

let contenders: Contenders;
let home: ReturnType<typeof makeHome>;
let log: ReturnType<typeof recordingLog>;
const lockOptions = (extra: Partial<LockOptions> = {}): LockOptions => ({ homeDir: home.path, platform: "linux", log, ...extra });
const runFolder = () => join(home.path, ".aws/aws-runas/run");

beforeAll(async () => {
  contenders = await buildContenders();
});
afterAll(() => contenders.close());
beforeEach(() => {
  home = makeHome();
  log = recordingLog();
});
afterEach(() => home.remove());

test("turns at one lock never overlap", async () => {
  let inside = 0;
  const turn = () =>
    withLock(
      "a",
      async () => {
        expect(++inside).toBe(1);
        await sleep(1);
        inside--;
      },
      lockOptions(),
    );
  await Promise.all(Array.from({ length: 30 }, turn));
});

test("turns of processes never overlap, whoever of them is killed, and whenever", async () => {
  const all = Array.from({ length: 8 }, (_, index) => contenders.start(index % 2 === 0 ? "bun" : "node", "takeTurns", home.path, "40"));
  const [first, second, third, ...survivors] = all;
  await until(() => readJournal(home.path).length > 20);
  for (const { process } of [first!, second!, third!]) {
    await sleep(Math.random() * 50);
    process.kill("SIGKILL");
  }
  await Promise.all(survivors.map(({ result }) => result));
  expect(overlaps(readJournal(home.path), new Set(survivors.map(({ process }) => String(process.pid))))).toEqual([]);
});

test("different locks do not wait for each other", async () => {
  await expect(withLock("a", () => withLock("b", async () => "both", lockOptions()), lockOptions())).resolves.toBe("both");
});

test("a lock is released when the work fails, with the work's error", async () => {
  await expect(withLock("a", () => Promise.reject(new Error("work")), lockOptions())).rejects.toThrow("work");
  await expect(withLock("a", async () => "next", lockOptions())).resolves.toBe("next");
});

test("nothing is left in the run folder, which only its owner can enter", async () => {
  await Promise.all([1, 2, 3].map(() => withLock("a", () => sleep(1), lockOptions())));
  expect(readdirSync(runFolder())).toEqual([]);
  expect(statSync(runFolder()).mode & 0o777).toBe(0o700);
});

test("last words reach those who wait, and nobody after them", async () => {
  const heard: unknown[] = [];
  const listen = () =>
    takeTurn("a", { own: async () => heard.push("own"), afterOther: async (lastWords) => heard.push(lastWords) }, lockOptions());
  let waiting: Promise<unknown> | undefined;
  const own = async (leave: (lastWords: string) => void) => {
    waiting = listen();
    await sleep(50);
    leave("it was refused");
  };
  await takeTurn("a", { own, afterOther: async () => undefined }, lockOptions());
  await waiting;
  await listen();
  expect(heard).toEqual(["it was refused", "own"]);
});

describe("a wait", () => {
  const whileHeld = (work: () => Promise<unknown>) => withLock("a", work, lockOptions());
  const wait = (extra: Partial<LockOptions>) => withLock("a", async () => "got it", lockOptions(extra));

  test("has a limit", async () => {
    await whileHeld(() => expect(wait({ limitMs: 30 })).rejects.toMatchObject({ name: "StoreError", code: "lock-timeout" }));
  });

  test("ends with the signal's reason", async () => {
    const controller = new AbortController();
    const reason = new Error("Ctrl-C");
    setTimeout(() => controller.abort(reason), 30);
    await whileHeld(() => expect(wait({ signal: controller.signal })).rejects.toBe(reason));
  });

  test("is announced after a second, not before", async () => {
    let waiting: Promise<unknown> | undefined;
    await whileHeld(async () => {
      waiting = wait({});
      await sleep(900);
      expect(log.notices).toEqual([]);
      await until(() => log.notices.length > 0);
    });
    await waiting;
    expect(log.notices).toEqual(["waiting for another aws-runas to log in"]);
  });
});

describe.each<Runtime>(["node", "bun"])("a holder on %s", (runtime) => {
  test("that is killed leaves the lock to the next at once, though a child of it lives on", async () => {
    const holder = contenders.start(runtime, "hold", home.path);
    await until(() => readJournal(home.path).length === 1);
    const child = Number(readJournal(home.path)[0]?.split(" ")[1]);
    try {
      const waiting = withLock("thing", async () => performance.now(), lockOptions());
      await sleep(100);
      holder.process.kill("SIGKILL");
      const killedAt = performance.now();
      expect((await waiting) - killedAt).toBeLessThan(500);
      process.kill(child, 0); // throws if it is gone
      expect(readdirSync(runFolder())).toEqual([]);
    } finally {
      process.kill(child);
    }
  });

  test("that is stopped still holds it", async () => {
    const holder = contenders.start(runtime, "hold", home.path);
    await until(() => readJournal(home.path).length === 1);
    holder.process.kill("SIGSTOP");
    await expect(withLock("thing", async () => "got it", lockOptions({ limitMs: 300 }))).rejects.toThrow(StoreError);
    process.kill(Number(readJournal(home.path)[0]?.split(" ")[1]));
  });
});

test("where the names cannot be read there is a warning, and no waiting", async () => {
  const id = (await entryKey({ name: "a", homeDir: home.path })).slice(0, 16);
  await openRunFolder(home.path);
  writeFileSync(join(runFolder(), `${id}.1`), "not a symlink");
  await expect(withLock("a", async () => "without", lockOptions())).resolves.toBe("without");
  expect(log.warnings).toEqual([expect.stringContaining("cannot wait for other aws-runas processes: EINVAL")]);
  expect(readdirSync(runFolder())).toEqual([`${id}.1`]);
});

describe("the run folder", () => {
  test("is in the home where sockets can be", async () => {
    await expect(openRunFolder(home.path)).resolves.toBe(runFolder());
  });

  test.each([
    ["the home's path is too long for a socket", () => join(home.path, "x".repeat(80))],
    [
      "the store cannot be written",
      () => {
        writeFileSync(join(home.path, ".aws"), "a file where a folder should be");
        return home.path;
      },
    ],
  ])("is a private one under /tmp, always the same, when %s", async (_, makeHomeDir) => {
    const homeDir = makeHomeDir();
    const folder = await openRunFolder(homeDir);
    try {
      expect(folder).toMatch(/^\/tmp\/aws-runas-[0-9a-f]{16}$/);
      expect(lstatSync(folder).mode & 0o777).toBe(0o700);
      await expect(openRunFolder(homeDir)).resolves.toBe(folder);
      await expect(withLock("a", async () => "held", lockOptions({ homeDir }))).resolves.toBe("held");
      chmodSync(folder, 0o755);
      await expect(openRunFolder(homeDir)).rejects.toThrow("belongs to somebody else");
      await expect(withLock("a", async () => "without", lockOptions({ homeDir }))).resolves.toBe("without");
      expect(log.warnings).toHaveLength(1);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("the pipe place (here at a socket's path, which a listener holds as exclusively)", () => {
  test("has one holder, whom others find", async () => {
    const pipe = join(home.path, "pipe");
    const [first, second] = [openPipePlace(pipe), openPipePlace(pipe)];
    await expect(first.findHolder()).resolves.toBeUndefined();
    const lock = await first.claim();
    await expect(second.claim()).resolves.toBeUndefined();
    const holder = await second.findHolder();
    expect(holder).toBeInstanceOf(Socket);
    if (holder instanceof Socket) holder.destroy();
    await lock?.release();
    await expect(second.findHolder()).resolves.toBeUndefined();
  });
});

/** Turns that began while one of a process that was not killed had not ended. */
function overlaps(journal: readonly string[], survivors: ReadonlySet<string>): string[] {
  const found: string[] = [];
  let holder: string | undefined;
  for (const line of journal) {
    const [word, pid = ""] = line.split(" ");
    if (word === "begin" && holder !== undefined && survivors.has(holder)) found.push(`${pid} began in the turn of ${holder}`);
    holder = word === "begin" ? pid : undefined;
  }
  return found;
}
