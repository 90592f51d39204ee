/**
 * An id token from a file that somebody else keeps fresh: Kubernetes' projected tokens, and what any job writes before it calls us.
 *
 * Synchronous: with credentials in the store this is all that is read of the login.
 */

import { closeSync, openSync, readSync, statSync } from "node:fs";
import { describeOrigin } from "../../config/origin.ts";
import type { Setting } from "../../config/profile.ts";
import { messageOf, printable } from "../../errors.ts";
import { sourceError } from "./source-error.ts";

/** STS takes 20 000 characters; what is longer is something else. */
export const MAX_TOKEN_BYTES = 65_536;

/** The file's text without blanks around it. @throws LoginError `token-unavailable` */
export function readTokenFile({ value, origin }: Setting<string>, homeDir: string): string {
  const path = value.startsWith("~/") ? homeDir + value.slice(1) : value;
  const failure = (problem: string) => sourceError(`${describeOrigin(origin)}: ${printable(path)} ${problem}`);
  const text = readText(path);
  if (typeof text !== "string") throw failure(text.problem);
  const token = text.trim();
  if (token === "") throw failure("is empty");
  return token;
}

/** What stands in the way; goes on from the path. */
interface Obstacle {
  readonly problem: string;
}

/** A pipe is not opened: it may wait for ever, and gives what it has only once. */
function readText(path: string): string | Obstacle {
  try {
    if (!statSync(path).isFile()) return { problem: "is no plain file" };
    const file = openSync(path, "r");
    try {
      return (
        readUpTo(file, new Uint8Array(MAX_TOKEN_BYTES + 1)) ?? {
          problem: `is longer than ${MAX_TOKEN_BYTES / 1024} KiB: it is no id token`,
        }
      );
    } finally {
      closeSync(file);
    }
  } catch (cause) {
    return { problem: isMissing(cause) ? "does not exist" : `cannot be read: ${messageOf(cause)}` };
  }
}

/** Undefined for more than the buffer takes. */
function readUpTo(file: number, buffer: Uint8Array): string | undefined {
  let length = 0;
  for (let read = 1; read > 0 && length < buffer.length; length += read)
    read = readSync(file, buffer, length, buffer.length - length, null);
  return length === buffer.length ? undefined : new TextDecoder().decode(buffer.subarray(0, length));
}

function isMissing(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ENOTDIR");
}
