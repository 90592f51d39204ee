/**
 * The terminal device as streams: keys in raw mode, and a screen.
 *
 * On POSIX the keys are polled from a descriptor that never blocks. A stream would leave a read pending on Bun, and that read takes the
 * first line typed to the wrapped command. Raw mode itself is a matter of the device, so any descriptor on it can switch it. On Windows
 * the console's own stream is used.
 */

import { closeSync, constants, openSync, readSync, writeSync } from "node:fs";
import { PassThrough } from "node:stream";
import { ReadStream, WriteStream } from "node:tty";

export interface Device {
  /** Has `isTTY` and `setRawMode`, as prompt libraries expect of stdin. */
  readonly keys: PassThrough | ReadStream;
  readonly screen: WriteStream;
  /** The mode and the cursor as they were. Harmless when called twice. */
  restore(): void;
  close(): void;
}

export interface DevicePaths {
  readonly input: string;
  readonly output: string;
  /** True for a Windows console. */
  readonly isConsole: boolean;
}

const POLL_MS = 15;
/** For a terminal that was never given a size. */
const FALLBACK_SIZE = { columns: 80, rows: 24 };
const SHOW_CURSOR = "\u001b[?25h";

/** @throws the system's error where there is no terminal. */
export function openDevice({ input, output, isConsole }: DevicePaths): Device {
  const screenDescriptor = openSync(output, "r+");
  const screen = new WriteStream(screenDescriptor);
  if (!(screen.columns > 0)) Object.assign(screen, FALLBACK_SIZE);
  const mode = new ReadStream(openSync(input, "r+"));
  const keys = isConsole ? mode : pollKeys(input, mode);
  const restore = () => {
    mode.setRawMode(false);
    writeSync(screenDescriptor, SHOW_CURSOR);
  };
  return {
    keys,
    screen,
    restore,
    close: () => {
      restore();
      keys.destroy();
      mode.destroy();
      screen.destroy();
    },
  };
}

/** A stream with what prompt libraries expect of stdin, fed by looking for keys every few milliseconds. */
function pollKeys(path: string, mode: ReadStream): PassThrough {
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  const keys = Object.assign(new PassThrough(), { isTTY: true, setRawMode: (isRaw: boolean) => mode.setRawMode(isRaw) });
  const timer = setInterval(() => passOn(descriptor, keys), POLL_MS);
  keys.once("close", () => {
    clearInterval(timer);
    closeSync(descriptor);
  });
  return keys;
}

function passOn(descriptor: number, keys: PassThrough): void {
  const buffer = new Uint8Array(1024);
  try {
    const length = readSync(descriptor, buffer);
    if (length > 0) keys.write(buffer.subarray(0, length).map(endAsCancel));
    else keys.end();
  } catch (error) {
    const isNothingTyped = error instanceof Error && "code" in error && error.code === "EAGAIN";
    if (!isNothingTyped) keys.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Ctrl-D would end the prompt library's reader without an answer: it counts as Ctrl-C. */
function endAsCancel(byte: number): number {
  return byte === 4 ? 3 : byte;
}
