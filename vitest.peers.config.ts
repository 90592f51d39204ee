import { defineConfig } from "vitest/config";

/** Tests against software nobody here wrote; `test/peers/install.ts` installs it and fails when it cannot. */
export default defineConfig({
  test: {
    include: ["test/peers/**/*.test.ts"],
    globalSetup: ["test/peers/setup.ts"],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
