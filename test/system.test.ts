/** What is found out about the process. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { isInHandsOfSudo, readGroups } from "../src/system.ts";

test.runIf(process.platform === "linux" && existsSync("/bin/ps"))("ps tells the groups that /proc tells", () => {
  const { group, foregroundGroup } = readGroups("linux", process.pid) ?? {};
  expect(group).toBeGreaterThan(0);
  expect(readGroups("darwin", process.pid)).toEqual({ group, foregroundGroup });
});

test("of a process that is not there nothing is told", () => {
  expect([readGroups("linux", 2 ** 22 + 1), readGroups("darwin", 2 ** 22 + 1)]).toEqual([undefined, undefined]);
});

test.runIf(process.platform === "linux").each([
  { name: "sudo", leadsSession: true, expected: true },
  { name: "sudo", leadsSession: false, expected: false },
  { name: "shell", leadsSession: true, expected: false },
])(
  "a terminal that $name has made for us, or not ($leadsSession): Ctrl-C is passed on by sudo alone",
  async ({ name, leadsSession, expected }) => {
    const folder = mkdtempSync(join(tmpdir(), "aws-runas-"));
    const script = join(folder, name); // the system knows a script by its own name
    writeFileSync(script, "#!/bin/sh\necho up\nread never\n", { mode: 0o755 });
    const child = spawn(script, { detached: leadsSession, stdio: ["pipe", "pipe", "inherit"] });
    onTestFinished(() => {
      child.kill();
      rmSync(folder, { recursive: true });
    });
    await once(child.stdout, "data");
    expect(isInHandsOfSudo({ group: 1, foregroundGroup: child.pid ?? 0 })).toBe(expected);
  },
);
