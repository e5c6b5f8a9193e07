import { describe, expect, it } from "vitest";
import { ALL_POWERS, Contract, ZEROS } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("remove-delegate", () => {
  it("refuses where there is no live delegate with ERR_NO_SUCH_DELEGATE", () => {
    const [patient, delegate] = [chain.principal(), chain.principal()];
    const none = { err: "ERR_NO_SUCH_DELEGATE" };
    expect(contract.removeDelegate(patient, delegate)).toEqual(none);
    const expiry = chain.height() + 10n;
    contract.setDelegate(patient, delegate, expiry);
    chain.mineTo(expiry);
    expect(contract.removeDelegate(patient, delegate)).toEqual(none);
    contract.setDelegate(patient, delegate);
    expect(contract.removeDelegate(patient, delegate)).toEqual({ ok: true });
    expect(contract.removeDelegate(patient, delegate)).toEqual(none);
  });

  it("stops the delegate at once", () => {
    const { patient, id, delegate } = contract.newDelegate();
    const height = chain.height();
    expect(contract.removeDelegate(patient, delegate)).toEqual({ ok: true });
    expect(contract.delegation(patient, delegate)).toEqual({
      powers: ALL_POWERS,
      expiry: height,
      term: 1n,
      ended: 0n,
    });
    expect(contract.access(delegate, id)).toEqual({ err: "ERR_NO_ACCESS" });
    expect(contract.amend(delegate, id)).toEqual({ err: "ERR_NO_ACCESS" });
    expect(contract.grant(delegate, id, delegate)).toEqual({ err: "ERR_NOT_PATIENT" });
    expect(contract.revoke(delegate, id, delegate)).toEqual({ err: "ERR_NOT_PATIENT" });
    expect(contract.grantStanding(delegate, patient, delegate)).toEqual({
      err: "ERR_NOT_PATIENT",
    });
  });

  it("leaves what the delegate granted, to themselves too", () => {
    const { patient, id, delegate } = contract.newDelegate();
    const user = chain.principal();
    contract.grant(delegate, id, user);
    contract.grant(delegate, id, delegate);
    contract.removeDelegate(patient, delegate);
    expect(contract.access(user, id)).toHaveProperty("ok");
    expect(contract.access(delegate, id)).toHaveProperty("ok");
  });

  it("logs and prints an entry of the patient's log", () => {
    const [patient, delegate] = [chain.principal(), chain.principal()];
    contract.setDelegate(patient, delegate);
    const height = chain.height();
    contract.removeDelegate(patient, delegate);
    const entry = {
      topic: "patient-audit",
      patient,
      index: 1n,
      action: "delegate-remove",
      actor: patient,
      subject: delegate,
      version: 0n,
      expiry: null,
      detail: ZEROS,
      "burn-height": height,
    };
    expect(chain.last?.events).toEqual([entry]);
    expect(contract.patientEntries(patient)[1]).toEqual(entry);
  });
});
