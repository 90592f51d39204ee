/**
 * Runs a command at a terminal of its own and plays the person: `terminal STEPS COMMAND…`, STEPS a JSON list of
 * `{ after, type }`: once the text `after` has appeared (since the last step), `type` is typed. Under Bun only, which has pseudo-terminals.
 *
 * Prints `{ status, transcript }`, the transcript without carriage returns.
 */

interface Step {
  readonly after: string;
  readonly type: string;
}

interface Terminal {
  write(text: string): void;
}

interface BunRuntime {
  spawn(options: { cmd: string[]; terminal: { data: (terminal: Terminal, data: Uint8Array) => void } }): {
    exited: Promise<number>;
    kill(signal: NodeJS.Signals): void;
  };
}

const { Bun: bun } = globalThis as unknown as { Bun: BunRuntime };
const [, , stepsJson = "[]", ...cmd] = process.argv;
const steps = JSON.parse(stepsJson) as Step[];
let transcript = "";
let seen = 0;

function look(terminal: Terminal): void {
  const [step] = steps;
  const at = step === undefined ? -1 : transcript.indexOf(step.after, seen);
  if (step === undefined || at === -1) return;
  seen = at + step.after.length;
  steps.shift();
  terminal.write(step.type);
  look(terminal);
}

const child = bun.spawn({
  cmd,
  terminal: {
    data: (terminal, data) => {
      transcript += new TextDecoder().decode(data).replaceAll("\r", "");
      look(terminal);
    },
  },
});
const timer = setTimeout(() => child.kill("SIGKILL"), 8_000);
void child.exited.then((status) => {
  clearTimeout(timer);
  process.stdout.write(JSON.stringify({ status, transcript, missed: steps }));
  process.exit();
});
