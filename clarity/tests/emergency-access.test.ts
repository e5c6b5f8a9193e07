import { Cl } from "@stacks/transactions";
import { describe, expect, it } from "vitest";
import {
  AMEND,
  Contract,
  content,
  EMERGENCY,
  EMERGENCY_BLOCKS,
  HISTORY,
  READ,
  REASON,
  sha256,
  ZEROS,
} from "./contract";
import { optionalUint } from "./chain";

const contract = await Contract.shared();
const { chain } = contract;

describe("emergency-access", () => {
  it("refuses an unknown record with ERR_RECORD_NOT_FOUND", () => {
    const outcome = contract.emergency(chain.principal(), chain.recordId());
    expect(outcome).toEqual({ err: "ERR_RECORD_NOT_FOUND" });
  });

  it.each([
    ["nothing", ""],
    ["31 bytes", "11".repeat(31)],
    ["32 zero bytes", ZEROS],
  ])("refuses %s for a reason with ERR_NO_REASON", (_, reason) => {
    const { id, user } = contract.newGrant(EMERGENCY);
    expect(contract.emergency(user, id, reason)).toEqual({ err: "ERR_NO_REASON" });
  });

  it("refuses strangers, the patient and delegates, who have no grant, with ERR_NO_ACCESS", () => {
    const { patient, id, delegate } = contract.newDelegate();
    for (const caller of [chain.principal(), patient, delegate]) {
      expect(contract.emergency(caller, id)).toEqual({ err: "ERR_NO_ACCESS" });
    }
  });

  it.each([READ, AMEND, READ + HISTORY])(
    "refuses a grant with rights u%s with ERR_NO_EMERGENCY_RIGHT",
    (rights) => {
      const { id, user } = contract.newGrant(rights);
      expect(contract.emergency(user, id)).toEqual({ err: "ERR_NO_EMERGENCY_RIGHT" });
    },
  );

  it("opens until the grant's expiry, then refuses with ERR_GRANT_EXPIRED", () => {
    const expiry = chain.height() + 20n;
    const { id, user } = contract.newGrant(EMERGENCY, expiry);
    chain.mineTo(expiry - 1n);
    expect(contract.emergency(user, id)).toHaveProperty("ok");
    chain.mineTo(expiry);
    expect(contract.emergency(user, id)).toEqual({ err: "ERR_GRANT_EXPIRED" });
    expect(contract.access(user, id)).toEqual({ err: "ERR_GRANT_EXPIRED" });
  });

  it("refuses a revoked grant with ERR_GRANT_REVOKED", () => {
    const { patient, id, user } = contract.newGrant(EMERGENCY);
    contract.revoke(patient, id, user);
    expect(contract.emergency(user, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
  });

  it("returns until, 144 burn blocks ahead, with audit index and head", () => {
    const { id, user } = contract.newGrant(EMERGENCY);
    const height = chain.height();
    const until = height + EMERGENCY_BLOCKS;
    const opened = contract.emergency(user, id);
    expect(opened).toEqual({
      ok: { until, "audit-index": 2n, "audit-head": contract.record(id)["audit-head"] },
    });
    expect(contract.emergencyOpening(id, user)).toEqual({
      until,
      "opened-at": height,
      reason: REASON,
      entry: 1n,
      standing: null,
    });
  });

  it("logs and prints an emergency entry with until and the reason", () => {
    const { patient, id, user } = contract.newGrant(EMERGENCY);
    contract.amend(patient, id);
    const height = chain.height();
    contract.emergency(user, id);
    const entry = {
      topic: "record-audit",
      "record-id": id,
      index: 3n,
      action: "emergency",
      actor: user,
      subject: null,
      version: 2n,
      expiry: height + EMERGENCY_BLOCKS,
      detail: REASON,
      "burn-height": height,
    };
    expect(chain.last?.events).toEqual([entry]);
    expect(contract.entries(id)[3]).toEqual(entry);
  });

  it("lets the user read until the last block of the opening, logged as emergency-read", () => {
    const { id, user } = contract.newGrant(EMERGENCY);
    const until = chain.height() + EMERGENCY_BLOCKS;
    contract.emergency(user, id);
    expect(contract.access(user, id)).toMatchObject({
      ok: { "encrypted-content": content() },
    });
    expect(contract.entries(id)[3]).toMatchObject({
      action: "emergency-read",
      actor: user,
      version: 1n,
      detail: sha256(content()),
    });
    chain.mineTo(until - 1n);
    expect(contract.accessVersion(user, id, 1n)).toHaveProperty("ok");
    chain.mineTo(until);
    expect(contract.access(user, id)).toEqual({ err: "ERR_NO_READ_RIGHT" });
  });

  it("logs plain accesses where the grant lets the user read anyway", () => {
    const { id, user } = contract.newGrant(READ + EMERGENCY);
    contract.emergency(user, id);
    contract.access(user, id);
    expect(contract.entries(id)[3]).toMatchObject({ action: "access" });
  });

  it("opens again while open, from the new height", () => {
    const { id, user } = contract.newGrant(EMERGENCY);
    contract.emergency(user, id);
    chain.mine(10n);
    const height = chain.height();
    contract.emergency(user, id, sha256("22"));
    expect(contract.emergencyOpening(id, user)).toEqual({
      until: height + EMERGENCY_BLOCKS,
      "opened-at": height,
      reason: sha256("22"),
      entry: 1n,
      standing: null,
    });
  });

  it("opens for this user and this record alone", () => {
    const { patient, id, user } = contract.newGrant(EMERGENCY);
    const second = chain.principal();
    contract.grantRights(patient, id, second, EMERGENCY);
    const other = chain.recordId();
    contract.create(patient, other);
    contract.grantRights(patient, other, user, EMERGENCY);
    contract.emergency(user, id);
    expect(contract.access(second, id)).toEqual({ err: "ERR_NO_READ_RIGHT" });
    expect(contract.access(user, other)).toEqual({ err: "ERR_NO_READ_RIGHT" });
  });

  it("does not let the user amend", () => {
    const { id, user } = contract.newGrant(EMERGENCY);
    contract.emergency(user, id);
    expect(contract.amend(user, id)).toEqual({ err: "ERR_NO_AMEND_RIGHT" });
  });

  it("ends with a revoke, and a later grant does not open it again", () => {
    const { patient, id, user } = contract.newGrant(EMERGENCY);
    contract.emergency(user, id);
    contract.revoke(patient, id, user);
    expect(contract.access(user, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
    chain.mine(1n);
    contract.grantRights(patient, id, user, EMERGENCY);
    expect(contract.access(user, id)).toEqual({ err: "ERR_NO_READ_RIGHT" });
  });

  it("ends when standing access is granted again in a later burn block", () => {
    const { patient, id } = contract.newRecord();
    const user = chain.principal();
    contract.grantStanding(patient, patient, user, EMERGENCY);
    contract.emergency(user, id);
    expect(contract.access(user, id)).toHaveProperty("ok");
    chain.mine(1n);
    contract.grantStanding(patient, patient, user, EMERGENCY);
    expect(contract.access(user, id)).toEqual({ err: "ERR_NO_READ_RIGHT" });
  });

  it("ends when the grant is revoked and made again within one burn block", () => {
    const { patient, id } = contract.newRecord();
    const user = chain.principal();
    const granting = {
      by: patient,
      name: "grant-record-rights",
      args: [Cl.uint(id), Cl.principal(user), Cl.uint(EMERGENCY), optionalUint(null)],
    };
    const access = { by: user, name: "access-medical-record", args: [Cl.uint(id)] };
    const emergency = {
      by: user,
      name: "emergency-access",
      args: [Cl.uint(id), Cl.bufferFromHex(REASON)],
    };
    const outcomes = chain.block([
      granting,
      emergency,
      access,
      {
        by: patient,
        name: "revoke-record-access",
        args: [Cl.uint(id), Cl.principal(user)],
      },
      granting,
      access,
      emergency,
      access,
      granting,
      access,
    ]);
    expect(outcomes.map((outcome) => ("ok" in outcome ? "ok" : outcome.err))).toEqual([
      "ok",
      "ok",
      "ok",
      "ok",
      "ok",
      "ERR_NO_READ_RIGHT",
      "ok",
      "ok",
      "ok",
      "ERR_NO_READ_RIGHT",
    ]);
    const heights = contract.entries(id).slice(1).map((entry) => entry["burn-height"]);
    expect(new Set(heights).size).toBe(1);
  });

  it("ends when standing access is revoked and granted again within one burn block", () => {
    const { patient, id } = contract.newRecord();
    const user = chain.principal();
    const granting = {
      by: patient,
      name: "grant-standing-access",
      args: [
        Cl.principal(patient),
        Cl.principal(user),
        Cl.uint(EMERGENCY),
        optionalUint(null),
      ],
    };
    const access = { by: user, name: "access-medical-record", args: [Cl.uint(id)] };
    const outcomes = chain.block([
      granting,
      {
        by: user,
        name: "emergency-access",
        args: [Cl.uint(id), Cl.bufferFromHex(REASON)],
      },
      access,
      {
        by: patient,
        name: "revoke-standing-access",
        args: [Cl.principal(patient), Cl.principal(user)],
      },
      granting,
      access,
    ]);
    expect(outcomes.map((outcome) => ("ok" in outcome ? "ok" : outcome.err))).toEqual([
      "ok",
      "ok",
      "ok",
      "ok",
      "ok",
      "ERR_NO_READ_RIGHT",
    ]);
  });

  it("does not go on under another grant with an entry of the same number", () => {
    // The record's own grant and the standing one both have entry 1, each in its own log.
    const { patient, id } = contract.newRecord();
    const user = chain.principal();
    contract.setDelegate(patient, chain.principal());
    const expiry = chain.height() + 20n;
    contract.grantRights(patient, id, user, EMERGENCY, expiry);
    contract.grantStanding(patient, patient, user, EMERGENCY);
    expect(contract.standingGrant(patient, user)).toMatchObject({ entry: 1n });
    expect(contract.storedGrant(id, user)).toMatchObject({ entry: 1n });
    contract.emergency(user, id);
    chain.mineTo(expiry - 1n);
    expect(contract.access(user, id)).toHaveProperty("ok");
    chain.mineTo(expiry);
    expect(contract.access(user, id)).toEqual({ err: "ERR_NO_READ_RIGHT" });
    contract.emergency(user, id);
    expect(contract.access(user, id)).toHaveProperty("ok");
    // Nor under the same number in the log of another patient, who takes the record over.
    const next = chain.principal();
    contract.setDelegate(next, chain.principal());
    contract.grantStanding(next, next, user, EMERGENCY);
    expect(contract.standingGrant(next, user)).toMatchObject({ entry: 1n });
    contract.transfer(patient, id, next);
    contract.accept(next, id);
    expect(contract.access(user, id)).toEqual({ err: "ERR_NO_READ_RIGHT" });
  });

  it("opens in the very burn block of the grant", () => {
    const { patient, id } = contract.newRecord();
    const user = chain.principal();
    const outcomes = chain.block([
      {
        by: patient,
        name: "grant-record-rights",
        args: [Cl.uint(id), Cl.principal(user), Cl.uint(EMERGENCY), optionalUint(null)],
      },
      { by: user, name: "emergency-access", args: [Cl.uint(id), Cl.bufferFromHex(REASON)] },
      { by: user, name: "access-medical-record", args: [Cl.uint(id)] },
    ]);
    expect(outcomes).toMatchObject([{ ok: true }, { ok: {} }, { ok: { version: 1n } }]);
  });
});
