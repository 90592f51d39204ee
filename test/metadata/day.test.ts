/** What a server holds in memory after a day, on both runtimes; programs/day.ts lives through it. */

import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, describe, expect, test } from "vitest";
import { testHome } from "../credentials/fixtures.ts";
import { bothRuntimes } from "../exec/runtimes.ts";

/** A leak of 150 bytes for each request is more. */
const MOST_GROWTH = 800_000;

describe.each(bothRuntimes())("under $name", (runtime) => {
  afterAll(() => runtime.clean());

  test("a server holds no more after 24 hours and 144 refreshes than after four", async () => {
    const [file = "", ...first] = await runtime.prepare(new URL("programs/day.ts", import.meta.url));
    // What Bun compiles counts as heap, and it goes on compiling for most of this day; the SDK advises a newer Node.
    const env = { ...process.env, BUN_JSC_useJIT: "0", AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true" };
    const flags = runtime.name === "Node" ? ["--expose-gc"] : [];
    const { stdout, stderr } = await promisify(execFile)(file, [...flags, ...first, await testHome()], { env, timeout: 110_000 });
    expect(stderr).toBe("");
    const { used, refreshes } = JSON.parse(stdout);
    expect(refreshes).toBe(144);
    expect(used).toHaveLength(24);
    expect(used[23] - used[4]).toBeLessThan(MOST_GROWTH);
  }, 120_000);
});
