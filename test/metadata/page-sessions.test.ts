import { describe, expect, it } from "vitest";
import { createPageSessions, type PageSessions } from "../../src/metadata/serve/page-sessions.ts";

const HOUR = 60 * 60_000;

function stage(): { clock: { time: number }; sessions: PageSessions } {
  const clock = { time: 1_000 };
  return { clock, sessions: createPageSessions({ now: () => clock.time, sleep: async () => {} }) };
}

describe("a page's session", () => {
  it("lasts for as long as the page goes on asking", () => {
    const { clock, sessions } = stage();
    const token = sessions.begin().reveal();
    for (let hours = 0; hours < 200; hours += 17) {
      clock.time += 17 * HOUR;
      expect(sessions.accepts(token)).toBe(true);
    }
    clock.time += 19 * HOUR;
    expect(sessions.accepts(token)).toBe(false);
    expect(sessions.accepts(undefined)).toBe(false);
    expect(sessions.accepts("")).toBe(false);
  });

  it("that nobody used was good for years where the clock had been set back by them", () => {
    const { clock, sessions } = stage();
    const token = sessions.begin().reveal();
    clock.time -= 19 * HOUR;
    expect(sessions.accepts(token)).toBe(false);
    const other = sessions.begin().reveal();
    clock.time -= 17 * HOUR;
    expect(sessions.accepts(other)).toBe(true);
  });

  it("is one of 64: the one that was silent for longest gives way", () => {
    const { sessions } = stage();
    const [first = "", second = "", ...others] = Array.from({ length: 64 }, () => sessions.begin().reveal());
    expect(sessions.accepts(first)).toBe(true);
    const last = sessions.begin().reveal();
    expect([second, first, last, ...others].map((token) => sessions.accepts(token))).toEqual([false, ...Array(64).fill(true)]);
  });
});
