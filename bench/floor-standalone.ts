/** The least a standalone program can do that listens and runs a command: what the warm run of `dist/aws-runas` is compared with. */

import { spawn } from "node:child_process";

declare const Bun: { serve(options: { port: number; hostname: string; fetch: () => Response }): unknown };

Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("") });
const [program = "true", ...args] = process.argv.slice(2);
spawn(program, args, { stdio: "inherit" }).once("exit", (code) => process.exit(code ?? 1));
