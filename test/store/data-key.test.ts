import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { StoreError } from "../../src/errors.ts";
import type { Secret } from "../../src/secret.ts";
import { fileDataKey, keychainDataKey } from "../../src/store/data-key.ts";
import type { Keychain } from "../../src/store/keychain.ts";
import { buildContenders, type Contenders, makeHome, recordingLog } from "./programs.ts";

let contenders: Contenders;
let home: ReturnType<typeof makeHome>;
let log: ReturnType<typeof recordingLog>;
const open = () => fileDataKey(home.path, { platform: "linux", log });
const path = () => join(home.path, "key");

beforeAll(async () => {
  contenders = await buildContenders();
});
afterAll(() => contenders.close());
beforeEach(() => {
  home = makeHome();
  log = recordingLog();
});
afterEach(() => home.remove());

test("there is no key before the first that is needed for writing", async () => {
  expect(await open().read()).toBeUndefined();
  const key = await open().readOrCreate();
  expect(key).toHaveLength(32);
  expect(await open().read()).toEqual(key);
  expect(await open().readOrCreate()).toEqual(key);
});

test("only its owner can read the file, and nothing is left beside it", async () => {
  await open().readOrCreate();
  expect(statSync(path()).mode & 0o777).toBe(0o600);
  expect(readdirSync(home.path)).toEqual(["key"]);
});

test("a hundred processes that find no key agree on one", async () => {
  const all = Array.from({ length: 100 }, (_, index) => contenders.start(index % 4 === 0 ? "node" : "bun", "makeKey", home.path).result);
  expect(new Set(await Promise.all(all))).toEqual(new Set([readFileSync(join(home.path, ".aws/aws-runas/key")).toString("hex")]));
}, 60_000);

test("a damaged key counts as none and is replaced", async () => {
  writeFileSync(path(), "short");
  expect(await open().read()).toBeUndefined();
  expect(await open().readOrCreate()).toHaveLength(32);
});

test("a key that others could read is closed to them, with a warning", async () => {
  const key = await open().readOrCreate();
  chmodSync(path(), 0o644);
  expect(await open().readOrCreate()).toEqual(key);
  expect(statSync(path()).mode & 0o777).toBe(0o600);
  expect(log.warnings).toEqual([expect.stringContaining("644")]);
});

test("a removed key is gone", async () => {
  await open().readOrCreate();
  await open().remove();
  expect(await open().read()).toBeUndefined();
});

describe("in a keychain", () => {
  let items: Map<string, Secret>;
  let calls: string[];
  const keychain: Keychain = {
    get: async (account) => (calls.push("get"), items.get(account)),
    set: async (account, secret) => void (calls.push("set"), items.set(account, secret)),
    remove: async (account) => items.delete(account),
  };
  const openIn = (one: Keychain) => keychainDataKey(async () => one, { homeDir: home.path, platform: "linux", log });

  beforeEach(() => {
    items = new Map();
    calls = [];
  });

  test("all who find no key agree on one", async () => {
    const keys = await Promise.all(Array.from({ length: 10 }, () => openIn(keychain).readOrCreate()));
    expect(new Set(keys.map((key) => Buffer.from(key).toString("hex"))).size).toBe(1);
    expect(calls.filter((call) => call === "set")).toHaveLength(1);
  });

  test("it is asked for once, and again after it was removed", async () => {
    const dataKey = openIn(keychain);
    const key = await dataKey.readOrCreate();
    calls = [];
    expect([await dataKey.read(), await dataKey.readOrCreate()]).toEqual([key, key]);
    expect(calls).toEqual([]);
    await dataKey.remove();
    expect(await dataKey.read()).toBeUndefined();
    expect(await openIn(keychain).read()).toBeUndefined();
  });

  test("a keychain that does not answer is not asked twice", async () => {
    const error = new StoreError("keychain-unavailable", "no answer");
    const get = async () => {
      calls.push("get");
      throw error;
    };
    const dataKey = openIn({ ...keychain, get });
    await expect(dataKey.read()).rejects.toBe(error);
    await expect(dataKey.readOrCreate()).rejects.toBe(error);
    expect(calls).toEqual(["get"]);
  });
});
