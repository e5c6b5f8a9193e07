import { describe, expect, it } from "vitest";
import { AMEND, Contract, content, READ, sha256 } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("amend-record-version", () => {
  it("refuses an unknown record with ERR_RECORD_NOT_FOUND", () => {
    const outcome = contract.amendVersion(chain.principal(), chain.recordId(), 2n);
    expect(outcome).toEqual({ err: "ERR_RECORD_NOT_FOUND" });
  });

  it("refuses any version but the next with ERR_VERSION_TAKEN", () => {
    const { patient, id } = contract.newRecord();
    for (const version of [0n, 1n, 3n, 2n ** 128n - 1n]) {
      expect(contract.amendVersion(patient, id, version)).toEqual({
        err: "ERR_VERSION_TAKEN",
      });
    }
    expect(contract.record(id)).toMatchObject({ version: 1n, "audit-count": 1n });
  });

  it("refuses an author who was overtaken with ERR_VERSION_TAKEN", () => {
    const { patient, id, user } = contract.newGrant(AMEND);
    expect(contract.amendVersion(user, id, 2n, content(2))).toHaveProperty("ok");
    expect(contract.amendVersion(patient, id, 2n, content(3))).toEqual({
      err: "ERR_VERSION_TAKEN",
    });
    expect(contract.version(id, 2n)).toMatchObject({ author: user });
    expect(contract.amendVersion(patient, id, 3n, content(3))).toHaveProperty("ok");
  });

  it("refuses as amend-medical-record does, and tells the version first", () => {
    const { patient, id, user } = contract.newGrant(READ);
    expect(contract.amendVersion(patient, id, 2n, "")).toEqual({ err: "ERR_EMPTY_CONTENT" });
    expect(contract.amendVersion(chain.principal(), id, 2n)).toEqual({
      err: "ERR_NO_ACCESS",
    });
    expect(contract.amendVersion(user, id, 2n)).toEqual({ err: "ERR_NO_AMEND_RIGHT" });
    expect(contract.amendVersion(user, id, 1n)).toEqual({ err: "ERR_VERSION_TAKEN" });
    contract.revoke(patient, id, user);
    expect(contract.amendVersion(user, id, 2n)).toEqual({ err: "ERR_GRANT_REVOKED" });
  });

  it("adds the version and returns and logs what amend-medical-record does", () => {
    const { patient, id, delegate } = contract.newDelegate();
    const height = chain.height();
    const outcome = contract.amendVersion(delegate, id, 2n, content(6));
    expect(outcome).toEqual({
      ok: {
        version: 2n,
        "content-hash": sha256(content(6)),
        "audit-index": 1n,
        "audit-head": contract.record(id)["audit-head"],
      },
    });
    expect(contract.version(id, 2n)).toMatchObject({ author: delegate });
    expect(contract.record(id)).toMatchObject({ patient, version: 2n });
    const entry = {
      topic: "record-audit",
      "record-id": id,
      index: 1n,
      action: "amend",
      actor: delegate,
      subject: null,
      version: 2n,
      expiry: null,
      detail: sha256(content(6)),
      "burn-height": height,
    };
    expect(chain.last?.events).toEqual([entry]);
    expect(contract.entries(id)[1]).toEqual(entry);
  });

  it("takes content of 65,536 bytes and can't be called with 65,537", () => {
    const { patient, id } = contract.newRecord();
    const largest = content(2, 65_536);
    expect(contract.amendVersion(patient, id, 2n, largest)).toHaveProperty("ok");
    expect(() => contract.amendVersion(patient, id, 3n, `${largest}00`)).toThrow();
  });
});
