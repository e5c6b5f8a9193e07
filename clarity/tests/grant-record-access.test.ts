import { describe, expect, it } from "vitest";
import {
  AMEND,
  Contract,
  content,
  EMERGENCY,
  expectOk,
  HISTORY,
  READ,
  bitsDetail,
} from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("grant-record-access", () => {
  it("refuses an unknown record with ERR_RECORD_NOT_FOUND", () => {
    const outcome = contract.grant(chain.principal(), chain.recordId(), chain.principal());
    expect(outcome).toEqual({ err: "ERR_RECORD_NOT_FOUND" });
  });

  it("refuses strangers and users, who can't even renew, with ERR_NOT_PATIENT", () => {
    const { id, user } = contract.newGrant(READ + AMEND + EMERGENCY + HISTORY);
    expect(contract.grant(chain.principal(), id, chain.principal())).toEqual({
      err: "ERR_NOT_PATIENT",
    });
    expect(contract.grant(user, id, user)).toEqual({ err: "ERR_NOT_PATIENT" });
  });

  it("refuses a delegate from the delegation's expiry on with ERR_NOT_PATIENT", () => {
    const expiry = chain.height() + 20n;
    const { id, delegate } = contract.newDelegate(expiry);
    chain.mineTo(expiry - 1n);
    expect(contract.grant(delegate, id, chain.principal())).toEqual({ ok: true });
    chain.mineTo(expiry);
    expect(contract.grant(delegate, id, chain.principal())).toEqual({
      err: "ERR_NOT_PATIENT",
    });
  });

  it("refuses a grant to the patient, from a delegate too, with ERR_SELF_GRANT", () => {
    const { patient, id, delegate } = contract.newDelegate();
    expect(contract.grant(patient, id, patient)).toEqual({ err: "ERR_SELF_GRANT" });
    expect(contract.grant(delegate, id, patient)).toEqual({ err: "ERR_SELF_GRANT" });
  });

  it("refuses an expiry at or below the burn height with ERR_EXPIRY_IN_PAST", () => {
    const { patient, id } = contract.newRecord();
    const user = chain.principal();
    for (const past of [0n, chain.height() - 1n]) {
      expect(contract.grant(patient, id, user, past)).toEqual({ err: "ERR_EXPIRY_IN_PAST" });
    }
    expect(contract.grant(patient, id, user, chain.height())).toEqual({
      err: "ERR_EXPIRY_IN_PAST",
    });
    expect(contract.storedGrant(id, user)).toBeNull();
  });

  it("takes an expiry one above the burn height, and the largest", () => {
    const { patient, id } = contract.newRecord();
    for (const expiry of [chain.height() + 1n, 2n ** 128n - 1n]) {
      expect(contract.grant(patient, id, chain.principal(), expiry)).toEqual({ ok: true });
    }
  });

  it("stores rights u1, the expiry, the height and the latest version", () => {
    const { patient, id } = contract.newRecord();
    contract.amend(patient, id);
    const user = chain.principal();
    const height = chain.height();
    expect(contract.grant(patient, id, user, height + 50n)).toEqual({ ok: true });
    const grant = {
      rights: READ,
      expiry: height + 50n,
      "granted-at": height,
      "from-version": 2n,
      entry: 2n,
      by: null,
    };
    expect(contract.storedGrant(id, user)).toEqual(grant);
    expect(contract.effectiveGrant(id, user)).toEqual({ ...grant, standing: null });
  });

  it("logs and prints a grant entry with user, from-version, expiry and rights", () => {
    const { patient, id } = contract.newRecord();
    contract.amend(patient, id);
    const user = chain.principal();
    const height = chain.height();
    contract.grant(patient, id, user, height + 50n);
    const entry = {
      topic: "record-audit",
      "record-id": id,
      index: 2n,
      action: "grant",
      actor: patient,
      subject: user,
      version: 2n,
      expiry: height + 50n,
      detail: bitsDetail(READ),
      "burn-height": height,
    };
    expect(chain.last?.events).toEqual([entry]);
    expect(contract.entries(id)[2]).toEqual(entry);
  });

  it("lets a delegate grant, and names them as the actor", () => {
    const { id, delegate } = contract.newDelegate();
    const user = chain.principal();
    expect(contract.grant(delegate, id, user)).toEqual({ ok: true });
    expect(contract.access(user, id)).toHaveProperty("ok");
    expect(contract.entries(id)[1]).toMatchObject({ actor: delegate, subject: user });
  });

  it("reads once less for the first of a line than for their delegate", () => {
    // Whether the user is of the line need not be asked: it has nobody else.
    const { patient, id, delegate } = contract.newDelegate();
    const [reads, more] = [patient, delegate].map((caller) => {
      expectOk(contract.grant(caller, id, chain.principal()));
      return chain.last?.costs?.readCount;
    });
    expect(more).toBe(reads! + 1);
  });

  it("may grant to a delegate, and to a contract", () => {
    const { patient, id, delegate } = contract.newDelegate();
    expect(contract.grant(patient, id, delegate)).toEqual({ ok: true });
    expect(contract.grant(patient, id, chain.middleman)).toEqual({ ok: true });
    expect(contract.storedGrant(id, chain.middleman)).toMatchObject({ rights: READ });
  });
});

describe("granting again", () => {
  it("renews: replaces the expiry by a later one and keeps the first version", () => {
    const expiry = chain.height() + 20n;
    const { patient, id, user } = contract.newGrant(READ, expiry);
    contract.amend(patient, id);
    const height = chain.height();
    contract.grant(patient, id, user, expiry + 100n);
    expect(contract.storedGrant(id, user)).toEqual({
      rights: READ,
      expiry: expiry + 100n,
      "granted-at": height,
      "from-version": 1n,
      entry: 3n,
      by: null,
    });
    expect(contract.entries(id)[3]).toMatchObject({ action: "grant", version: 1n });
    chain.mineTo(expiry);
    expect(contract.access(user, id)).toHaveProperty("ok");
  });

  it("shortens: the earlier, longer expiry no longer holds", () => {
    const { patient, id, user } = contract.newGrant(READ, null);
    const expiry = chain.height() + 10n;
    contract.grant(patient, id, user, expiry);
    chain.mineTo(expiry);
    expect(contract.access(user, id)).toEqual({ err: "ERR_GRANT_EXPIRED" });
  });

  it("replaces wider rights by u1", () => {
    const { patient, id, user } = contract.newGrant(AMEND + EMERGENCY);
    contract.grant(patient, id, user);
    expect(contract.storedGrant(id, user)).toMatchObject({ rights: READ });
    expect(contract.amend(user, id)).toEqual({ err: "ERR_NO_AMEND_RIGHT" });
  });

  it("begins at the latest version after a lapse, at the expiry itself too", () => {
    const expiry = chain.height() + 10n;
    const { patient, id, user } = contract.newGrant(READ, expiry);
    contract.amend(patient, id);
    chain.mineTo(expiry);
    contract.grant(patient, id, user);
    expect(contract.storedGrant(id, user)).toMatchObject({ "from-version": 2n });
  });

  it("begins at the latest version after a revoke", () => {
    const { patient, id, user } = contract.newGrant();
    contract.amend(patient, id, content(2));
    contract.revoke(patient, id, user);
    contract.grant(patient, id, user);
    expect(contract.storedGrant(id, user)).toMatchObject({ "from-version": 2n });
    expect(contract.accessVersion(user, id, 1n)).toEqual({ err: "ERR_VERSION_NOT_GRANTED" });
  });
});

describe("the lists of who reads what", () => {
  it("have the user and the record once, however often it is granted", () => {
    const { patient, id, user } = contract.newGrant();
    contract.grant(patient, id, user);
    contract.revoke(patient, id, user);
    contract.grant(patient, id, user);
    const second = chain.principal();
    contract.grant(patient, id, second);
    expect(contract.recordReaders(id)).toEqual([user, second]);
    expect(contract.record(id).readers).toBe(2n);
    expect(contract.sharedRecords(user)).toEqual([id]);
    expect(contract.user(user)).toEqual({ records: 1n, patients: 0n });
  });

  it("have all records of a user, from several patients, in order", () => {
    const first = contract.newRecord();
    const second = contract.newRecord();
    const user = chain.principal();
    contract.grant(second.patient, second.id, user);
    contract.grant(first.patient, first.id, user);
    expect(contract.sharedRecords(user)).toEqual([second.id, first.id]);
    expect(contract.user(user)).toEqual({ records: 2n, patients: 0n });
  });

  it("have a user who was first shut out of standing access, once they are granted", () => {
    const { patient, id } = contract.newRecord();
    const user = chain.principal();
    contract.grantStanding(patient, patient, user);
    contract.revoke(patient, id, user);
    expect(contract.recordReaders(id)).toEqual([]);
    contract.grant(patient, id, user);
    contract.revoke(patient, id, user);
    contract.grant(patient, id, user);
    expect(contract.recordReaders(id)).toEqual([user]);
    expect(contract.sharedRecords(user)).toEqual([id]);
  });
});
