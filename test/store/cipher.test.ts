import { expect, test } from "vitest";
import { HEADER_LENGTH, readExpiry, seal, unseal } from "../../src/store/cipher.ts";

const key = new Uint8Array(32).fill(7);
const expiresAt = new Date("2030-01-02T03:04:05.678Z");
const entry = { key, label: "token-1", expiresAt };

test("what was sealed is unsealed with the same key and label", async () => {
  expect(await unseal(await seal("täxt", entry), entry)).toBe("täxt");
});

test("the expiry is readable without the key", async () => {
  expect(readExpiry((await seal("text", entry)).subarray(0, HEADER_LENGTH))).toBe(expiresAt.getTime());
});

test("the text is not readable without the key", async () => {
  const bytes = await seal("a long secret text", entry);
  expect(Buffer.from(bytes).includes("secret")).toBe(false);
  expect(await unseal(bytes, { ...entry, key: new Uint8Array(32) })).toBeUndefined();
});

test("an entry does not open under another one's name", async () => {
  expect(await unseal(await seal("text", entry), { key, label: "token-2" })).toBeUndefined();
});

test("a changed bit is noticed wherever it is", async () => {
  const bytes = await seal("text", entry);
  for (let index = 0; index < bytes.length; index++) {
    const changed = bytes.slice();
    changed[index] = (changed[index] ?? 0) ^ 1;
    expect(await unseal(changed, entry), `byte ${index}`).toBeUndefined();
  }
});

test("an entry that was cut off anywhere is noticed", async () => {
  const bytes = await seal("text", entry);
  for (let length = 0; length < bytes.length; length++) {
    expect(await unseal(bytes.slice(0, length), entry), `${length} bytes`).toBeUndefined();
  }
});

test("the same text is sealed differently each time", async () => {
  expect(await seal("text", entry)).not.toEqual(await seal("text", entry));
});
