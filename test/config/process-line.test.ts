/** `credential_process` lines: what a shell, and on Windows the C runtime, reads them as. */

import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { credentialProcessLine } from "../../src/config/process-line.ts";

test("a shell reads the words that went in", () => {
  const words = ["/opt/aws runas/it's", "-O", "json", "a]b#c", "ü & > ~ *", "50%"];
  const line = credentialProcessLine(words, "linux");
  const read = execFileSync("/bin/sh", ["-c", `printf '%s\\n' ${line}`], { encoding: "utf8" });
  expect(read.trimEnd().split("\n")).toEqual(words);
});

test.each(["a$b", 'a"b', "a`b", "a\\b", "a #b", "a ;b", "a!b", "a\nb"])("%j is refused, as not all SDKs read it alike", (word) => {
  expect(() => credentialProcessLine([word], "linux")).toThrow("cannot stand in a credential_process line");
});

test("Windows: every path was refused for its backslashes", () => {
  const line = credentialProcessLine([String.raw`C:\Users\Al Ice\aws-runas.exe`, "-O", "json", "dev"], "win32");
  expect(line).toBe(String.raw`"C:\Users\Al Ice\aws-runas.exe" -O json dev`);
  expect(credentialProcessLine([String.raw`C:\bin\aws-runas.exe`, "-O"], "win32")).toBe(String.raw`C:\bin\aws-runas.exe -O`);
});

test.each(["a b\\", "%PATH%", 'a"b'])("Windows: %j is refused", (word) => {
  expect(() => credentialProcessLine([word], "win32")).toThrow("cannot stand in a credential_process line");
});
