import { configDefaults, defineConfig } from "vitest/config";
import { textImports } from "./scripts/text-imports.ts";
import { CountReporter } from "./test/reporter.ts";

/** The self-contained suite: nothing but Node, npm packages and loopback. */
export default defineConfig({
  plugins: [textImports()],
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "test/peers/**"],
    reporters: ["default", new CountReporter()],
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
