/** What a run with cached credentials loads, on Node: files are what its time goes into. */

import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Artefact, artefacts, run } from "./artefacts.ts";
import { type Stage, setStage } from "./stage.ts";

const npm = artefacts[1]!;
const [node, program] = npm.command;
const traced: Artefact = { name: npm.name, command: [node, "--require", join(import.meta.dirname, "programs/loaded.cjs"), program!] };

let stage: Stage;
beforeAll(async () => (stage = await setStage()));
afterAll(() => stage.close());

test.each(["developer", "link-3", "saml-target", "saml-one"])(
  "a warm run of %s loads one file of ours, and the bundler's few lines beside it",
  async (profile) => {
    await run(npm, [profile, "true"], { env: stage.asAlice });
    const { status, stderr } = await run(traced, [profile, "true"], { env: stage.env });
    const loaded = stderr.split("\n").filter((line) => line.endsWith(".cjs"));
    expect(status).toBe(0);
    const runtime = expect.stringMatching(/^rolldown-runtime-/);
    expect(loaded.map((file) => basename(file))).toEqual(["loaded.cjs", "aws-runas.cjs", runtime]);
  },
);
