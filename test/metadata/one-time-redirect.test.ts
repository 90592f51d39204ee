/** The page that sends a browser to an address no argument may hold. */

import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { redirectOnce } from "../../src/metadata/one-time-redirect.ts";
import { usersOf } from "../../src/metadata/peer-user.ts";

const target = new URL("https://signin.example/federation?SigninToken=t");
const clock = { now: () => Date.now(), sleep: (durationMs: number, signal?: AbortSignal) => sleep(durationMs, undefined, { signal }) };
const canChangeUser = process.platform === "linux" && process.getuid?.() === 0;

describe("a redirect", () => {
  test("is for whoever asks first, and then for nobody", async () => {
    const { url, used } = await redirectOnce(target, clock);
    const first = await fetch(url, { redirect: "manual" });
    expect([first.status, first.headers.get("location"), first.headers.get("referrer-policy")]).toEqual([302, target.href, "no-referrer"]);
    expect((await fetch(url, { redirect: "manual" })).status).toBe(404);
    expect(await used).toBe(true);
    await expect(fetch(url)).rejects.toThrow("fetch failed");
  });

  test.each(["POST", "HEAD"])("is not used up by %s, nor by another path", async (method) => {
    const { url, used } = await redirectOnce(target, clock);
    expect((await fetch(url, { method, redirect: "manual" })).status).toBe(404);
    expect((await fetch(new URL("/favicon.ico", url), { redirect: "manual" })).status).toBe(404);
    expect((await fetch(url, { redirect: "manual" })).status).toBe(302);
    await used;
  });

  test.runIf(canChangeUser)(
    "went to another user of the machine, who reads the address from the browser's arguments and is faster",
    async () => {
      const { url, used } = await redirectOnce(target, clock);
      const ask = `require("node:http").get(process.argv[1], (answer) => console.log(answer.statusCode))`;
      const { stdout } = await promisify(execFile)(process.execPath, ["-e", ask, url.href], { uid: 65_534, cwd: "/" });
      expect(stdout).toBe("404\n");
      expect((await fetch(url, { redirect: "manual" })).status).toBe(302);
      await used;
    },
  );
});

test("the kernel's table tells whose a connection is", () => {
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:C350 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1000        0 2 1 0 20 4 30 10 -1
   2: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     7        0 3 1 0 20 4 30 10 -1`;
  expect(usersOf(table, { local: 50_000, remote: 8080 })).toEqual([1000]);
  expect(usersOf(table, { local: 50_001, remote: 8080 })).toEqual([]);
});
