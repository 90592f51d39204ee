/** Questions on a real terminal device, on both runtimes; `script` makes the terminal. */

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { rolldown } from "rolldown";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hasScript, Session } from "./session.ts";

const programs = resolve(import.meta.dirname, "programs");
const bun = resolve(import.meta.dirname, "../../node_modules/.bin/bun");
const folder = mkdtempSync(join(tmpdir(), "aws-runas-terminal-"));

beforeAll(async () => {
  for (const name of ["ask", "take-back", "wait"]) {
    const bundle = await rolldown({ input: join(programs, `${name}.ts`), platform: "node" });
    await bundle.write({ dir: folder, format: "cjs", entryFileNames: `${name}.cjs` });
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

describe.each([
  ["Bun", (name: string) => `${bun} ${join(programs, `${name}.ts`)}`],
  ["Node", (name: string) => `${process.execPath} ${join(folder, `${name}.cjs`)}`],
])("on %s", (_, commandFor) => {
  const command = commandFor("ask");

  test.skipIf(!hasScript)("a wait stays on one line of a narrow terminal", async () => {
    await using session = new Session(`stty cols 30; ${commandFor("wait")}`);
    await session.sees("over");
    const frames = session.output.split("\r\u001b[K").slice(1, -1);
    expect(frames.length).toBeGreaterThan(2);
    for (const frame of frames) expect(frame).toMatch(/^[|/\\-] waiting for the login at .{0,4}…$/);
  });

  test.skipIf(!hasScript)("answers are taken, secrets unseen, and the command gets the next keys", async () => {
    await using session = new Session(command);
    await session.sees("about to ask");
    await session.sees("Name \\u{1b}[31m");
    session.types("alïce\r");
    await session.sees("Password");
    session.types("s3cret\r");
    await session.sees("second");
    session.types("\u001b[B\r");
    await session.sees('answers:["alïce","s3cret",{"two":2}]');
    expect(session.output.replace(/answers:.*/, "")).not.toContain("s3cret");
    await session.sees("icanon");
    session.types("one\ntwo\n");
    await session.sees("read:one,two");
    expect(session.output).not.toMatch(/-icanon|-echo/);
    expect(await session.status).toBe(0);
  });

  test.skipIf(!hasScript).each([
    ["Ctrl-C", "\u0003"],
    ["Ctrl-D", "\u0004"],
    ["Escape", "\u001b"],
  ])("%s cancels, and the terminal is as before", async (_key, keys) => {
    await using session = new Session(command);
    await session.sees("Name");
    session.types(keys);
    await session.sees("failed:CancelledError");
    await session.sees("icanon");
    session.types("one\ntwo\n");
    await session.sees("read:one,two");
    expect(session.output).not.toMatch(/-icanon|-echo/);
  });

  test.skipIf(!hasScript)("a question can be taken back, open or not, and the next one and the command get the keys", async () => {
    await using session = new Session(commandFor("take-back"));
    await session.sees("Open");
    session.types("half an answ");
    await session.sees('told:["late was too late","waiting was not needed","open was answered elsewhere"]');
    await session.sees("Last");
    session.types("whole\r");
    await session.sees("answer:whole");
    expect(session.output).not.toMatch(/Waiting|Late/);
    await session.sees("icanon");
    session.types("one\ntwo\n");
    await session.sees("read:one,two");
    expect(session.output).not.toMatch(/-icanon|-echo/);
    expect(await session.status).toBe(0);
  });

  test.skipIf(!hasScript)("a signal that ends the program leaves the terminal as it was", async () => {
    await using session = new Session(`sh -c '${command} & wait $!; stty -a | grep -Eo "(^| )-?(icanon|echo)( |$)"; echo over'`);
    await session.sees("Name");
    await session.sees("pid:");
    process.kill(Number(/pid:(\d+)/.exec(session.output)?.[1]));
    await session.sees("over");
    expect(session.output).toMatch(/ icanon/);
  });

  test.skipIf(!hasScript)("in the background of the terminal every question fails at once, where it would stop the program", async () => {
    await using session = new Session(`sh -c 'set -m; ${command} & wait $!; echo over'`);
    await session.sees("failed:PersonNeededError");
    expect(session.output).not.toContain("Name");
  });

  test.skipIf(!hasScript || process.platform !== "linux")(
    "sudo's background, which it takes what asks out of, is none: `sudo aws-runas … | less`",
    async () => {
      const sudo = join(folder, "sudo"); // the system knows a script by its own name
      writeFileSync(sudo, `#!/bin/bash\nset -m\n${command} & wait $!\nfg\n`, { mode: 0o755 });
      await using session = new Session(`exec ${sudo}`);
      await session.sees("Name");
      session.types("\u0003");
      await session.sees("failed:CancelledError");
      expect(session.output).not.toContain("PersonNeeded");
    },
  );

  test("without a terminal every question fails at once", async () => {
    const [file = "", ...args] = command.split(" ");
    const child = spawn(file, args, { detached: true, stdio: ["ignore", "ignore", "pipe"], timeout: 10_000 });
    expect(await text(child.stderr)).toContain("failed:PersonNeededError");
  });
});
