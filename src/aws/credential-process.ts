/**
 * `credential_process`: a command's line, run by the shell → the keys that it prints.
 *
 * Run by ourselves, as the SDK's provider gives no handle on what it runs and sets no limit: one that hangs would go on after us. It gets our
 * environment, the terminal and nothing to read. It stays in our process group, as one of its own could ask nothing on the terminal; so what is to be
 * killed is looked for: the shell and all that descends from it. What has left that tree is taken for a service that is to stay.
 *
 * @see https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html for what is printed
 */

import { type ChildProcess, exec, spawnSync } from "node:child_process";
import type { Answer } from "./provided-credentials.ts";

const PS_LIMIT_MS = 5_000;
const MAX_WORDS = 2_000;

/** @throws Error without the command's line, which may hold secrets */
export async function runCredentialProcess(command: string, limitMs: number): Promise<Answer> {
  const printed = parseJson(await outputOf(command, limitMs));
  if (printed["Version"] !== 1) throw new Error("what it gives is not of Version 1");
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = printed;
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken || undefined,
    expiration: Expiration ? new Date(String(Expiration)) : undefined,
  };
}

function outputOf(command: string, limitMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const child = exec(command, { windowsHide: true }, (error, stdout, stderr) => {
      clearTimeout(timer);
      if (isLate) reject(new Error(`nothing came within ${limitMs / 1000} s`));
      else if (error === null) resolve(stdout);
      else reject(new Error(`${problemOf(error)}\n${lastWords(stderr.replaceAll(command, "the command"))}`.trim()));
    });
    const timer = setTimeout(() => {
      isLate = true;
      killTree(child);
    }, limitMs);
    child.stdin?.on("error", () => {}).end();
  });
}

function problemOf({ code }: { code?: unknown }): string {
  return code === "ERR_CHILD_PROCESS_STDIO_MAXBUFFER" ? "the command prints more than 1 MiB" : "the command failed";
}

/** What is before them is chatter, of up to a megabyte. */
function lastWords(text: string): string {
  return text.length > MAX_WORDS ? `…${text.slice(-MAX_WORDS)}` : text;
}

function killTree(child: ChildProcess): void {
  const hasEnded = child.exitCode !== null || child.signalCode !== null; // its number may be another's by now
  const descendants = hasEnded || child.pid === undefined ? [] : descendantsOf(child.pid);
  if (descendants.length > 0) spawnSync("kill", ["-KILL", ...descendants.map(String)], { timeout: PS_LIMIT_MS });
  child.kill("SIGKILL");
  child.stdout?.destroy(); // or we would wait for who else holds it
  child.stderr?.destroy();
}

/** As far as `ps` tells; nothing on Windows. */
function descendantsOf(pid: number): readonly number[] {
  const { stdout } = spawnSync("ps", ["-A", "-o", "pid=,ppid="], { encoding: "utf8", timeout: PS_LIMIT_MS });
  const rows = (stdout ?? "").split("\n").map((line) => line.trim().split(/\s+/).map(Number));
  const found = [pid];
  for (const ancestor of found) found.push(...rows.flatMap(([child, parent]) => (child && parent === ancestor ? [child] : [])));
  return found.slice(1);
}

/** @throws Error for what is none, without what it is */
function parseJson(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error("what it gives is invalid JSON");
  }
  if (typeof value !== "object" || value === null) throw new Error("what it gives are no AWS keys");
  return { ...value };
}
