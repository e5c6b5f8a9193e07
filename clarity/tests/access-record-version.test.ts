import { describe, expect, it } from "vitest";
import { Contract, content, EMERGENCY, HISTORY, READ, sha256 } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

/** A record of three versions, the third being the first that `user` was granted. */
function thirdGranted(rights = READ): { patient: string; id: bigint; user: string } {
  const { patient, id } = contract.newRecord();
  contract.amend(patient, id, content(2));
  contract.amend(patient, id, content(3));
  const user = chain.principal();
  contract.grantRights(patient, id, user, rights);
  return { patient, id, user };
}

describe("access-record-version", () => {
  it("refuses an unknown record with ERR_RECORD_NOT_FOUND", () => {
    const outcome = contract.accessVersion(chain.principal(), chain.recordId(), 1n);
    expect(outcome).toEqual({ err: "ERR_RECORD_NOT_FOUND" });
  });

  it("refuses a stranger with ERR_NO_ACCESS, whether the version exists or not", () => {
    const { id } = contract.newRecord();
    for (const version of [0n, 1n, 2n]) {
      expect(contract.accessVersion(chain.principal(), id, version)).toEqual({
        err: "ERR_NO_ACCESS",
      });
    }
  });

  it("refuses versions that don't exist with ERR_VERSION_NOT_FOUND", () => {
    const { patient, id } = contract.newRecord();
    for (const version of [0n, 2n, 2n ** 128n - 1n]) {
      expect(contract.accessVersion(patient, id, version)).toEqual({
        err: "ERR_VERSION_NOT_FOUND",
      });
    }
  });

  it("refuses versions from before the grant with ERR_VERSION_NOT_GRANTED", () => {
    const { id, user } = thirdGranted();
    for (const version of [0n, 1n, 2n]) {
      expect(contract.accessVersion(user, id, version)).toEqual({
        err: "ERR_VERSION_NOT_GRANTED",
      });
    }
    expect(contract.accessVersion(user, id, 3n)).toMatchObject({
      ok: { version: 3n, "encrypted-content": content(3) },
    });
    expect(contract.accessVersion(user, id, 4n)).toEqual({ err: "ERR_VERSION_NOT_FOUND" });
  });

  it("opens versions that came after the grant", () => {
    const { patient, id, user } = thirdGranted();
    contract.amend(patient, id, content(4));
    expect(contract.accessVersion(user, id, 4n)).toMatchObject({ ok: { version: 4n } });
  });

  it("opens every version under a grant with history", () => {
    const { id, user } = thirdGranted(READ + HISTORY);
    for (const version of [1n, 2n, 3n]) {
      expect(contract.accessVersion(user, id, version)).toMatchObject({ ok: { version } });
    }
  });

  it("opens every version under a standing grant", () => {
    const { patient, id } = thirdGranted();
    const user = chain.principal();
    contract.grantStanding(patient, patient, user, READ);
    expect(contract.accessVersion(user, id, 1n)).toMatchObject({ ok: { version: 1n } });
  });

  it("opens every version for the patient and a delegate, a narrow grant or not", () => {
    const { patient, id, user } = thirdGranted();
    contract.setDelegate(patient, user);
    expect(contract.accessVersion(patient, id, 1n)).toMatchObject({ ok: { version: 1n } });
    expect(contract.accessVersion(user, id, 1n)).toMatchObject({ ok: { version: 1n } });
  });

  it("refuses a lapsed grant with ERR_GRANT_EXPIRED and a revoked with ERR_GRANT_REVOKED", () => {
    const expiry = chain.height() + 10n;
    const { patient, id, user } = contract.newGrant(READ, expiry);
    chain.mineTo(expiry);
    expect(contract.accessVersion(user, id, 1n)).toEqual({ err: "ERR_GRANT_EXPIRED" });
    contract.revoke(patient, id, user);
    expect(contract.accessVersion(user, id, 1n)).toEqual({ err: "ERR_GRANT_REVOKED" });
  });

  it("keeps to the grant's versions in an emergency", () => {
    const { id, user } = thirdGranted(EMERGENCY);
    expect(contract.accessVersion(user, id, 3n)).toEqual({ err: "ERR_NO_READ_RIGHT" });
    contract.emergency(user, id);
    expect(contract.accessVersion(user, id, 2n)).toEqual({ err: "ERR_VERSION_NOT_GRANTED" });
    expect(contract.accessVersion(user, id, 3n)).toMatchObject({ ok: { version: 3n } });
  });

  it("logs the version that was read, with its hash", () => {
    const { patient, id } = thirdGranted();
    const opened = contract.accessVersion(patient, id, 2n);
    const entry = contract.entries(id)[4];
    expect(entry).toMatchObject({
      action: "access",
      actor: patient,
      version: 2n,
      detail: sha256(content(2)),
    });
    expect(chain.last?.events).toEqual([entry]);
    expect(opened).toMatchObject({
      ok: { "audit-index": 4n, "audit-head": contract.record(id)["audit-head"] },
    });
  });
});
