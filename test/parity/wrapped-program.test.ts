/** How the Go tool runs the program, and what signals do to both (reference/cli.md, end of 2.3), row by row. */

import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { atTerminal } from "../exec/at-terminal.ts";
import { bun, start } from "../exec/runtimes.ts";
import { parityWorld } from "./parity-world.ts";

const world = parityWorld();
const { run } = world;

const counter = fileURLToPath(new URL("../exec/programs/count-signals.mjs", import.meta.url));
let wrap: string[];
beforeAll(async () => {
  wrap = await bun().prepare(new URL("../exec/programs/wrapper.ts", import.meta.url));
});
const startWrapped = (mode: "run" | "become", ...command: string[]) => start([...wrap, mode, ...command]);

describe("2.3 the program", () => {
  test("same: stdin, stdout and stderr are its own", async () => {
    const { child, outcome } = startWrapped("run", "sh", "-c", "cat; echo said >&2");
    child.stdin?.end("typed");
    expect(await outcome).toMatchObject({ status: 0, stdout: "typed", stderr: "said\n" });
  });

  test("same: it is in our process group", async () => {
    const { child, outcome } = startWrapped("run", "sh", "-c", "ps -o pgid= -p $$");
    expect((await outcome).stdout.trim()).toBe(String(child.pid));
  });

  test("different on purpose: with -E it takes our place where the runtime can, because nothing is left to do beside it", async () => {
    const { child, outcome } = startWrapped("become", "sh", "-c", "echo $$");
    expect((await outcome).stdout.trim()).toBe(String(child.pid));
  });

  test("same: it is sought in PATH", async () => {
    const folder = world.home.file("bin");
    mkdirSync(folder);
    writeFileSync(`${folder}/only-here`, "#!/bin/sh\nexit 9\n");
    chmodSync(`${folder}/only-here`, 0o755);
    expect(await run(["developer", "only-here"], { env: { PATH: `${folder}:${process.env["PATH"]}` } })).toMatchObject({ status: 9 });
  });

  test.each(["bash", "fish", "zsh", "ksh", "ash", "sh", "dash"])(
    "different on purpose: what is not there is not given to %s, because it would split and interpret the words; the hint says how to",
    async (shell) => {
      const outcome = await run(["developer", `ll;touch$IFS${world.home.file("ran")}`], { env: { SHELL: `/bin/${shell}` } });
      expect(outcome).toMatchObject({ status: 127, stderr: expect.stringContaining(`${shell} -ic '`) });
      expect(existsSync(world.home.file("ran"))).toBe(false);
    },
  );

  test("different on purpose: -v does not repeat its words, because one may be a secret", async () => {
    const { status, stderr } = await run(["-v", "developer", "true", "--token=word-of-mine"]);
    expect(status).toBe(0);
    expect(stderr).toContain("the role is");
    expect(stderr).not.toContain("word-of-mine");
  });
});

describe("2.3 signals", () => {
  test.each([
    ["Ctrl-C", "SIGINT", [{ after: "ready", type: "\u0003" }]],
    [
      "Ctrl-\\",
      "SIGQUIT",
      [
        { after: "ready", type: "\u001c" },
        { after: "got SIGQUIT 1", type: "\u0003" },
      ],
    ],
  ])("same: %s at the terminal reaches the program once, and does not end us", async (_, signal, steps) => {
    const { status, transcript, missed } = await atTerminal(steps, [...wrap, "run", process.execPath, counter]);
    expect({ status, missed }).toEqual({ status: 5, missed: [] });
    expect(transcript).toContain(`got ${signal} 1`);
    expect(transcript).not.toContain(`got ${signal} 2`);
  });

  test.each([
    { signal: "SIGINT", would: "be dropped" },
    { signal: "SIGQUIT", would: "be dropped" },
    { signal: "SIGTERM", would: "end us alone, and the endpoint with us" },
    { signal: "SIGHUP", would: "end us alone, and the endpoint with us" },
    { signal: "SIGWINCH", would: "be lost" },
  ] as const)("different on purpose: a $signal sent to us alone reaches the program, because it would $would", async ({ signal }) => {
    const program = `process.on("${signal}", () => process.exit(9)); console.log("ready"); setInterval(() => {}, 1000)`;
    const { child, outcome, printed } = startWrapped("run", process.execPath, "-e", program);
    await printed("ready");
    child.kill(signal);
    expect(await outcome).toMatchObject({ status: 9, signal: null });
  });

  test("same: Ctrl-Z stops both, and fg continues both", async () => {
    const steps = [
      { after: "shell> ", type: "$wrapped\r" },
      { after: "ready", type: "\u001a" },
      { after: "shell> ", type: "fg\r" },
      { after: "got SIGCONT 1", type: "\u0003" },
      { after: "shell> ", type: "exit\r" },
    ];
    const env = { PS1: "shell> ", ENV: "", wrapped: [...wrap, "run", process.execPath, counter].join(" ") };
    const { transcript, missed } = await atTerminal(steps, ["/bin/sh", "-i"], env);
    expect(missed).toEqual([]);
    expect(transcript).toContain("Stopped");
  });
});
