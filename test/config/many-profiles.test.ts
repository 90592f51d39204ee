/** Every profile of a long file, asked for one after the other: ten times the profiles may take ten times as long, and not a hundred times. */

import { expect, test } from "vitest";
import { resolveTarget } from "../../src/config/resolve.ts";
import { indexFiles, profileNames } from "../../src/config/sections.ts";
import { filesOf } from "./files-of.ts";
import type { Setup } from "./files-of.ts";

test("all of 3,000 profiles are resolved in about ten times the time that all of 300 take", () => {
  const [few, many] = [setupOf(300), setupOf(3000)];
  resolveAll(few); // what is compiled meanwhile counts for neither
  expect(fastest(() => resolveAll(many)) / fastest(() => resolveAll(few))).toBeLessThan(40);
});

/** With long names, so that a search for each would show. */
function setupOf(count: number): Setup {
  const names = Array.from({ length: count }, (_, n) => `${"team-of-the-department-".repeat(20)}${n}`);
  return {
    config: names.map((name) => `[profile ${name}]\nregion = eu-central-1\n`).join(""),
    credentials: names.map((name) => `[${name}]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n`).join(""),
  };
}

function resolveAll(setup: Setup): void {
  const files = indexFiles(filesOf(setup));
  for (const name of profileNames(files)) resolveTarget({ name, files, env: {}, flags: {} });
}

/** Of three, in the processor's time: what else the machine does counts for little. */
function fastest(action: () => void): number {
  const times = [1, 2, 3].map(() => {
    const start = process.cpuUsage();
    action();
    const { user, system } = process.cpuUsage(start);
    return user + system;
  });
  return Math.min(...times);
}
