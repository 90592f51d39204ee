/** Rows of cells → lines with their columns below each other. */

import { printable } from "../errors.ts";

/** A row with fewer cells than the first widens no column: its last cell runs on over the others. */
export function table(rows: readonly (readonly string[])[]): string {
  const lines = rows.map((row) => row.map(printable));
  const [head = []] = lines;
  const full = lines.filter(({ length }) => length === head.length);
  const widths = head.map((_, column) => full.reduce((width, line) => Math.max(width, line[column]?.length ?? 0), 0));
  return lines.map((line) => `${alignedLine(line, widths)}\n`).join("");
}

function alignedLine(cells: readonly string[], widths: readonly number[]): string {
  const padded = cells.map((cell, column) => cell.padEnd(widths[column] ?? 0));
  return padded.join("  ").trimEnd();
}
