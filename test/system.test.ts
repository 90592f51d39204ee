/** What is found out about the process. */

import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { readGroups } from "../src/system.ts";

test.runIf(process.platform === "linux" && existsSync("/bin/ps"))("ps tells the groups that /proc tells", () => {
  const { group, foregroundGroup } = readGroups("linux", process.pid) ?? {};
  expect(group).toBeGreaterThan(0);
  expect(readGroups("darwin", process.pid)).toEqual({ group, foregroundGroup });
});

test("of a process that is not there nothing is told", () => {
  expect([readGroups("linux", 2 ** 22 + 1), readGroups("darwin", 2 ** 22 + 1)]).toEqual([undefined, undefined]);
});
