import { describe, expect, it } from "vitest";
import { AMEND, Contract, READ, ZEROS } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("revoke-standing-access", () => {
  it("refuses whoever isn't that patient or a delegate with ERR_NOT_PATIENT", () => {
    const [patient, user] = [chain.principal(), chain.principal()];
    contract.grantStanding(patient, patient, user);
    expect(contract.revokeStanding(user, patient, user)).toEqual({ err: "ERR_NOT_PATIENT" });
    expect(contract.revokeStanding(chain.principal(), patient, chain.principal())).toEqual({
      err: "ERR_NOT_PATIENT",
    });
  });

  it("refuses where nothing was granted, or all was revoked, with ERR_NO_SUCH_GRANT", () => {
    const [patient, user] = [chain.principal(), chain.principal()];
    expect(contract.revokeStanding(patient, patient, user)).toEqual({
      err: "ERR_NO_SUCH_GRANT",
    });
    contract.grantStanding(patient, patient, user);
    contract.revokeStanding(patient, patient, user);
    expect(contract.revokeStanding(patient, patient, user)).toEqual({
      err: "ERR_NO_SUCH_GRANT",
    });
  });

  it("ends access to all records, with rights u0 and the height as expiry", () => {
    const { patient, id } = contract.newRecord();
    const user = chain.principal();
    const granted = chain.height();
    contract.grantStanding(patient, patient, user, AMEND);
    const height = chain.height();
    expect(contract.revokeStanding(patient, patient, user)).toEqual({ ok: true });
    expect(contract.standingGrant(patient, user)).toEqual({
      rights: 0n,
      expiry: height,
      "granted-at": granted,
      entry: 0n,
      by: null,
    });
    expect(contract.access(user, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
    expect(contract.hasAccess(id, user)).toBe(false);
  });

  it("leaves grants on single records", () => {
    const { patient, id, user } = contract.newGrant();
    contract.grantStanding(patient, patient, user);
    contract.revokeStanding(patient, patient, user);
    expect(contract.access(user, id)).toHaveProperty("ok");
  });

  it("revokes a grant that has lapsed", () => {
    const [patient, user] = [chain.principal(), chain.principal()];
    const expiry = chain.height() + 10n;
    contract.grantStanding(patient, patient, user, READ, expiry);
    chain.mineTo(expiry);
    expect(contract.revokeStanding(patient, patient, user)).toEqual({ ok: true });
  });

  it("lets a delegate revoke, and prints an entry of the patient's log", () => {
    const { patient, delegate } = contract.newDelegate();
    const user = chain.principal();
    contract.grantStanding(patient, patient, user);
    const height = chain.height();
    expect(contract.revokeStanding(delegate, patient, user)).toEqual({ ok: true });
    const entry = {
      topic: "patient-audit",
      patient,
      index: 2n,
      action: "standing-revoke",
      actor: delegate,
      subject: user,
      version: 0n,
      expiry: null,
      detail: ZEROS,
      "burn-height": height,
    };
    expect(chain.last?.events).toEqual([entry]);
    expect(contract.patientEntries(patient)[2]).toEqual(entry);
  });
});
