import { expect, test } from "vitest";
import { limitLog } from "../../src/cli/verbosity.ts";
import { createLog } from "../../src/terminal/log.ts";
import type { Environment } from "../../src/world.ts";

function logged(verbosity: number, options: { isTerminal?: boolean; env?: Environment } = {}): string {
  let text = "";
  const stderr = { isTerminal: options.isTerminal ?? false, write: (part: string) => (text += part) };
  const log = limitLog(createLog(stderr, options.env ?? {}), verbosity);
  log.warn("w\u001b[2J\nnext");
  log.info("i");
  log.debug("d");
  return text;
}

test("each line is marked as ours, and text from outside is harmless", () => {
  expect(logged(2)).toBe("aws-runas: warning: w\\u{1b}[2J\n  next\naws-runas: i\naws-runas: d\n");
});

test("debug lines need -v", () => {
  expect(logged(0)).not.toContain(" d\n");
  expect(logged(1)).toContain(" d\n");
});

test("colour is for terminals whose user wants it", () => {
  expect(logged(0, { isTerminal: true })).toContain("\u001b[33mwarning:\u001b[0m");
  expect(logged(0, { isTerminal: true, env: { NO_COLOR: "1" } })).not.toContain("\u001b[");
});
