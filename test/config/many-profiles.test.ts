/** Every profile of a long file, asked for one after the other: ten times the profiles may take ten times as long, and not a hundred times. */

import { expect, test } from "vitest";
import { resolveTarget } from "../../src/config/resolve.ts";
import { indexFiles, profileNames } from "../../src/config/sections.ts";
import { ConfigError } from "../../src/errors.ts";
import { COMPLETE, filesOf, ROLE } from "./files-of.ts";
import type { Setup } from "./files-of.ts";

test.each([
  { what: "profiles", setupOf: withLongNames },
  { what: "profiles that inherit what is warned of, from the file's end,", setupOf: withWarnings },
  { what: "profiles of which each names a source that does not exist", setupOf: withoutSources },
])("all of 3,000 $what are resolved in about ten times the time that all of 300 take", ({ setupOf }) => {
  const [few, many] = [setupOf(300), setupOf(3000)];
  resolveAll(few); // what is compiled meanwhile counts for neither
  expect(fastest(() => resolveAll(many)) / fastest(() => resolveAll(few))).toBeLessThan(40);
});

test("the text is passed over once for the headings and once for the lines, and each section of it read once", () => {
  const raw = filesOf(withWarnings(100));
  let passes = 0;
  const counted = { ...raw.config, text: "" };
  Object.defineProperty(counted, "text", { get: () => ((passes += 1), raw.config.text), enumerable: false });
  const files = indexFiles({ ...raw, config: counted });
  // From here on there is the index alone.
  const indexed = { ...files, config: { ...files.config, text: "" } };
  for (const name of profileNames(files)) {
    const { profile } = resolveTarget({ name, files: indexed, env: {}, flags: {} });
    expect(profile?.warnings.join()).toContain("web_identity_clientid in [default] (~/.aws/config, line 405)");
  }
  expect(passes).toBe(2 + 101);
});

/** With long names, so that a search for each would show. */
function withLongNames(count: number): Setup {
  const names = Array.from({ length: count }, (_, n) => `${"team-of-the-department-".repeat(20)}${n}`);
  return {
    config: names.map((name) => `[profile ${name}]\nregion = eu-central-1\n`).join(""),
    credentials: names.map((name) => `[${name}]\naws_access_key_id = AKIA1\naws_secret_access_key = s\n`).join(""),
  };
}

/** Keys of [default] with names that are none of ours. */
function withWarnings(count: number): Setup {
  const profiles = Array.from({ length: count }, (_, n) => `[profile p${n}]\nrole_arn = ${ROLE}\nregion = eu-central-1\n\n`);
  return { config: `${profiles.join("")}[default]\n${COMPLETE}web_identity_clientid = x\nsaml_entityid = y\n` };
}

function withoutSources(count: number): Setup {
  const profiles = Array.from({ length: count }, (_, n) => `[profile team-${n}]\nrole_arn = ${ROLE}\nsource_profile = corp-${n}\n`);
  return { config: profiles.join("") };
}

function resolveAll(setup: Setup): void {
  const files = indexFiles(filesOf(setup));
  for (const name of profileNames(files)) resolveOrNot(() => resolveTarget({ name, files, env: {}, flags: {} }));
}

function resolveOrNot(action: () => unknown): void {
  try {
    action();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
  }
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
