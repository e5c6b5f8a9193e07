import { describe, expect, it } from "vitest";
import { Contract, EMERGENCY, expectOk, READ, ZEROS } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("end-delegation", () => {
  it("refuses who never was a delegate, and one ended already, with ERR_NO_SUCH_DELEGATE", () => {
    const [patient, delegate] = [chain.principal(), chain.principal()];
    const none = { err: "ERR_NO_SUCH_DELEGATE" };
    expect(contract.endDelegation(patient, delegate)).toEqual(none);
    contract.setDelegate(patient, delegate);
    expect(contract.endDelegation(patient, delegate)).toEqual({ ok: true });
    expect(contract.endDelegation(patient, delegate)).toEqual(none);
  });

  it("refuses the former patient with ERR_SUCCEEDED", () => {
    const { patient: former, delegate } = contract.newDelegate();
    contract.succeed(former);
    expect(contract.endDelegation(former, delegate)).toEqual({ err: "ERR_SUCCEEDED" });
  });

  it("stops the delegate, and ends all that they granted, as if it were revoked", () => {
    const { patient, id, delegate } = contract.newDelegate();
    const [user, standing, medic, own] = Array.from({ length: 4 }, () => chain.principal()) as [
      string,
      string,
      string,
      string,
    ];
    expectOk(contract.grant(delegate, id, user));
    expectOk(contract.grantMany(delegate, [{ id, user: delegate, expiry: null }]));
    expectOk(contract.grantStanding(delegate, patient, standing));
    expectOk(contract.grantRights(delegate, id, medic, EMERGENCY));
    expectOk(contract.emergency(medic, id));
    expectOk(contract.grant(patient, id, own));
    for (const reader of [user, delegate, standing, medic, own]) {
      expect(contract.access(reader, id)).toHaveProperty("ok");
    }
    expect(contract.endDelegation(patient, delegate)).toEqual({ ok: true });
    for (const reader of [user, delegate, standing, medic]) {
      expect(contract.access(reader, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
      expect(contract.hasAccess(id, reader)).toBe(false);
      expect(contract.effectiveGrant(id, reader)).toBeNull();
    }
    expect(contract.storedGrant(id, user)).toMatchObject({ rights: 0n });
    expect(contract.standingGrant(patient, standing)).toMatchObject({ rights: 0n });
    expect(contract.storedGrant(id, own)).toMatchObject({ rights: READ });
    expect(contract.access(own, id)).toHaveProperty("ok");
    expect(contract.grant(delegate, id, chain.principal())).toEqual({ err: "ERR_NOT_PATIENT" });
  });

  it("ends what was granted also where the delegate was removed, or their time is over", () => {
    const expiry = chain.height() + 30n;
    const { patient, id, delegate } = contract.newDelegate(expiry);
    const [user, second] = [chain.principal(), chain.principal()];
    contract.grant(delegate, id, user);
    contract.removeDelegate(patient, delegate);
    expect(contract.access(user, id)).toHaveProperty("ok");
    expect(contract.endDelegation(patient, delegate)).toEqual({ ok: true });
    expect(contract.access(user, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
    contract.setDelegate(patient, delegate, expiry);
    contract.grant(delegate, id, second);
    chain.mineTo(expiry);
    expect(contract.endDelegation(patient, delegate)).toEqual({ ok: true });
    expect(contract.access(second, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
  });

  it("shuts standing access out of the records that the delegate had granted", () => {
    const { patient, id, delegate } = contract.newDelegate();
    const user = chain.principal();
    const expiry = chain.height() + 20n;
    contract.grantStanding(patient, patient, user);
    contract.grant(delegate, id, user, expiry);
    contract.endDelegation(patient, delegate);
    expect(contract.access(user, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
    chain.mineTo(expiry);
    expect(contract.access(user, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
    contract.grant(patient, id, user);
    expect(contract.access(user, id)).toHaveProperty("ok");
  });

  it("leaves what a delegate grants who is set anew", () => {
    const { patient, id, delegate } = contract.newDelegate();
    const [before, after] = [chain.principal(), chain.principal()];
    contract.grant(delegate, id, before);
    contract.endDelegation(patient, delegate);
    contract.setDelegate(patient, delegate);
    expect(contract.delegation(patient, delegate)).toMatchObject({ term: 2n, ended: 1n });
    contract.grant(delegate, id, after);
    expect(contract.access(before, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
    expect(contract.access(after, id)).toHaveProperty("ok");
    contract.grant(delegate, id, before);
    expect(contract.access(before, id)).toHaveProperty("ok");
  });

  it("begins a grant that is made again at the latest version, as after a revoke", () => {
    const { patient, id, delegate } = contract.newDelegate();
    const user = chain.principal();
    contract.grant(delegate, id, user);
    contract.amend(patient, id);
    contract.endDelegation(patient, delegate);
    contract.grant(patient, id, user);
    expect(contract.storedGrant(id, user)).toMatchObject({ "from-version": 2n });
  });

  it("holds after the record was given to another patient", () => {
    const { patient, id, delegate } = contract.newDelegate();
    const [early, late, next] = Array.from({ length: 3 }, () => chain.principal()) as [
      string,
      string,
      string,
    ];
    contract.grant(delegate, id, early);
    contract.endDelegation(patient, delegate);
    contract.setDelegate(patient, delegate);
    contract.grant(delegate, id, late);
    contract.transfer(patient, id, next);
    contract.accept(next, id);
    expect(contract.access(early, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
    expect(contract.access(late, id)).toHaveProperty("ok");
    contract.endDelegation(patient, delegate);
    expect(contract.access(late, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
  });

  it("keeps the expiry of its height, and logs and prints it", () => {
    const { patient, delegate } = contract.newDelegate();
    const height = chain.height();
    contract.endDelegation(patient, delegate);
    expect(contract.delegation(patient, delegate)).toMatchObject({ expiry: height, ended: 1n });
    const entry = {
      topic: "patient-audit",
      patient,
      index: 1n,
      action: "delegate-end",
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
