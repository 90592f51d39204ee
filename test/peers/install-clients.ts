/** Builds a client of each AWS SDK that is compiled: Go, Java and Rust. What was built stays in `.peers/clients/` for the next run. */

import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { peersFolder, python } from "./install.ts";

const clientsFolder = join(peersFolder, "clients");
const programs = join(import.meta.dirname, "programs");
const root = join(import.meta.dirname, "../..");

export interface SdkClient {
  readonly name: string;
  readonly version: string;
  /** Prints the caller's ARN. */
  readonly command: readonly string[];
}

/** Java's and Rust's are those of `programs/`, as is Go's; the others are installed with the peers or are packages of ours. */
export const sdkClients: readonly SdkClient[] = [
  {
    name: "AWS CLI",
    version: "1.46.3",
    command: [join(python, "bin/aws"), "sts", "get-caller-identity", "--query", "Arn", "--output", "text"],
  },
  {
    name: "boto3",
    version: "1.44.5",
    command: [join(python, "bin/python"), "-c", "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"],
  },
  { name: "SDK for JavaScript v3", version: "3.1169", command: [process.execPath, "-e", javaScript()] },
  { name: "SDK for Go v2", version: "sts 1.51.8", command: [join(clientsFolder, "whoami-go")] },
  {
    name: "SDK for Java v2",
    version: "2.57.8",
    command: ["java", "-XX:TieredStopAtLevel=1", "-cp", `${join(clientsFolder, "java")}:${join(clientsFolder, "java/jars")}/*`, "WhoAmI"],
  },
  { name: "SDK for Rust", version: "sts 1.124.0", command: [join(clientsFolder, "rust/target/release/whoami")] },
];

export function installClients(): void {
  const done = join(clientsFolder, "complete");
  if (existsSync(done)) return;
  rmSync(clientsFolder, { recursive: true, force: true });
  mkdirSync(clientsFolder, { recursive: true });
  for (const language of ["go", "java", "rust"]) cpSync(join(programs, language), join(clientsFolder, language), { recursive: true });
  run("go", ["mod", "tidy"], "go");
  run("go", ["build", "-o", "../whoami-go", "."], "go");
  run("mvn", ["-q", "-B", "dependency:copy-dependencies", "-DoutputDirectory=jars"], "java");
  run("javac", ["-cp", "jars/*", "WhoAmI.java"], "java");
  run("cargo", ["build", "--release", "--quiet"], "rust");
  writeFileSync(done, "");
}

function javaScript(): string {
  return `const { STSClient, GetCallerIdentityCommand } = require(${JSON.stringify(join(root, "node_modules/@aws-sdk/client-sts"))});
    new STSClient({}).send(new GetCallerIdentityCommand({})).then((answer) => console.log(answer.Arn))`;
}

/** With the user's own home, wherever HOME points: Rust's toolchains are there. */
function run(program: string, args: readonly string[], folder: string): void {
  const env = { ...process.env, HOME: userInfo().homedir };
  execFileSync(program, args, { stdio: ["ignore", "ignore", "inherit"], cwd: join(clientsFolder, folder), env, timeout: 900_000 });
}
