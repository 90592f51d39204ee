import { expect, test } from "vitest";
import { covers, overlaps } from "../../src/aws/wildcards.ts";

const WORDS = ["", "a", "b", "ab", "ba", "aab", "abb"];
const PATTERNS = [...WORDS, "*", "**", "?", "a*", "*b", "a?", "?*", "*?b", "a*b", "*a*", "a**"];

/** As AWS documents it. */
function matches(pattern: string, text: string): boolean {
  return new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`).test(text);
}

test("a pattern covers the texts that match it, and no pattern that matches more", () => {
  for (const pattern of PATTERNS) {
    for (const text of WORDS) expect([pattern, text, covers(pattern, text)]).toEqual([pattern, text, matches(pattern, text)]);
    for (const other of PATTERNS.filter((each) => covers(pattern, each))) {
      const more = WORDS.filter((text) => matches(other, text) && !matches(pattern, text));
      expect([pattern, other, more]).toEqual([pattern, other, []]);
    }
  }
});

test("two patterns overlap where some text matches both", () => {
  for (const one of PATTERNS) {
    for (const other of PATTERNS) {
      const expected = WORDS.some((text) => matches(one, text) && matches(other, text));
      expect([one, other, overlaps(one, other)]).toEqual([one, other, expected]);
    }
  }
});
