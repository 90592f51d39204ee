/**
 * A pipe of the system's between a program and us.
 *
 * The runtimes' own "pipes" are sockets: a program cannot open /dev/stdout or /dev/stderr then (ENXIO), and no SIGPIPE tells it that nobody
 * reads. So the program writes to a FIFO, and `cat` hands that on to us; in a session of its own, so that no key of the terminal ends it
 * before the program.
 */

import { type ChildProcess, execFile, spawn } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

export interface Pipe {
  /** Where the program writes; for its stdio, and to be closed once it has been started. */
  readonly descriptor: number;
  /** Its stdout is what the program writes. */
  readonly reader: ChildProcess;
}

/** `count` of them; undefined where the system cannot do it. @param path of the user's, to find mkfifo and cat in */
export async function openPipes(count: number, path: string): Promise<readonly Pipe[] | undefined> {
  const env = { PATH: path };
  const folder = mkdtempSync(join(tmpdir(), "aws-runas-pipe-"));
  try {
    const files = Array.from({ length: count }, (_, index) => join(folder, String(index)));
    await promisify(execFile)("mkfifo", ["-m", "600", ...files], { env });
    return files.map((file) => openPipe(file, env));
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Opened for both first, as either end alone would wait for the other. */
function openPipe(file: string, env: { readonly PATH: string }): Pipe {
  const both = openSync(file, constants.O_RDWR);
  const input = openSync(file, constants.O_RDONLY);
  const descriptor = openSync(file, constants.O_WRONLY);
  closeSync(both);
  const reader = spawn("cat", [], { env, stdio: [input, "pipe", "ignore"], detached: true });
  reader.on("error", () => {}); // then the program is told by SIGPIPE
  closeSync(input);
  return { descriptor, reader };
}
