import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { largeNumber, showWait } from "../../src/terminal/wait.ts";

describe("a wait on the terminal", () => {
  let device: string;

  beforeEach(() => {
    const folder = mkdtempSync(join(tmpdir(), "aws-runas-wait-"));
    device = join(folder, "device");
    writeFileSync(device, "");
    return () => rmSync(folder, { recursive: true });
  });

  const shown = () => readFileSync(device, "utf8");

  test("is one line that is gone afterwards", () => {
    const stop = showWait(device, "Approve the login");
    stop();
    expect(shown()).toBe("\r\u001b[K| Approve the login\r\u001b[K");
  });

  test("moves for as long as it lasts, and no longer", async () => {
    const stop = showWait(device, "Approve the login");
    await expect.poll(shown).toMatch(/\| Approve.*\/ Approve.*- Approve/s);
    stop();
    const atEnd = shown();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(shown()).toBe(atEnd);
  });

  test("shows a number above it, in large digits", () => {
    showWait(device, "Pick this number", "47")();
    expect(shown()).toBe("\n       _ \n  |_|   |\n    |   |\n\n\r\u001b[K| Pick this number\r\u001b[K");
  });

  test("shows no more of a number than a terminal has room for", () => {
    showWait(device, "Pick this number", "x".repeat(100_000))();
    expect(shown().length).toBeLessThan(200);
  });

  test("shows what servers call things with control characters made visible, on one line", () => {
    showWait(device, "Approve\nin \u001b[31mred")();
    expect(shown()).not.toContain("\u001b[31m");
    expect(shown()).not.toContain("Approve\n");
  });
});

test("a number that is none is shown as it is", () => {
  expect(largeNumber("A7")).toBe("  A7");
  expect(largeNumber("")).toBe("  ");
});
