import { describe, expect, it } from "vitest";
import { AMEND, Contract, EMERGENCY, READ, ZEROS } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("revoke-record-access", () => {
  it("refuses an unknown record with ERR_RECORD_NOT_FOUND", () => {
    const outcome = contract.revoke(chain.principal(), chain.recordId(), chain.principal());
    expect(outcome).toEqual({ err: "ERR_RECORD_NOT_FOUND" });
  });

  it("refuses strangers and users, for themselves too, with ERR_NOT_PATIENT", () => {
    const { id, user } = contract.newGrant(AMEND);
    expect(contract.revoke(chain.principal(), id, user)).toEqual({ err: "ERR_NOT_PATIENT" });
    expect(contract.revoke(user, id, user)).toEqual({ err: "ERR_NOT_PATIENT" });
    expect(contract.access(user, id)).toHaveProperty("ok");
  });

  it("refuses where nothing was granted with ERR_NO_SUCH_GRANT", () => {
    const { patient, id } = contract.newRecord();
    expect(contract.revoke(patient, id, chain.principal())).toEqual({
      err: "ERR_NO_SUCH_GRANT",
    });
  });

  it("refuses a second revoke with ERR_NO_SUCH_GRANT, whatever stands", () => {
    const { patient, id, user } = contract.newGrant();
    contract.revoke(patient, id, user);
    expect(contract.revoke(patient, id, user)).toEqual({ err: "ERR_NO_SUCH_GRANT" });
    contract.grantStanding(patient, patient, user);
    expect(contract.revoke(patient, id, user)).toEqual({ err: "ERR_NO_SUCH_GRANT" });
  });

  it("keeps the grant's beginning, with rights u0 and the height as expiry", () => {
    const { patient, id, user } = contract.newGrant(AMEND, null);
    const granted = contract.storedGrant(id, user);
    const height = chain.height();
    expect(contract.revoke(patient, id, user)).toEqual({ ok: true });
    expect(contract.storedGrant(id, user)).toEqual({ ...granted, rights: 0n, expiry: height });
    expect(contract.effectiveGrant(id, user)).toBeNull();
    expect(contract.hasAccess(id, user)).toBe(false);
  });

  it("ends access after any number of grants", () => {
    const { patient, id, user } = contract.newGrant();
    contract.grant(patient, id, user, chain.height() + 1_000n);
    contract.grantRights(patient, id, user, AMEND + EMERGENCY);
    contract.revoke(patient, id, user);
    expect(contract.access(user, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
    expect(contract.amend(user, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
    expect(contract.emergency(user, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
  });

  it("revokes a grant that has lapsed", () => {
    const expiry = chain.height() + 10n;
    const { patient, id, user } = contract.newGrant(READ, expiry);
    chain.mineTo(expiry);
    expect(contract.revoke(patient, id, user)).toEqual({ ok: true });
    expect(contract.access(user, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
  });

  it("shuts standing access out of that record and no other", () => {
    const { patient, id } = contract.newRecord();
    const other = chain.recordId();
    contract.create(patient, other);
    const user = chain.principal();
    contract.grantStanding(patient, patient, user);
    const height = chain.height();
    expect(contract.revoke(patient, id, user)).toEqual({ ok: true });
    expect(contract.storedGrant(id, user)).toEqual({
      rights: 0n,
      expiry: height,
      "granted-at": height,
      "from-version": 0n,
      entry: 1n,
      by: null,
    });
    expect(contract.access(user, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
    expect(contract.access(user, other)).toHaveProperty("ok");
  });

  it("refuses where standing access has lapsed or ended with ERR_NO_SUCH_GRANT", () => {
    const { patient, id } = contract.newRecord();
    const user = chain.principal();
    const expiry = chain.height() + 10n;
    contract.grantStanding(patient, patient, user, READ, expiry);
    chain.mineTo(expiry);
    expect(contract.revoke(patient, id, user)).toEqual({ err: "ERR_NO_SUCH_GRANT" });
    contract.grantStanding(patient, patient, user);
    contract.revokeStanding(patient, patient, user);
    expect(contract.revoke(patient, id, user)).toEqual({ err: "ERR_NO_SUCH_GRANT" });
  });

  it("shuts out until the record is granted again", () => {
    const { patient, id, user } = contract.newGrant();
    contract.revoke(patient, id, user);
    contract.grant(patient, id, user);
    expect(contract.access(user, id)).toHaveProperty("ok");
  });

  it("lets a delegate revoke until the delegation's expiry", () => {
    const expiry = chain.height() + 20n;
    const { patient, id, delegate } = contract.newDelegate(expiry);
    const [first, second] = [chain.principal(), chain.principal()];
    contract.grant(patient, id, first);
    contract.grant(patient, id, second);
    chain.mineTo(expiry - 1n);
    expect(contract.revoke(delegate, id, first)).toEqual({ ok: true });
    chain.mineTo(expiry);
    expect(contract.revoke(delegate, id, second)).toEqual({ err: "ERR_NOT_PATIENT" });
  });

  it("logs and prints a revoke entry with the latest version", () => {
    const { patient, id, user } = contract.newGrant();
    contract.amend(patient, id);
    const height = chain.height();
    contract.revoke(patient, id, user);
    const entry = {
      topic: "record-audit",
      "record-id": id,
      index: 3n,
      action: "revoke",
      actor: patient,
      subject: user,
      version: 2n,
      expiry: null,
      detail: ZEROS,
      "burn-height": height,
    };
    expect(chain.last?.events).toEqual([entry]);
    expect(contract.entries(id)[3]).toEqual(entry);
  });
});
