/** At a real terminal: what keys do to the wrapped command. (Signals without a terminal: run.test.ts.) */

import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { atTerminal } from "./at-terminal.ts";
import type { Step } from "./at-terminal.ts";
import { bothRuntimes } from "./runtimes.ts";

const wrapper = new URL("programs/wrapper.ts", import.meta.url);
const counter = fileURLToPath(new URL("programs/count-signals.mjs", import.meta.url));

describe.each(bothRuntimes())("a command at the terminal, run under $name,", (runtime) => {
  let wrap: string[];
  beforeAll(async () => {
    wrap = await runtime.prepare(wrapper);
  });
  afterAll(() => runtime.clean());

  /** An interactive shell without anyone's own settings; `$wrapped` is the wrapped command that the test types. */
  const atShell = (steps: readonly Step[], command: string) =>
    atTerminal([{ after: "shell> ", type: "$wrapped\r" }, ...steps], ["/bin/sh", "-i"], {
      PS1: "shell> ",
      ENV: "",
      wrapped: [...wrap, "run", command].join(" "),
    });

  it("gets Ctrl-C once", async () => {
    const { status, transcript } = await atTerminal([{ after: "ready", type: "\u0003" }], [...wrap, "run", process.execPath, counter]);
    expect(transcript).toContain("got SIGINT 1");
    expect(transcript).not.toContain("got SIGINT 2");
    expect(status).toBe(5);
  });

  it("gets Ctrl-\\ once", async () => {
    const steps = [
      { after: "ready", type: "\u001c" },
      { after: "got SIGQUIT 1", type: "\u0003" },
    ];
    const { transcript } = await atTerminal(steps, [...wrap, "run", process.execPath, counter]);
    expect(transcript).not.toContain("got SIGQUIT 2");
  });

  it("is stopped by Ctrl-Z together with us and resumed by fg", async () => {
    const steps = [
      { after: "ready", type: "\u001a" },
      { after: "shell> ", type: "fg\r" },
      { after: "got SIGCONT 1", type: "\u0003" },
      { after: "shell> ", type: "echo status $?\r" },
      { after: "shell> ", type: "exit\r" },
    ];
    const { transcript, missed } = await atShell(steps, `${process.execPath} ${counter}`);
    expect(missed).toEqual([]);
    expect(transcript).toMatch(/Stopped[^]*got SIGCONT 1[^]*got SIGINT 1[^]*status 5/);
    expect(transcript).not.toContain("got SIGINT 2");
  });

  it.runIf(process.platform === "linux")("gives the shell back when it stops itself alone", async () => {
    const stopper = fileURLToPath(new URL("programs/stop-itself.sh", import.meta.url));
    const steps = [
      { after: "shell> ", type: "fg\r" },
      { after: "resumed", type: "" },
      { after: "shell> ", type: "exit\r" },
    ];
    const { transcript, missed } = await atShell(steps, `sh ${stopper}`);
    expect(missed).toEqual([]);
    expect(transcript).toMatch(/Stopped[^]*resumed/);
  });
});
