/** Names that look like the one that was meant. */

import { expect, it } from "vitest";
import { nearestNames } from "../../src/config/nearest.ts";

it.each([
  ["teamprod", ["team-prod", "team-test", "x"], ["team-prod"]],
  ["tow", ["two", "one", "three"], ["two"]],
  ["DEV", ["dev", "prod"], ["dev"]],
  ["devv", ["dev", "devs", "prod"], ["dev", "devs"]],
  ["ab", ["abc", "a", "b", "ba"], ["abc", "a", "b"]],
  ["production", ["prod", "productoin", "production-2"], ["productoin", "production-2"]],
  ["zzz", ["dev", "prod"], []],
  ["x", [], []],
])("of %s among %j are %j", (wanted, names, expected) => {
  expect(nearestNames(wanted, names)).toEqual(expected);
});
