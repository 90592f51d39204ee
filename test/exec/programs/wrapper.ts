/**
 * What main.ts will do with a command, and nothing else: `wrapper run|become WORD…`. Bundled by test/exec/runtimes.ts to run under Node.
 */

import { becomeCommand } from "../../../src/exec/become.ts";
import { runCommand } from "../../../src/exec/run.ts";
import { RunasError } from "../../../src/errors.ts";

const [, , mode, ...command] = process.argv;
const request = { command, env: process.env as Record<string, string>, process };

async function main(): Promise<void> {
  try {
    if (mode === "become") becomeCommand(request);
    process.exitCode = await runCommand(request);
  } catch (error) {
    if (!(error instanceof RunasError)) throw error;
    process.stderr.write(`${error.message}\n${error.hint ?? ""}\n`);
    process.exitCode = error.exitStatus;
  }
}

void main();
