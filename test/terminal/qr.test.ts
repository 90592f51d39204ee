import { encode } from "uqr";
import { describe, expect, test } from "vitest";
import { isUnicode, qrLines } from "../../src/terminal/qr.ts";

const url = "https://id.acme.example/device?user_code=WDJB-MJHT";
const large = { columns: 200, rows: 100 };

/** What a camera would see: true for light. */
function lightModules(lines: readonly string[]): boolean[][] {
  return lines.flatMap((line) => [[...line].map((block) => "█▀".includes(block)), [...line].map((block) => "█▄".includes(block))]);
}

describe("a QR code", () => {
  test("is drawn light on dark, two rows a line", () => {
    const { data, size } = encode(url, { ecc: "L", border: 2 });
    const lines = qrLines(url, large)!;
    expect(lightModules(lines).slice(0, size)).toEqual(data.map((row) => row.map((isDark) => !isDark)));
    expect(lines).toHaveLength(Math.ceil(size / 2));
  });

  test("has a light edge on every side", () => {
    const modules = lightModules(qrLines(url, large)!);
    const size = modules[0]!.length;
    const edges = modules
      .slice(0, size)
      .map((row, index) => (index < 2 || index >= size - 2 ? row : [...row.slice(0, 2), ...row.slice(-2)]));
    expect(edges.flat().every(Boolean)).toBe(true);
  });

  test("is not drawn where it would be cut off, or scroll away the code that it is compared with", () => {
    const { length: height, 0: line = "" } = qrLines(url, large)!;
    expect(qrLines(url, { columns: line.length, rows: height + 5 })).toBeDefined();
    expect(qrLines(url, { columns: line.length - 1, rows: 100 })).toBeUndefined();
    expect(qrLines(url, { columns: 200, rows: height + 4 })).toBeUndefined();
    expect(qrLines(url, { columns: 0, rows: 0 })).toBeUndefined();
  });

  test("fits a terminal of the usual size", () => {
    expect(qrLines(url, { columns: 80, rows: 24 })).toBeDefined();
  });
});

test.each([
  [true, "linux", { LANG: "en_US.UTF-8" }],
  [true, "darwin", { LC_ALL: "", LC_CTYPE: "UTF-8", LANG: "C" }],
  [true, "linux", { LANG: "de_DE.utf8" }],
  [false, "linux", { LC_ALL: "C", LANG: "en_US.UTF-8" }],
  [false, "linux", {}],
  [false, "linux", { LANG: "en_US.UTF-8", TERM: "dumb" }],
  [true, "win32", { WT_SESSION: "1" }],
  [false, "win32", { LANG: "en_US.UTF-8" }],
] as const)("it is %s that a terminal on %s with %j shows its characters", (expected, platform, env) => {
  expect(isUnicode(env, platform)).toBe(expected);
});
