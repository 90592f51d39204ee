/** Credentials that are about to expire, on a clock that is moved: new ones in time, old ones for as long as they are good. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";
import { fromAwsRunas } from "../../src/library/index.ts";
import { costOf, envFor, homeFor, personWith } from "./fixtures.ts";

const MINUTE = 60_000;

let sandbox: Sandbox;
let config: string;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  sandbox = await startSandbox({ now: () => Date.now() });
  // Of a quarter of an hour: the SDK asks in the last 5 minutes, aws-runas refreshes in the last 7½, and hands out until 1½ are left.
  config = sandbox.configText.replaceAll(/^\[profile link-1\]$/gm, "[profile link-1]\nduration_seconds = 900");
});
afterEach(async () => {
  vi.useRealTimers();
  await sandbox.stop();
});

function pass(minutes: number): void {
  vi.setSystemTime(Date.now() + minutes * MINUTE);
}

const open = () => fromAwsRunas({ profile: "link-1", env: envFor(sandbox, homeFor(sandbox, config)) });

describe("credentials of a quarter of an hour", () => {
  test("are given without a call until they are due, and then replaced by one", async () => {
    const provider = open();
    const first = await provider();
    expect(first.expiration.getTime() - Date.now()).toBeLessThanOrEqual(15 * MINUTE);
    const cost = costOf(sandbox);
    pass(7);
    expect((await provider()).accessKeyId).toBe(first.accessKeyId);
    expect(cost().sts).toEqual([]);
    pass(1);
    const all = await Promise.all(Array.from({ length: 20 }, () => provider()));
    expect(new Set(all.map(({ accessKeyId }) => accessKeyId)).size).toBe(1);
    expect(all[0]?.accessKeyId).not.toBe(first.accessKeyId);
    expect(cost().sts).toEqual(["AssumeRole"]);
  });

  test("are given while new ones cannot be had, and no longer than they are good", async () => {
    const provider = open();
    const first = await provider();
    await sandbox.stop();
    pass(10);
    expect((await provider()).accessKeyId).toBe(first.accessKeyId);
    pass(4);
    await expect(provider()).rejects.toMatchObject({ code: "aws-unreachable" });
  });
});

test("a clock that was set back made a failure last until it had caught up", async () => {
  const home = homeFor(sandbox, "");
  const provider = fromAwsRunas({ profile: "link-1", env: envFor(sandbox, home) });
  await expect(provider()).rejects.toMatchObject({ code: "profile-not-found" });
  await writeFile(join(home, ".aws/config"), config);
  pass(-60);
  expect((await provider()).accessKeyId).toMatch(/^ASIA/);
});

test("a person is asked again only when nothing good is left", async () => {
  const asked: string[] = [];
  const prompts = personWith({ assword: sandbox.users.alice.password }, asked);
  const text = sandbox.configText.replaceAll(/^\[profile developer\]$/gm, "[profile developer]\nduration_seconds = 900");
  const provider = fromAwsRunas({
    profile: "developer",
    env: envFor(sandbox, homeFor(sandbox, text), { AWSRUNAS_STORE: "none" }),
    prompts,
  });
  const first = await provider();
  pass(8);
  await provider();
  expect(asked).toHaveLength(1);
  // Longer than a session at the provider is kept.
  pass(60 * 24 * 40);
  expect((await provider()).accessKeyId).not.toBe(first.accessKeyId);
  expect(asked).toHaveLength(2);
});
