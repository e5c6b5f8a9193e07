// Gather what the tests executed (coverage/parts, written by tests/coverage.ts), print the
// share of functions, lines and branches, write coverage/lcov.info, and fail on any gap.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const PARTS = "coverage/parts";
const SOURCE = "medical-records-management.clar";

/** name or line or branch -> how often it ran, over all parts. */
const functions = new Map();
const lines = new Map();
const branches = new Map();
const functionLines = new Map();
let sourcePath = "";

function add(counts, key, count) {
  counts.set(key, Math.max(counts.get(key) ?? 0, Number(count)));
}

for (const part of readdirSync(PARTS)) {
  let inSource = false;
  for (const row of readFileSync(`${PARTS}/${part}`, "utf8").split("\n")) {
    const [kind, rest = ""] = [row.slice(0, row.indexOf(":")), row.slice(row.indexOf(":") + 1)];
    const fields = rest.split(",");
    if (kind === "SF") {
      inSource = rest.endsWith(SOURCE);
      if (inSource) sourcePath = rest;
    }
    if (!inSource) continue;
    if (kind === "FN") {
      functionLines.set(fields[1], Number(fields[0]));
      add(functions, fields[1], 0);
    }
    if (kind === "FNDA") add(functions, fields[1], fields[0]);
    if (kind === "DA") add(lines, Number(fields[0]), fields[1]);
    if (kind === "BRDA") add(branches, fields.slice(0, 3).join(","), fields[3]);
  }
}

function missing(counts) {
  return [...counts].filter(([, count]) => count === 0).map(([key]) => key);
}

let gaps = 0;
for (const [name, counts] of Object.entries({ functions, lines, branches })) {
  const unseen = missing(counts);
  gaps += unseen.length + (counts.size === 0 ? 1 : 0);
  console.log(`${name}: ${counts.size - unseen.length} of ${counts.size}`);
  if (unseen.length > 0) console.log(`  never ran: ${unseen.join("; ")}`);
}

const report = [
  "TN:",
  `SF:${sourcePath}`,
  ...[...functionLines].map(([name, line]) => `FN:${line},${name}`),
  ...[...functions].map(([name, count]) => `FNDA:${count},${name}`),
  ...[...lines].map(([line, count]) => `DA:${line},${count}`),
  ...[...branches].map(([branch, count]) => `BRDA:${branch},${count}`),
  "end_of_record",
];
writeFileSync("coverage/lcov.info", `${report.join("\n")}\n`);
process.exitCode = gaps > 0 ? 1 : 0;
