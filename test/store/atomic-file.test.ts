import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { writeFileAtomic } from "../../src/store/atomic-file.ts";
import { buildContenders, type Contenders, makeHome, type Runtime, until } from "./programs.ts";

let contenders: Contenders;
let home: ReturnType<typeof makeHome>;
const path = (name: string) => join(home.path, name);
const modeOf = (name: string) => statSync(path(name)).mode & 0o777;

beforeAll(async () => {
  contenders = await buildContenders();
});
afterAll(() => contenders.close());
beforeEach(() => {
  home = makeHome();
});
afterEach(() => home.remove());

test("a new file is its owner's alone", async () => {
  await writeFileAtomic(path("new"), "text");
  expect(readFileSync(path("new"), "utf8")).toBe("text");
  expect(modeOf("new")).toBe(0o600);
  expect(readdirSync(home.path)).toEqual(["new"]);
});

test("an existing file keeps its mode, past the umask, unless told otherwise", async () => {
  writeFileSync(path("old"), "before");
  chmodSync(path("old"), 0o666);
  await writeFileAtomic(path("old"), new TextEncoder().encode("after"));
  expect(readFileSync(path("old"), "utf8")).toBe("after");
  expect(modeOf("old")).toBe(0o666);
  await writeFileAtomic(path("old"), "again", { mode: 0o640 });
  expect(modeOf("old")).toBe(0o640);
});

test("a chain of symlinks stays, and the file at its end is replaced in its own folder", async () => {
  mkdirSync(path("dotfiles"));
  writeFileSync(path("dotfiles/credentials"), "before");
  symlinkSync("dotfiles/credentials", path("middle"));
  symlinkSync(path("middle"), path("credentials"));
  await writeFileAtomic(path("credentials"), "after");
  expect(readFileSync(path("dotfiles/credentials"), "utf8")).toBe("after");
  expect(lstatSync(path("dotfiles/credentials")).isFile()).toBe(true);
  expect([readlinkSync(path("credentials")), readlinkSync(path("middle"))]).toEqual([path("middle"), "dotfiles/credentials"]);
});

test("a symlink to a file that is not there yet stays, and the file appears", async () => {
  mkdirSync(path("dotfiles"));
  symlinkSync("dotfiles/credentials", path("credentials"));
  await writeFileAtomic(path("credentials"), "text");
  expect(readFileSync(path("dotfiles/credentials"), "utf8")).toBe("text");
  expect(readlinkSync(path("credentials"))).toBe("dotfiles/credentials");
});

test.each(["/dev/null", "a folder"])("%s is not replaced by a file", async (target) => {
  mkdirSync(path("a folder"));
  const before = lstatSync(join(home.path, "a folder"));
  const written = writeFileAtomic(target === "/dev/null" ? target : path(target), "text");
  await expect(written).rejects.toMatchObject({ name: "StoreError", code: "store-unusable", message: expect.stringContaining("regular") });
  expect(lstatSync("/dev/null").isCharacterDevice()).toBe(true);
  expect(lstatSync(path("a folder")).ino).toBe(before.ino);
});

test("a missing folder is an error that names the file", async () => {
  await expect(writeFileAtomic(path("missing/file"), "text")).rejects.toThrow(`cannot write ${path("missing/file")}: ENOENT`);
});

test("a failed write leaves the file as it was and nothing beside it", async () => {
  writeFileSync(path("file"), "before");
  await expect(writeFileAtomic(path("file"), { bad: "content" } as never)).rejects.toThrow("cannot write");
  expect(readFileSync(path("file"), "utf8")).toBe("before");
  expect(readdirSync(home.path)).toEqual(["file"]);
});

test("what a killed writer left behind is removed by the next one, but not what may still be written", async () => {
  const old = ".file.0123456789abcdef.aws-runas";
  const fresh = ".file.fedcba9876543210.aws-runas";
  for (const name of [old, fresh, ".file.of-somebody-else"]) writeFileSync(path(name), "");
  const twoMinutesAgo = Date.now() / 1000 - 120;
  for (const name of [old, ".file.of-somebody-else"]) utimesSync(path(name), twoMinutesAgo, twoMinutesAgo);
  await writeFileAtomic(path("file"), "text");
  expect(readdirSync(home.path).sort()).toEqual([fresh, ".file.of-somebody-else", "file"].sort());
});

test.each<Runtime>(["node", "bun"])(
  "on %s, a writer killed at any moment leaves the whole old or the whole new content",
  async (runtime) => {
    for (let round = 0; round < 12; round++) {
      const writer = contenders.start(runtime, "rewrite", home.path);
      await until(() => readdirSync(home.path).includes("file"));
      await sleep(Math.random() * 40);
      writer.process.kill("SIGKILL");
      await expect(writer.result).rejects.toThrow("SIGKILL");
      const content = readFileSync(path("file"), "utf8");
      expect(content).toBe(content.charAt(0).repeat(100_000));
    }
  },
);
