import { describe, expect, it } from "vitest";
import {
  AMEND,
  Contract,
  EMERGENCY,
  expectOk,
  HISTORY,
  READ,
  SEE,
  ZEROS,
} from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

const SUCCEEDED = { err: "ERR_SUCCEEDED" };

describe("accept-succession", () => {
  it("refuses where nothing is offered with ERR_NO_OFFER", () => {
    const { patient } = contract.newRecord();
    expect(contract.acceptSuccession(chain.principal(), patient)).toEqual({
      err: "ERR_NO_OFFER",
    });
  });

  it("refuses everybody else, the patient too, with ERR_NOT_OFFERED", () => {
    const { patient } = contract.newRecord();
    contract.offerSuccession(patient, chain.principal());
    for (const caller of [patient, chain.principal()]) {
      expect(contract.acceptSuccession(caller, patient)).toEqual({ err: "ERR_NOT_OFFERED" });
    }
  });

  it("refuses whoever was ever a patient, or one's successor, with ERR_NOT_NEW", () => {
    const { patient: withRecord } = contract.newRecord();
    const withLog = chain.principal();
    contract.setDelegate(withLog, chain.principal());
    const { former, patient: successor } = contract.newSuccession();
    for (const next of [withRecord, withLog, former, successor]) {
      const { patient } = contract.newRecord();
      contract.offerSuccession(patient, next);
      expect(contract.acceptSuccession(next, patient)).toEqual({ err: "ERR_NOT_NEW" });
    }
    const { patient } = contract.newSuccession();
    contract.offerSuccession(patient, former);
    expect(contract.acceptSuccession(former, patient)).toEqual({ err: "ERR_NOT_NEW" });
  });

  it("takes a successor to whom strangers granted what they like", () => {
    const { patient: stranger, id: other } = contract.newRecord();
    const next = chain.principal();
    contract.grant(stranger, other, next);
    contract.grantStanding(stranger, stranger, next);
    contract.setDelegate(stranger, next);
    const { patient } = contract.newRecord();
    contract.offerSuccession(patient, next);
    expect(contract.acceptSuccession(next, patient)).toEqual({ ok: true });
    expect(contract.access(next, other)).toHaveProperty("ok");
  });

  it("makes the caller the patient of all records at once", () => {
    const { patient: former, id: first } = contract.newRecord();
    const second = chain.recordId();
    contract.create(former, second);
    const patient = contract.succeed(former);
    const later = chain.recordId();
    expect(contract.create(patient, later)).toHaveProperty("ok");
    for (const id of [first, second, later]) {
      const user = chain.principal();
      expect(contract.record(id)).toMatchObject({ patient });
      expect(contract.hasAccess(id, patient)).toBe(true);
      expect(contract.access(patient, id)).toHaveProperty("ok");
      expect(contract.amend(patient, id)).toHaveProperty("ok");
      expect(contract.grant(patient, id, user)).toEqual({ ok: true });
      expect(contract.access(user, id)).toHaveProperty("ok");
      expect(contract.putEnvelope(patient, id, 1n, patient)).toEqual({ ok: true });
      expect(contract.revoke(patient, id, user)).toEqual({ ok: true });
    }
    for (const one of [former, patient]) {
      expect(contract.patientRecords(one)).toEqual([first, second, later]);
      expect(contract.patient(one)).toMatchObject({ records: 3n, successor: patient });
      expect(contract.line(one)).toEqual({ root: former, patient });
    }
    expect(contract.version(later, 1n)).toMatchObject({ author: patient });
  });

  it("makes the former patient nobody", () => {
    const { patient: former, id, user } = contract.newGrant();
    const [delegate, standing] = [chain.principal(), chain.principal()];
    contract.setDelegate(former, delegate);
    contract.grantStanding(former, former, standing);
    contract.amend(former, id);
    const patient = contract.succeed(former);
    expect(contract.hasAccess(id, former)).toBe(false);
    expect(contract.access(former, id)).toEqual(SUCCEEDED);
    expect(contract.accessVersion(former, id, 1n)).toEqual(SUCCEEDED);
    expect(contract.amend(former, id)).toEqual(SUCCEEDED);
    expect(contract.amendVersion(former, id, 3n)).toEqual(SUCCEEDED);
    expect(contract.grant(former, id, former)).toEqual(SUCCEEDED);
    expect(contract.revoke(former, id, user)).toEqual(SUCCEEDED);
    expect(contract.grantStanding(former, former, former)).toEqual(SUCCEEDED);
    expect(contract.revokeStanding(former, patient, standing)).toEqual(SUCCEEDED);
    expect(contract.emergency(former, id)).toEqual(SUCCEEDED);
    expect(contract.create(former, chain.recordId())).toEqual(SUCCEEDED);
    expect(contract.createFor(former, patient, chain.recordId())).toEqual(SUCCEEDED);
    expect(contract.setDelegate(former, chain.principal())).toEqual(SUCCEEDED);
    expect(contract.removeDelegate(former, delegate)).toEqual(SUCCEEDED);
    const notPatient = { err: "ERR_NOT_PATIENT" };
    expect(contract.transfer(former, id, former)).toEqual(notPatient);
    for (const receiver of [former, patient, user]) {
      expect(contract.putEnvelope(former, id, 2n, receiver)).toEqual(notPatient);
    }
    expect(contract.putEnvelope(patient, id, 2n, former)).toEqual({
      err: "ERR_USER_CANNOT_READ",
    });
    // Not even by the patient who followed them.
    expect(contract.grant(patient, id, former)).toEqual({ err: "ERR_SELF_GRANT" });
    expect(contract.grantStanding(patient, patient, former)).toEqual({
      err: "ERR_SELF_GRANT",
    });
  });

  it("keeps grants, standing access, delegates, emergencies and what they may", () => {
    const { patient: former, id, user } = contract.newGrant(AMEND);
    const [standing, delegate, medic] = Array.from({ length: 3 }, () => chain.principal()) as [
      string,
      string,
      string,
    ];
    contract.grantStanding(former, former, standing, READ + HISTORY);
    contract.setDelegate(former, delegate);
    contract.grantRights(former, id, medic, EMERGENCY);
    contract.emergency(medic, id);
    const patient = contract.succeed(former);
    for (const reader of [user, standing, delegate, medic]) {
      expect(contract.access(reader, id)).toHaveProperty("ok");
    }
    const later = chain.recordId();
    contract.create(patient, later);
    expect(contract.access(standing, later)).toHaveProperty("ok");
    expect(contract.access(delegate, later)).toHaveProperty("ok");
    expect(contract.amend(user, id)).toHaveProperty("ok");
    expect(contract.putEnvelope(user, id, 2n, patient)).toEqual({ ok: true });
    expect(contract.grant(delegate, id, chain.principal())).toEqual({ ok: true });
    expect(contract.grantStanding(delegate, former, chain.principal())).toEqual({ ok: true });
    expect(contract.grant(delegate, id, patient)).toEqual({ err: "ERR_SELF_GRANT" });
    expect(contract.grantStanding(delegate, patient, patient)).toEqual({
      err: "ERR_SELF_GRANT",
    });
    expect(contract.revoke(patient, id, user)).toEqual({ ok: true });
    expect(contract.revokeStanding(patient, patient, standing)).toEqual({ ok: true });
    expect(contract.removeDelegate(patient, delegate)).toEqual({ ok: true });
    for (const reader of [standing, delegate]) {
      expect(contract.access(reader, later)).toHaveProperty("err");
    }
  });

  it("goes on without end: the latest alone is the patient, by bounded reads", () => {
    const { patient: first, id } = contract.newRecord();
    const line = [first];
    const costs = [];
    for (let successions = 0; successions < 5; successions += 1) {
      const patient = contract.succeed(line.at(-1)!);
      line.push(patient);
      const user = chain.principal();
      expectOk(contract.access(patient, id));
      costs.push(chain.last?.costs);
      expectOk(contract.grant(patient, id, user));
      expectOk(contract.access(user, id));
      expectOk(contract.grantStanding(patient, patient, chain.principal()));
      for (const former of line.slice(0, -1)) {
        expect(contract.line(former)).toEqual({ root: first, patient });
        expect(contract.access(former, id)).toHaveProperty("err");
        expect(contract.hasAccess(id, former)).toBe(false);
        expect(contract.grant(former, id, former)).toHaveProperty("err");
        expect(contract.grantStanding(former, first, former)).toHaveProperty("err");
        expect(contract.transfer(former, id, former)).toEqual({ err: "ERR_NOT_PATIENT" });
        expect(contract.offerSuccession(former, former)).toEqual(SUCCEEDED);
        expect(contract.create(former, chain.recordId())).toEqual(SUCCEEDED);
        expect(contract.grant(patient, id, former)).toEqual({ err: "ERR_SELF_GRANT" });
      }
    }
    expect(new Set(costs.map((cost) => JSON.stringify(cost))).size).toBe(1);
    expect(contract.record(id)).toMatchObject({ patient: line.at(-1) });
  });

  it("writes once more when whoever goes is not the first of the line", () => {
    const { patient: first } = contract.newRecord();
    const second = contract.succeed(first);
    const writes = chain.last?.costs?.writeCount;
    contract.succeed(second);
    expect(chain.last?.costs?.writeCount).toBe(writes! + 1);
  });

  it("ends what the successor was given before: nothing of it comes back", () => {
    const { patient: former, id } = contract.newRecord();
    const next = chain.principal();
    contract.grantStanding(former, former, next);
    contract.setDelegate(former, next, null, SEE);
    contract.nameContact(former, next);
    contract.ask(next, former);
    const patient = contract.succeed(former, next);
    // With all that the patient may, not with a delegate's power alone.
    expect(contract.grant(patient, id, chain.principal())).toEqual({ ok: true });
    expect(contract.standingGrant(patient, next)).toMatchObject({ rights: 0n });
    expect(contract.delegation(patient, next)).toMatchObject({ expiry: expect.any(BigInt) });
    const last = contract.succeed(patient);
    chain.mine(20n);
    expect(contract.access(next, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
    expect(contract.amend(next, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
    expect(contract.acceptDelegation(next, last)).toEqual({ err: "ERR_NO_SUCH_CONTACT" });
  });

  it("leaves a grant on a single record that the successor had, for them to revoke", () => {
    const { patient: former, id, user: next } = contract.newGrant();
    const patient = contract.succeed(former, next);
    const last = contract.succeed(patient);
    expect(contract.access(next, id)).toHaveProperty("ok");
    expect(contract.revoke(last, id, next)).toEqual({ ok: true });
    expect(contract.access(next, id)).toEqual({ err: "ERR_GRANT_REVOKED" });
  });

  it("shuts the first of the line out, whatever they were granted before", () => {
    const { patient: before, id } = contract.newRecord();
    const { patient: former } = contract.newRecord();
    contract.grantRights(before, id, former, AMEND + EMERGENCY);
    contract.transfer(before, id, former);
    contract.accept(former, id);
    contract.succeed(former);
    expect(contract.access(former, id)).toEqual(SUCCEEDED);
    expect(contract.amend(former, id)).toEqual(SUCCEEDED);
    expect(contract.emergency(former, id)).toEqual(SUCCEEDED);
  });

  it("ends the offers that the former patient had made", () => {
    const { patient: former, id } = contract.newRecord();
    const accomplice = chain.principal();
    contract.transfer(former, id, accomplice);
    const patient = contract.succeed(former);
    expect(contract.pendingTransfer(id)).toBeNull();
    expect(contract.accept(accomplice, id)).toEqual({ err: "ERR_NO_OFFER" });
    expect(contract.transfer(patient, id, accomplice)).toEqual({ ok: true });
    expect(contract.pendingTransfer(id)).toBe(accomplice);
    expect(contract.accept(accomplice, id)).toEqual({ ok: true });
    expect(contract.access(patient, id)).toEqual({ err: "ERR_NO_ACCESS" });
  });

  it("has the successor accept what was offered to them, and not the former patient", () => {
    const { patient: owner, id } = contract.newRecord();
    const second = chain.recordId();
    contract.create(owner, second);
    const { former, patient } = contract.newSuccession();
    contract.transfer(owner, id, former);
    expect(contract.accept(former, id)).toEqual(SUCCEEDED);
    contract.transfer(owner, second, patient);
    expect(contract.accept(patient, second)).toEqual({ ok: true });
    expect(contract.record(second)).toMatchObject({ patient });
    expect(contract.patientRecords(patient)).toContain(second);
    const last = contract.succeed(patient);
    expect(contract.access(last, second)).toHaveProperty("ok");
    expect(contract.access(patient, second)).toEqual({ err: "ERR_NO_ACCESS" });
  });

  it("leaves the former patient what others granted them", () => {
    const { former } = contract.newSuccession();
    const { patient: other, id } = contract.newRecord();
    contract.grant(other, id, former);
    expect(contract.access(former, id)).toHaveProperty("ok");
  });

  it("logs and prints an entry of the one log of the line, with the former patient", () => {
    const { former, patient } = contract.newSuccession();
    contract.offerSuccession(patient, chain.principal());
    const next = chain.principal();
    contract.offerSuccession(patient, next);
    const height = chain.height();
    contract.acceptSuccession(next, former);
    const entry = {
      topic: "patient-audit",
      patient: former,
      index: 4n,
      action: "succession-accept",
      actor: next,
      subject: patient,
      version: 0n,
      expiry: null,
      detail: ZEROS,
      "burn-height": height,
    };
    expect(chain.last?.events).toEqual([entry]);
    for (const one of [former, patient, next]) {
      expect(contract.patientEntries(one)[4]).toEqual(entry);
      expect(contract.patient(one)).toMatchObject({ "audit-count": 5n });
    }
  });
});
