// Runs each test not once but for every mutant that it may notice.
//
// MUTATION=record runs the tests as they are and writes which lines of the contract each one
// reaches. MUTATION=kill runs each test against the mutants that no test noticed yet and whose
// function it reaches; a test that fails kills its mutant. Both write to MUTATION_FOLDER.

import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import type { RunnerTestCase } from "vitest";
import { VitestTestRunner } from "vitest/runners";
import { getFn } from "vitest/suite";
import { Chain } from "../tests/chain";

interface Mutant {
  title: string;
  lines: [first: number, last: number] | null;
  source: string;
}

const FOLDER = process.env.MUTATION_FOLDER ?? "";
const SOURCE_FILE = "medical-records-management.clar";

/** What outlives a test file: vitest makes a runner for each. */
interface State {
  mutants: Mutant[];
  /** Lines that each test reached, by its name. */
  reached: Map<string, number[]>;
  deployed: Set<number>;
  invalid: Set<number>;
  killed: Set<number>;
  tested: Set<number>;
}

const globals = globalThis as typeof globalThis & { mutation?: State };

function state(): State {
  globals.mutation ??= {
    mutants: JSON.parse(readFileSync(`${FOLDER}/mutants.json`, "utf8")),
    reached: readReached(),
    deployed: new Set(),
    invalid: new Set(),
    killed: new Set(),
    tested: new Set(),
  };
  return globals.mutation;
}

function readReached(): Map<string, number[]> {
  const reached = new Map<string, number[]>();
  let lines: number[] = [];
  for (const row of readFileSync(`${FOLDER}/lines.info`, "utf8").split("\n")) {
    const [kind, rest = ""] = [row.slice(0, 3), row.slice(3)];
    if (kind === "TN:") {
      lines = [];
      reached.set(rest, lines);
    }
    if (kind === "SF:" && !rest.endsWith(SOURCE_FILE)) lines = [];
    if (kind === "DA:" && !rest.endsWith(",0")) lines.push(Number(rest.split(",")[0]));
  }
  return reached;
}

/** A name that is the same in both runs. */
function nameOf(test: RunnerTestCase): string {
  const path: string[] = [];
  for (let task: RunnerTestCase["suite"] | RunnerTestCase = test; task; task = task.suite) {
    path.unshift(task.name);
  }
  return [test.file.name, ...path].join("/").replaceAll(/[^A-Za-z0-9]+/g, "-");
}

export default class MutationRunner extends VitestTestRunner {
  async runTask(test: RunnerTestCase): Promise<void> {
    const chain = await Chain.shared();
    const run = getFn(test);
    if (process.env.MUTATION === "record") {
      chain.nameTest(nameOf(test));
      await run();
      return;
    }
    const { mutants, reached, invalid, killed, tested } = state();
    const lines = reached.get(nameOf(test)) ?? [];
    chain.nameTest("mutants");
    for (const [number, mutant] of mutants.entries()) {
      if (killed.has(number) || invalid.has(number)) continue;
      if (mutant.lines !== null) {
        const [first, last] = mutant.lines;
        if (!lines.some((line) => first <= line && line <= last)) continue;
      }
      if (!this.#use(chain, number, mutant)) continue;
      tested.add(number);
      try {
        await run();
      } catch {
        killed.add(number);
      }
    }
    chain.useOriginal();
  }

  /** Put the mutant in the contract's place, unless it doesn't type-check. */
  #use(chain: Chain, number: number, mutant: Mutant): boolean {
    const { deployed, invalid } = state();
    try {
      chain.useMutant(number, deployed.has(number) ? null : mutant.source);
      deployed.add(number);
      return true;
    } catch {
      invalid.add(number);
      return false;
    }
  }

  override onAfterRunFiles(): void {
    super.onAfterRunFiles();
    void this.#write();
  }

  async #write(): Promise<void> {
    if (process.env.MUTATION === "record") {
      const chain = await Chain.shared();
      // A report has what was reached since the one before.
      appendFileSync(`${FOLDER}/lines.info`, chain.coverage());
      return;
    }
    const { mutants, invalid, killed, tested } = state();
    const untested = mutants.flatMap((_, number) =>
      tested.has(number) || invalid.has(number) ? [] : [number],
    );
    writeFileSync(
      `${FOLDER}/killed.json`,
      JSON.stringify({ killed: [...killed], invalid: [...invalid], untested }),
    );
  }
}
