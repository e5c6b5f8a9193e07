// What the calls cost, as COSTS.md shows it. `npm run costs` writes that file anew; in every
// other run a difference fails.

import { Cl } from "@stacks/transactions";
import { beforeAll, describe, expect, it } from "vitest";
import { Chain, DEPLOYED, type Costs } from "./chain";
import { AMEND, boundId, Contract, content, EMERGENCY, READ, ZEROS } from "./contract";

const NEWEST = [6, "4.0"] as const;
const EMBEDDED = [2, "2.5"] as const;

/** What a block of the public networks has room for; the reads are those from epoch 4.0 on. */
const BUDGET: Costs = {
  writeLength: 15_000_000,
  writeCount: 15_000,
  readLength: 200_000_000,
  readCount: 30_000,
  runtime: 5_000_000_000,
};
const BUDGET_BEFORE_4: Costs = { ...BUDGET, readLength: 100_000_000, readCount: 15_000 };

const DIMENSIONS = ["writeLength", "writeCount", "readLength", "readCount", "runtime"] as const;

/** A call to be measured: its function, the circumstances, and how to come to it. */
type Case = [name: string, when: string, call: (contract: Contract) => unknown];

const CASES: Case[] = [
  ["create-medical-record", "1 byte", (c) => create(c, 1)],
  ["create-medical-record", "1,000 bytes", (c) => create(c, 1_000)],
  ["create-medical-record", "65,536 bytes", (c) => create(c, 65_536)],
  ["create-medical-record", "1,000 bytes, an id bound to the caller", (c) => createBound(c)],
  ["create-medical-record", "1,000 bytes, a successor", (c) => createAsSuccessor(c)],
  ["create-record-for", "1,000 bytes", (c) => createFor(c)],
  ["amend-medical-record", "patient, 1,000 bytes", (c) => amend(c, 1_000)],
  ["amend-medical-record", "patient, 65,536 bytes", (c) => amend(c, 65_536)],
  ["amend-medical-record", "user, 1,000 bytes", (c) => amendAsUser(c)],
  ["amend-record-version", "patient, 1,000 bytes", (c) => amendVersion(c)],
  ["access-medical-record", "patient, 1,000 bytes", (c) => accessAsPatient(c)],
  ["access-medical-record", "reader, 1,000 bytes", (c) => accessAsReader(c, 1_000)],
  ["access-medical-record", "reader, 65,536 bytes", (c) => accessAsReader(c, 65_536)],
  ["access-medical-record", "standing, 1,000 bytes", (c) => accessStanding(c)],
  ["access-medical-record", "delegate, 1,000 bytes", (c) => accessAsDelegate(c)],
  ["access-medical-record", "successor, 1,000 bytes", (c) => accessAsSuccessor(c)],
  ["access-medical-record", "granted by a delegate, 1,000 bytes", (c) => accessByDelegate(c)],
  ["access-medical-record", "emergency, 1,000 bytes", (c) => accessInEmergency(c)],
  ["access-record-version", "reader, 1,000 bytes", (c) => accessVersion(c)],
  ["access-for", "1,000 bytes", (c) => accessFor(c)],
  ["grant-record-access", "first, by the patient", (c) => grant(c)],
  ["grant-record-access", "renewal, by the patient", (c) => renew(c)],
  ["grant-record-access", "renewal, by a delegate", (c) => renewAsDelegate(c)],
  ["grant-record-access", "renewal, by a successor", (c) => renewAsSuccessor(c)],
  ["grant-record-rights", "renewal, by the patient", (c) => grantRights(c)],
  ["grant-many", "1 renewal", (c) => grantMany(c, 1, true)],
  ["grant-many", "20 renewals", (c) => grantMany(c, 20, true)],
  ["grant-many", "20 first grants", (c) => grantMany(c, 20, false)],
  ["revoke-record-access", "a grant", (c) => revoke(c)],
  ["revoke-record-access", "standing access", (c) => revokeFromStanding(c)],
  ["grant-standing-access", "first", (c) => grantStanding(c)],
  ["grant-standing-access", "renewal", (c) => renewStanding(c)],
  ["revoke-standing-access", "", (c) => revokeStanding(c)],
  ["emergency-access", "", (c) => emergency(c)],
  ["set-delegate", "first", (c) => setDelegate(c)],
  ["set-delegate", "renewal", (c) => renewDelegate(c)],
  ["remove-delegate", "", (c) => removeDelegate(c)],
  ["end-delegation", "", (c) => endDelegation(c)],
  ["name-contact", "", (c) => nameContact(c)],
  ["ask-for-delegation", "", (c) => ask(c)],
  ["refuse-delegation", "", (c) => refuse(c)],
  ["accept-delegation", "", (c) => acceptDelegation(c)],
  ["set-member", "", (c) => setMember(c)],
  ["remove-member", "", (c) => removeMember(c)],
  ["offer-succession", "", (c) => offerSuccession(c)],
  ["accept-succession", "the first", (c) => acceptSuccession(c, false)],
  ["accept-succession", "a later one", (c) => acceptSuccession(c, true)],
  ["transfer-patient", "offer", (c) => transfer(c)],
  ["transfer-patient", "withdrawal", (c) => withdraw(c)],
  ["accept-patient", "", (c) => accept(c)],
  ["publish-encryption-key", "62 bytes", (c) => c.publishKey(c.chain.principal(), content(1, 62))],
  ["publish-encryption-key", "1,280 bytes", (c) => publish(c, 1_280)],
  ["put-key-envelope", "200 bytes", (c) => putEnvelope(c, 200)],
  ["put-key-envelope", "2,048 bytes", (c) => putEnvelope(c, 2_048)],
  ["put-key-envelope", "200 bytes, again, by the author", (c) => putEnvelopeAgain(c)],
  ["anchor-vault-log", "", (c) => c.anchor(c.chain.principal(), ZEROS, 1n)],
];

describe("costs", () => {
  let newest: Contract;
  let embedded: Contract;

  beforeAll(async () => {
    newest = new Contract(await Chain.open(...NEWEST, DEPLOYED));
    embedded = new Contract(await Chain.open(...EMBEDDED, DEPLOYED));
  });

  it("are those of COSTS.md", async () => {
    const rows = CASES.map(([name, when, call]) => {
      const costs = measure(newest, call);
      const { runtime, ...rest } = measure(embedded, call);
      expect({ ...rest, runtime: costs.runtime }, `${name}, ${when}`).toEqual(costs);
      return [
        `\`${name}\``,
        when,
        ...DIMENSIONS.map((dimension) => figure(costs[dimension])),
        figure(runtime),
        figure(perBlock(costs, BUDGET)),
        figure(perBlock({ ...costs, runtime }, BUDGET_BEFORE_4)),
      ];
    });
    await expect(page(rows)).toMatchFileSnapshot("../COSTS.md");
  });

  it("stay within what was set for an access and for a grant", () => {
    const access = measure(newest, (c) => accessAsReader(c, 1_000));
    expect(access.readCount).toBeLessThanOrEqual(11);
    expect(access.writeCount).toBeLessThanOrEqual(2);
    const renewal = measure(newest, renew);
    expect(renewal.readCount).toBeLessThanOrEqual(12);
    expect(renewal.writeCount).toBeLessThanOrEqual(4);
  });

  it("are the same at the first entry of a log and at the hundred-thousandth", () => {
    for (const chosen of [accessAsPatient, renew, revoke, amendVersion, transfer]) {
      const first = measure(newest, chosen);
      const later = measure(newest, (c) => chosen(c, { records: 100_000n }));
      expect(later).toEqual(first);
    }
    const ofPatients = [
      grantStanding,
      renewStanding,
      revokeStanding,
      setDelegate,
      endDelegation,
      nameContact,
      ask,
      setMember,
      offerSuccession,
      acceptAged,
    ];
    for (const chosen of ofPatients) {
      const first = measure(newest, chosen);
      const later = measure(newest, (c) => chosen(c, { patients: 100_000n }));
      expect(later).toEqual(first);
    }
  });
});

// ---- the calls, each after what it needs; only the last call of each is measured

/** Lengths that the logs and lists of a new record or patient are made to begin with. */
interface Aged {
  records?: bigint;
  patients?: bigint;
}

function newRecord(c: Contract, aged: Aged = {}, length = 1_000): { patient: string; id: bigint } {
  const patient = c.chain.principal();
  const id = c.chain.recordId();
  c.create(patient, id, content(1, length));
  if (aged.records !== undefined) ageRecord(c, patient, id, aged.records);
  if (aged.patients !== undefined) agePatient(c, patient, aged.patients);
  return { patient, id };
}

function create(c: Contract, length: number) {
  return c.create(c.chain.principal(), c.chain.recordId(), content(1, length));
}

function createBound(c: Contract) {
  const patient = c.chain.principal();
  return c.create(patient, boundId(patient), content(1, 1_000));
}

function createAsSuccessor(c: Contract) {
  const { patient } = c.newSuccession();
  return c.create(patient, c.chain.recordId(), content(1, 1_000));
}

function createFor(c: Contract) {
  const { patient, delegate } = c.newDelegate(FAR);
  return c.createFor(delegate, patient, c.chain.recordId(), content(1, 1_000));
}

function accessAsSuccessor(c: Contract) {
  const { patient, id } = newRecord(c);
  return c.access(c.succeed(patient), id);
}

function accessByDelegate(c: Contract) {
  const { patient, id } = newRecord(c);
  const [reader, delegate] = [c.chain.principal(), c.chain.principal()];
  c.setDelegate(patient, delegate, FAR);
  c.grant(delegate, id, reader, FAR);
  return c.access(reader, id);
}

function accessFor(c: Contract) {
  const { patient, id } = newRecord(c);
  const [organisation, member] = [c.chain.principal(), c.chain.principal()];
  c.setMember(organisation, member, FAR);
  c.grant(patient, id, organisation, FAR);
  return c.accessFor(member, id, 1n, organisation);
}

function renewAsSuccessor(c: Contract) {
  const { patient: former, id } = newRecord(c);
  const patient = c.succeed(former);
  const reader = c.chain.principal();
  c.grant(patient, id, reader, FAR);
  return c.grant(patient, id, reader, FAR);
}

function endDelegation(c: Contract, aged: Aged = {}) {
  const { patient } = newRecord(c, aged);
  const delegate = c.chain.principal();
  c.setDelegate(patient, delegate, FAR);
  return c.endDelegation(patient, delegate);
}

function nameContact(c: Contract, aged: Aged = {}) {
  const { patient } = newRecord(c, aged);
  return c.nameContact(patient, c.chain.principal());
}

function ask(c: Contract, aged: Aged = {}) {
  const { patient } = newRecord(c, aged);
  const contact = c.chain.principal();
  c.nameContact(patient, contact);
  return c.ask(contact, patient);
}

function refuse(c: Contract) {
  const { patient, contact } = c.newContact();
  return c.refuse(patient, patient, contact);
}

function acceptDelegation(c: Contract) {
  const { patient, contact } = c.newContact();
  c.ask(contact, patient);
  c.chain.mine(10n);
  return c.acceptDelegation(contact, patient);
}

function setMember(c: Contract, aged: Aged = {}) {
  const { patient } = newRecord(c, aged);
  return c.setMember(patient, c.chain.principal(), FAR);
}

function removeMember(c: Contract) {
  const { patient } = newRecord(c);
  const member = c.chain.principal();
  c.setMember(patient, member, FAR);
  return c.removeMember(patient, member);
}

function offerSuccession(c: Contract, aged: Aged = {}) {
  const { patient } = newRecord(c, aged);
  return c.offerSuccession(patient, c.chain.principal());
}

function acceptSuccession(c: Contract, later: boolean, aged: Aged = {}) {
  const { patient: first } = newRecord(c, aged);
  const patient = later ? c.succeed(c.succeed(first)) : first;
  const next = c.chain.principal();
  c.offerSuccession(patient, next);
  return c.acceptSuccession(next, first);
}

function acceptAged(c: Contract, aged: Aged = {}) {
  return acceptSuccession(c, false, aged);
}

function amend(c: Contract, length: number) {
  const { patient, id } = newRecord(c);
  return c.amend(patient, id, content(2, length));
}

function amendAsUser(c: Contract) {
  const { id, user } = c.newGrant(AMEND);
  return c.amend(user, id, content(2, 1_000));
}

function amendVersion(c: Contract, aged: Aged = {}) {
  const { patient, id } = newRecord(c, aged);
  return c.amendVersion(patient, id, 2n, content(2, 1_000));
}

function accessAsPatient(c: Contract, aged: Aged = {}) {
  const { patient, id } = newRecord(c, aged);
  return c.access(patient, id);
}

function accessAsReader(c: Contract, length: number) {
  const { patient, id } = newRecord(c, {}, length);
  const reader = c.chain.principal();
  c.grant(patient, id, reader, FAR);
  return c.access(reader, id);
}

function accessVersion(c: Contract) {
  const { patient, id } = newRecord(c);
  const reader = c.chain.principal();
  c.grant(patient, id, reader, FAR);
  return c.accessVersion(reader, id, 1n);
}

function accessStanding(c: Contract) {
  const { patient, id } = newRecord(c);
  const reader = c.chain.principal();
  c.grantStanding(patient, patient, reader, READ, FAR);
  return c.access(reader, id);
}

function accessAsDelegate(c: Contract) {
  const { patient, id } = newRecord(c);
  const delegate = c.chain.principal();
  c.setDelegate(patient, delegate, FAR);
  return c.access(delegate, id);
}

function accessInEmergency(c: Contract) {
  const { patient, id } = newRecord(c);
  const medic = c.chain.principal();
  c.grantRights(patient, id, medic, EMERGENCY, FAR);
  c.emergency(medic, id);
  return c.access(medic, id);
}

function grant(c: Contract) {
  const { patient, id } = newRecord(c);
  return c.grant(patient, id, c.chain.principal(), FAR);
}

function renew(c: Contract, aged: Aged = {}) {
  const { patient, id } = newRecord(c);
  const reader = c.chain.principal();
  c.grant(patient, id, reader, FAR);
  if (aged.records !== undefined) ageRecord(c, patient, id, aged.records);
  return c.grant(patient, id, reader, FAR);
}

function renewAsDelegate(c: Contract) {
  const { patient, id } = newRecord(c);
  const [reader, delegate] = [c.chain.principal(), c.chain.principal()];
  c.setDelegate(patient, delegate, FAR);
  c.grant(patient, id, reader, FAR);
  return c.grant(delegate, id, reader, FAR);
}

function grantRights(c: Contract) {
  const { patient, id } = newRecord(c);
  const reader = c.chain.principal();
  c.grant(patient, id, reader, FAR);
  return c.grantRights(patient, id, reader, AMEND, FAR);
}

function grantMany(c: Contract, length: number, again: boolean) {
  const { patient, id } = newRecord(c);
  const grants = Array.from({ length }, () => ({ id, user: c.chain.principal(), expiry: FAR }));
  if (again) c.grantMany(patient, grants);
  return c.grantMany(patient, grants);
}

function revoke(c: Contract, aged: Aged = {}) {
  const { patient, id } = newRecord(c);
  const reader = c.chain.principal();
  c.grant(patient, id, reader, FAR);
  if (aged.records !== undefined) ageRecord(c, patient, id, aged.records);
  return c.revoke(patient, id, reader);
}

function revokeFromStanding(c: Contract) {
  const { patient, id } = newRecord(c);
  const reader = c.chain.principal();
  c.grantStanding(patient, patient, reader, READ, FAR);
  return c.revoke(patient, id, reader);
}

function grantStanding(c: Contract, aged: Aged = {}) {
  const { patient } = newRecord(c, aged);
  return c.grantStanding(patient, patient, c.chain.principal(), READ, FAR);
}

function renewStanding(c: Contract, aged: Aged = {}) {
  const { patient } = newRecord(c, aged);
  const reader = c.chain.principal();
  c.grantStanding(patient, patient, reader, READ, FAR);
  return c.grantStanding(patient, patient, reader, READ, FAR);
}

function revokeStanding(c: Contract, aged: Aged = {}) {
  const { patient } = newRecord(c, aged);
  const reader = c.chain.principal();
  c.grantStanding(patient, patient, reader, READ, FAR);
  return c.revokeStanding(patient, patient, reader);
}

function emergency(c: Contract) {
  const { patient, id } = newRecord(c);
  const medic = c.chain.principal();
  c.grantRights(patient, id, medic, EMERGENCY, FAR);
  return c.emergency(medic, id);
}

function setDelegate(c: Contract, aged: Aged = {}) {
  const { patient } = newRecord(c, aged);
  return c.setDelegate(patient, c.chain.principal(), FAR);
}

function renewDelegate(c: Contract) {
  const { patient } = newRecord(c);
  const delegate = c.chain.principal();
  c.setDelegate(patient, delegate, FAR);
  return c.setDelegate(patient, delegate, FAR);
}

function removeDelegate(c: Contract) {
  const { patient } = newRecord(c);
  const delegate = c.chain.principal();
  c.setDelegate(patient, delegate, FAR);
  return c.removeDelegate(patient, delegate);
}

function transfer(c: Contract, aged: Aged = {}) {
  const { patient, id } = newRecord(c, aged);
  return c.transfer(patient, id, c.chain.principal());
}

function withdraw(c: Contract) {
  const { patient, id } = newRecord(c);
  c.transfer(patient, id, c.chain.principal());
  return c.transfer(patient, id, patient);
}

function accept(c: Contract) {
  const { patient, id } = newRecord(c);
  const next = c.chain.principal();
  c.transfer(patient, id, next);
  return c.accept(next, id);
}

function publish(c: Contract, length: number) {
  return c.publishKey(c.chain.principal(), content(1, length));
}

function putEnvelope(c: Contract, length: number) {
  const { patient, id } = newRecord(c);
  const reader = c.chain.principal();
  c.grant(patient, id, reader, FAR);
  return c.putEnvelope(patient, id, 1n, reader, content(1, length));
}

/** The author's way is the longest: nobody's delegate, no first envelope, a grant of their own. */
function putEnvelopeAgain(c: Contract) {
  const { patient, id } = newRecord(c);
  const author = c.chain.principal();
  c.grantRights(patient, id, author, AMEND, FAR);
  c.amend(author, id);
  c.putEnvelope(author, id, 2n, patient, content(1, 200));
  return c.putEnvelope(author, id, 2n, patient, content(2, 200));
}

const FAR = 10_000_000n;

/** Give a record's log `count` entries, by a private function and not one by one. */
function ageRecord(c: Contract, patient: string, id: bigint, count: bigint): void {
  const record = c.record(id);
  c.chain.callPrivate(patient, "append-entry", [
    Cl.uint(id),
    Cl.tuple({
      patient: Cl.principal(patient),
      version: Cl.uint(record.version),
      readers: Cl.uint(count),
      "audit-count": Cl.uint(count - 1n),
      "audit-head": Cl.bufferFromHex(record["audit-head"]),
    }),
    Cl.stringAscii("access"),
    Cl.none(),
    Cl.uint(1),
    Cl.none(),
    Cl.bufferFromHex(ZEROS),
    Cl.uint(c.chain.height()),
  ]);
  expect(c.record(id)["audit-count"]).toBe(count);
}

/** The same for a patient's log and lists. */
function agePatient(c: Contract, patient: string, count: bigint): void {
  c.chain.callPrivate(patient, "append-patient-entry", [
    Cl.principal(patient),
    Cl.tuple({
      records: Cl.uint(count),
      team: Cl.uint(count),
      "audit-count": Cl.uint(count - 1n),
      "audit-head": Cl.bufferFromHex(ZEROS),
      root: Cl.none(),
      successor: Cl.none(),
    }),
    Cl.stringAscii("delegate-set"),
    Cl.principal(patient),
    Cl.none(),
    Cl.bufferFromHex(ZEROS),
    Cl.uint(c.chain.height()),
  ]);
  expect(c.patient(patient)).toMatchObject({ "audit-count": count, team: count });
}

function measure(contract: Contract, call: (contract: Contract) => unknown): Costs {
  expect(call(contract)).toHaveProperty("ok");
  const costs = contract.chain.last?.costs;
  if (!costs) throw new Error("costs are not being tracked");
  return costs;
}

/** How many such calls one block holds, by the dimension that runs out first. */
function perBlock(costs: Costs, budget: Costs): number {
  return Math.floor(
    Math.min(
      ...DIMENSIONS.filter((dimension) => costs[dimension] > 0).map(
        (dimension) => budget[dimension] / costs[dimension],
      ),
    ),
  );
}

function figure(number: number): string {
  return number.toLocaleString("en-US");
}

function page(rows: string[][]): string {
  const heads = [
    "call",
    "",
    "write length",
    "writes",
    "read length",
    "reads",
    "runtime",
    "runtime, epoch 2.5",
    "a block holds",
    "before epoch 4.0",
  ];
  return `# What the calls cost

Written by \`npm run costs\`; \`npm test\` fails when a figure changes.

Lengths are in bytes. Costs are those of Clarity 6 at epoch 4.0; under Clarity 2 at epoch 2.5,
which the embedded ledger runs, only the runtime differs. A block holds as many calls of one
kind as the scarcest of its five budgets allows. The length of the source that is deployed, which has no comments,
is part of every call's read length: ${figure(DEPLOYED.length)} bytes. No figure depends on what was stored before, but for the
length of the content that is written or opened.

${row(heads)}
${row(heads.map((_, column) => (column < 2 ? "---" : "--:")))}
${rows.map(row).join("\n")}
`;
}

function row(cells: string[]): string {
  return `| ${cells.join(" | ")} |`;
}
