/**
 * A server of ours beside a bare one of the same runtime that returns the same bytes: they take turns, each pair of turns gives one ratio, and the
 * median of those counts. Processor time a request is measured as well: what else the machine is doing does not change it.
 */

import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load, type Measured, type Target } from "./load.ts";

export interface Server {
  readonly child: ChildProcess;
  readonly target: Target;
}

export interface Compared {
  /** Ours, requests a second. */
  readonly rate: number;
  /** Ours, milliseconds. */
  readonly p99: number;
  /** Ours divided by the bare server's, as are the next two. */
  readonly rateRatio: number;
  readonly p99Ratio: number;
  readonly costRatio: number;
}

const TURNS = 7;

/** Medians of turns of a second each; two more go before, in which both are compiled. */
export async function compare(ours: Server, bare: Server, connections: number): Promise<Compared> {
  const measure = (server: Server) => measureTurn(server, connections);
  const seen: Compared[] = [];
  for (let turn = -2; turn < TURNS; turn++) {
    const [one, other] = turn % 2 === 0 ? [ours, bare] : [bare, ours];
    const [first, second] = [await measure(one), await measure(other)];
    const [mine, its] = one === ours ? [first, second] : [second, first];
    if (turn >= 0) seen.push({ rate: mine.requestsPerSecond, p99: mine.p99Ms, ...ratios(mine, its) });
  }
  const median = (key: keyof Compared) => seen.map((each) => each[key]).sort((a, b) => a - b)[Math.floor(seen.length / 2)] ?? Number.NaN;
  return {
    rate: median("rate"),
    p99: median("p99"),
    rateRatio: median("rateRatio"),
    p99Ratio: median("p99Ratio"),
    costRatio: median("costRatio"),
  };
}

/** `request` as ours is asked; `body` as ours answers. */
export async function startBare(runtime: string, { request, body }: { request: string; body: string }): Promise<Server> {
  const env = { ...process.env, BODY: body };
  const child = spawn(runtime, [join(import.meta.dirname, "bare-server.cjs")], { env, stdio: ["ignore", "pipe", "inherit"] });
  const port = await new Promise<string>((resolve, reject) => {
    child.once("exit", () => reject(new Error("the bare server ended")));
    child.stdout.once("data", (part: Buffer) => resolve(part.toString()));
  });
  return { child, target: { port: Number(port), request } };
}

interface Turn extends Measured {
  /** In the units of one run. */
  readonly cost: number;
}

function ratios(mine: Turn, its: Turn): Pick<Compared, "rateRatio" | "p99Ratio" | "costRatio"> {
  return { rateRatio: mine.requestsPerSecond / its.requestsPerSecond, p99Ratio: mine.p99Ms / its.p99Ms, costRatio: mine.cost / its.cost };
}

async function measureTurn({ child, target }: Server, connections: number): Promise<Turn> {
  const before = processorTicks(child);
  const measured = await load(target, connections, 1_000);
  return { ...measured, cost: (processorTicks(child) - before) / measured.requestsPerSecond };
}

/** User's and system's (Linux). @see proc_pid_stat(5) */
function processorTicks({ pid }: ChildProcess): number {
  const [, fields = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
  const [user, system] = fields.split(" ").slice(11, 13);
  return Number(user) + Number(system);
}
