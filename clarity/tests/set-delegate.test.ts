import { describe, expect, it } from "vitest";
import { Contract, READ, ZEROS } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("set-delegate", () => {
  it("refuses the caller themself with ERR_SELF_DELEGATE", () => {
    const patient = chain.principal();
    expect(contract.setDelegate(patient, patient)).toEqual({ err: "ERR_SELF_DELEGATE" });
  });

  it("refuses an expiry at the burn height with ERR_EXPIRY_IN_PAST, not one above", () => {
    const [patient, delegate] = [chain.principal(), chain.principal()];
    expect(contract.setDelegate(patient, delegate, chain.height())).toEqual({
      err: "ERR_EXPIRY_IN_PAST",
    });
    expect(contract.setDelegate(patient, delegate, chain.height() + 1n)).toEqual({ ok: true });
  });

  it("stores the expiry; setting again replaces it", () => {
    const [patient, delegate] = [chain.principal(), chain.principal()];
    const expiry = chain.height() + 500n;
    contract.setDelegate(patient, delegate, expiry);
    expect(contract.delegation(patient, delegate)).toEqual({ expiry });
    contract.setDelegate(patient, delegate, null);
    expect(contract.delegation(patient, delegate)).toEqual({ expiry: null });
  });

  it("lets the delegate act on all the patient's records and no other's", () => {
    const { patient, id, delegate } = contract.newDelegate();
    const later = chain.recordId();
    contract.create(patient, later);
    for (const record of [id, later]) {
      expect(contract.access(delegate, record)).toHaveProperty("ok");
      expect(contract.amend(delegate, record)).toHaveProperty("ok");
      expect(contract.grant(delegate, record, chain.principal())).toEqual({ ok: true });
      expect(contract.hasAccess(record, delegate)).toBe(true);
    }
    const { id: other } = contract.newRecord();
    expect(contract.access(delegate, other)).toEqual({ err: "ERR_NO_ACCESS" });
  });

  it("does not let the delegate name delegates of the patient, or remove them", () => {
    const { patient, id, delegate } = contract.newDelegate();
    const friend = chain.principal();
    contract.setDelegate(delegate, friend);
    expect(contract.access(friend, id)).toEqual({ err: "ERR_NO_ACCESS" });
    contract.setDelegate(patient, friend);
    expect(contract.removeDelegate(delegate, friend)).toEqual({ ok: true });
    expect(contract.access(friend, id)).toHaveProperty("ok");
  });

  it("does not let the delegate give the record away: ERR_NOT_PATIENT", () => {
    const { id, delegate } = contract.newDelegate();
    expect(contract.transfer(delegate, id, delegate)).toEqual({ err: "ERR_NOT_PATIENT" });
  });

  it("is not the other way round: the patient has no access to the delegate's records", () => {
    const { patient, delegate } = contract.newDelegate();
    const own = chain.recordId();
    contract.create(delegate, own);
    expect(contract.access(patient, own)).toEqual({ err: "ERR_NO_ACCESS" });
  });

  it("logs and prints an entry of the patient's log, and lists both once", () => {
    const [patient, delegate] = [chain.principal(), chain.principal()];
    const height = chain.height();
    const expiry = height + 500n;
    contract.setDelegate(patient, delegate, expiry);
    const entry = {
      topic: "patient-audit",
      patient,
      index: 0n,
      action: "delegate-set",
      actor: patient,
      subject: delegate,
      version: 0n,
      expiry,
      detail: ZEROS,
      "burn-height": height,
    };
    expect(chain.last?.events).toEqual([entry]);
    expect(contract.patientEntries(patient)).toEqual([entry]);
    contract.removeDelegate(patient, delegate);
    contract.setDelegate(patient, delegate);
    contract.grantStanding(patient, patient, delegate, READ);
    expect(contract.careTeam(patient)).toEqual([delegate]);
    expect(contract.carePatients(delegate)).toEqual([patient]);
  });
});
