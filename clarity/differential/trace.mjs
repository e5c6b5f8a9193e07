// Random lives of records on the simulated network, written down call by call, for another ledger
// to be compared with:
//
//   node differential/trace.mjs OUT [--seed TEXT] [--steps N] [--every N]
//
// The newest Clarity version and epoch that the network has. The same seed gives the same file: a
// JSON object a line, all values as hex of their consensus bytes, or `sha256:` of these where they
// are long. First who the people are and what is deployed; then
//
//   {"step", "height", "by", "wallet", "function", "arguments", "result", "events"}
//       a call at this burn height, signed by the person of this number, to the records contract
//       or to the wallet, which passes it on as its own; result null: no network includes it
//   {"step", "height", "state": [["function" or "map", NAME, [ARGUMENTS or KEY], ANSWER]...]}
//       what was asked after every N-th step, and more of it at the end of each life: all maps
//       and, as they take the network long, some of the read-only functions; in the end all
//
// `crates/mrms/tests/it/differential.rs` replays it on the embedded ledger.

import { createHash } from "node:crypto";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { parseArgs } from "node:util";
import { getSDK } from "@stacks/clarinet-sdk";
import { Cl, privateKeyToAddress } from "@stacks/transactions";
import { action, illTyped } from "./actions.mjs";
import { Questions } from "./questions.mjs";
import { Random } from "./random.mjs";

const NAME = "medical-records-management";
const CLARITY = { clarityVersion: 6 };
const EPOCH = "4.0";
const SOURCE = readFileSync(new URL(`../deployed/${NAME}.clar`, import.meta.url), "utf8");

/** People who sign; a life has some of them, and the wallet. */
const SIGNERS = 60;
const PEOPLE = 5;
const RECORDS = 3;
/** Calls in a life. */
const LIFE = 300;
/** One in so many questions to functions is asked, within a life and at its end. */
const SAMPLE = { within: 40, end: 3 };
/** Longer values are written as their hash. */
const LONGEST = 600;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string", default: "1" },
    steps: { type: "string", default: "3000" },
    every: { type: "string", default: "20" },
  },
});
const [steps, every] = [Number(options.steps), Number(options.every)];
const counts = [steps, every].every((number) => Number.isInteger(number) && number > 0);
if (positionals.length !== 1 || !counts) {
  console.error("usage: node trace.mjs OUT [--seed TEXT] [--steps N] [--every N]");
  process.exit(2);
}

const random = new Random(`mrms differential ${options.seed}`);
const out = openSync(positionals[0], "w");

function write(line) {
  writeSync(out, `${JSON.stringify(line)}\n`);
}

function sha256(data) {
  return createHash("sha256").update(data).digest("hex");
}

/** Hex, or the hash of the bytes where that is shorter. */
function short(hex) {
  return hex.length / 2 <= LONGEST ? hex : `sha256:${sha256(Buffer.from(hex, "hex"))}`;
}

// ---- the network, the people, the contracts

const signers = Array.from({ length: SIGNERS }, (_, number) => {
  const phrase = `mrms differential ${number}`;
  return { phrase, address: privateKeyToAddress(`${sha256(phrase)}01`, "testnet") };
});
const [deployer] = signers;
const contract = `${deployer.address}.${NAME}`;
const wallet = `${deployer.address}.wallet`;

const simnet = await getSDK({ trackCosts: false, trackCoverage: false });
await simnet.initEmptySession({ enabled: false });
simnet.setEpoch(EPOCH);
simnet.deployContract(NAME, SOURCE, CLARITY, deployer.address);
const questions = new Questions(simnet, contract);
const walletSource = questions.interface.functions
  .filter(({ access }) => access === "public")
  .map(passesOn)
  .join("\n");
simnet.deployContract("wallet", walletSource, CLARITY, deployer.address);

/** A public function that calls the one of the same name. */
function passesOn({ name, args }) {
  const typed = args.map((argument) => ` (${argument.name} ${written(argument.type)})`).join("");
  const named = args.map((argument) => ` ${argument.name}`).join("");
  return `(define-public (${name}${typed}) (contract-call? '${contract} ${name}${named}))`;
}

/** A type of the interface as Clarity writes it. */
function written(type) {
  if (type === "uint128") return "uint";
  if (typeof type === "string") return type;
  if (type.buffer) return `(buff ${type.buffer.length})`;
  if (type.optional) return `(optional ${written(type.optional)})`;
  if (type.list) return `(list ${type.list.length} ${written(type.list.type)})`;
  if (type.tuple) {
    return `{ ${type.tuple.map(({ name, type }) => `${name}: ${written(type)}`).join(", ")} }`;
  }
  throw new Error(`no argument had this type before: ${JSON.stringify(type)}`);
}

write({
  seed: options.seed,
  steps,
  height: simnet.burnBlockHeight,
  source: sha256(SOURCE),
  wallet: walletSource,
  signers,
});

// ---- lives

/** The records of this life, delegates, and where anchored logs stand, as the events told. */
let records = new Map();
const delegates = new Map();
const contacts = new Map();
const heirs = new Map();
/** The first of somebody's line, and the latest, as the events told. */
const firsts = new Map();
const latests = new Map();
let member = null;
/** Who was a patient, or an organisation, and can succeed nobody any more. */
const known = new Set();
const anchored = new Map();

function learn(event) {
  const { topic, "record-id": id, action: deed, ...entry } = event;
  if (deed?.value === "delegate-set") {
    delegates.set(entry.patient.value, entry.subject.value.value);
  }
  const [patient, subject] = [entry.patient?.value, entry.subject?.value?.value];
  if (deed?.value === "contact-name" || deed?.value === "contact-ask") {
    contacts.set(patient, subject);
  }
  if (deed?.value === "succession-offer") heirs.set(patient, subject);
  if (deed?.value === "succession-accept") {
    firsts.set(entry.actor.value, patient);
    latests.set(patient, entry.actor.value);
  }
  if (patient !== undefined) known.add(patient);
  if (["create", "transfer-accept", "succession-accept"].includes(deed?.value)) {
    known.add(entry.actor.value);
  }
  if (deed?.value === "member-set") member = [entry.actor.value, subject];
  if (topic.value === "vault-log") anchored.set(entry.vault.value, BigInt(entry.count.value));
  if (topic.value !== "record-audit") return;
  const record = records.get(BigInt(id.value)) ?? { version: 0, offeredTo: null, opener: null };
  if (deed.value === "create") record.patient = first(entry.actor.value);
  if (deed.value === "create-for") record.patient = subject;
  if (["create", "create-for", "amend"].includes(deed.value)) record.version = Number(entry.version.value);
  if (deed.value === "emergency") record.opener = entry.actor.value;
  if (deed.value === "transfer-offer") record.offeredTo = entry.subject.value.value;
  if (deed.value === "transfer-accept") record.patient = first(entry.actor.value);
  records.set(BigInt(id.value), record);
}

function first(person) {
  return firsts.get(person) ?? person;
}

function turn(world, id) {
  const record = records.get(id);
  return {
    random,
    now: simnet.burnBlockHeight,
    id,
    patient: latests.get(record?.patient) ?? record?.patient ?? random.pick(world.people),
    version: record?.version ?? 0,
    offeredTo: record?.offeredTo ?? null,
    opener: record?.opener ?? null,
    people: world.people,
    ids: world.ids,
    delegate: (patient) => delegates.get(first(patient)),
    contact: (patient) => contacts.get(first(patient)),
    heir: (patient) => heirs.get(first(patient)),
    fresh: () => world.people.find((person) => !known.has(person)),
    member,
    anchored: (vault) => anchored.get(vault) ?? 0n,
  };
}

function call(step, { caller, name, args }, included) {
  const through = caller === wallet;
  const by = through
    ? random.below(SIGNERS)
    : signers.findIndex(({ address }) => address === caller);
  let result = null;
  let events = [];
  try {
    const target = through ? wallet : contract;
    const done = simnet.callPublicFn(target, name, args, signers[by].address);
    result = short(Cl.serialize(done.result));
    events = done.events.map(({ event, data }) => {
      if (event !== "print_event") throw new Error(`step ${step}: ${event}`);
      learn(data.value.value);
      return data.raw_value.slice(2);
    });
  } catch (error) {
    if (included) throw error;
  }
  if (!included && result !== null) throw new Error(`step ${step}: ${name} answers ${result}`);
  write({
    step,
    height: simnet.burnBlockHeight,
    by,
    wallet: through,
    function: name,
    arguments: args.map((value) => Cl.serialize(value)),
    result,
    events: events.map(short),
  });
}

function state(step, asked) {
  write({
    step,
    height: simnet.burnBlockHeight,
    state: Array.from(asked, ([kind, name, args, answer]) => [
      kind,
      name,
      args.map((value) => Cl.serialize(value)),
      short(Cl.serialize(answer)),
    ]),
  });
}

/** Lets burn blocks pass: a few, or past whatever was open. */
function wait() {
  simnet.mineEmptyBurnBlocks(
    random.weighted([
      [30, random.between(1, 4)],
      [2, random.between(20, 40)],
      [2, random.between(143, 145)],
      [1, random.between(300, 500)],
    ]),
  );
}

function newWorld(life) {
  records = new Map();
  const people = random.sample(signers, PEOPLE).map(({ address }) => address);
  const ids = Array.from({ length: RECORDS }, () =>
    BigInt(`0x${random.bytes(16).toString("hex")}`),
  );
  if (life === 0) ids.splice(0, 2, 0n, 2n ** 128n - 1n);
  return {
    ids,
    people: [...people, wallet],
    version: (id) => records.get(id)?.version ?? 0,
  };
}

// The network's own words about calls that can't begin are no news: they are made on purpose.
console.log = () => {};
console.error = () => {};

let world = newWorld(0);
for (let step = 1; step <= steps; step += 1) {
  if (random.once(12)) wait();
  const now = turn(world, random.pick(world.ids));
  const included = !random.once(60);
  call(step, included ? action(now) : illTyped(now), included);
  if (step % LIFE === 0 || step === steps) {
    questions.forget();
    state(step, questions.maps(world));
    const wanted = () => step === steps || random.once(SAMPLE.end);
    state(step, questions.functions(world, wanted));
    questions.forget();
    world = newWorld(step / LIFE);
  } else if (step % every === 0) {
    state(step, questions.maps(world));
    const wanted = () => random.once(SAMPLE.within);
    state(step, questions.functions(world, wanted));
  }
}
closeSync(out);
