import { expect, test } from "vitest";
import { entryKey } from "../../src/store/entry-key.ts";

test("a key is a hash in hex", async () => {
  expect(await entryKey({ url: "https://id.example", user: "ann" })).toMatch(/^[0-9a-f]{64}$/);
});

test("the order of the parts does not matter, nor does one that is undefined", async () => {
  expect(await entryKey({ a: "1", b: 2, c: undefined })).toBe(await entryKey({ b: 2, a: "1" }));
});

test("what differs in any way has another key", async () => {
  const keys = await Promise.all(
    [
      {},
      { a: "" },
      { a: "1" },
      { a: 1 },
      { a: true },
      { b: "1" },
      { a: ["1"] },
      { a: ["1", "2"] },
      { a: ["2", "1"] },
      { a: ["1,2"] },
      { a: "1", b: "" },
    ].map(entryKey),
  );
  expect(new Set(keys).size).toBe(keys.length);
});

test("parts cannot be shifted into each other by their content", async () => {
  expect(await entryKey({ a: 'x","b","y' })).not.toBe(await entryKey({ a: "x", b: "y" }));
});
