// Random lives of two records among four principals, against tests/reference.ts.
//
// The seed is printed; MODEL_SEED repeats a run, MODEL_RUNS makes it longer.

import { setImmediate } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Outcome } from "./chain";
import { Contract, content, sha256 } from "./contract";
import { Reference, type Expected } from "./reference";

const SEED = Number(process.env.MODEL_SEED ?? Date.now() % 2 ** 31);
const RUNS = Number(process.env.MODEL_RUNS ?? 30);
const PRINCIPALS = 4;
const RECORDS = 2;

/** The contract, with a life's own principals and record ids. */
interface World {
  contract: Contract;
  principals: string[];
  ids: bigint[];
}

/** A principal by number, or by the part that they play in the record at that moment. */
type By = number | "patient" | "offered" | "reader";

/** What an action is made of when its turn comes. */
interface Turn {
  c: Contract;
  m: Reference;
  by: string;
  id: bigint;
  user: (number: number) => string;
  /** The height that many blocks from now, or none. */
  at: (blocks: bigint | null) => bigint | null;
}

type Act = (turn: Turn) => [Expected, Outcome];

class Step implements fc.Command<Reference, World> {
  constructor(
    readonly name: string,
    readonly by: By,
    readonly record: number,
    readonly act: Act,
  ) {}

  check(): boolean {
    return true;
  }

  run(model: Reference, world: World): void {
    const { chain } = world.contract;
    model.now = chain.height();
    const [expected, outcome] = this.act({
      c: world.contract,
      m: model,
      by: this.#caller(model, world),
      id: world.ids[this.record]!,
      user: (number) => world.principals[number]!,
      at: (blocks) => (blocks === null ? null : model.now + blocks),
    });
    if (expected.refusal !== undefined) {
      expect(outcome).toEqual({ err: expected.refusal });
      expect(chain.last?.events).toEqual([]);
      return;
    }
    expect(outcome).toHaveProperty("ok");
    if (expected.entry === undefined) return;
    const [log, action, subject, version, expiry] = expected.entry;
    const ofRecord = typeof log === "bigint";
    const actions = ofRecord ? model.records.get(log)!.actions : model.patientActions.get(log)!;
    expect(chain.last?.events).toMatchObject([
      {
        topic: ofRecord ? "record-audit" : "patient-audit",
        [ofRecord ? "record-id" : "patient"]: log,
        index: BigInt(actions.length - 1),
        action,
        subject,
        version,
        expiry,
        "burn-height": model.now,
      },
    ]);
  }

  toString(): string {
    return this.name;
  }

  #caller(model: Reference, world: World): string {
    if (typeof this.by === "number") return world.principals[this.by]!;
    const record = model.records.get(world.ids[this.record]!);
    const player = {
      patient: record?.patient,
      offered: record?.offeredTo,
      reader: record?.readers.at(-1),
    }[this.by];
    return player ?? world.principals[0]!;
  }
}

class Wait implements fc.Command<Reference, World> {
  constructor(readonly blocks: bigint) {}

  check(): boolean {
    return true;
  }

  run(_: Reference, world: World): void {
    world.contract.chain.mine(this.blocks);
  }

  toString(): string {
    return `wait ${this.blocks}`;
  }
}

// ---- random actions

const who = fc.nat(PRINCIPALS - 1);
const which = fc.nat(RECORDS - 1);
const patient = mostly<By>("patient");
const offered = mostly<By>("offered");
const reader = mostly<By>("reader");
const version = fc.option(fc.bigInt({ min: 0n, max: 4n }), { nil: null, freq: 1 });
const rights = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(1n, 2n, 4n, 4n, 5n, 9n, 12n, 15n) },
  { weight: 1, arbitrary: fc.constantFrom(0n, 8n, 16n) },
);
/** Blocks from now to an expiry. */
const ahead = fc.option(
  fc.oneof(
    { weight: 6, arbitrary: fc.bigInt({ min: 1n, max: 25n }) },
    { weight: 1, arbitrary: fc.constantFrom(0n, -1n) },
  ),
  { nil: null, freq: 3 },
);
const waiting = fc.oneof(
  { weight: 6, arbitrary: fc.bigInt({ min: 1n, max: 3n }) },
  { weight: 1, arbitrary: fc.constant(144n) },
);
const text = fc.oneof(
  { weight: 12, arbitrary: fc.nat(255).map((first) => content(first)) },
  { weight: 1, arbitrary: fc.constant("") },
);

function mostly<T extends By>(part: T): fc.Arbitrary<By> {
  return fc.oneof(
    { weight: 2, arbitrary: fc.constant<By>(part) },
    { weight: 1, arbitrary: who },
  );
}

function step(name: string, by: By, record: number, act: Act): fc.Command<Reference, World> {
  return new Step(`${name} (record ${record}, by ${by})`, by, record, act);
}

const ACTIONS: [weight: number, fc.Arbitrary<fc.Command<Reference, World>>][] = [
  [
    1,
    fc.tuple(who, which, text).map(([by, record, hex]) =>
      step(`create ${hex.length / 2} bytes`, by, record, ({ c, m, by, id }) => [
        m.create(by, id, hex),
        c.create(by, id, hex),
      ]),
    ),
  ],
  [
    5,
    fc.tuple(patient, which, version, text).map(([by, record, number, hex]) =>
      step(`amend ${number}: ${hex.length / 2} bytes`, by, record, ({ c, m, by, id }) => [
        m.amend(by, id, number, hex),
        number === null ? c.amend(by, id, hex) : c.amendVersion(by, id, number, hex),
      ]),
    ),
  ],
  [
    12,
    fc.tuple(reader, which, version).map(([by, record, number]) =>
      step(`access ${number}`, by, record, ({ c, m, by, id }) => [
        m.read(by, id, number),
        number === null ? c.access(by, id) : c.accessVersion(by, id, number),
      ]),
    ),
  ],
  [
    9,
    fc.tuple(patient, which, who, rights, ahead).map(([by, record, to, given, blocks]) =>
      step(`grant ${to} ${given} for ${blocks}`, by, record, ({ c, m, by, id, user, at }) => [
        m.grant(by, id, user(to), given, at(blocks)),
        c.grantRights(by, id, user(to), given, at(blocks)),
      ]),
    ),
  ],
  [
    2,
    fc.tuple(patient, which, who, ahead).map(([by, record, to, blocks]) =>
      step(`grant-many ${to} for ${blocks}`, by, record, ({ c, m, by, id, user, at }) => [
        m.grant(by, id, user(to), 1n, at(blocks)),
        c.grantMany(by, [{ id, user: user(to), expiry: at(blocks) }]),
      ]),
    ),
  ],
  [
    4,
    fc.tuple(patient, which, who).map(([by, record, from]) =>
      step(`revoke from ${from}`, by, record, ({ c, m, by, id, user }) => [
        m.revoke(by, id, user(from)),
        c.revoke(by, id, user(from)),
      ]),
    ),
  ],
  [
    5,
    fc.tuple(patient, which, who, who, rights, ahead).map(([by, record, of, to, given, blocks]) =>
      step(`standing of ${of} to ${to}: ${given} for ${blocks}`, by, record, (turn) => {
        const { c, m, by, user, at } = turn;
        const whose = m.isDelegate(user(of), by) ? user(of) : by;
        return [
          m.grantStanding(by, whose, user(to), given, at(blocks)),
          c.grantStanding(by, whose, user(to), given, at(blocks)),
        ];
      }),
    ),
  ],
  [
    3,
    fc.tuple(patient, which, who, who).map(([by, record, of, from]) =>
      step(`end standing of ${of} to ${from}`, by, record, ({ c, m, by, user }) => {
        const whose = m.standing.has(`${by}/${user(from)}`) ? by : user(of);
        return [
          m.revokeStanding(by, whose, user(from)),
          c.revokeStanding(by, whose, user(from)),
        ];
      }),
    ),
  ],
  [
    6,
    fc.tuple(reader, which).map(([by, record]) =>
      step("emergency", by, record, ({ c, m, by, id }) => [
        m.emergency(by, id),
        c.emergency(by, id),
      ]),
    ),
  ],
  [
    3,
    fc.tuple(patient, which, who, ahead).map(([by, record, to, blocks]) =>
      step(`delegate ${to} for ${blocks}`, by, record, ({ c, m, by, user, at }) => [
        m.setDelegate(by, user(to), at(blocks)),
        c.setDelegate(by, user(to), at(blocks)),
      ]),
    ),
  ],
  [
    2,
    fc.tuple(patient, which, who).map(([by, record, from]) =>
      step(`remove delegate ${from}`, by, record, ({ c, m, by, user }) => [
        m.removeDelegate(by, user(from)),
        c.removeDelegate(by, user(from)),
      ]),
    ),
  ],
  [
    2,
    fc.tuple(patient, which, who).map(([by, record, to]) =>
      step(`offer to ${to}`, by, record, ({ c, m, by, id, user }) => [
        m.offer(by, id, user(to)),
        c.transfer(by, id, user(to)),
      ]),
    ),
  ],
  [
    3,
    fc.tuple(offered, which).map(([by, record]) =>
      step("accept", by, record, ({ c, m, by, id }) => [m.accept(by, id), c.accept(by, id)]),
    ),
  ],
  [
    1,
    fc.tuple(who, which).map(([by, record]) =>
      step("publish key", by, record, ({ c, m, by }) => [
        m.publishKey(by),
        c.publishKey(by, content(by.length)),
      ]),
    ),
  ],
  [
    4,
    fc.tuple(patient, which, fc.bigInt({ min: 0n, max: 3n }), who, fc.nat(255)).map(
      ([by, record, number, to, first]) =>
        step(`envelope of ${number} for ${to}`, by, record, ({ c, m, by, id, user }) => [
          m.putEnvelope(by, id, number, user(to), content(first)),
          c.putEnvelope(by, id, number, user(to), content(first)),
        ]),
    ),
  ],
  [
    2,
    fc.tuple(who, which, fc.nat(1), fc.bigInt({ min: 0n, max: 3n })).map(
      ([by, record, head, count]) =>
        step(`anchor ${count} with head ${head}`, by, record, ({ c, m, by }) => [
          m.anchor(by, content(head, 32), count),
          c.anchor(by, content(head, 32), count),
        ]),
    ),
  ],
  [6, waiting.map((blocks) => new Wait(blocks))],
];

// ---- what must hold at the end of a life

function compare(model: Reference, world: World): void {
  model.now = world.contract.chain.height();
  for (const id of world.ids) compareRecord(model, world, id);
  for (const principal of world.principals) comparePrincipal(model, world, principal);
  for (const { id, version, user, hex } of model.envelopes.values()) {
    expect(world.contract.keyEnvelope(id, version, user)).toBe(hex);
  }
}

function compareRecord(model: Reference, { contract, principals }: World, id: bigint): void {
  const record = model.records.get(id);
  if (!record) {
    expect(contract.record(id)).toBeNull();
    return;
  }
  const latest = BigInt(record.versions.length);
  expect(contract.record(id)).toMatchObject({
    patient: record.patient,
    version: latest,
    readers: BigInt(record.readers.length),
    "audit-count": BigInt(record.actions.length),
    "audit-head": contract.rebuiltHead(id),
  });
  expect(contract.entries(id).map(({ action }) => action)).toEqual(record.actions);
  expect(contract.recordReaders(id)).toEqual(record.readers);
  expect(contract.pendingTransfer(id)).toBe(record.offeredTo);
  record.versions.forEach(({ author, content: hex }, index) => {
    expect(contract.version(id, BigInt(index + 1))).toMatchObject({
      author,
      "encrypted-content": hex,
      "content-hash": sha256(hex),
    });
  });
  for (const user of principals) {
    const reads = !model.reading(id, user, latest).startsWith("ERR_");
    expect(contract.hasAccess(id, user)).toBe(reads);
    const given = model.effective(id, user);
    expect(contract.effectiveGrant(id, user)).toEqual(
      typeof given === "string"
        ? null
        : {
            rights: given.rights,
            expiry: given.expiry,
            "granted-at": given.grantedAt,
            "from-version": given.from,
          },
    );
  }
  expect(contract.hasAccess(id, record.patient)).toBe(true);
}

function comparePrincipal(model: Reference, { contract, ids }: World, principal: string): void {
  const actions = model.patientActions.get(principal) ?? [];
  expect(contract.patientEntries(principal).map(({ action }) => action)).toEqual(actions);
  expect(contract.careTeam(principal)).toEqual(model.teams.get(principal) ?? []);
  const generation = model.keys.get(principal);
  expect(contract.encryptionKey(principal)).toEqual(
    generation === undefined ? null : { recipient: expect.any(String), generation },
  );
  const anchored = model.anchors.get(principal);
  if (anchored) expect(contract.vaultLog(principal)).toMatchObject(anchored);
  const shared = contract.sharedRecords(principal);
  expect(new Set(shared).size).toBe(shared.length);
  expect(new Set(shared)).toEqual(
    new Set(ids.filter((id) => model.records.get(id)?.readers.includes(principal))),
  );
}

describe("any life of two records", () => {
  it(`follows the reference (MODEL_SEED=${SEED})`, { timeout: RUNS * 20_000 }, async () => {
    console.info(`MODEL_SEED=${SEED} MODEL_RUNS=${RUNS}`);
    const contract = await Contract.shared();
    const life = fc.commands(
      ACTIONS.flatMap(([weight, arbitrary]) => Array<typeof arbitrary>(weight).fill(arbitrary)),
      { maxCommands: 120, size: "max" },
    );
    const succeeded = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.noBias(life), async (steps) => {
        // Between two lives the worker answers its runner, which gives up on it otherwise.
        await setImmediate();
        const world: World = {
          contract,
          principals: Array.from({ length: PRINCIPALS }, () => contract.chain.principal()),
          ids: Array.from({ length: RECORDS }, () => contract.chain.recordId()),
        };
        const model = new Reference();
        for (let record = 0; record < RECORDS; record += 1) {
          new Step("begin", record, record, ({ c, m, by, id }) => [
            m.create(by, id, content()),
            c.create(by, id, content()),
          ]).run(model, world);
        }
        fc.modelRun(() => ({ model, real: world }), steps);
        compare(model, world);
        for (const log of [...model.records.values()].map(({ actions }) => actions)) {
          for (const action of log) succeeded.set(action, (succeeded.get(action) ?? 0) + 1);
        }
        for (const log of model.patientActions.values()) {
          for (const action of log) succeeded.set(action, (succeeded.get(action) ?? 0) + 1);
        }
      }),
      { seed: SEED, numRuns: RUNS },
    );
    console.info([...succeeded].map(([action, times]) => `${action}: ${times}`).join(", "));
  });
});
