import { expect, test } from "vitest";
import { expiryText } from "../../src/cli/expiry.ts";

const expiresAt = new Date("2026-11-23T10:04:05Z");
const textAfter = (seconds: number) => expiryText(expiresAt, expiresAt.getTime() - seconds * 1000);

test("names the instant with its zone, whatever the zone is", () => {
  const [, date, time, zone] = /^(\S+) (\S+) ([+-]\d{4}) \(/.exec(textAfter(60)) ?? [];
  expect(new Date(`${date}T${time}${zone}`)).toEqual(expiresAt);
});

test.each([
  [3599, "in 59 minutes"],
  [3600, "in 1 hour"],
  [3660, "in 1 hour 1 minute"],
  [43199, "in 11 hours 59 minutes"],
  [60, "in 1 minute"],
  [59, "in 59 seconds"],
  [1, "in 1 second"],
  [0, "already over"],
  [-5, "already over"],
])("%i seconds before: %s", (seconds, expected) => {
  expect(textAfter(seconds)).toContain(`(${expected})`);
});
