// What can happen next to a record: one of the 30 public functions, with arguments that are right
// as often as wrong. Knows the contract's arguments, not its rules.

import { createHash } from "node:crypto";
import { Cl, serializeCV } from "@stacks/transactions";

const MOST = 2n ** 128n - 1n;
const ZEROS = Buffer.alloc(32);

/**
 * A moment in a life.
 *
 * @typedef {object} Turn
 * @property {import("./random.mjs").Random} random
 * @property {number} now the burn height
 * @property {bigint} id the record that it is about
 * @property {string} patient its patient, or anyone while there is no such record
 * @property {number} version its latest version, or 0
 * @property {string | null} offeredTo whom it is offered to
 * @property {string | null} opener who last opened it in an emergency
 * @property {string[]} people
 * @property {bigint[]} ids the records of this life
 * @property {(patient: string) => string | undefined} delegate whom a patient last made one
 * @property {(patient: string) => string | undefined} contact whom a patient last named, or who asked
 * @property {(patient: string) => string | undefined} heir to whom a patient last offered everything
 * @property {() => string | undefined} fresh somebody who was never a patient
 * @property {[string, string] | null} member an organisation, and whom it last made a member
 * @property {(vault: string) => bigint} anchored the length of someone's anchored log
 */

const anyone = (turn) => turn.random.pick(turn.people);
const mostly = (turn, person) => (turn.random.once(4) ? anyone(turn) : person);
const perhaps = (turn, person) => (turn.random.once(2) ? anyone(turn) : person);
const patient = (turn) => mostly(turn, turn.patient);
const author = (turn) => perhaps(turn, turn.patient);
const reader = (turn) =>
  turn.opener !== null && turn.random.once(2) ? turn.opener : anyone(turn);
const id = (turn) => Cl.uint(turn.random.once(40) ? turn.random.between(2, 9) : turn.id);
const person = (turn) => Cl.principal(anyone(turn));
const bytes = (turn, most) => Cl.buffer(turn.random.bytes(turn.random.between(1, most)));

function content(turn) {
  if (turn.random.once(20)) return Cl.buffer(Buffer.alloc(0));
  if (turn.random.once(200)) return Cl.buffer(Buffer.alloc(65_536, turn.random.below(256)));
  return bytes(turn, 80);
}

function orEmpty(turn, most) {
  if (turn.random.once(6)) return Cl.buffer(Buffer.alloc(0));
  return turn.random.once(12) ? Cl.buffer(turn.random.bytes(most)) : bytes(turn, 60);
}

function expiry(turn) {
  const { random, now } = turn;
  return random.weighted([
    [6, () => Cl.none()],
    [14, () => Cl.some(Cl.uint(now + random.between(1, 30)))],
    [2, () => Cl.some(Cl.uint(now + random.between(1, 400)))],
    [1, () => Cl.some(Cl.uint(now))],
    [1, () => Cl.some(Cl.uint(random.pick([0n, 1n, BigInt(now) - 1n, MOST])))],
  ])();
}

function rights(turn) {
  const wrong = [0n, 8n, 16n, 17n, MOST];
  const given = turn.random.once(12) ? wrong : [1n, 1n, 2n, 3n, 4n, 4n, 4n, 5n, 6n, 9n, 12n, 15n];
  return Cl.uint(turn.random.pick(given));
}

function powers(turn) {
  const wrong = [0n, 8n, 9n, MOST];
  return Cl.uint(turn.random.pick(turn.random.once(12) ? wrong : [1n, 2n, 3n, 3n, 4n, 5n, 7n, 7n]));
}

function wait(turn) {
  const wrong = [0n, 52_561n, MOST];
  return Cl.uint(turn.random.once(10) ? turn.random.pick(wrong) : BigInt(turn.random.between(1, 4)));
}

function version(turn) {
  if (turn.random.once(40)) return Cl.uint(MOST);
  if (turn.random.once(2)) return Cl.uint(turn.version);
  return Cl.uint(turn.random.between(0, turn.version + 1));
}

function oneGrant(turn) {
  const which = turn.random.once(5) ? turn.random.pick(turn.ids) : turn.id;
  return Cl.tuple({ "record-id": Cl.uint(which), user: person(turn), expiry: expiry(turn) });
}

function grants(turn) {
  const most = turn.random.once(10) ? 20 : 4;
  return Cl.list(Array.from({ length: turn.random.between(0, most) }, () => oneGrant(turn)));
}

function reason(turn) {
  const wrong = [ZEROS, Buffer.alloc(0), Buffer.alloc(31, 1)];
  return Cl.buffer(turn.random.once(8) ? turn.random.pick(wrong) : turn.random.bytes(32));
}

/** `[weight, function, who calls, arguments]`. */
const ACTIONS = [
  [3, "create-medical-record", anyone, (turn) => [id(turn), content(turn)]],
  [3, "amend-medical-record", author, (turn) => [id(turn), content(turn)]],
  [
    3,
    "amend-record-version",
    author,
    (turn) => [
      id(turn),
      turn.random.once(3) ? version(turn) : Cl.uint(turn.version + 1),
      content(turn),
    ],
  ],
  [12, "access-medical-record", reader, (turn) => [id(turn)]],
  [10, "access-record-version", reader, (turn) => [id(turn), version(turn)]],
  [5, "grant-record-access", patient, (turn) => [id(turn), person(turn), expiry(turn)]],
  [
    8,
    "grant-record-rights",
    patient,
    (turn) => [id(turn), person(turn), rights(turn), expiry(turn)],
  ],
  [3, "grant-many", patient, (turn) => [grants(turn)]],
  [5, "revoke-record-access", patient, (turn) => [id(turn), person(turn)]],
  [
    5,
    "grant-standing-access",
    patient,
    (turn) => [
      Cl.principal(mostly(turn, turn.patient)),
      person(turn),
      rights(turn),
      expiry(turn),
    ],
  ],
  [
    3,
    "revoke-standing-access",
    patient,
    (turn) => [Cl.principal(mostly(turn, turn.patient)), person(turn)],
  ],
  [7, "emergency-access", anyone, (turn) => [id(turn), reason(turn)]],
  [4, "set-delegate", patient, (turn) => [person(turn), powers(turn), expiry(turn)]],
  [
    3,
    "create-record-for",
    (turn) => mostly(turn, turn.delegate(turn.patient) ?? anyone(turn)),
    (turn) => [
      Cl.principal(mostly(turn, turn.patient)),
      turn.random.once(4) ? Cl.uint(turn.random.pick(turn.ids)) : Cl.uint(newId(turn)),
      content(turn),
    ],
  ],
  [3, "name-contact", patient, (turn) => [person(turn), powers(turn), wait(turn)]],
  [
    1,
    "refuse-delegation",
    patient,
    (turn) => [
      Cl.principal(mostly(turn, turn.patient)),
      Cl.principal(mostly(turn, turn.contact(turn.patient) ?? anyone(turn))),
    ],
  ],
  [2, "set-member", anyone, (turn) => [person(turn), expiry(turn)]],
  [
    4,
    "offer-succession",
    patient,
    (turn) => [Cl.principal(mostly(turn, turn.fresh() ?? anyone(turn)))],
  ],
  [4, "transfer-patient", patient, (turn) => [id(turn), person(turn)]],
  [
    4,
    "accept-patient",
    (turn) => perhaps(turn, turn.offeredTo ?? turn.patient),
    (turn) => [id(turn)],
  ],
  [3, "publish-encryption-key", anyone, (turn) => [orEmpty(turn, 1280)]],
  [
    7,
    "put-key-envelope",
    patient,
    (turn) => [
      id(turn),
      version(turn),
      turn.random.once(4) ? Cl.principal(turn.patient) : person(turn),
      orEmpty(turn, 2048),
    ],
  ],
];

// These are about their caller, or about what their caller did before, so the caller comes first.

/** An id that is nobody's, and none of this life's. */
function newId(turn) {
  return BigInt(`0x00${turn.random.bytes(14).toString("hex")}`);
}

/** Take an id that is bound to its maker: mostly one's own, else somebody's or nobody's. */
function createBound(turn) {
  const caller = anyone(turn);
  const whose = turn.random.once(3) ? anyone(turn) : caller;
  const hash = createHash("sha256").update(Buffer.from(serializeCV(Cl.principal(whose)), "hex"));
  const prefix = BigInt(`0x${hash.digest("hex").slice(0, 16)}`);
  const mark = 0x4d52n << 112n;
  const bound = mark + (prefix << 48n) + BigInt(turn.random.below(2 ** 32));
  const which = turn.random.once(6) ? mark : bound;
  return { caller, name: "create-medical-record", args: [Cl.uint(which), content(turn)] };
}

function removeDelegate(turn) {
  const caller = patient(turn);
  const delegate = Cl.principal(mostly(turn, turn.delegate(caller) ?? anyone(turn)));
  return { caller, name: "remove-delegate", args: [delegate] };
}

function endDelegation(turn) {
  return { ...removeDelegate(turn), name: "end-delegation" };
}

/** Somebody's contact asks, or accepts. */
function contact(turn) {
  const caller = mostly(turn, turn.contact(turn.patient) ?? anyone(turn));
  const name = turn.random.pick(["ask-for-delegation", "accept-delegation", "accept-delegation"]);
  return { caller, name, args: [Cl.principal(mostly(turn, turn.patient))] };
}

function removeMember(turn) {
  const [organisation, member] = turn.member ?? [anyone(turn), anyone(turn)];
  const caller = mostly(turn, organisation);
  return { caller, name: "remove-member", args: [Cl.principal(mostly(turn, member))] };
}

function accessFor(turn) {
  const [organisation, member] = turn.member ?? [anyone(turn), anyone(turn)];
  const args = [id(turn), version(turn), Cl.principal(mostly(turn, organisation))];
  return { caller: mostly(turn, member), name: "access-for", args };
}

function succeed(turn) {
  const caller = mostly(turn, turn.heir(turn.patient) ?? anyone(turn));
  return { caller, name: "accept-succession", args: [Cl.principal(mostly(turn, turn.patient))] };
}

function anchor(turn) {
  const caller = anyone(turn);
  const moved = turn.anchored(caller) + BigInt(turn.random.pick([-1, -1, 0, 0, 1, 1, 9]));
  const head = Buffer.alloc(turn.random.once(10) ? 5 : 32, turn.random.below(2));
  const args = [Cl.buffer(head), Cl.uint(moved < 0n ? 0n : moved)];
  return { caller, name: "anchor-vault-log", args };
}

const CHOICES = ACTIONS.map(([weight, name, caller, args]) => [
  weight,
  (turn) => ({ caller: caller(turn), name, args: args(turn) }),
]);
CHOICES.push(
  [2, removeDelegate],
  [2, endDelegation],
  [7, contact],
  [1, removeMember],
  [6, accessFor],
  [6, succeed],
  [3, anchor],
  [2, createBound],
);

/** A call of a public function whose arguments have its types. */
export function action(turn) {
  if (turn.version === 0 && !turn.random.once(6)) {
    return {
      caller: anyone(turn),
      name: "create-medical-record",
      args: [Cl.uint(turn.id), content(turn)],
    };
  }
  return turn.random.weighted(CHOICES)(turn);
}

/** A call that no network includes: no such function, or arguments of other types or number. */
export function illTyped(turn) {
  const user = person(turn);
  const one = Cl.uint(1);
  const grant = Cl.tuple({ "record-id": one, user, expiry: Cl.none() });
  const [name, args] = turn.random.pick([
    ["create-medical-record", [one, Cl.buffer(Buffer.alloc(65_537))]],
    ["create-medical-record", [one, Cl.stringAscii("content")]],
    ["access-medical-record", [Cl.int(1)]],
    ["access-medical-record", []],
    ["access-medical-record", [one, one]],
    ["grant-record-access", [one, user, one]],
    ["grant-record-access", [one, Cl.none(), Cl.none()]],
    ["grant-record-access", [user, one, Cl.none()]],
    ["grant-many", [Cl.list(Array(21).fill(grant))]],
    ["grant-many", [Cl.list([Cl.tuple({ "record-id": one, user })])]],
    ["emergency-access", [one, Cl.buffer(Buffer.alloc(33))]],
    ["publish-encryption-key", [Cl.buffer(Buffer.alloc(1_281))]],
    ["put-key-envelope", [one, one, user, Cl.buffer(Buffer.alloc(2_049))]],
    ["anchor-vault-log", [Cl.buffer(Buffer.alloc(32)), Cl.some(one)]],
    ["erase-medical-record", [one]],
    ["set-grant", [one, user, one, Cl.none()]],
  ]);
  return { caller: anyone(turn), name, args };
}
