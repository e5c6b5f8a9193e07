// After each test file of the project that records coverage: write what was executed so far
// where scripts/coverage.mjs gathers it.

import { mkdirSync, writeFileSync } from "node:fs";
import { afterAll } from "vitest";
import { threadId } from "node:worker_threads";
import { Chain } from "./chain";

if (process.env.COVERAGE) {
  afterAll(async () => {
    const report = (await Chain.shared()).coverage();
    mkdirSync("coverage/parts", { recursive: true });
    writeFileSync(`coverage/parts/${process.pid}-${threadId}-${Date.now()}.info`, report);
  });
}
