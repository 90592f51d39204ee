import { defineConfig } from "vitest/config";
import { textImports } from "./scripts/text-imports.ts";
import { CountReporter } from "./test/reporter.ts";

/** Tests against software nobody here wrote; `test/peers/install.ts` installs it and fails when it cannot. */
export default defineConfig({
  plugins: [textImports()],
  test: {
    include: ["test/peers/**/*.test.ts"],
    globalSetup: ["test/peers/setup.ts"],
    reporters: ["default", new CountReporter()],
    fileParallelism: false,
    testTimeout: 120_000,
    hookTimeout: 300_000,
  },
});
