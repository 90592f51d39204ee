/**
 * What main.ts will do with a command, and nothing else: `wrapper run|become WORD…`. Bundled by test/exec/runtimes.ts to run under Node.
 */

import { becomeCommand } from "../../../src/exec/become.ts";
import { runCommand } from "../../../src/exec/run.ts";
import { RunasError } from "../../../src/errors.ts";

const [, , mode, ...command] = process.argv;
const request = { command, env: process.env as Record<string, string>, process };

async function main(): Promise<number> {
  if (mode === "become") becomeCommand(request);
  return runCommand(request);
}

main().then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    if (!(error instanceof RunasError)) throw error;
    process.stderr.write(`${error.message}\n${error.hint ?? ""}\n`);
    process.exitCode = error.exitStatus;
  },
);
