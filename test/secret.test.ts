import { expect, test } from "vitest";

import { Secret, withoutSecrets } from "../src/secret.ts";

test.each([
  ["as it was", "no pass word+, sorry", "no [secret], sorry"],
  ["encoded", "no pass%20word%2B", "no [secret]"],
  ["more than once", "pass word+pass word+", "[secret][secret]"],
])("a secret is hidden %s", (_, text, hidden) => {
  expect(withoutSecrets(text, [undefined, new Secret(""), new Secret("pass word+")])).toBe(hidden);
});

test("a secret that spans lines is hidden in one line", () => {
  expect(withoutSecrets("no: one two", [new Secret("one\n two ")])).toBe("no: [secret]");
});

test("a secret in which another stands is hidden as a whole, whichever was given first", () => {
  expect(withoutSecrets("it is ab1234cd", [new Secret("1234"), new Secret("ab1234cd")])).toBe("it is [secret]");
});

test("a secret of blanks alone hides nothing else", () => {
  expect(withoutSecrets("as it is", [new Secret("    ")])).toBe("as it is");
});

test("a secret is hidden as a form sends it, and by its beginning where a text was cut", () => {
  const secret = new Secret("pass  w/rd!");
  expect(withoutSecrets("password=pass++w%2Frd%21&x=1", [secret])).toBe("password=[secret]&x=1");
  expect(withoutSecrets(`${"x".repeat(295)} pass  w`, [secret])).toBe(`${"x".repeat(295)} [secret]`);
  expect(withoutSecrets("no pass", [secret])).toBe("no pass");
});
