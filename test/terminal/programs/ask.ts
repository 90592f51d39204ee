/** Asks one question of each kind, says what was answered, and then lets a command read two lines from the same terminal. */

import { spawn } from "node:child_process";
import { isInBackground } from "../../../src/system.ts";
import { createTerminal } from "../../../src/terminal/terminal.ts";

const READ_TWO_LINES = "stty -a | grep -Eo '(^| )-?(icanon|echo)( |$)' | tr -d '\\n'; read a; read b; echo read:$a,$b";

void ask();

async function ask(): Promise<void> {
  const terminal = createTerminal(process.platform, {}, isInBackground);
  process.stderr.write(`pid:${process.pid}\n`);
  try {
    terminal.say("about to ask");
    const name = await terminal.ask("Name \u001b[31m", "nobody");
    const [secret, choice] = await Promise.all([
      terminal.askSecret("Password"),
      terminal.choose("Which", [
        { value: { one: 1 }, label: "first" },
        { value: { two: 2 }, label: "second" },
      ]),
    ]);
    process.stderr.write(`answers:${JSON.stringify([name, secret.reveal(), choice])}\n`);
  } catch (error) {
    process.stderr.write(`failed:${error instanceof Error ? error.name : error}\n`);
  }
  spawn("sh", ["-c", READ_TWO_LINES], { stdio: "inherit" }).once("exit", (code) => process.exit(code ?? 1));
}
