/** A terminal as a person has it: types keys into a real pseudo-terminal and reads its screen, through tmux. */

import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";

export interface Pane {
  /** Types text as it is. */
  type(text: string): void;
  /** Presses keys by tmux's names: "Enter", "C-c", "Down". */
  press(...keys: string[]): void;
  screen(): string;
  /** All that was shown since it opened; a line that did not fit is one line. */
  history(): string;
  /** Waits until the screen shows it; rejects with the screen after `timeoutMs`, 20 000 unless told. */
  shows(pattern: RegExp, timeoutMs?: number): Promise<string>;
  close(): void;
}

/** Runs a shell line in a new terminal of 120 × 40. */
export function openPane(line: string, env: Readonly<Record<string, string>>): Pane {
  const socket = `aws-runas-${randomUUID()}`;
  const tmux = (...args: string[]) => execFileSync("tmux", ["-L", socket, "-f", "/dev/null", ...args], { encoding: "utf8" });
  const variables = Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
  tmux("new-session", "-d", "-x", "120", "-y", "40", ...variables, `${line}; echo "ended with $?"; sleep 300`);
  const screen = () => tmux("capture-pane", "-p");
  return {
    type: (text) => void tmux("send-keys", "-l", text),
    press: (...keys) => void tmux("send-keys", ...keys),
    screen,
    history: () => tmux("capture-pane", "-p", "-J", "-S", "-"),
    shows: (pattern, timeoutMs = 20_000) => until(screen, pattern, timeoutMs),
    close: () => void tmux("kill-server"),
  };
}

async function until(screen: () => string, pattern: RegExp, timeoutMs: number): Promise<string> {
  const end = Date.now() + timeoutMs;
  while (Date.now() < end) {
    const shown = screen();
    if (pattern.test(shown)) return shown;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`the terminal never showed ${pattern}:\n${screen()}`);
}
