/** Both built programs hold the web page whole, as its files are in the source. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { artefacts, makeHome, start } from "./artefacts.ts";

const folder = join(import.meta.dirname, "../../src/metadata/serve/page");

describe.each(artefacts)("$name", (artefact) => {
  let home: ReturnType<typeof makeHome>;
  afterEach(() => home.remove());

  test.each(["ecs", "ec2"])(
    "serve %s serves every file of the page, and prints where it is with the token in the fragment",
    async (kind) => {
      home = makeHome("");
      const child = start(artefact, ["serve", kind, "-p", "0"], { env: { HOME: home.path } });
      try {
        let [said, printed] = ["", ""];
        child.stderr?.on("data", (text) => (said += String(text)));
        child.stdout?.on("data", (text) => (printed += String(text)));
        await expect.poll(() => said, { timeout: 10_000 }).toMatch(/its page is http:\S+\n/);
        const address = new URL(/its page is (\S+)\n/.exec(said)?.[1] ?? "");
        expect(printed + said).toMatch(new RegExp(`(?:AUTHORIZATION_TOKEN='|API is )${address.hash.slice(1)}`));
        const files = new Map([["/", "page.html"]]);
        for (const [path, file] of files) {
          const response = await fetch(`${address.origin}${path}`);
          const text = await response.text();
          expect({ path, status: response.status, text }).toEqual({ path, status: 200, text: readFileSync(join(folder, file), "utf8") });
          for (const [, named] of text.matchAll(/(?:src|href)="\/([^"]+)"|from "\.\/([^"]+)"/g)) {
            if (named !== undefined) files.set(`/${named}`, named);
          }
          for (const [, imported] of text.matchAll(/from "\.\/([^"]+)"/g)) {
            const target = new URL(imported ?? "", `http://page${path}`).pathname;
            files.set(target, target.slice(1));
          }
        }
        expect(files.size).toBeGreaterThan(10);
        const state = await fetch(`${address.origin}/state`, { headers: { authorization: address.hash.slice(1) } });
        expect(await state.json()).toMatchObject({ active: null, login: null, requests: [] });
      } finally {
        child.kill();
      }
    },
  );
});
