import { describe, expect, it } from "vitest";
import { ADD, boundId, Contract, content, SEE, sha256, SHARE } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("create-record-for", () => {
  it("refuses strangers with ERR_NOT_PATIENT", () => {
    const { patient } = contract.newRecord();
    const outcome = contract.createFor(chain.principal(), patient, chain.recordId());
    expect(outcome).toEqual({ err: "ERR_NOT_PATIENT" });
  });

  it("refuses a delegate without the power to add with ERR_NO_POWER", () => {
    const { patient, delegate } = contract.newDelegate(null, SEE + SHARE);
    expect(contract.createFor(delegate, patient, chain.recordId())).toEqual({
      err: "ERR_NO_POWER",
    });
  });

  it("refuses a delegate whose time is over with ERR_NOT_PATIENT", () => {
    const expiry = chain.height() + 20n;
    const { patient, delegate } = contract.newDelegate(expiry);
    chain.mineTo(expiry - 1n);
    expect(contract.createFor(delegate, patient, chain.recordId())).toHaveProperty("ok");
    chain.mineTo(expiry);
    expect(contract.createFor(delegate, patient, chain.recordId())).toEqual({
      err: "ERR_NOT_PATIENT",
    });
  });

  it("refuses as create-medical-record: empty content, a taken id, a foreign one", () => {
    const { patient, id, delegate } = contract.newDelegate();
    expect(contract.createFor(delegate, patient, chain.recordId(), "")).toEqual({
      err: "ERR_EMPTY_CONTENT",
    });
    expect(contract.createFor(delegate, patient, id)).toEqual({ err: "ERR_RECORD_EXISTS" });
    expect(contract.createFor(delegate, patient, boundId(patient))).toEqual({
      err: "ERR_FOREIGN_ID",
    });
    expect(contract.createFor(delegate, patient, boundId(delegate))).toHaveProperty("ok");
  });

  it("makes a record of the patient, whose author is the delegate", () => {
    const { patient, id: first, delegate } = contract.newDelegate(null, ADD);
    const id = chain.recordId();
    expect(contract.createFor(delegate, patient, id, content(7))).toEqual({
      ok: {
        version: 1n,
        "content-hash": sha256(content(7)),
        "audit-index": 0n,
        "audit-head": contract.record(id)["audit-head"],
      },
    });
    expect(contract.record(id)).toMatchObject({ patient, version: 1n });
    expect(contract.version(id, 1n)).toMatchObject({ author: delegate });
    expect(contract.patientRecords(patient)).toEqual([first, id]);
    expect(contract.patientRecords(delegate)).toEqual([]);
    expect(contract.access(patient, id)).toHaveProperty("ok");
    expect(contract.access(delegate, id)).toEqual({ err: "ERR_NO_ACCESS" });
  });

  it("makes a record of whoever is the patient now, by any principal of the line", () => {
    const { patient: former, delegate } = contract.newDelegate();
    const patient = contract.succeed(former);
    for (const named of [former, patient]) {
      const id = chain.recordId();
      expect(contract.createFor(delegate, named, id)).toHaveProperty("ok");
      expect(contract.record(id)).toMatchObject({ patient });
      expect(contract.patientRecords(patient)).toContain(id);
      expect(contract.access(patient, id)).toHaveProperty("ok");
      expect(contract.access(former, id)).toEqual({ err: "ERR_SUCCEEDED" });
    }
    expect(contract.createFor(former, former, chain.recordId())).toEqual({
      err: "ERR_SUCCEEDED",
    });
  });

  it("takes the patient for their own delegate", () => {
    const { patient } = contract.newRecord();
    const id = chain.recordId();
    expect(contract.createFor(patient, patient, id)).toHaveProperty("ok");
    expect(contract.record(id)).toMatchObject({ patient });
  });

  it("logs and prints a create-for entry with the patient", () => {
    const { patient, delegate } = contract.newDelegate();
    const id = chain.recordId();
    const height = chain.height();
    contract.createFor(delegate, patient, id);
    const entry = {
      topic: "record-audit",
      "record-id": id,
      index: 0n,
      action: "create-for",
      actor: delegate,
      subject: patient,
      version: 1n,
      expiry: null,
      detail: sha256(content()),
      "burn-height": height,
    };
    expect(chain.last?.events).toEqual([entry]);
    expect(contract.entries(id)).toEqual([entry]);
  });
});
