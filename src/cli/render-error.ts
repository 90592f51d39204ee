/**
 * Errors → the lines a person reads: `aws-runas: <message>`, `hint: …`, and at -vv the stack and every cause.
 *
 * Messages quote what servers and files said, so control characters are made visible and further lines are indented: nothing from outside
 * can move the cursor or pass for a line of ours.
 */

import { InternalError, messageOf, printable, RunasError } from "../errors.ts";

export interface RenderedError {
  /** Whole lines, for stderr. */
  readonly text: string;
  readonly exitStatus: number;
}

/** `verbosity` counts the v's that were given. */
export function renderError(thrown: unknown, verbosity: number): RenderedError {
  const error = thrown instanceof RunasError ? thrown : unexpected(thrown);
  const lines = [`aws-runas: ${indented(error.message)}`];
  if (error.hint !== undefined) lines.push(`hint: ${indented(error.hint)}`);
  if (verbosity > 1) lines.push(`code: ${error.code}`, ...causesOf(error));
  return { text: `${lines.join("\n")}\n`, exitStatus: error.exitStatus };
}

function unexpected(thrown: unknown): InternalError {
  return new InternalError(`something unexpected went wrong: ${messageOf(thrown)}`, {
    hint: "this is a bug of aws-runas; -vv shows where it is",
    cause: thrown,
  });
}

function causesOf(error: Error): string[] {
  const lines = [indented(error.stack ?? "")];
  const seen = new Set<unknown>([error]);
  for (let cause = error.cause; cause !== undefined && !seen.has(cause); cause = cause instanceof Error ? cause.cause : undefined) {
    seen.add(cause);
    lines.push(`caused by: ${indented(cause instanceof Error ? (cause.stack ?? cause.message) : String(cause))}`);
  }
  return lines;
}

function indented(text: string): string {
  return printable(text).replaceAll("\n", "\n  ");
}
