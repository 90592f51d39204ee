/**
 * `npm run bench`: the table of the README. Warm runs (credentials cached, the command is `true`) of both artefacts beside the least a program of their
 * kind can do, and beside any binary named by PEER=path; peak memory; what a cold login costs in requests.
 */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Sandbox, startSandbox } from "../sandbox/sandbox.ts";
import { type Contender, peakMemory, run, timeAll } from "./measure.ts";

const root = resolve(import.meta.dirname, "..");
const folder = mkdtempSync(join(tmpdir(), "aws-runas-bench-"));
const sandbox = await startSandbox();
try {
  await measure(await contendersOn(sandbox));
} finally {
  await sandbox.stop();
  rmSync(folder, { recursive: true, force: true });
}

interface Contenders {
  readonly standalone: Contender;
  readonly standaloneFloor: Contender;
  readonly npm: Contender;
  readonly npmFloor: Contender;
  readonly peer: Contender | undefined;
  /** Requests of the first run, to the provider and to STS. */
  readonly coldRequests: readonly string[];
}

async function measure({ coldRequests, ...named }: Contenders): Promise<void> {
  const contenders = Object.values(named).filter((contender) => contender !== undefined);
  const [alone, together] = [await timeAll(contenders, 100, 1), await timeAll(contenders, 5, 50)];
  console.log("warm run of `true`             one: ms   of its floor   50 at once: ms   of its floor   peak memory: MB");
  for (const contender of contenders) {
    const floor = contender === named.npm || contender === named.npmFloor ? named.npmFloor : named.standaloneFloor;
    const time = (times: Map<string, number>) => times.get(contender.name) ?? Number.NaN;
    const ratio = (times: Map<string, number>) => time(times) / (times.get(floor.name) ?? Number.NaN);
    const memory = peakMemory(contender) / 2 ** 20;
    const cells = [
      time(alone).toFixed(1).padStart(10),
      ratio(alone).toFixed(2).padStart(15),
      time(together).toFixed(0).padStart(17),
      ratio(together).toFixed(2).padStart(15),
    ];
    console.log(contender.name.padEnd(28) + cells.join("") + memory.toFixed(0).padStart(18));
  }
  if (named.peer !== undefined) {
    const ratio = (times: Map<string, number>) =>
      ((times.get(named.standalone.name) ?? Number.NaN) / (times.get(named.peer?.name ?? "") ?? Number.NaN)).toFixed(2);
    console.log(`\ndist/aws-runas takes ${ratio(alone)} of the peer's time alone, ${ratio(together)} with 50 at once`);
  }
  console.log(`\na cold login costs ${coldRequests.length} requests: ${coldRequests.join(", ")}`);
}

async function contendersOn({ environment, users, configText, provider, sts }: Sandbox): Promise<Contenders> {
  mkdirSync(join(folder, ".aws"));
  writeFileSync(join(folder, ".aws/config"), configText);
  seedPeer();
  const env = { HOME: folder, ...environment };
  const standalone: Contender = { name: "dist/aws-runas", command: [join(root, "dist/aws-runas"), "developer", "true"], env };
  await run({ ...standalone, env: { ...env, WEB_IDENTITY_PASSWORD: users.alice.password } });
  const coldRequests = [...provider.requests.map(({ method, path }) => `${method} ${path}`), ...sts.actions()];
  const peer = process.env["PEER"];
  return {
    standalone,
    standaloneFloor: { name: "  empty compiled program", command: [compileFloor(), "true"], env },
    npm: { name: "dist/npm on Node", command: ["node", join(root, "dist/npm/aws-runas.cjs"), "developer", "true"], env },
    npmFloor: { name: "  empty Node script", command: ["node", join(root, "bench/floor-node.cjs"), "true"], env },
    peer:
      peer === undefined
        ? undefined
        : { name: "PEER", command: [peer, "developer", "true"], env: { ...env, WEB_IDENTITY_PROVIDER: "keycloak" } },
    coldRequests,
  };
}

function compileFloor(): string {
  const output = join(folder, "floor");
  const flags = [
    "--compile",
    "--minify",
    "--bytecode",
    "--splitting",
    "--format=esm",
    "--no-compile-autoload-dotenv",
    "--no-compile-autoload-bunfig",
  ];
  execFileSync(process.execPath, ["build", ...flags, `--outfile=${output}`, join(root, "bench/floor-standalone.ts")], { stdio: "ignore" });
  return output;
}

/** Puts cached credentials where aws-runas 3.8 finds them, in case it is the peer. */
function seedPeer(): void {
  const Expiration = new Date(Date.now() + 3_600_000).toISOString();
  const credentials = { AccessKeyId: "ASIAEXAMPLE", Expiration, SecretAccessKey: "example", SessionToken: "example" };
  writeFileSync(join(folder, ".aws/.aws_web_role_developer"), JSON.stringify(credentials), { mode: 0o600 });
  writeFileSync(join(folder, ".aws/credentials"), "", { mode: 0o600 });
}
