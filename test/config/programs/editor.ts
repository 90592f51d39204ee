/** Edits its own section of FILE without end and prints each edit that it found there; stops with status 1 when it did not. */

import { promises as fs } from "node:fs";
import { editIniFile, readSection } from "../../../src/config/edit.ts";
import type { Log } from "../../../src/world.ts";

const [path = "", homeDir = "", section = ""] = process.argv.slice(2);
const log: Log = { warn: (line) => console.error(line), info: () => {}, debug: () => {} };

async function main(): Promise<void> {
  for (let count = 1; ; count += 1) {
    await editIniFile({ path, label: path }, { section, values: { count: `${count}` } }, { homeDir, platform: process.platform, log });
    const found = readSection({ label: path, bytes: await fs.readFile(path) }, section).get("count");
    if (found !== `${count}`) throw new Error(`wrote ${count} and found ${found}`);
    console.log(count);
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
