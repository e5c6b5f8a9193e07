import { Cl } from "@stacks/transactions";
import { describe, expect, it } from "vitest";
import { Contract, EMERGENCY, EMERGENCY_BLOCKS, READ, ZEROS } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("get-contract-version", () => {
  it("names interface and release", () => {
    expect(chain.read("get-contract-version", [])).toEqual({
      interface: 2n,
      release: "2.0.0",
    });
  });
});

describe("what was never written", () => {
  it("reads as none, false, or an empty beginning", () => {
    const id = chain.recordId();
    const nobody = chain.principal();
    expect(contract.record(id)).toBeNull();
    expect(contract.version(id, 1n)).toBeNull();
    expect(contract.storedGrant(id, nobody)).toBeNull();
    expect(contract.effectiveGrant(id, nobody)).toBeNull();
    expect(contract.hasAccess(id, nobody)).toBe(false);
    expect(contract.entries(id)).toEqual([]);
    expect(contract.recordReaders(id)).toEqual([]);
    expect(chain.read("get-audit-head", [Cl.uint(id)])).toBeNull();
    expect(chain.read("get-patient-audit-head", [Cl.principal(nobody)])).toEqual({
      head: ZEROS,
      count: 0n,
    });
    expect(contract.patient(nobody)).toEqual({
      records: 0n,
      team: 0n,
      "audit-count": 0n,
      "audit-head": ZEROS,
      root: null,
      successor: null,
    });
    expect(contract.user(nobody)).toEqual({ records: 0n, patients: 0n });
    expect(contract.standingGrant(nobody, nobody)).toBeNull();
    expect(contract.delegation(nobody, nobody)).toBeNull();
    expect(contract.contact(nobody, nobody)).toBeNull();
    expect(contract.member(nobody, nobody)).toBeNull();
    expect(contract.pendingSuccession(nobody)).toBeNull();
    expect(contract.line(nobody)).toEqual({ root: nobody, patient: nobody });
  });
});

describe("has-access", () => {
  it("is true for patient, delegate and reader, and false for anyone else", () => {
    const { patient, id, delegate } = contract.newDelegate();
    const user = chain.principal();
    contract.grant(patient, id, user);
    for (const reader of [patient, delegate, user]) {
      expect(contract.hasAccess(id, reader)).toBe(true);
    }
    expect(contract.hasAccess(id, chain.principal())).toBe(false);
  });
});

describe("has-access and get-effective-grant", () => {
  it("hold one block before a grant's expiry and not at it", () => {
    const expiry = chain.height() + 20n;
    const { id, user } = contract.newGrant(READ, expiry);
    chain.mineReadsTo(expiry - 1n);
    expect(contract.hasAccess(id, user)).toBe(true);
    expect(contract.effectiveGrant(id, user)).toMatchObject({ expiry });
    chain.mineReadsTo(expiry);
    expect(contract.hasAccess(id, user)).toBe(false);
    expect(contract.effectiveGrant(id, user)).toBeNull();
  });

  it("hold one block before an emergency opening closes and not when it does", () => {
    const { id, user } = contract.newGrant(EMERGENCY);
    expect(contract.hasAccess(id, user)).toBe(false);
    const until = chain.height() + EMERGENCY_BLOCKS;
    contract.emergency(user, id);
    chain.mineReadsTo(until - 1n);
    expect(contract.hasAccess(id, user)).toBe(true);
    chain.mineReadsTo(until);
    expect(contract.hasAccess(id, user)).toBe(false);
    expect(contract.effectiveGrant(id, user)).toMatchObject({ rights: EMERGENCY });
  });
});

describe("get-effective-grant", () => {
  it("is none for patient and delegate, who need no grant", () => {
    const { patient, id, delegate } = contract.newDelegate();
    expect(contract.effectiveGrant(id, patient)).toBeNull();
    expect(contract.effectiveGrant(id, delegate)).toBeNull();
  });
});

describe("get-audit-head and get-patient-audit-head", () => {
  it("return head and count of the two logs", () => {
    const { patient, id, delegate } = contract.newDelegate();
    const record = contract.record(id);
    expect(chain.read("get-audit-head", [Cl.uint(id)])).toEqual({
      head: record["audit-head"],
      count: 1n,
    });
    contract.grantStanding(delegate, patient, chain.principal(), READ);
    const state = contract.patient(patient) as { "audit-head": string };
    expect(chain.read("get-patient-audit-head", [Cl.principal(patient)])).toEqual({
      head: state["audit-head"],
      count: 2n,
    });
  });
});
