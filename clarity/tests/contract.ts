// The records contract as calls of TypeScript: who calls comes first, then the arguments in
// the contract's order.

import { createHash } from "node:crypto";
import { Cl, serializeCV, type ClarityValue } from "@stacks/transactions";
import { Chain, optionalUint, type Outcome } from "./chain";
import type { Plain } from "./plain";

export const READ = 1n;
export const AMEND = 2n;
export const EMERGENCY = 4n;
export const HISTORY = 8n;
export const SEE = 1n;
export const SHARE = 2n;
export const ADD = 4n;
export const ALL_POWERS = 7n;
export const LONGEST_WAIT = 52_560n;
export const EMERGENCY_BLOCKS = 144n;
export const ZEROS = "00".repeat(32);
export const REASON = sha256("11");

/** Something to encrypt, told apart by its first byte. */
export function content(first = 1, length = 20): string {
  return Buffer.alloc(length, 0xaa).fill(first, 0, 1).toString("hex");
}

export function sha256(...hex: string[]): string {
  return createHash("sha256").update(Buffer.from(hex.join(""), "hex")).digest("hex");
}

/** Ids that begin with "MR" are bound to their maker: from here on, 2^112 of them. */
export const BOUND_IDS = 0x4d52n << 112n;

/** The first of the ids that are bound to `maker`; 2^48 follow. */
export function boundId(maker: string): bigint {
  const hash = sha256(serializeCV(principal(maker)) as unknown as string);
  return BOUND_IDS + (BigInt(`0x${hash.slice(0, 16)}`) << 48n);
}

/** How rights and powers look as an entry's detail. */
export function bitsDetail(bits: bigint): string {
  return bits.toString(16).padStart(64, "0");
}

export interface Entry {
  topic: string;
  index: bigint;
  action: string;
  actor: string;
  subject: string | null;
  version: bigint;
  expiry: bigint | null;
  detail: string;
  "burn-height": bigint;
  [field: string]: Plain;
}

export interface Record {
  patient: string;
  version: bigint;
  readers: bigint;
  "audit-count": bigint;
  "audit-head": string;
}

export interface Grant {
  rights: bigint;
  expiry: bigint | null;
  "granted-at": bigint;
  "from-version": bigint;
  entry: bigint;
  by: Mark | null;
}

/** The delegation by which something was granted. */
export interface Mark {
  patient: string;
  delegate: string;
  term: bigint;
  [field: string]: Plain;
}

const { uint, principal, bufferFromHex, list, tuple } = Cl;

export class Contract {
  constructor(readonly chain: Chain) {}

  static async shared(): Promise<Contract> {
    return new Contract(await Chain.shared());
  }

  // ---- public functions

  create(by: string, id: bigint, hex = content()): Outcome {
    return this.chain.call(by, "create-medical-record", [uint(id), bufferFromHex(hex)]);
  }

  createFor(by: string, patient: string, id: bigint, hex = content()): Outcome {
    return this.chain.call(by, "create-record-for", [
      principal(patient),
      uint(id),
      bufferFromHex(hex),
    ]);
  }

  amend(by: string, id: bigint, hex = content(2)): Outcome {
    return this.chain.call(by, "amend-medical-record", [uint(id), bufferFromHex(hex)]);
  }

  amendVersion(by: string, id: bigint, version: bigint, hex = content(2)): Outcome {
    return this.chain.call(by, "amend-record-version", [
      uint(id),
      uint(version),
      bufferFromHex(hex),
    ]);
  }

  access(by: string, id: bigint): Outcome {
    return this.chain.call(by, "access-medical-record", [uint(id)]);
  }

  accessVersion(by: string, id: bigint, version: bigint): Outcome {
    return this.chain.call(by, "access-record-version", [uint(id), uint(version)]);
  }

  accessFor(by: string, id: bigint, version: bigint, organisation: string): Outcome {
    return this.chain.call(by, "access-for", [
      uint(id),
      uint(version),
      principal(organisation),
    ]);
  }

  grant(by: string, id: bigint, user: string, expiry: bigint | null = null): Outcome {
    return this.chain.call(by, "grant-record-access", [
      uint(id),
      principal(user),
      optionalUint(expiry),
    ]);
  }

  grantRights(
    by: string,
    id: bigint,
    user: string,
    rights: bigint,
    expiry: bigint | null = null,
  ): Outcome {
    return this.chain.call(by, "grant-record-rights", [
      uint(id),
      principal(user),
      uint(rights),
      optionalUint(expiry),
    ]);
  }

  grantMany(
    by: string,
    grants: { id: bigint; user: string; expiry: bigint | null }[],
  ): Outcome {
    return this.chain.call(by, "grant-many", [
      list(
        grants.map(({ id, user, expiry }) =>
          tuple({
            "record-id": uint(id),
            user: principal(user),
            expiry: optionalUint(expiry),
          }),
        ),
      ),
    ]);
  }

  revoke(by: string, id: bigint, user: string): Outcome {
    return this.chain.call(by, "revoke-record-access", [uint(id), principal(user)]);
  }

  grantStanding(
    by: string,
    patient: string,
    user: string,
    rights = READ,
    expiry: bigint | null = null,
  ): Outcome {
    return this.chain.call(by, "grant-standing-access", [
      principal(patient),
      principal(user),
      uint(rights),
      optionalUint(expiry),
    ]);
  }

  revokeStanding(by: string, patient: string, user: string): Outcome {
    return this.chain.call(by, "revoke-standing-access", [
      principal(patient),
      principal(user),
    ]);
  }

  emergency(by: string, id: bigint, reason = REASON): Outcome {
    return this.chain.call(by, "emergency-access", [uint(id), bufferFromHex(reason)]);
  }

  setDelegate(
    by: string,
    delegate: string,
    expiry: bigint | null = null,
    powers = ALL_POWERS,
  ): Outcome {
    return this.chain.call(by, "set-delegate", [
      principal(delegate),
      uint(powers),
      optionalUint(expiry),
    ]);
  }

  removeDelegate(by: string, delegate: string): Outcome {
    return this.chain.call(by, "remove-delegate", [principal(delegate)]);
  }

  endDelegation(by: string, delegate: string): Outcome {
    return this.chain.call(by, "end-delegation", [principal(delegate)]);
  }

  nameContact(by: string, contact: string, powers = ALL_POWERS, wait = 10n): Outcome {
    return this.chain.call(by, "name-contact", [principal(contact), uint(powers), uint(wait)]);
  }

  ask(by: string, patient: string): Outcome {
    return this.chain.call(by, "ask-for-delegation", [principal(patient)]);
  }

  refuse(by: string, patient: string, contact: string): Outcome {
    return this.chain.call(by, "refuse-delegation", [principal(patient), principal(contact)]);
  }

  acceptDelegation(by: string, patient: string): Outcome {
    return this.chain.call(by, "accept-delegation", [principal(patient)]);
  }

  setMember(by: string, member: string, expiry: bigint | null = null): Outcome {
    return this.chain.call(by, "set-member", [principal(member), optionalUint(expiry)]);
  }

  removeMember(by: string, member: string): Outcome {
    return this.chain.call(by, "remove-member", [principal(member)]);
  }

  offerSuccession(by: string, successor: string): Outcome {
    return this.chain.call(by, "offer-succession", [principal(successor)]);
  }

  acceptSuccession(by: string, patient: string): Outcome {
    return this.chain.call(by, "accept-succession", [principal(patient)]);
  }

  transfer(by: string, id: bigint, newPatient: string): Outcome {
    return this.chain.call(by, "transfer-patient", [uint(id), principal(newPatient)]);
  }

  accept(by: string, id: bigint): Outcome {
    return this.chain.call(by, "accept-patient", [uint(id)]);
  }

  publishKey(by: string, recipient: string): Outcome {
    return this.chain.call(by, "publish-encryption-key", [bufferFromHex(recipient)]);
  }

  putEnvelope(
    by: string,
    id: bigint,
    version: bigint,
    user: string,
    envelope = "e0",
  ): Outcome {
    return this.chain.call(by, "put-key-envelope", [
      uint(id),
      uint(version),
      principal(user),
      bufferFromHex(envelope),
    ]);
  }

  anchor(by: string, head: string, count: bigint): Outcome {
    return this.chain.call(by, "anchor-vault-log", [bufferFromHex(head), uint(count)]);
  }

  // ---- what is stored

  record(id: bigint): Record {
    return this.chain.read("get-record", [uint(id)]) as unknown as Record;
  }

  version(id: bigint, version: bigint): Plain {
    return this.chain.read("get-record-version", [uint(id), uint(version)]);
  }

  patient(patient: string): Plain {
    return this.chain.read("get-patient", [principal(patient)]);
  }

  user(user: string): Plain {
    return this.chain.read("get-user", [principal(user)]);
  }

  storedGrant(id: bigint, user: string): Grant | null {
    return this.chain.read("get-grant", [uint(id), principal(user)]) as Grant | null;
  }

  effectiveGrant(id: bigint, user: string): Grant | null {
    return this.chain.read("get-effective-grant", [
      uint(id),
      principal(user),
    ]) as Grant | null;
  }

  hasAccess(id: bigint, user: string): Plain {
    return this.chain.read("has-access", [uint(id), principal(user)]);
  }

  patientRecords(patient: string): Plain[] {
    return this.#list("get-patient-record", principal(patient));
  }

  sharedRecords(user: string): Plain[] {
    return this.#list("get-shared-record", principal(user));
  }

  recordReaders(id: bigint): Plain[] {
    return this.#list("get-record-reader", uint(id));
  }

  careTeam(patient: string): Plain[] {
    return this.#list("get-care-team-member", principal(patient));
  }

  carePatients(user: string): Plain[] {
    return this.#list("get-care-patient", principal(user));
  }

  #list(name: string, of: ClarityValue): Plain[] {
    return readAll((index) => this.chain.read(name, [of, uint(index)]));
  }

  standingGrant(patient: string, user: string): Plain {
    return this.chain.read("get-standing-grant", [principal(patient), principal(user)]);
  }

  delegation(patient: string, delegate: string): Plain {
    return this.chain.read("get-delegate", [principal(patient), principal(delegate)]);
  }

  contact(patient: string, contact: string): Plain {
    return this.chain.read("get-contact", [principal(patient), principal(contact)]);
  }

  member(organisation: string, member: string): Plain {
    return this.chain.read("get-member", [principal(organisation), principal(member)]);
  }

  line(user: string): Plain {
    return this.chain.read("get-line", [principal(user)]);
  }

  pendingSuccession(patient: string): Plain {
    return this.chain.read("get-pending-succession", [principal(patient)]);
  }

  emergencyOpening(id: bigint, user: string): Plain {
    return this.chain.read("get-emergency-opening", [uint(id), principal(user)]);
  }

  pendingTransfer(id: bigint): Plain {
    return this.chain.read("get-pending-transfer", [uint(id)]);
  }

  encryptionKey(owner: string): Plain {
    return this.chain.read("get-encryption-key", [principal(owner)]);
  }

  keyEnvelope(id: bigint, version: bigint, user: string): Plain {
    return this.chain.read("get-key-envelope", [uint(id), uint(version), principal(user)]);
  }

  vaultLog(vault: string): Plain {
    return this.chain.read("get-vault-log", [principal(vault)]);
  }

  entries(id: bigint): Entry[] {
    return readAll((index) =>
      this.chain.read("get-audit-entry", [uint(id), uint(index)]),
    ) as Entry[];
  }

  patientEntries(patient: string): Entry[] {
    return readAll((index) =>
      this.chain.read("get-patient-audit-entry", [principal(patient), uint(index)]),
    ) as Entry[];
  }

  /** The head that the entries of a record add up to, rebuilt outside the contract. */
  rebuiltHead(id: bigint): string {
    const count = this.record(id)["audit-count"];
    let head = ZEROS;
    for (let index = 0n; index < count; index += 1n) {
      const entry = this.chain.readValue("get-audit-entry", [uint(id), uint(index)]);
      if (!("value" in entry)) throw new Error(`entry ${index} of ${id} is missing`);
      head = sha256(head, sha256(serializeCV(entry.value as never)));
    }
    return head;
  }

  // ---- beginnings that many tests share

  /** A record of a new patient. */
  newRecord(): { patient: string; id: bigint } {
    const patient = this.chain.principal();
    const id = this.chain.recordId();
    expectOk(this.create(patient, id));
    return { patient, id };
  }

  /** A record, and a user who was granted these rights on it. */
  newGrant(
    rights = READ,
    expiry: bigint | null = null,
  ): { patient: string; id: bigint; user: string } {
    const { patient, id } = this.newRecord();
    const user = this.chain.principal();
    expectOk(this.grantRights(patient, id, user, rights, expiry));
    return { patient, id, user };
  }

  /** A record, and a delegate of its patient. */
  newDelegate(
    expiry: bigint | null = null,
    powers = ALL_POWERS,
  ): { patient: string; id: bigint; delegate: string } {
    const { patient, id } = this.newRecord();
    const delegate = this.chain.principal();
    expectOk(this.setDelegate(patient, delegate, expiry, powers));
    return { patient, id, delegate };
  }

  /** Hand everything of a patient over; the new one. */
  succeed(patient: string, successor = this.chain.principal()): string {
    expectOk(this.offerSuccession(patient, successor));
    expectOk(this.acceptSuccession(successor, patient));
    return successor;
  }

  /** A record, what its first patient was, and who succeeded them. */
  newSuccession(): { former: string; id: bigint; patient: string } {
    const { patient: former, id } = this.newRecord();
    return { former, id, patient: this.succeed(former) };
  }

  /** A record that an organisation was granted, and a member of it. */
  newMember(rights = READ): {
    patient: string;
    id: bigint;
    organisation: string;
    member: string;
  } {
    const { patient, id, user: organisation } = this.newGrant(rights);
    const member = this.chain.principal();
    expectOk(this.setMember(organisation, member));
    return { patient, id, organisation, member };
  }

  /** A record, and a contact of its patient who has to wait 10 blocks. */
  newContact(powers = ALL_POWERS): { patient: string; id: bigint; contact: string } {
    const { patient, id } = this.newRecord();
    const contact = this.chain.principal();
    expectOk(this.nameContact(patient, contact, powers));
    return { patient, id, contact };
  }
}

/** For steps that only lead up to what a test is about. */
export function expectOk(outcome: Outcome): Plain {
  if ("err" in outcome) throw new Error(`a step was refused: ${outcome.err}`);
  return outcome.ok;
}

function readAll(read: (index: bigint) => Plain): Plain[] {
  const all: Plain[] = [];
  for (let entry = read(0n); entry !== null; entry = read(BigInt(all.length))) {
    all.push(entry);
  }
  return all;
}
