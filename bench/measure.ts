/**
 * Times whole processes. The contenders take turns within one loop, so that what else the machine is doing falls on all of them alike; compare
 * medians of one run only.
 */

import { spawn } from "node:child_process";

declare const Bun: {
  spawn(
    command: readonly string[],
    options: { env: Record<string, string | undefined>; stdio: ["ignore", "ignore", "ignore"] },
  ): { exited: Promise<number>; resourceUsage(): { maxRSS: number } | undefined };
};

export interface Contender {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
}

/** Median milliseconds from spawn to exit of each contender, by name: `rounds` rounds of `width` processes at a time, a round lasting as long as its last process. */
export async function timeAll(contenders: readonly Contender[], rounds: number, width: number): Promise<Map<string, number>> {
  const samples = contenders.map((): number[] => []);
  for (let round = -2; round < rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      const elapsed = await timeOnce(contender, width);
      if (round >= 0) samples[index]?.push(elapsed);
    }
  }
  return new Map(contenders.map(({ name }, index) => [name, median(samples[index] ?? [])]));
}

/** Peak resident memory of one run, in bytes. */
export async function peakMemory({ command, env }: Contender): Promise<number> {
  const child = Bun.spawn(command, { env: withPath(env), stdio: ["ignore", "ignore", "ignore"] });
  await child.exited;
  return child.resourceUsage()?.maxRSS ?? Number.NaN;
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
