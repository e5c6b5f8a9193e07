import { describe, expect, it } from "vitest";
import {
  ADD,
  ALL_POWERS,
  AMEND,
  bitsDetail,
  Contract,
  content,
  EMERGENCY,
  HISTORY,
  READ,
  SEE,
  SHARE,
} from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("set-delegate", () => {
  it("refuses the caller themself with ERR_SELF_DELEGATE", () => {
    const patient = chain.principal();
    expect(contract.setDelegate(patient, patient)).toEqual({ err: "ERR_SELF_DELEGATE" });
  });

  it("refuses an expiry at the burn height with ERR_EXPIRY_IN_PAST, not one above", () => {
    const [patient, delegate] = [chain.principal(), chain.principal()];
    expect(contract.setDelegate(patient, delegate, chain.height())).toEqual({
      err: "ERR_EXPIRY_IN_PAST",
    });
    expect(contract.setDelegate(patient, delegate, chain.height() + 1n)).toEqual({ ok: true });
  });

  it("stores the expiry; setting again replaces it", () => {
    const [patient, delegate] = [chain.principal(), chain.principal()];
    const expiry = chain.height() + 500n;
    contract.setDelegate(patient, delegate, expiry);
    expect(contract.delegation(patient, delegate)).toEqual({
      powers: ALL_POWERS,
      expiry,
      term: 1n,
      ended: 0n,
    });
    contract.setDelegate(patient, delegate, null);
    expect(contract.delegation(patient, delegate)).toMatchObject({ expiry: null, term: 1n });
  });

  it.each([0n, 8n, 16n])("refuses powers u%s with ERR_INVALID_POWERS", (powers) => {
    const outcome = contract.setDelegate(chain.principal(), chain.principal(), null, powers);
    expect(outcome).toEqual({ err: "ERR_INVALID_POWERS" });
  });

  it("counts a term for each time that the delegate is set anew, and not for a renewal", () => {
    const [patient, delegate] = [chain.principal(), chain.principal()];
    const expiry = chain.height() + 20n;
    const term = (expected: bigint) =>
      expect(contract.delegation(patient, delegate)).toMatchObject({ term: expected });
    contract.setDelegate(patient, delegate, expiry, SEE);
    contract.setDelegate(patient, delegate, expiry, ADD);
    term(1n);
    chain.mineTo(expiry);
    contract.setDelegate(patient, delegate);
    term(2n);
    contract.removeDelegate(patient, delegate);
    contract.setDelegate(patient, delegate);
    term(3n);
  });

  it.each([
    [SEE, { see: "ok", share: "ERR_NO_POWER", revoke: "ERR_NO_POWER", add: "ERR_NO_ACCESS" }],
    [SHARE, { see: "ERR_NO_ACCESS", share: "ERR_NO_POWER", revoke: "ok", add: "ERR_NO_ACCESS" }],
    [ADD, { see: "ERR_NO_ACCESS", share: "ERR_NO_POWER", revoke: "ERR_NO_POWER", add: "ok" }],
    [SEE + SHARE, { see: "ok", share: "ok", revoke: "ok", add: "ERR_NO_ACCESS" }],
    [SHARE + ADD, { see: "ERR_NO_ACCESS", share: "ERR_NO_POWER", revoke: "ok", add: "ok" }],
    [SEE + ADD, { see: "ok", share: "ERR_NO_POWER", revoke: "ERR_NO_POWER", add: "ok" }],
  ] as const)("lets powers u%s do what they are for, and nothing else", (powers, may) => {
    const { patient, id, delegate } = contract.newDelegate(null, powers);
    const [user, standing] = [chain.principal(), chain.principal()];
    contract.grant(patient, id, user);
    contract.grantStanding(patient, patient, standing);
    const done = (outcome: ReturnType<typeof contract.access>) =>
      "ok" in outcome ? "ok" : outcome.err;
    expect(done(contract.access(delegate, id))).toBe(may.see);
    expect(contract.hasAccess(id, delegate)).toBe(may.see === "ok");
    expect(done(contract.grant(delegate, id, user))).toBe(may.share);
    expect(done(contract.grantStanding(delegate, patient, standing))).toBe(may.share);
    const envelope = may.revoke === "ok" ? "ok" : "ERR_NOT_PATIENT";
    expect(done(contract.putEnvelope(delegate, id, 1n, user))).toBe(envelope);
    expect(done(contract.revoke(delegate, id, user))).toBe(may.revoke);
    expect(done(contract.revokeStanding(delegate, patient, standing))).toBe(may.revoke);
    expect(done(contract.amend(delegate, id))).toBe(may.add);
    const adds = may.add === "ok" ? "ok" : "ERR_NO_POWER";
    expect(done(contract.createFor(delegate, patient, chain.recordId()))).toBe(adds);
  });

  it("lets a delegate give no right that their powers lack: ERR_NO_POWER", () => {
    const { patient, id, delegate } = contract.newDelegate(null, SEE + SHARE);
    const user = chain.principal();
    for (const rights of [AMEND, READ + AMEND, AMEND + EMERGENCY + HISTORY]) {
      expect(contract.grantRights(delegate, id, user, rights)).toEqual({ err: "ERR_NO_POWER" });
      expect(contract.grantStanding(delegate, patient, user, rights)).toEqual({
        err: "ERR_NO_POWER",
      });
    }
    const rights = READ + EMERGENCY + HISTORY;
    expect(contract.grantRights(delegate, id, user, rights)).toEqual({ ok: true });
    expect(contract.grantStanding(delegate, patient, user, rights)).toEqual({ ok: true });
    contract.setDelegate(patient, delegate, null, ALL_POWERS);
    expect(contract.grantRights(delegate, id, user, AMEND)).toEqual({ ok: true });
  });

  it("marks what the delegate granted, and what the patient granted not", () => {
    const { patient, id, delegate } = contract.newDelegate();
    const user = chain.principal();
    const by = { patient, delegate, term: 1n };
    contract.grant(delegate, id, user);
    contract.grantStanding(delegate, patient, user);
    expect(contract.storedGrant(id, user)).toMatchObject({ by });
    expect(contract.standingGrant(patient, user)).toMatchObject({ by });
    contract.grant(patient, id, user);
    contract.grantStanding(patient, patient, user);
    expect(contract.storedGrant(id, user)).toMatchObject({ by: null });
    expect(contract.standingGrant(patient, user)).toMatchObject({ by: null });
  });

  it("refuses whoever was the patient with ERR_SELF_DELEGATE", () => {
    const { former, patient } = contract.newSuccession();
    const second = contract.succeed(patient);
    for (const one of [former, patient, second]) {
      expect(contract.setDelegate(second, one)).toEqual({ err: "ERR_SELF_DELEGATE" });
    }
  });

  it("refuses the former patient with ERR_SUCCEEDED", () => {
    const { former } = contract.newSuccession();
    expect(contract.setDelegate(former, chain.principal())).toEqual({ err: "ERR_SUCCEEDED" });
  });

  it("writes what a delegate adds as theirs, with the delegate as its author", () => {
    const { id, delegate } = contract.newDelegate(null, ADD);
    contract.amend(delegate, id, content(9));
    expect(contract.version(id, 2n)).toMatchObject({ author: delegate });
  });

  it("lets the delegate act on all the patient's records and no other's", () => {
    const { patient, id, delegate } = contract.newDelegate();
    const later = chain.recordId();
    contract.create(patient, later);
    for (const record of [id, later]) {
      expect(contract.access(delegate, record)).toHaveProperty("ok");
      expect(contract.amend(delegate, record)).toHaveProperty("ok");
      expect(contract.grant(delegate, record, chain.principal())).toEqual({ ok: true });
      expect(contract.hasAccess(record, delegate)).toBe(true);
    }
    const { id: other } = contract.newRecord();
    expect(contract.access(delegate, other)).toEqual({ err: "ERR_NO_ACCESS" });
  });

  it("does not let the delegate name delegates of the patient, or remove them", () => {
    const { patient, id, delegate } = contract.newDelegate();
    const friend = chain.principal();
    contract.setDelegate(delegate, friend);
    expect(contract.access(friend, id)).toEqual({ err: "ERR_NO_ACCESS" });
    contract.setDelegate(patient, friend);
    expect(contract.removeDelegate(delegate, friend)).toEqual({ ok: true });
    expect(contract.access(friend, id)).toHaveProperty("ok");
  });

  it("does not let the delegate give the record away: ERR_NOT_PATIENT", () => {
    const { id, delegate } = contract.newDelegate();
    expect(contract.transfer(delegate, id, delegate)).toEqual({ err: "ERR_NOT_PATIENT" });
  });

  it("is not the other way round: the patient has no access to the delegate's records", () => {
    const { patient, delegate } = contract.newDelegate();
    const own = chain.recordId();
    contract.create(delegate, own);
    expect(contract.access(patient, own)).toEqual({ err: "ERR_NO_ACCESS" });
  });

  it("logs and prints an entry of the patient's log, and lists both once", () => {
    const [patient, delegate] = [chain.principal(), chain.principal()];
    const height = chain.height();
    const expiry = height + 500n;
    contract.setDelegate(patient, delegate, expiry);
    const entry = {
      topic: "patient-audit",
      patient,
      index: 0n,
      action: "delegate-set",
      actor: patient,
      subject: delegate,
      version: 0n,
      expiry,
      detail: bitsDetail(ALL_POWERS),
      "burn-height": height,
    };
    expect(chain.last?.events).toEqual([entry]);
    expect(contract.patientEntries(patient)).toEqual([entry]);
    contract.removeDelegate(patient, delegate);
    contract.setDelegate(patient, delegate);
    contract.grantStanding(patient, patient, delegate, READ);
    expect(contract.careTeam(patient)).toEqual([delegate]);
    expect(contract.carePatients(delegate)).toEqual([patient]);
  });
});
