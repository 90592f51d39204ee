/** A world for whole commands in process: a home folder of its own, output as text, and a person who answers as planned. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { runApp } from "../../src/cli/app.ts";
import { Secret } from "../../src/secret.ts";
import { createLog } from "../../src/terminal/log.ts";
import type { Environment, Terminal, World } from "../../src/world.ts";
import { noBrowser, nobody } from "../fakes/nobody.ts";

export interface Home {
  readonly path: string;
  /** A path below it, for a wrapped command to write to. */
  file(name: string): string;
  [Symbol.dispose](): void;
}

export interface Outcome {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Answers that nothing asked for. */
  readonly unasked: readonly Answer[];
}

/** What must be in the question, and what is answered. */
export type Answer = readonly [question: string, answer: string];

export interface Run {
  readonly home: Home;
  readonly env?: Environment;
  /** In the order of the questions; undefined where there is no terminal. */
  readonly answers?: readonly Answer[];
  readonly stdin?: string;
  /** In place of what the test's own process has. */
  readonly process?: Partial<World["process"]>;
  /** Called each time that something goes to stdout. */
  readonly onPrinted?: () => void;
  /** None unless told. */
  readonly browser?: World["browser"];
}

export function createHome(configText: string): Home {
  const path = mkdtempSync(join(tmpdir(), "aws-runas-flow-"));
  mkdirSync(join(path, ".aws"));
  writeFileSync(join(path, ".aws/config"), configText);
  return { path, file: (name) => join(path, name), [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Runs the whole program once. */
export async function runas(argv: readonly string[], run: Run): Promise<Outcome> {
  const output = { stdout: "", stderr: "" };
  const unasked = [...(run.answers ?? [])];
  const env = { PATH: process.env["PATH"], HOME: run.home.path, AWSRUNAS_STORE: "file", ...run.env };
  const stderr = { isTerminal: false, write: (text: string) => void (output.stderr += text) };
  const world: World = {
    env,
    homeDir: run.home.path,
    platform: process.platform,
    version: "1.2.3",
    clock: { now: () => Date.now(), sleep: (durationMs, signal) => sleep(durationMs, undefined, { signal }) },
    stdin: { isTerminal: run.stdin === undefined, readAll: async () => run.stdin ?? "" },
    stdout: {
      isTerminal: false,
      write: (text) => {
        output.stdout += text;
        run.onPrinted?.();
      },
    },
    stderr,
    terminal: run.answers === undefined ? nobody : personWith(unasked),
    browser: run.browser ?? noBrowser,
    log: createLog(stderr, env),
    process: { ...withoutExecve(), ...run.process },
    program: ["/opt/aws runas/aws-runas"],
  };
  const status = await runApp(argv, world);
  return { status, ...output, unasked };
}

/** A runtime that could become the command would take the test with it. */
function withoutExecve(): World["process"] {
  const { pid, platform } = process;
  return {
    pid,
    platform,
    on: (signal, listener) => process.on(signal, listener),
    off: (signal, listener) => process.off(signal, listener),
    listenerCount: (signal) => process.listenerCount(signal),
    kill: (target, signal) => process.kill(target, signal),
  };
}

function personWith(answers: Answer[]): Terminal {
  const answer = async (message: string): Promise<string> => {
    const [question, text] = answers.shift() ?? [];
    if (question === undefined || text === undefined || !message.includes(question)) throw new Error(`unplanned question: ${message}`);
    return text;
  };
  return {
    isAvailable: true,
    ask: answer,
    askSecret: async (message) => new Secret(await answer(message)),
    choose: async (message, choices) => {
      const label = await answer(message);
      const choice = choices.find((one) => one.label === label);
      if (choice === undefined) throw new Error(`no choice ${label} in ${choices.map((one) => one.label).join(", ")}`);
      return choice.value;
    },
    say: () => {},
    showWait: () => () => {},
    showQr: async () => {},
  };
}
