import { describe, expect, it } from "vitest";

import { codeOfStep, Totp } from "../../sandbox/totp.ts";

const SECRET = "12345678901234567890";

describe("one-time codes by time", () => {
  it.each([
    [59, "287082"],
    [1_111_111_109, "081804"],
    [1_234_567_890, "005924"],
    [20_000_000_000, "353130"],
  ])("gives the last six digits of RFC 6238's code at %i seconds", (seconds, code) => {
    expect(codeOfStep(SECRET, Math.floor(seconds / 30))).toBe(code);
  });

  it("accepts a code once", () => {
    const totp = new Totp(SECRET, () => 59_000);
    expect(totp.accept("287082")).toBe(true);
    expect(totp.accept("287082")).toBe(false);
  });

  it("accepts the neighbouring half minutes' codes and no others", () => {
    const at = (seconds: number) => new Totp(SECRET, () => seconds * 1000);
    expect([0, 30, 60].map((seconds) => at(seconds).accept("287082"))).toEqual([true, true, true]);
    expect([90, 3600].map((seconds) => at(seconds).accept("287082"))).toEqual([false, false]);
  });

  it("gives a code that was not used, twice in half a minute", () => {
    const totp = new Totp(SECRET, () => 59_000);
    expect(totp.accept(totp.code())).toBe(true);
    expect(totp.accept(totp.code())).toBe(true);
    expect(() => totp.code()).toThrow("no unused one-time code");
  });
});
