/**
 * The terminal device as streams: keys, and a screen.
 *
 * On POSIX the keys are polled from a descriptor that never blocks. A stream would leave a read pending on Bun, and that read takes the
 * first line typed to the wrapped command. Raw mode is a matter of the device, so any descriptor on it can switch it. On Windows the
 * console's own stream is used.
 */

import { closeSync, constants, openSync, readSync } from "node:fs";
import { PassThrough } from "node:stream";
import { ReadStream, WriteStream } from "node:tty";

export interface Device {
  /** Has `isTTY` and `setRawMode`, as readline expects of stdin; fails when the terminal goes away. */
  readonly keys: NodeJS.ReadableStream;
  readonly screen: WriteStream;
  /** Puts the terminal's mode back too. */
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

/** @throws the system's error where there is no terminal. */
export function openDevice({ input, output, isConsole }: DevicePaths): Device {
  const mode = new ReadStream(openSync(input, "r+"));
  const screen = new WriteStream(openSync(output, "r+"));
  if (!(screen.columns > 0)) Object.assign(screen, FALLBACK_SIZE);
  const keys = isConsole ? mode : pollKeys(input, mode);
  return {
    keys,
    screen,
    close: () => {
      mode.setRawMode(false);
      for (const stream of new Set([keys, mode, screen])) stream.destroy();
    },
  };
}

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
    if (length > 0) keys.write(buffer.subarray(0, length));
    else keys.destroy(new Error("the terminal hung up"));
  } catch (error) {
    const isNothingTyped = error instanceof Error && "code" in error && error.code === "EAGAIN";
    if (!isNothingTyped) keys.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}
