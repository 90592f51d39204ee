/** A command at a terminal of its own, with a person who types: programs/terminal.ts as a function. */

import { bun, run } from "./runtimes.ts";

export interface Step {
  /** Once this has appeared since the last step … */
  readonly after: string;
  /** … this is typed. */
  readonly type: string;
}

export interface Session {
  readonly status: number;
  readonly transcript: string;
  /** Steps that never came. */
  readonly missed: readonly Step[];
}

/** Runs a command and plays the person; whatever happens, it ends within 8 s. */
export async function atTerminal(steps: readonly Step[], words: readonly string[], env = {}): Promise<Session> {
  const player = await bun().prepare(new URL("programs/terminal.ts", import.meta.url));
  const { stdout } = await run([...player, JSON.stringify(steps), ...words], { env: { ...process.env, ...env } });
  return JSON.parse(stdout) as Session;
}
