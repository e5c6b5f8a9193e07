// One project for each Clarity version, all with the same tests, and one, `whole`, for the
// tests that open several versions themselves or take long. In `clarity-4` the contract
// comes from Clarinet.toml and coverage is recorded.

import { defineConfig } from "vitest/config";

const ONCE = ["versions", "costs", "model", "invariants"].map((name) => `tests/${name}.test.ts`);

// Epochs that the versions came with, but for Clarity 2: 2.5 is the last epoch that it leads.
const EPOCHS: Record<string, string> = { 2: "2.5", 3: "3.2", 4: "3.3", 5: "3.4", 6: "4.0" };

const QUIET = [
  "(medical-records-management:",
  "Runtime error while interpreting",
  "deployment plan file",
];

const shared = {
  testTimeout: 60_000,
  hookTimeout: 60_000,
} as const;

export default defineConfig({
  test: {
    // Opening a network takes a second: a worker keeps its own from file to file.
    pool: "threads",
    isolate: false,
    poolOptions: { threads: { isolate: false, minThreads: 1, maxThreads: 2 } },
    // The network prints the events of a contract from Clarinet.toml, and every call that
    // can't even begin; some tests make such calls on purpose.
    onConsoleLog: (line) => !QUIET.some((part) => line.includes(part)),
    projects: [
      ...Object.entries(EPOCHS).map(([clarity, epoch]) => ({
        test: {
          ...shared,
          name: `clarity-${clarity}`,
          include: ["tests/*.test.ts"],
          exclude: ONCE,
          env: { CLARITY: clarity, EPOCH: epoch, COVERAGE: clarity === "4" ? "coverage" : "" },
          setupFiles: ["tests/coverage.ts"],
        },
      })),
      {
        test: {
          ...shared,
          name: "whole",
          include: ONCE,
          env: { CLARITY: "6", EPOCH: "4.0" },
          testTimeout: 300_000,
        },
      },
    ],
  },
});
