/** How large the terminal is, asked of the device itself: stdout and stderr may be pipes. */

import { openSync } from "node:fs";
import { WriteStream } from "node:tty";

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** Zeros for a terminal that was never given a size. @throws the system's error for what is no terminal */
export function screenSize(path: string): ScreenSize {
  const screen = new WriteStream(openSync(path, "r+"));
  const { columns = 0, rows = 0 } = screen;
  screen.destroy();
  return { columns, rows };
}
