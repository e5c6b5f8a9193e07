// The tests under a runner that puts mutants in the contract's place: mutate.mjs.

import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    root: ".",
    include: ["tests/*.test.ts"],
    exclude: ["versions", "costs", "model", "invariants"].map((name) => `tests/${name}.test.ts`),
    runner: "./mutation/runner.ts",
    pool: "threads",
    isolate: false,
    poolOptions: { threads: { singleThread: true, isolate: false } },
    env: { CLARITY: "4", EPOCH: "3.3", COVERAGE: "coverage" },
    onConsoleLog: () => false,
    testTimeout: 600_000,
    hookTimeout: 60_000,
  },
});
