/** Takes questions back by their signals — one that is open, one that waits for its turn — asks another, and lets a command read on. */

import { spawn } from "node:child_process";
import { createTerminal } from "../../../src/terminal/terminal.ts";

const READ_TWO_LINES = "stty -a | grep -Eo '(^| )-?(icanon|echo)( |$)' | tr -d '\\n'; read a; read b; echo read:$a,$b";

void ask();

async function ask(): Promise<void> {
  const terminal = createTerminal(process.platform);
  const [open, waiting, never] = [new AbortController(), new AbortController(), new AbortController()];
  const told: string[] = [];
  const note = (name: string) => (reason: unknown) => void told.push(`${name} ${String(reason)}`);
  const ended = [
    terminal.ask("Open", "", open.signal).catch(note("open")),
    terminal.ask("Waiting", "", waiting.signal).catch(note("waiting")),
    terminal.ask("Late", "", AbortSignal.abort("was too late")).catch(note("late")),
  ];
  setTimeout(() => waiting.abort("was not needed"), 1_000);
  setTimeout(() => open.abort("was answered elsewhere"), 1_500);
  await Promise.all(ended);
  process.stderr.write(`told:${JSON.stringify(told)}\n`);
  process.stderr.write(`answer:${await terminal.ask("Last", "", never.signal)}\n`);
  spawn("sh", ["-c", READ_TWO_LINES], { stdio: "inherit" }).once("exit", (code) => process.exit(code ?? 1));
}
