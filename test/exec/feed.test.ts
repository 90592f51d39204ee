/** A program that gets a secret on its stdin: how it ended, and that it does end. */

import { expect, test } from "vitest";
import { feedProgram } from "../../src/exec/feed.ts";
import { Secret } from "../../src/secret.ts";

const sh = (script: string) => ({
  file: "/bin/sh",
  words: ["sh", "-c", script],
  env: { PATH: "/usr/bin:/bin" },
  input: new Secret("password-1"),
});

test("gives the secret and nothing behind it", async () => {
  expect(await feedProgram(sh('test "$(cat | od -An -c | tr -d " \\n")" = password-1'))).toEqual({ status: 0, isLate: false });
});

test("does not mind a program that reads nothing", async () => {
  expect(await feedProgram(sh("exec 0<&-; exit 4"))).toEqual({ status: 4, isLate: false });
});

test("a program that hung was said to have ended with 124", async () => {
  expect(await feedProgram(sh("exec sleep 60"), 100)).toEqual({ status: 124, isLate: true });
});
