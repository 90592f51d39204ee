import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Secret } from "../../src/secret.ts";
import { entryKey } from "../../src/store/entry-key.ts";
import { openStore, type StoreOptions } from "../../src/store/store.ts";
import { makeHome, recordingLog } from "./programs.ts";

const key = await entryKey({ name: "one" });
const otherKey = await entryKey({ name: "two" });

let home: ReturnType<typeof makeHome>;
let log: ReturnType<typeof recordingLog>;
let now: number;
const inOneHour = () => new Date(now + 3_600_000);
const folder = () => join(home.path, ".aws/aws-runas");
const entry = (kind: string, name = key) => join(folder(), `${kind}-${name}`);
const open = (extra: Partial<StoreOptions> = {}) =>
  openStore({ env: {}, homeDir: home.path, platform: "linux", clock: { now: () => now, sleep: async () => {} }, log, ...extra });

beforeEach(() => {
  home = makeHome();
  log = recordingLog();
  now = Date.parse("2030-01-01T00:00:00Z");
});
afterEach(() => home.remove());

test("what one process wrote another reads, until it expires", async () => {
  await open().write("token", key, { raw: "x", list: [1] }, inOneHour());
  expect(await open().read("token", key)).toEqual({ raw: "x", list: [1] });
  now = inOneHour().getTime();
  expect(await open().read("token", key)).toBeUndefined();
  expect(log.warnings).toEqual([]);
});

test.each([["file"], ["none"]])("the keys of a kind are listed, and none of another, with AWSRUNAS_STORE=%s", async (mode) => {
  const store = open({ env: { AWSRUNAS_STORE: mode } });
  expect(await store.keys("token")).toEqual([]);
  await store.write("token", key, "a", inOneHour());
  await store.write("token", otherKey, "b", inOneHour());
  await store.write("session", key, "c", inOneHour());
  expect([...(await store.keys("token"))].sort()).toEqual([key, otherKey].sort());
  expect(await store.keys("session")).toEqual([key]);
});

test("opening the store and finding nothing leaves no trace", async () => {
  expect(await open().read("token", key)).toBeUndefined();
  expect(readdirSync(home.path)).toEqual([]);
  expect(log.warnings).toEqual([]);
});

test("files are their owner's alone and show nothing of what they hold", async () => {
  await open().write("token", key, "a-secret-token", inOneHour());
  expect(statSync(folder()).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(folder())) {
    expect(statSync(join(folder(), name)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(folder(), name)).includes("a-secret-token")).toBe(false);
  }
});

test("a folder that others could enter is closed", async () => {
  mkdirSync(folder(), { recursive: true });
  chmodSync(folder(), 0o755);
  await open().write("token", key, 1, inOneHour());
  expect(statSync(folder()).mode & 0o777).toBe(0o700);
});

test("kinds and keys are kept apart", async () => {
  const store = open();
  await store.write("token", key, "token one", inOneHour());
  await store.write("session", key, "session one", inOneHour());
  await store.write("token", otherKey, "token two", inOneHour());
  await store.remove("token", key);
  const found = [await store.read("token", key), await store.read("session", key), await store.read("token", otherKey)];
  expect(found).toEqual([undefined, "session one", "token two"]);
});

describe("an unusable entry is a miss with a warning, and is replaced by the next", () => {
  test.each<[string, () => unknown]>([
    ["cut off", () => truncateSync(entry("token"), 50)],
    ["empty", () => truncateSync(entry("token"))],
    ["something else", () => writeFileSync(entry("token"), "{}")],
    ["another entry's", () => copyFileSync(entry("session"), entry("token"))],
    ["of a later version", () => changeByte(entry("token"), 8, 2)],
    ["made to last longer", () => changeByte(entry("token"), 9, 1)],
    ["a folder", () => (rmSync(entry("token")), mkdirSync(entry("token")))],
    ["encrypted with a key that was replaced", () => writeFileSync(join(folder(), "key"), new Uint8Array(32))],
    ["encrypted with a key that is gone", () => rmSync(join(folder(), "key"))],
  ])("when it is %s", async (what, spoil) => {
    await open().write("session", key, "session", inOneHour());
    await open().write("token", key, "token", inOneHour());
    spoil();
    const store = open();
    expect(await store.read("token", key)).toBeUndefined();
    expect(await store.read("token", key)).toBeUndefined();
    expect(log.warnings).toHaveLength(1);
    if (what === "a folder") return;
    await store.write("token", key, "new", inOneHour());
    expect(await open().read("token", key)).toBe("new");
  });
});

test("a replaced key is warned of once, however many entries it makes unreadable", async () => {
  for (const kind of ["token", "session", "keys"] as const) await open().write(kind, key, kind, inOneHour());
  rmSync(join(folder(), "key"));
  const store = open();
  await store.write("discovery", key, "with a new key", inOneHour());
  expect([await store.read("token", key), await store.read("session", key), await store.read("keys", key)]).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
  expect(log.warnings).toHaveLength(1);
});

test("writing removes what has expired, of any kind and key, and nothing else", async () => {
  await open().write("token", key, "short", new Date(now + 1_000));
  await open().write("session", key, "long", inOneHour());
  writeFileSync(join(folder(), "note"), "not an entry");
  now += 1_000;
  await open().read("token", key);
  expect(existsSync(entry("token"))).toBe(true);
  await open().write("keys", otherKey, "new", inOneHour());
  expect(readdirSync(folder()).sort()).toEqual(["key", `keys-${otherKey}`, "note", `session-${key}`]);
});

test("what looks like an entry but cannot be looked at does not disturb a write", async () => {
  mkdirSync(entry("token"), { recursive: true });
  symlinkSync("nowhere", entry("keys"));
  await open().write("session", key, "x", inOneHour());
  expect(await open().read("session", key)).toBe("x");
  expect(log.warnings).toEqual([]);
  expect(readdirSync(folder()).sort()).toEqual(["key", `keys-${key}`, `session-${key}`, `token-${key}`]);
});

test("removing all removes the entries and the key, and leaves what is not the store's", async () => {
  const store = open();
  await store.write("token", key, "x", inOneHour());
  writeFileSync(join(folder(), "note"), "not an entry");
  await store.removeAll();
  expect(readdirSync(folder())).toEqual(["note"]);
  expect(await store.read("token", key)).toBeUndefined();
  await expect(open({ homeDir: join(home.path, "nowhere") }).removeAll()).resolves.toBeUndefined();
});

test.each([
  ["an entry", `token-${"0".repeat(64)}`],
  ["the key", "key"],
])("emptying it goes on past %s that is a folder, and names it", async (_what, name) => {
  const store = open();
  await store.write("token", key, "x", inOneHour());
  rmSync(join(folder(), name), { force: true });
  mkdirSync(join(folder(), name));
  await expect(store.removeAll()).rejects.toMatchObject({ code: "store-unusable", message: expect.stringContaining("cannot remove") });
  expect(readdirSync(folder())).toEqual([name]);
});

test("where nothing can be written it is a warning, and the entry lives as long as the process", async () => {
  writeFileSync(join(home.path, ".aws"), "a file where a folder should be");
  const store = open();
  expect(await store.read("token", key)).toBeUndefined();
  await store.write("token", key, "x", inOneHour());
  await store.write("token", otherKey, "y", inOneHour());
  expect(await store.read("token", key)).toBe("x");
  expect(await open().read("token", key)).toBeUndefined();
  expect(log.warnings).toEqual([expect.stringContaining("cannot keep this login for the next time: E")]);
  now = inOneHour().getTime();
  expect(await store.read("token", key)).toBeUndefined();
});

test("a reason that names another file each time was warned of each time, for as long as a server ran", async () => {
  for (const wanted of [key, otherKey]) mkdirSync(join(folder(), `token-${wanted}`), { recursive: true });
  const store = open();
  for (const wanted of [key, otherKey]) await store.write("token", wanted, "x", inOneHour());
  expect(log.warnings).toEqual([expect.stringContaining("cannot keep this login for the next time: ")]);
});

test("with AWSRUNAS_STORE=none nothing is written, and nothing is read that was", async () => {
  await open().write("token", key, "on disk", inOneHour());
  const none = open({ env: { AWSRUNAS_STORE: "none" } });
  expect(await none.read("token", key)).toBeUndefined();
  await none.write("session", key, "in memory", inOneHour());
  expect(await none.read("session", key)).toBe("in memory");
  expect(existsSync(entry("session"))).toBe(false);
});

test.runIf(process.platform === "linux")(
  "without the keychain that was asked for, things live as long as the process, with a warning",
  async () => {
    const outer = process.env["DBUS_SESSION_BUS_ADDRESS"];
    process.env["DBUS_SESSION_BUS_ADDRESS"] = `unix:path=${join(home.path, "nobody")}`;
    try {
      const store = open({ env: { AWSRUNAS_STORE: "keychain" } });
      await store.write("token", key, "x", inOneHour());
      await store.write("token", otherKey, "y", inOneHour());
      expect(await store.read("token", key)).toBe("x");
      expect(readdirSync(folder())).toEqual([]);
      expect(log.warnings).toEqual([expect.stringContaining("cannot keep this login for the next time: ")]);
    } finally {
      process.env["DBUS_SESSION_BUS_ADDRESS"] = outer;
      if (outer === undefined) delete process.env["DBUS_SESSION_BUS_ADDRESS"];
    }
  },
);

test("another value of AWSRUNAS_STORE is an error that names it", () => {
  expect(() => open({ env: { AWSRUNAS_STORE: "flie" } })).toThrow('AWSRUNAS_STORE is "flie"');
});

test("a secret that was not revealed is refused, at any depth", async () => {
  const value = { cookies: [{ value: new Secret("x") }] };
  await expect(open().write("session", key, value, inOneHour())).rejects.toThrow('the secret "value" was not revealed');
});

test("a key that is no hash never becomes a path", async () => {
  await expect(open().read("token", "../../credentials")).rejects.toThrow("is not an entry key");
});

function changeByte(path: string, offset: number, value: number): void {
  const bytes = readFileSync(path);
  bytes[offset] = value;
  writeFileSync(path, bytes);
}
