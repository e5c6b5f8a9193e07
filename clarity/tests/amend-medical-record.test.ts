import { describe, expect, it } from "vitest";
import { AMEND, Contract, content, EMERGENCY, READ, sha256 } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("amend-medical-record", () => {
  it("refuses an unknown record with ERR_RECORD_NOT_FOUND", () => {
    const outcome = contract.amend(chain.principal(), chain.recordId());
    expect(outcome).toEqual({ err: "ERR_RECORD_NOT_FOUND" });
  });

  it("refuses empty content with ERR_EMPTY_CONTENT", () => {
    const { patient, id } = contract.newRecord();
    expect(contract.amend(patient, id, "")).toEqual({ err: "ERR_EMPTY_CONTENT" });
  });

  it("refuses a stranger with ERR_NO_ACCESS", () => {
    const { id } = contract.newRecord();
    expect(contract.amend(chain.principal(), id)).toEqual({ err: "ERR_NO_ACCESS" });
  });

  it.each([READ, EMERGENCY, READ + EMERGENCY])(
    "refuses a user with rights u%s with ERR_NO_AMEND_RIGHT",
    (rights) => {
      const { id, user } = contract.newGrant(rights);
      expect(contract.amend(user, id)).toEqual({ err: "ERR_NO_AMEND_RIGHT" });
    },
  );

  it("lets a user amend until the expiry, then refuses with ERR_GRANT_EXPIRED", () => {
    const expiry = chain.height() + 20n;
    const { id, user } = contract.newGrant(AMEND, expiry);
    chain.mineTo(expiry - 1n);
    expect(contract.amend(user, id)).toHaveProperty("ok");
    chain.mineTo(expiry);
    expect(contract.amend(user, id)).toEqual({ err: "ERR_GRANT_EXPIRED" });
  });

  it("refuses a user whose grant was revoked with ERR_GRANT_REVOKED", () => {
    const { patient, id, user } = contract.newGrant(AMEND);
    contract.revoke(patient, id, user);
    expect(contract.amend(user, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
    expect(contract.record(id).version).toBe(1n);
  });

  it("adds a version and leaves the earlier ones as they were", () => {
    const { patient, id } = contract.newRecord();
    const first = contract.version(id, 1n);
    const outcome = contract.amend(patient, id, content(2));
    expect(outcome).toEqual({
      ok: {
        version: 2n,
        "content-hash": sha256(content(2)),
        "audit-index": 1n,
        "audit-head": contract.record(id)["audit-head"],
      },
    });
    expect(contract.version(id, 1n)).toEqual(first);
    expect(contract.version(id, 2n)).toMatchObject({
      author: patient,
      "encrypted-content": content(2),
      "content-hash": sha256(content(2)),
    });
    expect(contract.record(id)).toMatchObject({ patient, version: 2n });
  });

  it("takes content of one byte and of 65,536", () => {
    const { patient, id } = contract.newRecord();
    expect(contract.amend(patient, id, content(2, 1))).toHaveProperty("ok");
    expect(contract.amend(patient, id, content(2, 65_536))).toHaveProperty("ok");
  });

  it("names the user as author and actor of their version", () => {
    const { id, user } = contract.newGrant(AMEND);
    const height = chain.height();
    contract.amend(user, id, content(5));
    expect(contract.version(id, 2n)).toMatchObject({ author: user, "burn-height": height });
    const entry = {
      topic: "record-audit",
      "record-id": id,
      index: 2n,
      action: "amend",
      actor: user,
      subject: null,
      version: 2n,
      expiry: null,
      detail: sha256(content(5)),
      "burn-height": height,
    };
    expect(chain.last?.events).toEqual([entry]);
    expect(contract.entries(id)[2]).toEqual(entry);
  });

  it("lets a user with a standing grant to amend add a version", () => {
    const { patient, id } = contract.newRecord();
    const user = chain.principal();
    contract.grantStanding(patient, patient, user, AMEND);
    expect(contract.amend(user, id)).toHaveProperty("ok");
  });

  it("lets a delegate add a version, whatever their own grant says", () => {
    const { patient, id, delegate } = contract.newDelegate();
    expect(contract.amend(delegate, id)).toHaveProperty("ok");
    contract.grantRights(patient, id, delegate, READ);
    expect(contract.amend(delegate, id)).toHaveProperty("ok");
    contract.revoke(patient, id, delegate);
    expect(contract.amend(delegate, id)).toHaveProperty("ok");
    expect(contract.record(id).version).toBe(4n);
  });
});
