/** Ends a run with one plain line, "12 passed, 0 failed", which `.ci/run` adds up. */

import type { Reporter, TestModule } from "vitest/node";

export class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const passed = tests.filter((test) => test.ok() && test.result().state === "passed").length;
    const broken = modules.filter((module) => module.errors().length > 0).length;
    const failed = tests.filter((test) => test.result().state === "failed").length + broken + errors.length;
    process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
  }
}
