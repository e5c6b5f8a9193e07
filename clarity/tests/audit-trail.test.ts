import { Cl, serializeCV, type ClarityValue } from "@stacks/transactions";
import { describe, expect, it } from "vitest";
import { AMEND, Contract, EMERGENCY, sha256, ZEROS } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

/** A record's life in which every action on it happens once; the users who took part. */
function life(): { patient: string; next: string; id: bigint } {
  const { patient, id } = contract.newRecord();
  const [writer, medic, next] = [chain.principal(), chain.principal(), chain.principal()];
  contract.grantRights(patient, id, writer, AMEND);
  contract.amend(writer, id);
  contract.putEnvelope(writer, id, 2n, patient);
  contract.access(patient, id);
  contract.grantRights(patient, id, medic, EMERGENCY);
  contract.emergency(medic, id);
  contract.access(medic, id);
  contract.revoke(patient, id, writer);
  contract.transfer(patient, id, next);
  contract.accept(next, id);
  return { patient, next, id };
}

describe("a record's log", () => {
  it("has one entry for each success, in order", () => {
    const { id } = life();
    expect(contract.entries(id).map(({ index, action }) => [index, action])).toEqual([
      [0n, "create"],
      [1n, "grant"],
      [2n, "amend"],
      [3n, "envelope"],
      [4n, "access"],
      [5n, "grant"],
      [6n, "emergency"],
      [7n, "emergency-read"],
      [8n, "revoke"],
      [9n, "transfer-offer"],
      [10n, "transfer-accept"],
    ]);
  });

  it("adds up to the head, by sha256 outside the contract", () => {
    const { id } = life();
    const { "audit-head": head, "audit-count": count } = contract.record(id);
    expect(count).toBe(11n);
    expect(contract.rebuiltHead(id)).toBe(head);
  });

  it("has a head that an edit, a drop, a swap and an addition change", () => {
    const { id } = life();
    const entries = contract.entries(id).map((_, index) => hashed(id, index));
    const head = add(entries);
    expect(head).toBe(contract.record(id)["audit-head"]);
    const edited = entries.with(3, sha256("00"));
    const dropped = entries.toSpliced(4, 1);
    const swapped = entries.with(4, entries[5]!).with(5, entries[4]!);
    const added = [...entries, entries[4]!];
    const shortened = entries.slice(0, -1);
    for (const forged of [edited, dropped, swapped, added, shortened]) {
      expect(add(forged)).not.toBe(head);
    }
  });

  it("is what was printed, byte for byte", () => {
    const { patient, id } = contract.newRecord();
    contract.access(patient, id);
    const entry = chain.readValue("get-audit-entry", [Cl.uint(id), Cl.uint(1)]);
    expect(chain.last?.rawEvents).toEqual([serialized(entry)]);
  });

  it("is not touched by a refused call", () => {
    const { patient, id } = contract.newRecord();
    const before = contract.record(id);
    contract.access(chain.principal(), id);
    contract.amend(patient, id, "");
    contract.revoke(patient, id, chain.principal());
    expect(chain.last?.events).toEqual([]);
    expect(contract.record(id)).toEqual(before);
  });

  it("is kept apart from other records' logs", () => {
    const first = contract.newRecord();
    const second = contract.newRecord();
    contract.access(first.patient, first.id);
    expect(contract.record(second.id)["audit-count"]).toBe(1n);
  });

  it("stores entries without what their key says already", () => {
    const { patient, id } = contract.newRecord();
    const key = Cl.tuple({ "record-id": Cl.uint(id), index: Cl.uint(0) });
    const { topic, index, "record-id": _, ...value } = contract.entries(id)[0]!;
    expect(chain.mapEntry("audit-log", key)).toEqual(value);
    expect([topic, index, value.actor]).toEqual(["record-audit", 0n, patient]);
  });
});

describe("a patient's log", () => {
  it("has one entry for each success, and adds up to its head", () => {
    const [patient, user, delegate] = [chain.principal(), chain.principal(), chain.principal()];
    contract.setDelegate(patient, delegate);
    contract.grantStanding(delegate, patient, user);
    contract.revokeStanding(patient, patient, user);
    contract.removeDelegate(patient, delegate);
    contract.removeDelegate(patient, delegate);
    const entries = contract.patientEntries(patient);
    expect(entries.map(({ index, action }) => [index, action])).toEqual([
      [0n, "delegate-set"],
      [1n, "standing-grant"],
      [2n, "standing-revoke"],
      [3n, "delegate-remove"],
    ]);
    const hashes = entries.map((_, index) =>
      sha256(
        serialized(
          chain.readValue("get-patient-audit-entry", [Cl.principal(patient), Cl.uint(index)]),
        ),
      ),
    );
    expect(contract.patient(patient)).toMatchObject({
      "audit-head": add(hashes),
      "audit-count": 4n,
    });
  });

  it("leaves the logs of the patient's records alone, and they leave it alone", () => {
    const { patient, id } = contract.newRecord();
    contract.grantStanding(patient, patient, chain.principal());
    contract.access(patient, id);
    expect(contract.entries(id)).toHaveLength(2);
    expect(contract.patientEntries(patient)).toHaveLength(1);
    const other = chain.recordId();
    contract.create(patient, other);
    expect(contract.patient(patient)).toMatchObject({ records: 2n, "audit-count": 1n });
  });
});

function serialized(entry: ClarityValue): string {
  if (!("value" in entry)) throw new Error("the entry is missing");
  return serializeCV(entry.value as ClarityValue);
}

function hashed(id: bigint, index: number): string {
  return sha256(serialized(chain.readValue("get-audit-entry", [Cl.uint(id), Cl.uint(index)])));
}

function add(hashes: string[]): string {
  return hashes.reduce((head, hash) => sha256(head, hash), ZEROS);
}
