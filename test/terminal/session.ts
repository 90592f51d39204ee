/** A program on a terminal of its own, which `script` makes, and the person in front of it. */

import { spawn, spawnSync } from "node:child_process";
import { vi } from "vitest";

export const hasScript = spawnSync("script", ["-qec", "true", "/dev/null"]).status === 0;

export class Session {
  output = "";
  readonly status: Promise<number | null>;
  readonly #child;

  /** @param command for a shell */
  constructor(command: string, env: NodeJS.ProcessEnv = process.env) {
    this.#child = spawn("script", ["-qec", command, "/dev/null"], { stdio: "pipe", env: { ...env, TERM: "xterm" } });
    this.#child.stdout.setEncoding("utf8").on("data", (part: string) => (this.output += part));
    this.status = new Promise((done) => this.#child.once("exit", done));
  }

  types(keys: string): void {
    this.#child.stdin.write(keys);
  }

  async sees(expected: string | RegExp): Promise<void> {
    const check = () => {
      const isThere = typeof expected === "string" ? this.output.includes(expected) : expected.test(this.output);
      if (!isThere) throw new Error(`the terminal never showed ${expected}:\n${this.output}`);
    };
    await vi.waitFor(check, { timeout: 10_000, interval: 20 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.status;
  }
}
