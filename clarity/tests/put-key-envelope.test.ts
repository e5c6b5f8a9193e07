import { describe, expect, it } from "vitest";
import { AMEND, Contract, content, EMERGENCY, READ, sha256 } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("put-key-envelope", () => {
  it("refuses an unknown record with ERR_RECORD_NOT_FOUND", () => {
    const outcome = contract.putEnvelope(
      chain.principal(),
      chain.recordId(),
      1n,
      chain.principal(),
    );
    expect(outcome).toEqual({ err: "ERR_RECORD_NOT_FOUND" });
  });

  it("refuses versions that don't exist with ERR_VERSION_NOT_FOUND", () => {
    const { patient, id } = contract.newRecord();
    for (const version of [0n, 2n]) {
      expect(contract.putEnvelope(patient, id, version, patient)).toEqual({
        err: "ERR_VERSION_NOT_FOUND",
      });
    }
  });

  it("refuses strangers, and users for anyone, with ERR_NOT_PATIENT", () => {
    const { patient, id, user } = contract.newGrant(AMEND);
    const stranger = chain.principal();
    for (const [caller, receiver] of [
      [stranger, patient],
      [stranger, user],
      [user, user],
      [user, patient],
    ] as const) {
      expect(contract.putEnvelope(caller, id, 1n, receiver)).toEqual({
        err: "ERR_NOT_PATIENT",
      });
    }
  });

  it("lets a version's author send its key to the patient and to nobody else", () => {
    const { patient, id, user } = contract.newGrant(AMEND);
    contract.amend(user, id);
    expect(contract.putEnvelope(user, id, 1n, patient)).toEqual({ err: "ERR_NOT_PATIENT" });
    expect(contract.putEnvelope(user, id, 2n, user)).toEqual({ err: "ERR_NOT_PATIENT" });
    expect(contract.putEnvelope(user, id, 2n, patient)).toEqual({ ok: true });
    expect(contract.keyEnvelope(id, 2n, patient)).toBe("e0");
    expect(contract.putEnvelope(user, id, 2n, patient, "e1")).toEqual({ ok: true });
    expect(contract.keyEnvelope(id, 2n, patient)).toBe("e1");
  });

  it("lets an author whose grant ended send it once, and not again", () => {
    const expiry = chain.height() + 20n;
    const { patient, id, user } = contract.newGrant(AMEND, expiry);
    for (const version of [2n, 3n]) {
      contract.amend(user, id);
      expect(contract.record(id).version).toBe(version);
    }
    chain.mineTo(expiry);
    expect(contract.putEnvelope(user, id, 2n, patient)).toEqual({ ok: true });
    const count = contract.record(id)["audit-count"];
    for (const end of ["expired", "revoked"]) {
      if (end === "revoked") contract.revoke(patient, id, user);
      expect(contract.putEnvelope(user, id, 2n, patient, "e1"), end).toEqual({
        err: "ERR_NOT_PATIENT",
      });
    }
    expect(contract.record(id)["audit-count"]).toBe(count + 1n);
    expect(contract.keyEnvelope(id, 2n, patient)).toBe("e0");
    expect(contract.putEnvelope(user, id, 3n, patient)).toEqual({ ok: true });
    expect(contract.putEnvelope(user, id, 3n, patient)).toEqual({ err: "ERR_NOT_PATIENT" });
  });

  it("lets a former patient send the new one a key once, and not again", () => {
    const { patient, id } = contract.newRecord();
    const next = chain.principal();
    contract.putEnvelope(patient, id, 1n, patient);
    contract.transfer(patient, id, next);
    contract.accept(next, id);
    expect(contract.putEnvelope(patient, id, 1n, next)).toEqual({ ok: true });
    expect(contract.putEnvelope(patient, id, 1n, next)).toEqual({ err: "ERR_NOT_PATIENT" });
    expect(contract.putEnvelope(patient, id, 1n, patient)).toEqual({ err: "ERR_NOT_PATIENT" });
    contract.grantStanding(next, next, patient);
    expect(contract.putEnvelope(patient, id, 1n, next, "e1")).toEqual({ ok: true });
  });

  it("refuses an empty envelope with ERR_EMPTY_ENVELOPE", () => {
    const { patient, id } = contract.newRecord();
    expect(contract.putEnvelope(patient, id, 1n, patient, "")).toEqual({
      err: "ERR_EMPTY_ENVELOPE",
    });
  });

  it("refuses a receiver who could not read it now with ERR_USER_CANNOT_READ", () => {
    const cannot = { err: "ERR_USER_CANNOT_READ" };
    const expiry = chain.height() + 20n;
    const { patient, id, user } = contract.newGrant(READ, expiry);
    expect(contract.putEnvelope(patient, id, 1n, chain.principal())).toEqual(cannot);
    chain.mineTo(expiry - 1n);
    expect(contract.putEnvelope(patient, id, 1n, user)).toEqual({ ok: true });
    chain.mineTo(expiry);
    expect(contract.putEnvelope(patient, id, 1n, user)).toEqual(cannot);
    contract.amend(patient, id);
    contract.grant(patient, id, user);
    expect(contract.putEnvelope(patient, id, 1n, user)).toEqual(cannot);
    expect(contract.putEnvelope(patient, id, 2n, user)).toEqual({ ok: true });
    contract.revoke(patient, id, user);
    expect(contract.putEnvelope(patient, id, 2n, user)).toEqual(cannot);
  });

  it("refuses a receiver with an emergency grant until they opened the record", () => {
    const { patient, id, user } = contract.newGrant(EMERGENCY);
    expect(contract.putEnvelope(patient, id, 1n, user)).toEqual({
      err: "ERR_USER_CANNOT_READ",
    });
    contract.emergency(user, id);
    expect(contract.putEnvelope(patient, id, 1n, user)).toEqual({ ok: true });
  });

  it("shares with the patient, a delegate, a user and one with standing access", () => {
    const { patient, id, delegate } = contract.newDelegate();
    const [user, standing] = [chain.principal(), chain.principal()];
    contract.grant(patient, id, user);
    contract.grantStanding(patient, patient, standing);
    for (const receiver of [patient, delegate, user, standing]) {
      expect(contract.putEnvelope(patient, id, 1n, receiver)).toEqual({ ok: true });
    }
  });

  it("lets a delegate share", () => {
    const { id, delegate } = contract.newDelegate();
    const user = chain.principal();
    contract.grant(delegate, id, user);
    expect(contract.putEnvelope(delegate, id, 1n, user)).toEqual({ ok: true });
  });

  it("keeps an envelope for each user and version, and replaces it", () => {
    const { patient, id, user } = contract.newGrant();
    contract.amend(patient, id);
    contract.putEnvelope(patient, id, 1n, user, "e1");
    contract.putEnvelope(patient, id, 2n, user, "e2");
    contract.putEnvelope(patient, id, 2n, patient, "e3");
    contract.putEnvelope(patient, id, 1n, user, "e4");
    expect(contract.keyEnvelope(id, 1n, user)).toBe("e4");
    expect(contract.keyEnvelope(id, 2n, user)).toBe("e2");
    expect(contract.keyEnvelope(id, 2n, patient)).toBe("e3");
    expect(contract.keyEnvelope(id, 1n, patient)).toBeNull();
  });

  it("takes 2,048 bytes and can't be called with 2,049", () => {
    const { patient, id } = contract.newRecord();
    const largest = content(1, 2_048);
    expect(contract.putEnvelope(patient, id, 1n, patient, largest)).toEqual({ ok: true });
    expect(() => contract.putEnvelope(patient, id, 1n, patient, `${largest}00`)).toThrow();
  });

  it("logs and prints an envelope entry with the envelope's hash", () => {
    const { patient, id, user } = contract.newGrant();
    const height = chain.height();
    contract.putEnvelope(patient, id, 1n, user, "e5");
    const entry = {
      topic: "record-audit",
      "record-id": id,
      index: 2n,
      action: "envelope",
      actor: patient,
      subject: user,
      version: 1n,
      expiry: null,
      detail: sha256("e5"),
      "burn-height": height,
    };
    expect(chain.last?.events).toEqual([entry]);
    expect(contract.entries(id)[2]).toEqual(entry);
  });
});
