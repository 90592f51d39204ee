/**
 * The one file that talks to people. The rules it keeps:
 *
 * - Questions go to the terminal device itself, so they work while stdin and stdout are pipes, and never mix with the command's output.
 * - One question at a time; a second one waits until the first is answered.
 * - A secret is not shown as it is typed, not even its length.
 * - Ctrl-C, Escape and the end of input mean "no": `CancelledError`. A signal that takes the question back is no answer of the person's.
 * - The terminal's mode is put back after each answer; when a signal or an error ends the program in between, the runtime does it.
 * - No terminal means no question: `PersonNeededError`, at once. Neither does one in whose background we are: the question would stop us
 *   (SIGTTIN, SIGTTOU) until somebody types `fg`, and with us all who wait for our login.
 * - What servers call things is shown with its control characters made visible.
 *
 * The device is open only while a question is: before and after, every key belongs to the wrapped command.
 */

import { closeSync, openSync, writeSync } from "node:fs";
import { CancelledError, PersonNeededError, printable } from "../errors.ts";
import { Secret } from "../secret.ts";
import type { Choice, Environment, Terminal } from "../world.ts";
import type { Device, DevicePaths } from "./device.ts";

interface TerminalOptions {
  readonly env: Environment;
  readonly platform: NodeJS.Platform;
}

/** Resolves with undefined when the person cancelled. */
type Question<T> = (device: Device) => Promise<T | undefined>;

/** Opens nothing until something is asked. `env` says what the terminal can show. */
export function createTerminal(platform: NodeJS.Platform, env: Environment = {}, isInBackground = () => false): Terminal {
  const paths = devicePaths(platform);
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(question: Question<T>, signal?: AbortSignal): Promise<T> => {
    const answer = unlessAborted(last, signal).then(() => {
      if (isInBackground()) throw new PersonNeededError("a person has to answer something, and this is the background of the terminal");
      return askOnDevice(question, paths, signal);
    });
    last = Promise.allSettled([last, answer]);
    return answer;
  };
  return {
    get isAvailable() {
      return canOpen(paths) && !isInBackground();
    },
    get isInBackground() {
      return isInBackground();
    },
    ask: async (message, initial = "", signal) =>
      (await inTurn((device) => askLine(device, message, { initial, signal }), signal)) || initial,
    askSecret: async (message) => new Secret(await inTurn((device) => askHidden(device, message))),
    choose: (message, choices) => inTurn((device) => chooseOne(device, message, choices)),
    say: (message) => sayOnDevice(message, paths),
    showWait: (message, number) => waitOnDevice(message, number, paths),
    showQr: (text) => showQrOnDevice(text, paths, { env, platform }),
  };
}

function devicePaths(platform: NodeJS.Platform): DevicePaths {
  if (platform === "win32") return { input: "\\\\.\\CONIN$", output: "\\\\.\\CONOUT$", isConsole: true };
  return { input: "/dev/tty", output: "/dev/tty", isConsole: false };
}

/** Resolves with the turn; rejects with the signal's reason when it is aborted before. */
function unlessAborted(turn: Promise<unknown>, signal: AbortSignal | undefined): Promise<unknown> {
  if (signal === undefined) return turn;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) abort();
    void turn.finally(() => signal.removeEventListener("abort", abort)).then(resolve);
  });
}

async function askOnDevice<T>(question: Question<T>, paths: DevicePaths, signal: AbortSignal | undefined): Promise<T> {
  const { openDevice } = await import("./device.ts");
  let device: Device | undefined;
  try {
    device = openDevice(paths);
    const answer = await question(device);
    if (answer !== undefined) return answer;
  } catch (cause) {
    throw new PersonNeededError("a person has to answer something, and there is no terminal to ask on", { cause });
  } finally {
    device?.close();
  }
  signal?.throwIfAborted();
  throw new CancelledError();
}

interface LineOptions {
  readonly initial: string;
  readonly signal: AbortSignal | undefined;
}

async function askLine(device: Device, message: string, { initial, signal }: LineOptions): Promise<string | undefined> {
  const { readLine } = await import("./questions.ts");
  return readLine(device, printable(initial === "" ? `${message}: ` : `${message} [${initial}]: `), signal);
}

async function askHidden(device: Device, message: string): Promise<string | undefined> {
  const { readSecret } = await import("./questions.ts");
  return readSecret(device, printable(`${message}: `));
}

async function chooseOne<T>(device: Device, message: string, choices: readonly Choice<T>[]): Promise<T | undefined> {
  const { pickOne } = await import("./questions.ts");
  const labels = choices.map(({ label }) => printable(label));
  const index = await pickOne(device, printable(message), labels);
  return index === undefined ? undefined : choices[index]?.value;
}

function canOpen({ input }: DevicePaths): boolean {
  try {
    closeSync(openSync(input, "r+"));
    return true;
  } catch {
    return false;
  }
}

/** What draws is loaded when it is needed, and by then the wait may be over. */
function waitOnDevice(message: string, number: string | undefined, paths: DevicePaths): () => void {
  let isOver = false;
  let stop: (() => void) | undefined;
  const begin = async (): Promise<void> => {
    const { showWait } = await import("./wait.ts");
    if (!isOver && canOpen(paths)) stop = showWait(paths.output, message, number);
  };
  void begin();
  return () => {
    isOver = true;
    stop?.();
  };
}

/** Whatever goes wrong, the text itself has been said. */
async function showQrOnDevice(text: string, { output }: DevicePaths, { env, platform }: TerminalOptions): Promise<void> {
  const { drawQr, isUnicode } = await import("./qr.ts");
  try {
    if (isUnicode(env, platform)) drawQr(output, text, !env["NO_COLOR"]);
  } catch {
    return;
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
