// The least a Node script can do that runs a command: what the warm run of `dist/npm` is compared with.
const { spawn } = require("node:child_process");
const [program = "true", ...args] = process.argv.slice(2);
spawn(program, args, { stdio: "inherit" }).once("exit", (code) => process.exit(code ?? 1));
