// Random lives of two records among four principals: what is done, by whom, in which order.
//
// model.test.ts holds them against the reference, invariants.test.ts against the contract's
// invariants. The reference also goes along to say who plays which part when a step's turn
// comes, so that most steps have an effect.

import fc from "fast-check";
import type { Outcome } from "./chain";
import { boundId, Contract, content } from "./contract";
import { Reference, type Expected } from "./reference";

/** Those who take part from the beginning, and those who are there to succeed them. */
const PRINCIPALS = 4;
const HEIRS = 3;
const RECORDS = 2;

/** The contract, with a life's own principals and record ids. */
export interface World {
  contract: Contract;
  principals: string[];
  ids: bigint[];
  /** Looks on after each step: what the reference expected and what happened; null: a wait. */
  after: (model: Reference, done: [Expected, Outcome] | null) => void;
}

/** A principal by number, or by the part that they play in the record at that moment. */
type By = number | "patient" | "offered" | "reader" | "heir" | "contact" | "member";

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
    model.now = world.contract.chain.height();
    const done = this.act({
      c: world.contract,
      m: model,
      by: this.#caller(model, world),
      id: world.ids[this.record]!,
      user: (number) => world.principals[number]!,
      at: (blocks) => (blocks === null ? null : model.now + blocks),
    });
    world.after(model, done);
  }

  toString(): string {
    return this.name;
  }

  #caller(model: Reference, world: World): string {
    if (typeof this.by === "number") return world.principals[this.by]!;
    const record = model.records.get(world.ids[this.record]!);
    const second = (map: ReadonlyMap<string, unknown>, first: string | undefined) =>
      [...map.keys()].findLast((pair) => pair.startsWith(`${first}/`))?.split("/")[1];
    const player = {
      patient: record && model.latest(record.patient),
      offered: record?.offeredTo,
      reader: record?.readers.at(-1),
      heir: record && model.successions.get(record.patient),
      contact: second(model.contacts, record?.patient),
      member: second(model.members, record?.readers.at(-1)),
    }[this.by];
    return player ?? world.principals[0]!;
  }
}

class Wait implements fc.Command<Reference, World> {
  constructor(readonly blocks: bigint) {}

  check(): boolean {
    return true;
  }

  run(model: Reference, world: World): void {
    world.contract.chain.mine(this.blocks);
    model.now = world.contract.chain.height();
    world.after(model, null);
  }

  toString(): string {
    return `wait ${this.blocks}`;
  }
}

// ---- random actions

const who = fc.nat(PRINCIPALS - 1);
const which = fc.nat(RECORDS - 1);
const heirs = fc.nat(PRINCIPALS + HEIRS - 1);
const powers = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(1n, 2n, 3n, 4n, 6n, 7n, 7n) },
  { weight: 1, arbitrary: fc.constantFrom(0n, 8n) },
);
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
    5,
    fc.tuple(patient, which, heirs, powers, ahead).map(([by, record, to, given, blocks]) =>
      step(`delegate ${to} ${given} for ${blocks}`, by, record, ({ c, m, by, user, at }) => [
        m.setDelegate(by, user(to), given, at(blocks)),
        c.setDelegate(by, user(to), at(blocks), given),
      ]),
    ),
  ],
  [
    2,
    fc.tuple(who, which, text).map(([by, record, hex]) =>
      step("create for the patient", by, record, ({ c, m, by, id }) => {
        const whose = m.records.get(id)?.patient ?? by;
        const spare = id + 1n;
        return [m.createFor(by, whose, spare, hex), c.createFor(by, whose, spare, hex)];
      }),
    ),
  ],
  [
    2,
    fc.tuple(patient, which, who).map(([by, record, from]) =>
      step(`end delegation ${from}`, by, record, ({ c, m, by, user }) => [
        m.endDelegation(by, user(from)),
        c.endDelegation(by, user(from)),
      ]),
    ),
  ],
  [
    2,
    fc
      .tuple(patient, which, heirs, powers, fc.bigInt({ min: 0n, max: 4n }))
      .map(([by, record, to, given, wait]) =>
        step(`name contact ${to} ${given} ${wait}`, by, record, ({ c, m, by, user }) => [
          m.nameContact(by, user(to), given, wait),
          c.nameContact(by, user(to), given, wait),
        ]),
      ),
  ],
  [
    4,
    fc.tuple(mostly<By>("contact"), which).map(([by, record]) =>
      step("ask or accept", by, record, ({ c, m, by, id }) => {
        const whose = m.records.get(id)?.patient ?? by;
        return m.contacts.get(`${whose}/${by}`)?.readyAt
          ? [m.acceptDelegation(by, whose), c.acceptDelegation(by, whose)]
          : [m.ask(by, whose), c.ask(by, whose)];
      }),
    ),
  ],
  [
    1,
    fc.tuple(patient, which, heirs).map(([by, record, to]) =>
      step(`refuse contact ${to}`, by, record, ({ c, m, by, id, user }) => {
        const whose = m.records.get(id)?.patient ?? by;
        return [m.refuse(by, whose, user(to)), c.refuse(by, whose, user(to))];
      }),
    ),
  ],
  [
    2,
    fc.tuple(reader, which, who, ahead).map(([by, record, to, blocks]) =>
      step(`member ${to} for ${blocks}`, by, record, ({ c, m, by, user, at }) => [
        m.setMember(by, user(to), at(blocks)),
        c.setMember(by, user(to), at(blocks)),
      ]),
    ),
  ],
  [
    1,
    fc.tuple(reader, which, who).map(([by, record, from]) =>
      step(`remove member ${from}`, by, record, ({ c, m, by, user }) => [
        m.removeMember(by, user(from)),
        c.removeMember(by, user(from)),
      ]),
    ),
  ],
  [
    4,
    fc.tuple(mostly<By>("member"), which, fc.bigInt({ min: 0n, max: 4n }), who).map(
      ([by, record, number, to]) =>
        step(`access ${number} for the last reader or ${to}`, by, record, (turn) => {
          const { c, m, by, id, user } = turn;
          const last = m.records.get(id)?.readers.at(-1);
          const organisation = last && m.isMember(last, by) ? last : user(to);
          return [
            m.readFor(by, id, number, organisation),
            c.accessFor(by, id, number, organisation),
          ];
        }),
    ),
  ],
  [
    2,
    fc.tuple(patient, which, heirs).map(([by, record, to]) =>
      step(`offer succession to ${to}`, by, record, ({ c, m, by, user }) => [
        m.offerSuccession(by, user(to)),
        c.offerSuccession(by, user(to)),
      ]),
    ),
  ],
  [
    3,
    fc.tuple(mostly<By>("heir"), which).map(([by, record]) =>
      step("accept succession", by, record, ({ c, m, by, id }) => {
        const whose = m.records.get(id)?.patient ?? by;
        return [m.acceptSuccession(by, whose), c.acceptSuccession(by, whose)];
      }),
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
    3,
    fc.tuple(reader, which, fc.bigInt({ min: 1n, max: 3n }), fc.nat(255)).map(
      ([by, record, number, first]) =>
        step(`envelope of ${number} for the patient`, by, record, ({ c, m, by, id }) => {
          const author = m.records.get(id)?.versions[Number(number) - 1]?.author ?? by;
          const patient = m.latest(m.records.get(id)?.patient ?? by);
          return [
            m.putEnvelope(author, id, number, patient, content(first)),
            c.putEnvelope(author, id, number, patient, content(first)),
          ];
        }),
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

/** What comes after the beginning. */
export const LIFE = fc.noBias(
  fc.commands(
    ACTIONS.flatMap(([weight, arbitrary]) => Array<typeof arbitrary>(weight).fill(arbitrary)),
    { maxCommands: 120, size: "max" },
  ),
);

/** Lead a life, from two new records of two new principals on. */
export function lead(
  contract: Contract,
  steps: Iterable<fc.Command<Reference, World>>,
  after: (world: World) => World["after"],
): [Reference, World] {
  const world: World = {
    contract,
    principals: Array.from({ length: PRINCIPALS + HEIRS }, () => contract.chain.principal()),
    ids: [],
    after: () => {},
  };
  // One id that anybody can take, and one that is bound to who begins it.
  world.ids = [contract.chain.recordId(), boundId(world.principals[1]!)];
  // What is created for a patient takes the id after it.
  contract.chain.recordId();
  world.after = after(world);
  const model = new Reference();
  for (let record = 0; record < RECORDS; record += 1) {
    new Step("begin", record, record, ({ c, m, by, id }) => [
      m.create(by, id, content()),
      c.create(by, id, content()),
    ]).run(model, world);
  }
  fc.modelRun(() => ({ model, real: world }), steps);
  return [model, world];
}
