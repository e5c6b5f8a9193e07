import { describe, expect, it } from "vitest";
import { Contract, READ, ZEROS } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

/** A record that was offered to `next`. */
function offered(): { patient: string; id: bigint; next: string } {
  const { patient, id } = contract.newRecord();
  const next = chain.principal();
  contract.transfer(patient, id, next);
  return { patient, id, next };
}

describe("accept-patient", () => {
  it("refuses an unknown record with ERR_RECORD_NOT_FOUND", () => {
    const outcome = contract.accept(chain.principal(), chain.recordId());
    expect(outcome).toEqual({ err: "ERR_RECORD_NOT_FOUND" });
  });

  it("refuses a record that is offered to nobody with ERR_NO_OFFER", () => {
    const { patient, id } = contract.newRecord();
    expect(contract.accept(patient, id)).toEqual({ err: "ERR_NO_OFFER" });
  });

  it("refuses everybody else, the patient too, with ERR_NOT_OFFERED", () => {
    const { patient, id } = offered();
    for (const caller of [patient, chain.principal()]) {
      expect(contract.accept(caller, id)).toEqual({ err: "ERR_NOT_OFFERED" });
    }
  });

  it("refuses a second time with ERR_NO_OFFER", () => {
    const { id, next } = offered();
    contract.accept(next, id);
    expect(contract.accept(next, id)).toEqual({ err: "ERR_NO_OFFER" });
  });

  it("makes the caller the patient and shuts the former one out", () => {
    const { patient, id, next } = offered();
    expect(contract.accept(next, id)).toEqual({ ok: true });
    expect(contract.record(id)).toMatchObject({ patient: next, version: 1n });
    expect(contract.pendingTransfer(id)).toBeNull();
    expect(contract.access(next, id)).toHaveProperty("ok");
    expect(contract.amend(next, id)).toHaveProperty("ok");
    expect(contract.grant(next, id, chain.principal())).toEqual({ ok: true });
    expect(contract.access(patient, id)).toEqual({ err: "ERR_NO_ACCESS" });
    expect(contract.grant(patient, id, patient)).toEqual({ err: "ERR_NOT_PATIENT" });
    expect(contract.transfer(patient, id, patient)).toEqual({ err: "ERR_NOT_PATIENT" });
  });

  it("keeps the record's grants and its readers", () => {
    const { patient, id, user } = contract.newGrant();
    const next = chain.principal();
    contract.transfer(patient, id, next);
    contract.accept(next, id);
    expect(contract.access(user, id)).toHaveProperty("ok");
    expect(contract.recordReaders(id)).toEqual([user]);
    expect(contract.revoke(next, id, user)).toEqual({ ok: true });
    expect(contract.access(user, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
  });

  it("replaces standing access and delegates by those of the new patient", () => {
    const { patient, id, next } = offered();
    const [oldUser, oldDelegate] = [chain.principal(), chain.principal()];
    const [newUser, newDelegate] = [chain.principal(), chain.principal()];
    contract.grantStanding(patient, patient, oldUser, READ);
    contract.setDelegate(patient, oldDelegate);
    contract.grantStanding(next, next, newUser, READ);
    contract.setDelegate(next, newDelegate);
    expect(contract.access(newUser, id)).toEqual({ err: "ERR_NO_ACCESS" });
    expect(contract.access(newDelegate, id)).toEqual({ err: "ERR_NO_ACCESS" });
    contract.accept(next, id);
    expect(contract.access(oldUser, id)).toEqual({ err: "ERR_NO_ACCESS" });
    expect(contract.access(oldDelegate, id)).toEqual({ err: "ERR_NO_ACCESS" });
    expect(contract.access(newUser, id)).toHaveProperty("ok");
    expect(contract.access(newDelegate, id)).toHaveProperty("ok");
  });

  it("leaves a grant to the new patient without effect, for them to revoke", () => {
    const { patient, id, user } = contract.newGrant(READ, chain.height() + 10n);
    contract.transfer(patient, id, user);
    contract.accept(user, id);
    expect(contract.accessVersion(user, id, 1n)).toHaveProperty("ok");
    expect(contract.revoke(user, id, user)).toEqual({ ok: true });
    expect(contract.accessVersion(user, id, 1n)).toHaveProperty("ok");
    expect(contract.grant(user, id, patient)).toEqual({ ok: true });
    expect(contract.access(patient, id)).toHaveProperty("ok");
  });

  it("appends the record to the new patient's list, and again when it comes back", () => {
    const { patient, id, next } = offered();
    contract.accept(next, id);
    expect(contract.patientRecords(next)).toEqual([id]);
    contract.transfer(next, id, patient);
    contract.accept(patient, id);
    expect(contract.patientRecords(patient)).toEqual([id, id]);
    expect(contract.record(id)).toMatchObject({ patient });
  });

  it("logs and prints a transfer-accept entry with the former patient", () => {
    const { patient, id, next } = offered();
    const height = chain.height();
    contract.accept(next, id);
    const entry = {
      topic: "record-audit",
      "record-id": id,
      index: 2n,
      action: "transfer-accept",
      actor: next,
      subject: patient,
      version: 1n,
      expiry: null,
      detail: ZEROS,
      "burn-height": height,
    };
    expect(chain.last?.events).toEqual([entry]);
    expect(contract.entries(id)[2]).toEqual(entry);
  });
});
