import { describe, expect, it } from "vitest";
import { Contract, content, EMERGENCY, READ, SEE, sha256 } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("access-for", () => {
  it("refuses an unknown record with ERR_RECORD_NOT_FOUND", () => {
    const { organisation, member } = contract.newMember();
    const outcome = contract.accessFor(member, chain.recordId(), 1n, organisation);
    expect(outcome).toEqual({ err: "ERR_RECORD_NOT_FOUND" });
  });

  it("refuses strangers, members of others, and the organisation with ERR_NOT_MEMBER", () => {
    const { id, organisation } = contract.newMember();
    const { member: other } = contract.newMember();
    for (const caller of [chain.principal(), other, organisation]) {
      expect(contract.accessFor(caller, id, 1n, organisation)).toEqual({
        err: "ERR_NOT_MEMBER",
      });
    }
  });

  it("refuses a member whose time is over, and one who was removed, with ERR_NOT_MEMBER", () => {
    const { id, organisation, member } = contract.newMember();
    const expiry = chain.height() + 20n;
    contract.setMember(organisation, member, expiry);
    chain.mineTo(expiry - 1n);
    expect(contract.accessFor(member, id, 1n, organisation)).toHaveProperty("ok");
    chain.mineTo(expiry);
    const refused = { err: "ERR_NOT_MEMBER" };
    expect(contract.accessFor(member, id, 1n, organisation)).toEqual(refused);
    contract.setMember(organisation, member);
    expect(contract.accessFor(member, id, 1n, organisation)).toHaveProperty("ok");
    contract.removeMember(organisation, member);
    expect(contract.accessFor(member, id, 1n, organisation)).toEqual(refused);
  });

  it("refuses what the organisation was not granted, or no longer", () => {
    const { patient, id, organisation, member } = contract.newMember();
    contract.amend(patient, id);
    expect(contract.accessFor(member, id, 3n, organisation)).toEqual({
      err: "ERR_VERSION_NOT_FOUND",
    });
    const { id: other } = contract.newRecord();
    expect(contract.accessFor(member, other, 1n, organisation)).toEqual({
      err: "ERR_NO_ACCESS",
    });
    contract.revoke(patient, id, organisation);
    expect(contract.accessFor(member, id, 1n, organisation)).toEqual({
      err: "ERR_GRANT_REVOKED",
    });
    contract.grant(patient, id, organisation);
    expect(contract.accessFor(member, id, 1n, organisation)).toEqual({
      err: "ERR_VERSION_NOT_GRANTED",
    });
    expect(contract.accessFor(member, id, 2n, organisation)).toHaveProperty("ok");
  });

  it("gives the member nothing of their own, and takes nothing of theirs for it", () => {
    const { patient, id, organisation, member } = contract.newMember();
    expect(contract.access(member, id)).toEqual({ err: "ERR_NO_ACCESS" });
    expect(contract.hasAccess(id, member)).toBe(false);
    contract.grant(patient, id, member);
    contract.revoke(patient, id, organisation);
    expect(contract.access(member, id)).toHaveProperty("ok");
    expect(contract.accessFor(member, id, 1n, organisation)).toEqual({
      err: "ERR_GRANT_REVOKED",
    });
  });

  it("opens by standing access, too", () => {
    const { patient, id } = contract.newRecord();
    const [organisation, member] = [chain.principal(), chain.principal()];
    contract.setMember(organisation, member);
    contract.grantStanding(patient, patient, organisation);
    expect(contract.accessFor(member, id, 1n, organisation)).toHaveProperty("ok");
  });

  it("is not for a patient's own records, nor for those of whom one acts for: ERR_NO_ACCESS", () => {
    const { patient, id, delegate } = contract.newDelegate(null, SEE);
    const member = chain.principal();
    for (const organisation of [patient, delegate]) {
      contract.setMember(organisation, member);
      expect(contract.accessFor(member, id, 1n, organisation)).toEqual({
        err: "ERR_NO_ACCESS",
      });
    }
    const { patient: before, id: moved } = contract.newRecord();
    contract.grant(before, moved, patient);
    contract.transfer(before, moved, patient);
    contract.accept(patient, moved);
    expect(contract.accessFor(member, moved, 1n, patient)).toEqual({ err: "ERR_NO_ACCESS" });
  });

  it("opens in an emergency that the organisation declared, logged as emergency-read", () => {
    const { id, organisation, member } = contract.newMember(EMERGENCY);
    expect(contract.accessFor(member, id, 1n, organisation)).toEqual({
      err: "ERR_NO_READ_RIGHT",
    });
    contract.emergency(organisation, id);
    expect(contract.accessFor(member, id, 1n, organisation)).toHaveProperty("ok");
    expect(contract.entries(id)[3]).toMatchObject({
      action: "emergency-read",
      actor: member,
      subject: organisation,
    });
  });

  it("returns what an access does, and logs and prints member and organisation", () => {
    const { patient, id, organisation, member } = contract.newMember(READ);
    const height = chain.height();
    const opened = contract.accessFor(member, id, 1n, organisation);
    expect(opened).toMatchObject({
      ok: {
        version: 1n,
        author: patient,
        "encrypted-content": content(),
        "content-hash": sha256(content()),
        "audit-index": 2n,
        "audit-head": contract.record(id)["audit-head"],
      },
    });
    const entry = {
      topic: "record-audit",
      "record-id": id,
      index: 2n,
      action: "access",
      actor: member,
      subject: organisation,
      version: 1n,
      expiry: null,
      detail: sha256(content()),
      "burn-height": height,
    };
    expect(chain.last?.events).toEqual([entry]);
    expect(contract.entries(id)[2]).toEqual(entry);
  });
});
