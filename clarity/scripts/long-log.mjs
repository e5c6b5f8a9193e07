// Append to one record's log, call by call, and compare what the first and the last of the
// accesses cost: `npm run costs:long` (100,000 entries, some minutes) or with another count.

import { readFileSync } from "node:fs";
import { getSDK } from "@stacks/clarinet-sdk";
import { Cl } from "@stacks/transactions";

const NAME = "medical-records-management";
const PATIENT = "ST000000000000000000042DB08Y";
const count = Number(process.argv[2] ?? 100_000);

const simnet = await getSDK({ trackCosts: true, trackCoverage: false });
await simnet.initEmptySession({ enabled: false });
simnet.setEpoch("4.0");
const source = readFileSync(new URL(`../deployed/${NAME}.clar`, import.meta.url), "utf8");
simnet.deployContract(NAME, source, { clarityVersion: 6 }, PATIENT);

function call(name, ...args) {
  return simnet.callPublicFn(`${PATIENT}.${NAME}`, name, args, PATIENT);
}

function index(receipt) {
  return Number(receipt.result.value.value["audit-index"].value);
}

call("create-medical-record", Cl.uint(1), Cl.buffer(new Uint8Array(1_000)));
const first = call("access-medical-record", Cl.uint(1));
const began = performance.now();
let last = first;
for (let entry = 2; entry < count; entry += 1) {
  last = call("access-medical-record", Cl.uint(1));
  if (entry % 10_000 === 0) console.error(`${entry} entries`);
}
const seconds = (performance.now() - began) / 1_000;

const [before, after] = [first, last].map(({ costs }) => JSON.stringify(costs.total));
console.log(`entry ${index(first)}: ${before}`);
console.log(`entry ${index(last)}: ${after}`);
console.log(`${Math.round((count - 2) / seconds)} accesses a second`);
if (before !== after) {
  console.error("the last access cost something else than the first");
  process.exitCode = 1;
}
