import { describe, expect, it } from "vitest";
import { AMEND, Contract, READ, bitsDetail } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("grant-many", () => {
  it.each([
    ["ERR_RECORD_NOT_FOUND", () => ({ id: chain.recordId() })],
    ["ERR_NOT_PATIENT", () => ({ id: contract.newRecord().id })],
    ["ERR_EXPIRY_IN_PAST", () => ({ expiry: chain.height() })],
  ])("refuses them all with %s for one", (name, wrong) => {
    const { patient, id } = contract.newRecord();
    const [first, third] = [chain.principal(), chain.principal()];
    const second = { id, user: chain.principal(), expiry: null, ...wrong() };
    const grants = [{ id, user: first, expiry: null }, second, { id, user: third, expiry: null }];
    for (const order of [grants, grants.toReversed()]) {
      expect(contract.grantMany(patient, order)).toEqual({ err: name });
    }
    expect(contract.storedGrant(id, first)).toBeNull();
    expect(contract.storedGrant(id, third)).toBeNull();
    expect(contract.entries(id)).toHaveLength(1);
    expect(contract.sharedRecords(first)).toEqual([]);
  });

  it("refuses a grant to the patient with ERR_SELF_GRANT, and tells the first refusal", () => {
    const { patient, id } = contract.newRecord();
    const self = { id, user: patient, expiry: null };
    const past = { id, user: chain.principal(), expiry: 0n };
    expect(contract.grantMany(patient, [self, past])).toEqual({ err: "ERR_SELF_GRANT" });
    expect(contract.grantMany(patient, [past, self])).toEqual({ err: "ERR_EXPIRY_IN_PAST" });
  });

  it("grants nothing and logs nothing for an empty list", () => {
    const { patient } = contract.newRecord();
    expect(contract.grantMany(patient, [])).toEqual({ ok: true });
    expect(chain.last?.events).toEqual([]);
  });

  it("grants read on every pair, with an entry and an event each", () => {
    const { patient, id } = contract.newRecord();
    const other = chain.recordId();
    contract.create(patient, other);
    const [reader, clinic] = [chain.principal(), chain.principal()];
    const expiry = chain.height() + 30n;
    const outcome = contract.grantMany(patient, [
      { id, user: reader, expiry },
      { id, user: clinic, expiry: null },
      { id: other, user: reader, expiry: null },
    ]);
    expect(outcome).toEqual({ ok: true });
    expect(chain.last?.events).toMatchObject([
      { "record-id": id, index: 1n, action: "grant", subject: reader, expiry },
      { "record-id": id, index: 2n, action: "grant", subject: clinic, expiry: null },
      { "record-id": other, index: 1n, action: "grant", subject: reader, expiry: null },
    ]);
    expect(contract.entries(id)[1]).toMatchObject({ detail: bitsDetail(READ) });
    expect(contract.rebuiltHead(id)).toBe(contract.record(id)["audit-head"]);
    expect(contract.recordReaders(id)).toEqual([reader, clinic]);
    expect(contract.sharedRecords(reader)).toEqual([id, other]);
    expect(contract.access(clinic, id)).toHaveProperty("ok");
  });

  it("replaces wider rights by u1, as grant-record-access does", () => {
    const { patient, id, user } = contract.newGrant(AMEND);
    contract.grantMany(patient, [{ id, user, expiry: null }]);
    expect(contract.storedGrant(id, user)).toMatchObject({ rights: READ });
  });

  it("lets a delegate grant for several patients at once", () => {
    const first = contract.newRecord();
    const second = contract.newRecord();
    const [delegate, user] = [chain.principal(), chain.principal()];
    contract.setDelegate(first.patient, delegate);
    contract.setDelegate(second.patient, delegate);
    const grants = [first, second].map(({ id }) => ({ id, user, expiry: null }));
    expect(contract.grantMany(delegate, grants)).toEqual({ ok: true });
    expect(contract.sharedRecords(user)).toEqual([first.id, second.id]);
  });

  it("takes 20 pairs and can't be called with 21", () => {
    const { patient, id } = contract.newRecord();
    const users = Array.from({ length: 21 }, () => chain.principal());
    const grants = users.map((user) => ({ id, user, expiry: null }));
    expect(() => contract.grantMany(patient, grants)).toThrow();
    expect(contract.grantMany(patient, grants.slice(1))).toEqual({ ok: true });
    expect(contract.record(id)).toMatchObject({ readers: 20n, "audit-count": 21n });
  });
});
