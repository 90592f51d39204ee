import { describe, expect, test } from "vitest";
import { isTokenUsable, isUsable, needsRefresh, needsRefreshSoon } from "../../src/credentials/thresholds.ts";
import { credentials, idToken, MINUTE, START } from "./fixtures.ts";

/** Whether `judge` holds with this much of a life left. */
function withLeft(judge: typeof isUsable, lifeMinutes: number, leftMs: number): boolean {
  return judge(credentials("a", lifeMinutes), START + lifeMinutes * MINUTE - leftMs);
}

describe("credentials are handed out", () => {
  test("until their last five minutes", () => {
    expect(withLeft(isUsable, 60, 5 * MINUTE + 1)).toBe(true);
    expect(withLeft(isUsable, 60, 5 * MINUTE)).toBe(false);
  });

  test("until the last tenth of a life so short that this is less", () => {
    expect(withLeft(isUsable, 15, 1.5 * MINUTE + 1)).toBe(true);
    expect(withLeft(isUsable, 15, 1.5 * MINUTE)).toBe(false);
  });

  test("never after they expired", () => {
    expect(withLeft(isUsable, 60, -1)).toBe(false);
  });

  test("never when the clock stands before their issue: it was set back, and how much they have left is unknown", () => {
    expect(isUsable(credentials("a"), START - MINUTE)).toBe(true);
    expect(isUsable(credentials("a"), START - MINUTE - 1)).toBe(false);
    expect(needsRefresh(credentials("a"), START - MINUTE - 1)).toBe(true);
  });
});

describe("credentials are refreshed", () => {
  test("in their last fifteen minutes", () => {
    expect(withLeft(needsRefresh, 60, 15 * MINUTE + 1)).toBe(false);
    expect(withLeft(needsRefresh, 60, 15 * MINUTE)).toBe(true);
  });

  test("in the second half of a life so short that this is less", () => {
    expect(withLeft(needsRefresh, 15, 7.5 * MINUTE + 1)).toBe(false);
    expect(withLeft(needsRefresh, 15, 7.5 * MINUTE)).toBe(true);
  });

  test("a minute ahead of that where nobody waits for it", () => {
    expect(withLeft(needsRefreshSoon, 60, 16 * MINUTE + 1)).toBe(false);
    expect(withLeft(needsRefreshSoon, 60, 16 * MINUTE)).toBe(true);
  });

  test("never as soon as they were issued, however short their life", () => {
    expect(needsRefreshSoon(credentials("a", 1), START)).toBe(false);
  });
});

test("a token is good until a minute before it expires", () => {
  const token = idToken("t", { expiresAt: new Date(START) });
  expect(isTokenUsable(token, START - MINUTE - 1)).toBe(true);
  expect(isTokenUsable(token, START - MINUTE)).toBe(false);
});
