/**
 * The one file that talks to people. The rules it keeps:
 *
 * - Questions go to the terminal device itself, so they work while stdin and stdout are pipes, and never mix with the command's output.
 * - One question at a time; a second one waits until the first is answered.
 * - A secret is not shown as it is typed, not even its length.
 * - Ctrl-C and Escape mean "no": `CancelledError`. The terminal's mode and cursor are put back whatever happens, also when a signal ends us.
 * - No terminal means no question: `PersonNeededError`, at once.
 * - What servers call things is shown with its control characters made visible.
 *
 * The device is open only while a question is: before and after, every key belongs to the wrapped command. The prompt library is loaded
 * with the first question.
 */

import { closeSync, openSync, writeSync } from "node:fs";
import { CancelledError, PersonNeededError, printable } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { Choice, Terminal } from "../world.ts";
import type { Device, DevicePaths } from "./device.ts";

export interface TerminalOptions {
  readonly platform: NodeJS.Platform;
  /** Registers what must still be done when a signal ends the program; the function it returns takes that back. */
  readonly beforeSignalEnds: (restore: () => void) => () => void;
}

/** The prompt library, and what each of its prompts is given: where to ask, and no decoration. */
type Prompts = typeof import("@clack/prompts");
type Place = Pick<import("@clack/prompts").CommonOptions, "input" | "output" | "withGuide">;

/** Answers with a symbol when the person cancelled. */
type Question<T> = (prompts: Prompts, place: Place) => Promise<T | symbol>;

/** Opens nothing until something is asked. */
export function createTerminal(options: TerminalOptions): Terminal {
  const paths = devicePaths(options.platform);
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(question: Question<T>): Promise<T> => {
    const answer = last.then(() => askOnDevice(question, paths, options));
    last = answer.catch(() => undefined);
    return answer;
  };
  return {
    get isAvailable() {
      return canOpen(paths);
    },
    ask: (message, initial = "") =>
      inTurn<string>(({ text }, place) => text({ message: printable(message), placeholder: initial, defaultValue: initial, ...place })),
    askSecret: async (message) =>
      new Secret(await inTurn<string>(({ password }, place) => password({ message: printable(message), mask: "", ...place }))),
    choose: (message, choices) => inTurn((prompts, place) => chooseOne(prompts, message, choices, place)),
    say: (message) => sayOnDevice(message, paths),
  };
}

function devicePaths(platform: NodeJS.Platform): DevicePaths {
  if (platform === "win32") return { input: "\\\\.\\CONIN$", output: "\\\\.\\CONOUT$", isConsole: true };
  return { input: "/dev/tty", output: "/dev/tty", isConsole: false };
}

async function askOnDevice<T>(question: Question<T>, paths: DevicePaths, options: TerminalOptions): Promise<T> {
  const [prompts, device] = await Promise.all([import("@clack/prompts"), open(paths)]);
  const forget = options.beforeSignalEnds(device.restore);
  try {
    const answer = await Promise.race([question(prompts, { input: device.keys, output: device.screen, withGuide: false }), hangUp(device)]);
    if (typeof answer === "symbol") throw new CancelledError();
    return answer;
  } finally {
    forget();
    device.close();
  }
}

async function open(paths: DevicePaths): Promise<Device> {
  const { openDevice } = await import("./device.ts");
  try {
    return openDevice(paths);
  } catch (cause) {
    throw noTerminal(cause);
  }
}

/** Rejects when the terminal goes away while a question is open. */
function hangUp(device: Device): Promise<never> {
  return new Promise((_, reject) => {
    device.keys.once("error", (cause) => reject(noTerminal(cause)));
    device.keys.once("end", () => reject(new CancelledError()));
  });
}

function noTerminal(cause: unknown): PersonNeededError {
  return new PersonNeededError("a person has to answer something, and there is no terminal to ask on", { cause });
}

/** By index, because the library wants plain values. */
async function chooseOne<T>(prompts: Prompts, message: string, choices: readonly Choice<T>[], place: Place): Promise<T | symbol> {
  const options = choices.map(({ label }, value) => ({ value, label: printable(label) }));
  const index = await prompts.select({ message: printable(message), options, ...place });
  const chosen = typeof index === "symbol" ? undefined : choices[index];
  return chosen === undefined ? Symbol("cancelled") : chosen.value;
}

function canOpen({ input }: DevicePaths): boolean {
  try {
    closeSync(openSync(input, "r+"));
    return true;
  } catch {
    return false;
  }
}

/** Nothing happens where there is no terminal: nobody would read it. */
function sayOnDevice(message: string, { output }: DevicePaths): void {
  try {
    const descriptor = openSync(output, "r+");
    writeSync(descriptor, `${printable(message)}\n`);
    closeSync(descriptor);
  } catch {
    return;
  }
}
