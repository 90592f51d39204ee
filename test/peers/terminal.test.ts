/** Signals and job control at a real terminal, with a real shell, on both artefacts. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { artefacts, run } from "../binary/artefacts.ts";
import { type Stage, setStage } from "../binary/stage.ts";
import { openPane, type Pane } from "./tmux.ts";

const folder = mkdtempSync(join(tmpdir(), "terminal-"));
const log = join(folder, "log");
const child = join(folder, "child.sh");
writeFileSync(
  child,
  `trap 'echo INT >> ${log}; exit 42' INT
trap 'echo CONT >> ${log}' CONT
echo started
while :; do sleep 0.1; done
`,
);

describe.each(artefacts)("$name", (artefact) => {
  let stage: Stage;
  let pane: Pane;
  const command = artefact.command.join(" ");
  beforeAll(async () => {
    stage = await setStage();
    await run(artefact, ["developer", "true"], { env: stage.asAlice });
  });
  afterEach(() => pane.close());
  afterAll(() => stage.close());

  const type = (words: string) => {
    pane.type(words);
    pane.press("Enter");
  };

  const openShell = async () => {
    pane = openPane("bash --norc -i", { ...stage.env, PATH: process.env["PATH"] ?? "" });
    await pane.shows(/bash-[\d.]+[#$]/);
  };

  const inShell = async (words: string) => {
    writeFileSync(log, "");
    await openShell();
    type(words);
    await pane.shows(/started/);
  };

  test("a login in the shell's background that has to ask ends with 7 and says why, and one in the foreground asks meanwhile", async () => {
    await openShell();
    type(`${command} logout developer; ${command} developer true &`);
    await pane.shows(/asks for a password[\s\S]*this is the background of the terminal/);
    type(`${command} developer true & ${command} developer echo in as $((1 + 1))`);
    await pane.shows(/Password for alice/);
    type(stage.sandbox.users.alice.password);
    await pane.shows(/in as 2/);
    type("wait; echo all over $((1 + 2))");
    await pane.shows(/all over 3/);
    expect(pane.history()).toContain("Exit 7");
    expect(pane.history()).not.toContain("Stopped");
  });

  test.each(["", "-E "])("Ctrl-C reaches the command once, and its exit status is ours (%s)", async (flag) => {
    await inShell(`${command} ${flag}developer bash ${child}; echo "status $?"`);
    pane.press("C-c");
    await pane.shows(/status 42/);
    expect(readFileSync(log, "utf8")).toBe("INT\n");
  });

  test.each(["", "-E "])("Ctrl-Z stops both, fg goes on with both (%s)", async (flag) => {
    await inShell(`${command} ${flag}developer bash ${child}; echo "status $?"`);
    pane.press("C-z");
    await pane.shows(/Stopped/);
    pane.type("fg");
    pane.press("Enter");
    await expect.poll(() => readFileSync(log, "utf8"), { timeout: 5_000 }).toBe("CONT\n");
    pane.press("C-c");
    await expect.poll(() => readFileSync(log, "utf8"), { timeout: 5_000 }).toBe("CONT\nINT\n");
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));
