/** Shows on the terminal that something is waited for: a line that moves, and a number to compare with another device's in large digits. */

import { closeSync, openSync, writeSync } from "node:fs";
import { printable } from "../errors.ts";
import { screenSize } from "./screen.ts";

const FRAMES = ["|", "/", "-", "\\"];
const FRAME_MS = 120;
/** As many large digits as the narrowest terminal has room for. */
const MAX_NUMBER = 20;

/** Seven segments a digit, three lines high. */
const DIGITS: Readonly<Record<string, readonly [string, string, string]>> = {
  "0": [" _ ", "| |", "|_|"],
  "1": ["   ", "  |", "  |"],
  "2": [" _ ", " _|", "|_ "],
  "3": [" _ ", " _|", " _|"],
  "4": ["   ", "|_|", "  |"],
  "5": [" _ ", "|_ ", " _|"],
  "6": [" _ ", "|_ ", "|_|"],
  "7": [" _ ", "  |", "  |"],
  "8": [" _ ", "|_|", "|_|"],
  "9": [" _ ", "|_|", " _|"],
};

/** The function it gives ends it and takes the moving line away. */
export function showWait(path: string, message: string, number?: string): () => void {
  const descriptor = openSync(path, "r+");
  const line = cutToWidth(printable(message).replaceAll("\n", " "), columnsOf(path) - 3);
  if (number !== undefined) writeSync(descriptor, `\n${largeNumber(printable(number).slice(0, MAX_NUMBER))}\n\n`);
  let frame = 0;
  const draw = () => writeSync(descriptor, `\r\u001b[K${FRAMES[frame++ % FRAMES.length]} ${line}`);
  draw();
  const timer = setInterval(() => tryTo(draw), FRAME_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    tryTo(() => writeSync(descriptor, "\r\u001b[K"));
    closeSync(descriptor);
  };
}

/** What has no large form stays as it is. */
export function largeNumber(number: string): string {
  const digits = [...number].map((character) => DIGITS[character]);
  if (digits.length === 0 || digits.includes(undefined)) return `  ${number}`;
  return [0, 1, 2].map((row) => `  ${digits.map((digit) => digit?.[row]).join(" ")}`).join("\n");
}

/** A line that wraps is not overwritten but begun anew at each move. The last column is left free: terminals wrap after it, too. */
function cutToWidth(line: string, columns: number): string {
  const letters = [...line];
  return columns < 1 || letters.length <= columns ? line : `${letters.slice(0, columns - 1).join("")}…`;
}

/** Zero where that is not known. */
function columnsOf(path: string): number {
  try {
    return screenSize(path).columns;
  } catch {
    return 0;
  }
}

/** A terminal may go away while something is waited for. */
function tryTo(write: () => void): void {
  try {
    write();
  } catch {
    return;
  }
}
