import { describe, expect, it } from "vitest";
import { AMEND, Contract, EMERGENCY, HISTORY, READ, bitsDetail } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("grant-standing-access", () => {
  it("refuses whoever isn't that patient or a delegate with ERR_NOT_PATIENT", () => {
    const [patient, user] = [chain.principal(), chain.principal()];
    expect(contract.grantStanding(chain.principal(), patient, user)).toEqual({
      err: "ERR_NOT_PATIENT",
    });
    expect(contract.grantStanding(user, patient, user)).toEqual({ err: "ERR_NOT_PATIENT" });
  });

  it("refuses a delegate of another patient with ERR_NOT_PATIENT", () => {
    const { delegate } = contract.newDelegate();
    const outcome = contract.grantStanding(delegate, chain.principal(), chain.principal());
    expect(outcome).toEqual({ err: "ERR_NOT_PATIENT" });
  });

  it("refuses a grant to that patient with ERR_SELF_GRANT", () => {
    const { patient, delegate } = contract.newDelegate();
    expect(contract.grantStanding(patient, patient, patient)).toEqual({
      err: "ERR_SELF_GRANT",
    });
    expect(contract.grantStanding(delegate, patient, patient)).toEqual({
      err: "ERR_SELF_GRANT",
    });
  });

  it.each([0n, HISTORY, 16n])("refuses rights u%s with ERR_INVALID_RIGHTS", (rights) => {
    const patient = chain.principal();
    expect(contract.grantStanding(patient, patient, chain.principal(), rights)).toEqual({
      err: "ERR_INVALID_RIGHTS",
    });
  });

  it("refuses an expiry at the burn height with ERR_EXPIRY_IN_PAST, not one above", () => {
    const [patient, user] = [chain.principal(), chain.principal()];
    expect(contract.grantStanding(patient, patient, user, READ, chain.height())).toEqual({
      err: "ERR_EXPIRY_IN_PAST",
    });
    expect(contract.grantStanding(patient, patient, user, READ, chain.height() + 1n)).toEqual({
      ok: true,
    });
  });

  it("opens all of the patient's records, those of later too", () => {
    const { patient, id } = contract.newRecord();
    const user = chain.principal();
    contract.grantStanding(patient, patient, user);
    const later = chain.recordId();
    contract.create(patient, later);
    expect(contract.access(user, id)).toHaveProperty("ok");
    expect(contract.access(user, later)).toHaveProperty("ok");
    expect(contract.hasAccess(later, user)).toBe(true);
  });

  it("stores rights, expiry and height; granting again replaces them", () => {
    const [patient, user] = [chain.principal(), chain.principal()];
    const expiry = chain.height() + 40n;
    const first = chain.height();
    contract.grantStanding(patient, patient, user, READ + EMERGENCY, expiry);
    expect(contract.standingGrant(patient, user)).toEqual({
      rights: READ + EMERGENCY,
      expiry,
      "granted-at": first,
      entry: 0n,
      by: null,
    });
    chain.mine(2n);
    const second = chain.height();
    contract.grantStanding(patient, patient, user, AMEND, null);
    expect(contract.standingGrant(patient, user)).toEqual({
      rights: AMEND,
      expiry: null,
      "granted-at": second,
      entry: 1n,
      by: null,
    });
  });

  it("gives the rights that it says", () => {
    const { patient, id } = contract.newRecord();
    const user = chain.principal();
    contract.grantStanding(patient, patient, user, EMERGENCY);
    expect(contract.access(user, id)).toEqual({ err: "ERR_NO_READ_RIGHT" });
    expect(contract.amend(user, id)).toEqual({ err: "ERR_NO_AMEND_RIGHT" });
    expect(contract.emergency(user, id)).toHaveProperty("ok");
    expect(contract.access(user, id)).toHaveProperty("ok");
  });

  it("lets a delegate grant, and prints an entry of the patient's log", () => {
    const { patient, delegate } = contract.newDelegate();
    const user = chain.principal();
    const height = chain.height();
    const expiry = height + 40n;
    expect(contract.grantStanding(delegate, patient, user, AMEND, expiry)).toEqual({
      ok: true,
    });
    const entry = {
      topic: "patient-audit",
      patient,
      index: 1n,
      action: "standing-grant",
      actor: delegate,
      subject: user,
      version: 0n,
      expiry,
      detail: bitsDetail(AMEND),
      "burn-height": height,
    };
    expect(chain.last?.events).toEqual([entry]);
    expect(contract.patientEntries(patient)[1]).toEqual(entry);
  });

  it("lists patient and user for each other once, delegations included", () => {
    const patient = chain.principal();
    const [user, delegate] = [chain.principal(), chain.principal()];
    contract.grantStanding(patient, patient, user);
    contract.revokeStanding(patient, patient, user);
    contract.grantStanding(patient, patient, user);
    contract.setDelegate(patient, user);
    contract.setDelegate(patient, delegate);
    contract.grantStanding(patient, patient, delegate);
    expect(contract.careTeam(patient)).toEqual([user, delegate]);
    expect(contract.patient(patient)).toMatchObject({ team: 2n, "audit-count": 6n });
    expect(contract.carePatients(user)).toEqual([patient]);
    expect(contract.carePatients(delegate)).toEqual([patient]);

    const second = chain.principal();
    contract.grantStanding(second, second, user);
    expect(contract.carePatients(user)).toEqual([patient, second]);
    expect(contract.user(user)).toEqual({ records: 0n, patients: 2n });
  });
});
