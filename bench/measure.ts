/**
 * Times whole processes. The contenders take turns within one loop, so that what else the machine is doing falls on all of them alike; compare
 * medians of one run only.
 */

import { spawn } from "node:child_process";

export interface Contender {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
}

export interface Timing {
  readonly name: string;
  /** Milliseconds from spawn to exit. */
  readonly medianMs: number;
  readonly fastestMs: number;
}

/** Each contender once a round, `width` processes at a time; the time of a round is that of its last process. */
export async function timeAll(contenders: readonly Contender[], rounds: number, width: number): Promise<Timing[]> {
  const samples = contenders.map((): number[] => []);
  for (let round = -2; round < rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      const elapsed = await timeOnce(contender, width);
      if (round >= 0) samples[index]?.push(elapsed);
    }
  }
  return contenders.map(({ name }, index) => ({ name, ...summary(samples[index] ?? []) }));
}

async function timeOnce(contender: Contender, width: number): Promise<number> {
  const start = performance.now();
  await Promise.all(Array.from({ length: width }, () => run(contender)));
  return performance.now() - start;
}

/** Rejects unless the process ends with status 0. */
export function run({ name, command: [program, ...args], env }: Contender): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"], env: { PATH: process.env["PATH"], ...env } });
    let complaint = "";
    child.stderr.on("data", (chunk) => (complaint += chunk));
    child.once("error", reject);
    child.once("close", (code) => (code === 0 ? resolve() : reject(new Error(`${name} ended with ${code}: ${complaint}`))));
  });
}

function summary(samples: readonly number[]): { medianMs: number; fastestMs: number } {
  const sorted = [...samples].sort((a, b) => a - b);
  return { medianMs: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN, fastestMs: sorted[0] ?? Number.NaN };
}
