/**
 * The three kinds of question, drawn on a terminal by node's readline.
 *
 * No prompt library: those at hand load `process.stdout`, and for a pipe that makes writes non-blocking, for the wrapped command too when
 * we become it. Every answer is undefined when the person cancelled: Ctrl-C, Ctrl-D on an empty line, Escape.
 */

import { createInterface } from "node:readline";
import type { Key } from "node:readline";
import { Writable } from "node:stream";
import type { Device } from "./device.ts";

/** A line, shown and edited as it is typed; undefined also when the signal took the question back. */
export async function readLine(device: Device, prompt: string, signal?: AbortSignal): Promise<string | undefined> {
  const answer = await readUntilEnter(device, { prompt, output: device.screen, signal });
  if (answer === undefined) device.screen.write("\n");
  return answer;
}

/** A line of which nothing is shown. */
export async function readSecret(device: Device, prompt: string): Promise<string | undefined> {
  const answer = await readUntilEnter(device, { onReady: () => device.screen.write(prompt) });
  device.screen.write("\n");
  return answer;
}

/** The index of the label that Enter was pressed on; up and down move, and the list gives way to the choice. */
export async function pickOne(device: Device, message: string, labels: readonly string[]): Promise<number | undefined> {
  const { screen } = device;
  let index = 0;
  screen.write(`${message}:\n`);
  let drawn = drawLabels(device, labels, index);
  const erase = (lines: number) => screen.write(`\r\u001b[${lines}A\u001b[J`);
  const answer = await readUntilEnter(device, {
    onKey: ({ name }) => {
      index = (index + stepOf(name) + labels.length) % labels.length;
      erase(drawn);
      drawn = drawLabels(device, labels, index);
    },
  });
  erase(drawn + 1);
  screen.write(`${message}: ${answer === undefined ? "" : labels[index]}\n`);
  return answer === undefined ? undefined : index;
}

interface Reading {
  readonly prompt?: string;
  /** Where what is typed is echoed; nowhere unless given. */
  readonly output?: Writable;
  /** Called once the terminal shows no key by itself any more: whoever types as soon as they are asked must not see a secret. */
  readonly onReady?: () => void;
  readonly onKey?: (key: Key) => void;
  /** Ends the reading without an answer. */
  readonly signal?: AbortSignal | undefined;
}

const ESCAPE_MS = 50;

/** Puts the keys in raw mode and takes them back to what they were; fails when the terminal goes away. */
function readUntilEnter({ keys }: Device, reading: Reading): Promise<string | undefined> {
  const { prompt = "", output = nowhere(), onReady, onKey, signal } = reading;
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: keys, output, terminal: true, historySize: 0, escapeCodeTimeout: ESCAPE_MS });
    const finish = (answer?: string) => {
      keys.removeListener("keypress", press);
      signal?.removeEventListener("abort", takeBack);
      resolve(answer);
      lines.close();
    };
    const takeBack = () => finish();
    const press = (_text: string | undefined, key: Key) => (key.name === "escape" ? finish() : onKey?.(key));
    keys.on("keypress", press).once("error", reject);
    lines.once("line", finish).once("SIGINT", finish).once("close", finish);
    signal?.addEventListener("abort", takeBack, { once: true });
    if (signal?.aborted) return finish();
    onReady?.();
    lines.setPrompt(prompt);
    lines.prompt();
  });
}

function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}

function stepOf(name: string | undefined): -1 | 0 | 1 {
  if (name === "up" || name === "k") return -1;
  return name === "down" || name === "j" ? 1 : 0;
}

/** Draws as many labels around the current one as the screen has lines for, and returns how many that is. */
function drawLabels({ screen }: Device, labels: readonly string[], index: number): number {
  const height = Math.min(labels.length, Math.max(1, screen.rows - 2));
  const first = Math.min(Math.max(0, index - Math.floor(height / 2)), labels.length - height);
  for (const [offset, label] of labels.slice(first, first + height).entries()) {
    const line = `${first + offset === index ? ">" : " "} ${label.replaceAll("\n", " ")}`;
    screen.write(`${[...line].slice(0, screen.columns - 1).join("")}\n`);
  }
  return height;
}
