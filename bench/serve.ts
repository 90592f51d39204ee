/**
 * `npm run bench:serve`: requests a second and p99 of `serve ecs`, checks on, beside a bare server, asked over few and many connections: how much
 * of the p99 is pauses of the collector depends on how many requests each of them stops.
 */

import { execFile, spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { startSandbox } from "../sandbox/sandbox.ts";
import { compare, type Server, startBare } from "./compare.ts";

const root = resolve(import.meta.dirname, "..");
const CONNECTIONS = [8, 20, 64];

const kinds = [
  { name: "dist/aws-runas", command: [join(root, "dist/aws-runas")], runtime: process.execPath },
  { name: "dist/npm on Node", command: ["node", join(root, "dist/npm/aws-runas.cjs")], runtime: "node" },
] as const;

const sandbox = await startSandbox();
const home = mkdtempSync(join(tmpdir(), "aws-runas-bench-"));
const env = { ...process.env, HOME: home, ...sandbox.environment, WEB_IDENTITY_PASSWORD: sandbox.users.alice.password };
try {
  mkdirSync(join(home, ".aws"));
  writeFileSync(join(home, ".aws/config"), sandbox.configText);
  console.log("serve ecs, checks on   connections   requests/s   of the bare server's   p99: ms   of its   processor time of its");
  for (const kind of kinds) await show(kind);
} finally {
  await sandbox.stop();
  rmSync(home, { recursive: true, force: true });
}

async function show({ name, command, runtime }: (typeof kinds)[number]): Promise<void> {
  const { body, ...ours } = await startOurs(command);
  const bare = await startBare(runtime, { request: ours.target.request, body });
  for (const connections of CONNECTIONS) {
    const { rate, p99, rateRatio, p99Ratio, costRatio } = await compare(ours, bare, connections);
    const cell = (value: number, digits: number, width: number) => value.toFixed(digits).padStart(width);
    console.log(
      `${name.padEnd(20)}${cell(connections, 0, 14)}${cell(rate, 0, 13)}${cell(rateRatio, 2, 23)}${cell(p99, 1, 10)}${cell(p99Ratio, 2, 9)}${cell(costRatio, 2, 24)}`,
    );
  }
  ours.child.kill();
  bare.child.kill();
}

async function startOurs([program, ...args]: readonly [string, ...string[]]): Promise<Server & { body: string }> {
  await promisify(execFile)(program, [...args, "login", "developer"], { env });
  const child = spawn(program, [...args, "serve", "ecs", "-p", "0", "developer"], { env, stdio: ["ignore", "pipe", "ignore"] });
  const [, uri = "", authorization = ""] = await printed(child, /FULL_URI='(.*)'\n.*TOKEN='(.*)'\n/);
  const { host, port, pathname } = new URL(uri);
  const request = `GET ${pathname} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: ${authorization}\r\nAccept: application/json\r\n\r\n`;
  const body = await (await fetch(uri, { headers: { authorization } })).text();
  return { child, target: { port: Number(port), request }, body };
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
