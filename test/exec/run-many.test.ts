/** Several commands side by side: signals, those that cannot start, and readers that go away. */

import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { prefixLines } from "../../src/exec/prefix-lines.ts";
import { runMany } from "../../src/exec/run-many.ts";
import type { Output, OwnProcess } from "../../src/world.ts";

/** Not in any terminal's foreground, as its pid is nobody's. */
class OwnStandIn extends EventEmitter implements OwnProcess {
  readonly pid = 2 ** 22 + 1;
  readonly platform = process.platform;
  kill = () => true;
}

function start(
  command: readonly string[],
  names: readonly string[],
  { jobs = 8, path = process.env["PATH"] ?? "", stdout = {} as Partial<Output> } = {},
) {
  const own = new OwnStandIn();
  const text = { stdout: "", stderr: "" };
  const env = { PATH: path };
  const outcome = runMany({
    command,
    runs: names.map((name) => ({ name, env: { ...env, NAME: name } })),
    jobs,
    process: own,
    stdout: { isTerminal: false, write: (part) => void (text.stdout += part.toString()), ...stdout },
    stderr: { isTerminal: false, write: (part) => void (text.stderr += part.toString()) },
    now: () => Date.now(),
  });
  return { own, text, outcome };
}

function script(content: string): string {
  const folder = mkdtempSync(join(tmpdir(), "aws-runas-many-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "script"), content, { mode: 0o755 });
  return join(folder, "script");
}

test("nothing more was started only after Ctrl-C: TERM and HUP end it too, with their own status", async () => {
  for (const [signal, status] of [["SIGTERM", 143] as const, ["SIGHUP", 129] as const]) {
    const { own, text, outcome } = start(["sh", "-c", "echo on; exec sleep 20"], ["a", "b"], { jobs: 1 });
    await vi.waitFor(() => expect(text.stdout).toBe("a | on\n"));
    own.emit(signal);
    expect(await outcome).toEqual({ ended: [expect.objectContaining({ name: "a", status })], signalStatus: status });
  }
});

test("a command that ended with 130 by itself kept the others from starting", async () => {
  const { outcome } = start(["sh", "-c", "test $NAME = b || exit 130"], ["a", "b"], { jobs: 1 });
  const { ended, signalStatus } = await outcome;
  expect([ended.map(({ status }) => status), signalStatus]).toEqual([[130, 0], undefined]);
});

test("Node warned of a leak where more than ten ran at once", async () => {
  const warnings: string[] = [];
  const listener = ({ name }: Error) => warnings.push(name);
  process.on("warning", listener);
  const { own, outcome } = start(
    ["sleep", "0.1"],
    Array.from({ length: 12 }, (_, index) => `p${index}`),
    { jobs: 12 },
  );
  expect(own.listenerCount("SIGTERM")).toBeLessThan(3);
  await outcome;
  expect(own.listenerCount("SIGTERM")).toBe(0);
  process.off("warning", listener);
  expect(warnings).toEqual([]);
});

test("one that could not be started left the others running unwatched", async () => {
  const file = script("#!/no/such/interpreter\n");
  const { text, outcome } = start([file], ["a", "b"], { jobs: 1 });
  expect((await outcome).ended.map(({ status }) => status)).toEqual([126, 126]);
  expect(text.stderr).toContain(`a | aws-runas: cannot run ${file}: its interpreter or loader does not exist\n`);
});

test("a script without an interpreter's line did not run", async () => {
  const { text, outcome } = start([script("echo $NAME\n")], ["a"]);
  expect((await outcome).ended[0]?.status).toBe(0);
  expect(text.stdout).toBe("a | a\n");
});

test("commands wrote on without end to a reader that had gone away", async () => {
  const { outcome } = start(["yes"], ["a", "b"], { stdout: { isAbandoned: true } });
  expect((await outcome).ended.map(({ status }) => status)).toEqual([141, 141]);
});

test("a script's > /dev/stderr failed, as its output was a socket", async () => {
  const { text, outcome } = start(["sh", "-c", "echo one > /dev/stderr; echo two > /dev/stdout"], ["a"]);
  expect((await outcome).ended[0]?.status).toBe(0);
  expect(text).toEqual({ stdout: "a | two\n", stderr: "a | one\n" });
});

const withoutFifos = { path: "/nowhere" };

test.each([{}, withoutFifos])("a command that left a program in the background did not end before that did (%j)", async (options) => {
  const leaves = script(`#!/bin/sh\n/bin/sleep 20 &\necho pid $!\n`);
  const { outcome, text } = start([leaves], ["a"], options);
  const { ended } = await outcome;
  onTestFinished(() => void process.kill(Number(/pid (\d+)/.exec(text.stdout)?.[1])));
  expect(ended).toEqual([expect.objectContaining({ status: 0 })]);
  expect(ended[0]?.durationMs).toBeLessThan(10_000);
});

test("a program left in the background that never paused kept its command from ending", async () => {
  const { outcome, text } = start(["sh", "-c", "yes & echo last >&2; exit 3"], ["a"]);
  expect((await outcome).ended).toEqual([expect.objectContaining({ status: 3 })]);
  expect(text.stderr).toBe("a | last\n");
});

test("all that a command wrote comes, however slowly it is read", async () => {
  const parts: string[] = [];
  const write = (part: string | Uint8Array) => {
    const until = Date.now() + 40;
    while (Date.now() < until); // as a pipe that is full holds us up
    parts.push(part.toString());
  };
  const { outcome } = start(["sh", "-c", "seq 100000; /bin/sleep 20 & exit 0"], ["a"], { stdout: { write } });
  await outcome;
  expect(parts.join("").split("\n").at(-2)).toBe("a | 100000");
});

test("goes on where the system has no FIFOs to give", async () => {
  const { outcome, text } = start(["/bin/echo", "on"], ["a"], withoutFifos);
  expect((await outcome).ended[0]?.status).toBe(0);
  expect(text.stdout).toBe("a | on\n");
});

test("a character was cut in two where a line has no end", () => {
  let text = "";
  const lines = prefixLines("", (part) => void (text += part.toString()));
  const euro = Buffer.from("€");
  lines.add(Buffer.concat([Buffer.alloc(64 * 1024, "x"), euro.subarray(0, 2)]));
  lines.add(euro.subarray(2));
  lines.end();
  expect(text.replaceAll("\n", "")).toBe(`${"x".repeat(64 * 1024)}€`);
});

test("what is not UTF-8 came out as something else", () => {
  const parts: Uint8Array[] = [];
  const lines = prefixLines("ü | ", (part) => void parts.push(part));
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => (index === 0x0a ? 0x0b : index)));
  lines.add(bytes);
  lines.end();
  expect(Buffer.concat(parts)).toEqual(Buffer.concat([Buffer.from("ü | "), bytes, Buffer.from("\n")]));
});

test("lines come out in one piece each, empty ones and the last too", () => {
  const parts: string[] = [];
  const lines = prefixLines("p | ", (part) => void parts.push(part.toString()));
  for (const chunk of ["one\n\ntw", "o\nthr", "ee"]) lines.add(Buffer.from(chunk));
  lines.end();
  expect(parts.join("")).toBe("p | one\np | \np | two\np | three\n");
});
