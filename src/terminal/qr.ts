/**
 * A QR code on the terminal: two rows of modules a line, in half blocks.
 *
 * Readers want dark on light, so the light modules are what is drawn, in white on black whatever the terminal's colours are. Nothing is
 * drawn where it would be cut off, or scroll the code away.
 */

import { closeSync, openSync, writeSync } from "node:fs";
import { encode } from "uqr";
import type { Environment } from "../world.ts";
import { type ScreenSize, screenSize } from "./screen.ts";

/** Modules of quiet zone on each side: half of what the standard asks for, which readers of screens do with. */
const BORDER = 2;
/** Above it the page, the code and an empty line, which are compared with what the reader shows; below it another and the wait. */
const OTHER_LINES = 5;
const WHITE_ON_BLACK = "\u001b[97;40m";

/** Whether the terminal shows characters beyond ASCII. On Windows the old console does not. */
export function isUnicode(env: Environment, platform: NodeJS.Platform): boolean {
  if (env["TERM"] === "dumb") return false;
  if (platform === "win32") return Boolean(env["WT_SESSION"]);
  return /utf-?8/i.test(env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "");
}

/** Draws it on the terminal at `path`, if it fits. */
export function drawQr(path: string, text: string, hasColour: boolean): void {
  const descriptor = openSync(path, "r+");
  try {
    const lines = qrLines(text, screenSize(path));
    if (lines === undefined) return;
    const painted = hasColour ? lines.map((line) => `${WHITE_ON_BLACK}${line}\u001b[0m`) : lines;
    writeSync(descriptor, `${painted.join("\n")}\n\n`);
  } finally {
    closeSync(descriptor);
  }
}

/** One string a line of the screen; undefined when it is too large for it. */
export function qrLines(text: string, { columns, rows }: ScreenSize): readonly string[] | undefined {
  const { data, size } = encode(text, { ecc: "L", border: BORDER });
  const height = Math.ceil(size / 2);
  if (size > columns || height + OTHER_LINES > rows) return undefined;
  const isLight = (row: number, column: number) => data[row]?.[column] === false;
  return Array.from({ length: height }, (_row, line) =>
    Array.from({ length: size }, (_column, column) => block(isLight(2 * line, column), isLight(2 * line + 1, column))).join(""),
  );
}

function block(isUpperLight: boolean, isLowerLight: boolean): string {
  if (isUpperLight) return isLowerLight ? "█" : "▀";
  return isLowerLight ? "▄" : " ";
}
