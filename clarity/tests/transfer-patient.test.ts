import { describe, expect, it } from "vitest";
import { AMEND, Contract, ZEROS } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("transfer-patient", () => {
  it("refuses an unknown record with ERR_RECORD_NOT_FOUND", () => {
    const outcome = contract.transfer(chain.principal(), chain.recordId(), chain.principal());
    expect(outcome).toEqual({ err: "ERR_RECORD_NOT_FOUND" });
  });

  it("refuses strangers, users and delegates with ERR_NOT_PATIENT", () => {
    const { patient, id, user } = contract.newGrant(AMEND);
    const delegate = chain.principal();
    contract.setDelegate(patient, delegate);
    for (const caller of [chain.principal(), user, delegate]) {
      expect(contract.transfer(caller, id, caller)).toEqual({ err: "ERR_NOT_PATIENT" });
    }
    expect(contract.pendingTransfer(id)).toBeNull();
  });

  it("refuses to withdraw where nothing is offered with ERR_NO_OFFER", () => {
    const { patient, id } = contract.newRecord();
    expect(contract.transfer(patient, id, patient)).toEqual({ err: "ERR_NO_OFFER" });
    expect(contract.entries(id)).toHaveLength(1);
  });

  it("offers, and changes nothing else", () => {
    const { patient, id } = contract.newRecord();
    const next = chain.principal();
    expect(contract.transfer(patient, id, next)).toEqual({ ok: true });
    expect(contract.pendingTransfer(id)).toBe(next);
    expect(contract.record(id)).toMatchObject({ patient });
    expect(contract.access(next, id)).toEqual({ err: "ERR_NO_ACCESS" });
    expect(contract.patientRecords(next)).toEqual([]);
  });

  it("replaces an earlier offer", () => {
    const { patient, id } = contract.newRecord();
    const [first, second] = [chain.principal(), chain.principal()];
    contract.transfer(patient, id, first);
    contract.transfer(patient, id, second);
    expect(contract.accept(first, id)).toEqual({ err: "ERR_NOT_OFFERED" });
    expect(contract.accept(second, id)).toEqual({ ok: true });
  });

  it("withdraws by an offer to oneself", () => {
    const { patient, id } = contract.newRecord();
    const next = chain.principal();
    contract.transfer(patient, id, next);
    expect(contract.transfer(patient, id, patient)).toEqual({ ok: true });
    expect(contract.pendingTransfer(id)).toBeNull();
    expect(contract.accept(next, id)).toEqual({ err: "ERR_NO_OFFER" });
    expect(contract.entries(id)[2]).toMatchObject({
      action: "transfer-offer",
      subject: patient,
    });
  });

  it("logs and prints a transfer-offer entry", () => {
    const { patient, id } = contract.newRecord();
    const next = chain.principal();
    const height = chain.height();
    contract.transfer(patient, id, next);
    const entry = {
      topic: "record-audit",
      "record-id": id,
      index: 1n,
      action: "transfer-offer",
      actor: patient,
      subject: next,
      version: 1n,
      expiry: null,
      detail: ZEROS,
      "burn-height": height,
    };
    expect(chain.last?.events).toEqual([entry]);
    expect(contract.entries(id)[1]).toEqual(entry);
  });
});
