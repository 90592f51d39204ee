/**
 * `npm run bench:serve`: requests a second and p99 of `serve ecs`, checks on, beside a bare server of the same runtime that returns the same bytes.
 * The two take turns; each pair of turns gives one ratio, and the median of those is shown. Processor time a request is measured as well: what
 * else the machine is doing does not change it.
 */

import { execFile, spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { startSandbox } from "../sandbox/sandbox.ts";
import { load, type Measured, type Target } from "./load.ts";

const root = resolve(import.meta.dirname, "..");
const CONNECTIONS = 20;
const TURNS = 9;
const TURN_MS = 1_000;

const kinds = [
  { name: "dist/aws-runas", command: [join(root, "dist/aws-runas")], runtime: process.execPath },
  { name: "dist/npm on Node", command: ["node", join(root, "dist/npm/aws-runas.cjs")], runtime: "node" },
] as const;

interface Server {
  readonly child: ChildProcess;
  readonly target: Target;
}

const sandbox = await startSandbox();
const home = mkdtempSync(join(tmpdir(), "aws-runas-bench-"));
const env = { ...process.env, HOME: home, ...sandbox.environment, WEB_IDENTITY_PASSWORD: sandbox.users.alice.password };
try {
  mkdirSync(join(home, ".aws"));
  writeFileSync(join(home, ".aws/config"), sandbox.configText);
  console.log("serve ecs, checks on             requests/s   of the bare server's   p99: ms   of its   processor time of its");
  for (const kind of kinds) await compare(kind);
} finally {
  await sandbox.stop();
  rmSync(home, { recursive: true, force: true });
}

async function compare({ name, command, runtime }: (typeof kinds)[number]): Promise<void> {
  const ours = await startOurs(command);
  const bare = await startBare(runtime, ours.target);
  const turns: Compared[] = [];
  for (let turn = -2; turn < TURNS; turn++) {
    const [one, other] = turn % 2 === 0 ? [ours, bare] : [bare, ours];
    const [first, second] = [await measure(one), await measure(other)];
    const [mine, its] = one === ours ? [first, second] : [second, first];
    if (turn >= 0) turns.push({ rate: mine.requestsPerSecond, p99: mine.p99Ms, ...ratios(mine, its) });
  }
  ours.child.kill();
  bare.child.kill();
  const cell = (key: keyof Compared, digits: number, width: number) =>
    median(turns.map((turn) => turn[key]))
      .toFixed(digits)
      .padStart(width);
  console.log(
    `${name.padEnd(30)}${cell("rate", 0, 13)}${cell("rateRatio", 2, 23)}${cell("p99", 1, 10)}${cell("p99Ratio", 2, 9)}${cell("costRatio", 2, 24)}`,
  );
}

interface Turn extends Measured {
  /** In the units of one run. */
  readonly cost: number;
}

interface Compared {
  readonly rate: number;
  readonly p99: number;
  readonly rateRatio: number;
  readonly p99Ratio: number;
  readonly costRatio: number;
}

function ratios(mine: Turn, its: Turn): Pick<Compared, "rateRatio" | "p99Ratio" | "costRatio"> {
  return { rateRatio: mine.requestsPerSecond / its.requestsPerSecond, p99Ratio: mine.p99Ms / its.p99Ms, costRatio: mine.cost / its.cost };
}

async function measure({ child, target }: Server): Promise<Turn> {
  const before = processorTicks(child);
  const measured = await load(target, CONNECTIONS, TURN_MS);
  return { ...measured, cost: (processorTicks(child) - before) / measured.requestsPerSecond };
}

/** User's and system's (Linux). @see proc_pid_stat(5) */
function processorTicks({ pid }: ChildProcess): number {
  const [, fields = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
  const [user, system] = fields.split(" ").slice(11, 13);
  return Number(user) + Number(system);
}

async function startOurs([program, ...args]: readonly [string, ...string[]]): Promise<Server> {
  await promisify(execFile)(program, [...args, "login", "developer"], { env });
  const child = spawn(program, [...args, "serve", "ecs", "-p", "0", "developer"], { env, stdio: ["ignore", "pipe", "ignore"] });
  const lines = await printed(child, /FULL_URI='(.*)'\n.*TOKEN='(.*)'\n/);
  const { host, port, pathname } = new URL(lines[1] ?? "");
  return {
    child,
    target: {
      port: Number(port),
      request: `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: ${lines[2]}\r\nAccept: application/json\r\n\r\n`,
    },
  };
}

async function startBare(runtime: string, { port, request }: Target): Promise<Server> {
  const authorization = /Authorization: (.*)\r/.exec(request)?.[1] ?? "";
  const body = await (await fetch(`http://127.0.0.1:${port}/credentials`, { headers: { authorization } })).text();
  const child = spawn(runtime, [join(root, "bench/bare-server.cjs")], {
    env: { ...env, BODY: body },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [, own] = await printed(child, /(\d+)\n/);
  return { child, target: { port: Number(own), request } };
}

function printed({ stdout }: ChildProcess, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((done, reject) => {
    let text = "";
    stdout?.once("end", () => reject(new Error(`it ended after: ${text}`)));
    stdout?.on("data", (part: Buffer) => {
      text += part.toString();
      const found = pattern.exec(text);
      if (found !== null) done(found);
    });
  });
}

function median(samples: readonly number[]): number {
  return [...samples].sort((a, b) => a - b)[Math.floor(samples.length / 2)] ?? Number.NaN;
}
