/**
 * `npm start`: logs in, assumes a role and runs a command, all on the sandbox and in a home of its own, and shows each step. Fails when
 * one of them does, and when the second run asks anything of the provider or of STS.
 *
 * `npm start -- --keep` leaves the sandbox running until Ctrl-C and prints three lines to paste. Further words say how to start aws-runas,
 * when it is not `dist/aws-runas`.
 */

import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

import { type Sandbox, startSandbox } from "./sandbox.ts";

interface Stage {
  readonly sandbox: Sandbox;
  /** With the configuration in it, and gone at the end. */
  readonly home: string;
  /** How aws-runas is started. */
  readonly awsRunas: readonly string[];
}

const BUILT = path.join(import.meta.dirname, "..", "dist", "aws-runas");
const WHOAMI = ["node", path.join(import.meta.dirname, "whoami.js")];
const PROFILE = "developer";
/** Those that show another way to log in. */
const OTHER_PROFILES =
  "browser, device-code, offline (a refresh token), consent, two-pages, target (a jump role), saml (several roles), saml-one, saml-target," +
  " ivy (an IAM user), link-2 (a chain of roles)";

async function main(words: readonly string[]): Promise<number> {
  const isKept = words.includes("--keep");
  const named = words.filter((word) => word !== "--keep");
  const sandbox = await startSandbox();
  const home = await mkdtemp(path.join(tmpdir(), "aws-runas-sandbox-"));
  try {
    await mkdir(path.join(home, ".aws"));
    await writeFile(path.join(home, ".aws", "config"), sandbox.configText);
    const stage = { sandbox, home, awsRunas: named.length === 0 ? [BUILT] : named };
    return await (isKept ? keep(stage) : show(stage));
  } finally {
    await sandbox.stop();
    await rm(home, { recursive: true, force: true });
  }
}

async function show(stage: Stage): Promise<number> {
  const { provider, sts, users, configText } = stage.sandbox;
  step("1. An OpenID provider and an STS are listening.", [`provider  ${provider.issuer}`, `STS       ${sts.origin}`]);
  step(`2. The profile ${PROFILE} is in a new ~/.aws/config; its login comes from sandbox.`, sectionsOf(configText, ["sandbox", PROFILE]));

  step(`3. ${users.alice.name} logs in, assumes the role and runs whoami.js.`, [`$ WEB_IDENTITY_PASSWORD=… ${commandText(stage)}`]);
  const cold = await run(stage, { WEB_IDENTITY_PASSWORD: users.alice.password });
  describe(cold);
  if (cold.status !== 0) return cold.status;

  step("4. Again, with the credentials kept from before; nothing is asked.", [`$ ${commandText(stage)}`]);
  const warm = await run(stage, {});
  describe(warm);
  if (warm.status !== 0) return warm.status;

  const isRight = cold.stsActions.includes("AssumeRoleWithWebIdentity") && warm.providerRequests.length + warm.stsActions.length === 0;
  if (isRight)
    step("It works.", ["npm start -- --keep leaves it running, to try the other ways to log in and the other commands by hand."]);
  else step("Something is wrong: a login should have happened in the first run, and in it alone.", []);
  return isRight ? 0 : 1;
}

async function keep({ sandbox, home, awsRunas }: Stage): Promise<number> {
  const { name, password } = sandbox.users.alice;
  const variables = Object.entries({ HOME: home, ...sandbox.environment }).map(([key, value]) => `${key}=${quote(value)}`);
  console.log(`export ${variables.join(" ")}`);
  console.log(`echo ${quote(`The password of ${name} is ${password}`)}; echo ${quote(`Other profiles: ${OTHER_PROFILES}`)}`);
  console.log([...awsRunas, PROFILE, ...WHOAMI].map(quote).join(" "));
  await new Promise((resolve) => ["SIGINT", "SIGTERM"].forEach((signal) => process.once(signal, resolve)));
  return 0;
}

interface Run {
  readonly status: number;
  readonly durationMs: number;
  /** "GET /auth", in order. */
  readonly providerRequests: readonly string[];
  /** Without the wrapped command's own GetCallerIdentity. */
  readonly stsActions: readonly string[];
}

async function run({ sandbox, home, awsRunas }: Stage, secrets: Readonly<Record<string, string>>): Promise<Run> {
  const { provider, sts } = sandbox;
  const before = { provider: provider.requests.length, sts: sts.requests.length };
  const env = { PATH: process.env["PATH"], HOME: home, USERPROFILE: home, ...sandbox.environment, ...secrets };
  const startedAtMs = performance.now();
  const status = await exitStatus([...awsRunas, PROFILE, ...WHOAMI], env);
  const durationMs = performance.now() - startedAtMs;
  const actions = sts.actions().slice(before.sts);
  return {
    status,
    durationMs,
    providerRequests: provider.requests.slice(before.provider).map((request) => `${request.method} ${request.path}`),
    stsActions: actions.filter((action) => action !== "GetCallerIdentity"),
  };
}

/** 127 when it cannot be started. */
function exitStatus([file = "", ...args]: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { env, stdio: "inherit" });
    child.once("error", (error) => {
      console.error(`sandbox: ${error.message} (npm run build makes dist/aws-runas)`);
      resolve(127);
    });
    child.once("exit", (status) => resolve(status ?? 1));
  });
}

function step(title: string, lines: readonly string[]): void {
  console.log([title, ...lines.map((line) => `   ${line}`), ""].join("\n"));
}

function describe({ status, durationMs, providerRequests, stsActions }: Run): void {
  console.log(`\n   exit status ${status}, ${(durationMs / 1000).toFixed(2)} s in all`);
  for (const [whom, requests] of Object.entries({ "the provider": providerRequests, STS: stsActions })) {
    console.log(`   requests to ${whom}: ${requests.length}`);
    for (const request of requests) console.log(`     ${request.replace(/[\w-]{43}$/, "…")}`);
  }
  console.log();
}

function commandText({ awsRunas }: Stage): string {
  return [...awsRunas, PROFILE, ...WHOAMI].map((word) => path.basename(word)).join(" ");
}

function sectionsOf(configText: string, names: readonly string[]): string[] {
  const sections = configText.split(/^(?=\[)/m).filter((section) => names.some((name) => section.startsWith(`[profile ${name}]`)));
  return sections.join("").trim().split(/\n+/);
}

/** For a POSIX shell. */
function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

// Ctrl-C reaches aws-runas as well: its end is ours, and what was made is cleared away.
process.on("SIGINT", () => undefined);
process.exitCode = await main(process.argv.slice(2));
