import { describe, expect, it } from "vitest";
import { AMEND, Contract, content, EMERGENCY, READ, sha256 } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("access-medical-record", () => {
  it("refuses an unknown record with ERR_RECORD_NOT_FOUND", () => {
    const outcome = contract.access(chain.principal(), chain.recordId());
    expect(outcome).toEqual({ err: "ERR_RECORD_NOT_FOUND" });
  });

  it("refuses whoever was never granted anything with ERR_NO_ACCESS", () => {
    const { id } = contract.newRecord();
    expect(contract.access(chain.principal(), id)).toEqual({ err: "ERR_NO_ACCESS" });
    expect(contract.entries(id)).toHaveLength(1);
  });

  it("refuses a reader of another record of the same patient with ERR_NO_ACCESS", () => {
    const { patient, user } = contract.newGrant();
    const other = chain.recordId();
    contract.create(patient, other);
    expect(contract.access(user, other)).toEqual({ err: "ERR_NO_ACCESS" });
  });

  it("opens one block before the expiry, and at it refuses with ERR_GRANT_EXPIRED", () => {
    const expiry = chain.height() + 20n;
    const { id, user } = contract.newGrant(READ, expiry);
    chain.mineTo(expiry - 1n);
    expect(contract.access(user, id)).toHaveProperty("ok");
    chain.mineTo(expiry);
    expect(contract.access(user, id)).toEqual({ err: "ERR_GRANT_EXPIRED" });
    chain.mineTo(expiry + 2n);
    expect(contract.access(user, id)).toEqual({ err: "ERR_GRANT_EXPIRED" });
  });

  it("refuses a user whose grant was revoked with ERR_GRANT_REVOKED", () => {
    const { patient, id, user } = contract.newGrant();
    contract.revoke(patient, id, user);
    expect(contract.access(user, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
  });

  it("refuses an emergency grant that was not opened with ERR_NO_READ_RIGHT", () => {
    const { id, user } = contract.newGrant(EMERGENCY);
    expect(contract.access(user, id)).toEqual({ err: "ERR_NO_READ_RIGHT" });
  });

  it("returns content, hash, version, author, height, audit index and head", () => {
    const { patient, id } = contract.newRecord();
    const height = chain.height();
    contract.amend(patient, id, content(8));
    const opened = contract.access(patient, id);
    expect(opened).toEqual({
      ok: {
        "encrypted-content": content(8),
        "content-hash": sha256(content(8)),
        version: 2n,
        author: patient,
        "burn-height": height,
        "audit-index": 2n,
        "audit-head": contract.record(id)["audit-head"],
      },
    });
  });

  it.each([READ, AMEND, READ + AMEND, READ + EMERGENCY])(
    "opens the latest version for a user with rights u%s",
    (rights) => {
      const { patient, id, user } = contract.newGrant(rights);
      contract.amend(patient, id, content(4));
      expect(contract.access(user, id)).toMatchObject({
        ok: { version: 2n, author: patient, "encrypted-content": content(4) },
      });
    },
  );

  it("logs and prints an access entry by the reader, each time", () => {
    const { id, user } = contract.newGrant();
    contract.access(user, id);
    const height = chain.height();
    contract.access(user, id);
    const entry = {
      topic: "record-audit",
      "record-id": id,
      index: 3n,
      action: "access",
      actor: user,
      subject: null,
      version: 1n,
      expiry: null,
      detail: sha256(content()),
      "burn-height": height,
    };
    expect(chain.last?.events).toEqual([entry]);
    expect(contract.entries(id)[3]).toEqual(entry);
    expect(contract.entries(id).map(({ action }) => action)).toEqual([
      "create",
      "grant",
      "access",
      "access",
    ]);
  });

  it("logs the patient's own accesses, too", () => {
    const { patient, id } = contract.newRecord();
    contract.access(patient, id);
    expect(contract.entries(id)[1]).toMatchObject({ action: "access", actor: patient });
  });

  it("opens for a delegate until the delegation's expiry, then ERR_NO_ACCESS", () => {
    const expiry = chain.height() + 20n;
    const { id, delegate } = contract.newDelegate(expiry);
    chain.mineTo(expiry - 1n);
    expect(contract.access(delegate, id)).toHaveProperty("ok");
    chain.mineTo(expiry);
    expect(contract.access(delegate, id)).toEqual({ err: "ERR_NO_ACCESS" });
  });

  it("opens for a delegate whose own grant is revoked, lapsed or for emergencies", () => {
    const { patient, id, delegate } = contract.newDelegate();
    contract.grantRights(patient, id, delegate, EMERGENCY);
    expect(contract.access(delegate, id)).toHaveProperty("ok");
    const expiry = chain.height() + 5n;
    contract.grant(patient, id, delegate, expiry);
    chain.mineTo(expiry);
    expect(contract.access(delegate, id)).toHaveProperty("ok");
    contract.revoke(patient, id, delegate);
    expect(contract.access(delegate, id)).toHaveProperty("ok");
    contract.removeDelegate(patient, delegate);
    expect(contract.access(delegate, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
  });
});

describe("which grant counts", () => {
  it("is the standing one where the record has none", () => {
    const { patient, id } = contract.newRecord();
    const user = chain.principal();
    const height = chain.height();
    contract.grantStanding(patient, patient, user, AMEND);
    expect(contract.access(user, id)).toHaveProperty("ok");
    expect(contract.effectiveGrant(id, user)).toEqual({
      rights: AMEND,
      expiry: null,
      "granted-at": height,
      "from-version": 1n,
      entry: 0n,
      by: null,
      standing: patient,
    });
  });

  it("is the record's own while live, even if narrower", () => {
    const { patient, id, user } = contract.newGrant(EMERGENCY);
    contract.grantStanding(patient, patient, user, READ);
    expect(contract.access(user, id)).toEqual({ err: "ERR_NO_READ_RIGHT" });
    expect(contract.effectiveGrant(id, user)).toMatchObject({ rights: EMERGENCY });
  });

  it("is the standing one again once the record's own has lapsed", () => {
    const expiry = chain.height() + 10n;
    const { patient, id, user } = contract.newGrant(EMERGENCY, expiry);
    contract.grantStanding(patient, patient, user, READ);
    chain.mineTo(expiry);
    expect(contract.access(user, id)).toHaveProperty("ok");
  });

  it("is none after the record's own was revoked, whatever stands", () => {
    const { patient, id, user } = contract.newGrant();
    contract.grantStanding(patient, patient, user, READ);
    contract.revoke(patient, id, user);
    expect(contract.access(user, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
    contract.grantStanding(patient, patient, user, READ);
    expect(contract.access(user, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
    expect(contract.effectiveGrant(id, user)).toBeNull();
  });

  it("tells a lapsed standing grant with ERR_GRANT_EXPIRED", () => {
    const { patient, id } = contract.newRecord();
    const user = chain.principal();
    const expiry = chain.height() + 10n;
    contract.grantStanding(patient, patient, user, READ, expiry);
    chain.mineTo(expiry - 1n);
    expect(contract.access(user, id)).toHaveProperty("ok");
    chain.mineTo(expiry);
    expect(contract.access(user, id)).toEqual({ err: "ERR_GRANT_EXPIRED" });
  });

  it("tells a revoked standing grant with ERR_GRANT_REVOKED", () => {
    const { patient, id } = contract.newRecord();
    const user = chain.principal();
    contract.grantStanding(patient, patient, user, READ);
    contract.revokeStanding(patient, patient, user);
    expect(contract.access(user, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
  });

  it("tells the lapse of the record's own grant before a revoked standing one", () => {
    const expiry = chain.height() + 10n;
    const { patient, id, user } = contract.newGrant(READ, expiry);
    contract.grantStanding(patient, patient, user, READ);
    contract.revokeStanding(patient, patient, user);
    chain.mineTo(expiry);
    expect(contract.access(user, id)).toEqual({ err: "ERR_GRANT_EXPIRED" });
  });

  it("does not reach another patient's records", () => {
    const { patient } = contract.newRecord();
    const { id: other } = contract.newRecord();
    const user = chain.principal();
    contract.grantStanding(patient, patient, user, READ);
    expect(contract.access(user, other)).toEqual({ err: "ERR_NO_ACCESS" });
  });
});
