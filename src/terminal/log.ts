/** Log lines on stderr: everything that is logged, each line marked as ours; how much of it is wanted is decided above. */

import { printable } from "../errors.ts";
import type { Environment, Log, Output } from "../world.ts";

/** Colour only on a terminal whose user did not say NO_COLOR. */
export function createLog(stderr: Output, env: Environment): Log {
  const paint = (code: number, text: string) => (stderr.isTerminal && !env["NO_COLOR"] ? `\u001b[${code}m${text}\u001b[0m` : text);
  const write = (text: string) => stderr.write(`aws-runas: ${text.replaceAll("\n", "\n  ")}\n`);
  return {
    warn: (message) => write(`${paint(33, "warning:")} ${printable(message)}`),
    info: (message) => write(printable(message)),
    debug: (message) => write(paint(2, printable(message))),
  };
}
