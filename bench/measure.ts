/**
 * Times whole processes. The contenders take turns within one loop, in an order drawn anew each round (a process is slower after a large one), so
 * that what else the machine is doing falls on all of them alike; compare medians of one run only.
 */

import { execFileSync, spawn } from "node:child_process";

export interface Contender {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
}

/** Median milliseconds from spawn to exit of each contender, by name: `rounds` rounds of `width` processes at a time, a round lasting as long as its last process. */
export async function timeAll(contenders: readonly Contender[], rounds: number, width: number): Promise<Map<string, number>> {
  const samples = contenders.map((): number[] => []);
  for (let round = -2; round < rounds; round++) {
    const order = shuffled([...contenders.entries()]);
    for (const [index, contender] of order) {
      const elapsed = await timeOnce(contender, width);
      if (round >= 0) samples[index]?.push(elapsed);
    }
  }
  return new Map(contenders.map(({ name }, index) => [name, median(samples[index] ?? [])]));
}

/** Peak resident memory in bytes, as the command it runs reads it from the kernel (Linux). */
export function peakMemory({ command, env }: Contender): number {
  const [program, ...words] = command;
  const look = ["sh", "-c", "grep VmHWM /proc/$PPID/status"];
  const output = execFileSync(program, [...words.slice(0, -1), ...look], { env: withPath(env), encoding: "utf8" });
  return Number(/\d+/.exec(output)?.[0]) * 1024;
}

/** Rejects unless the process ends with status 0. */
export function run({ name, command: [program, ...args], env }: Contender): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], env: withPath(env) });
    let complaint = "";
    child.stderr.on("data", (chunk) => (complaint += chunk));
    child.once("error", reject);
    child.once("close", (code) => (code === 0 ? resolve() : reject(new Error(`${name} ended with ${code}: ${complaint}`))));
  });
}

function shuffled<T>(items: readonly T[]): T[] {
  const drawn = items.map((item) => ({ item, at: Math.random() }));
  return drawn.sort((a, b) => a.at - b.at).map(({ item }) => item);
}

async function timeOnce(contender: Contender, width: number): Promise<number> {
  const start = performance.now();
  await Promise.all(Array.from({ length: width }, () => run(contender)));
  return performance.now() - start;
}

function median(samples: readonly number[]): number {
  return [...samples].sort((a, b) => a - b)[Math.floor(samples.length / 2)] ?? Number.NaN;
}

function withPath(env: Readonly<Record<string, string>>): Record<string, string | undefined> {
  return { PATH: process.env["PATH"], ...env };
}
