import { describe, expect, it } from "vitest";
import { bitsDetail, Contract, SEE } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("accept-delegation", () => {
  it("refuses whoever was not named with ERR_NO_SUCH_CONTACT", () => {
    const { patient } = contract.newContact();
    expect(contract.acceptDelegation(chain.principal(), patient)).toEqual({
      err: "ERR_NO_SUCH_CONTACT",
    });
  });

  it("refuses who did not ask, and one block before the end of the wait: ERR_TOO_EARLY", () => {
    const { patient, contact } = contract.newContact();
    chain.mine(20n);
    const early = { err: "ERR_TOO_EARLY" };
    expect(contract.acceptDelegation(contact, patient)).toEqual(early);
    const ready = chain.height() + 10n;
    contract.ask(contact, patient);
    chain.mineTo(ready - 1n);
    expect(contract.acceptDelegation(contact, patient)).toEqual(early);
    chain.mineTo(ready);
    expect(contract.acceptDelegation(contact, patient)).toEqual({ ok: true });
  });

  it("makes the contact a delegate with those powers, until removed, once", () => {
    const { patient, id, contact } = contract.newContact(SEE);
    contract.ask(contact, patient);
    chain.mine(10n);
    contract.acceptDelegation(contact, patient);
    expect(contract.delegation(patient, contact)).toEqual({
      powers: SEE,
      expiry: null,
      term: 1n,
      ended: 0n,
    });
    expect(contract.access(contact, id)).toHaveProperty("ok");
    expect(contract.grant(contact, id, chain.principal())).toEqual({ err: "ERR_NO_POWER" });
    expect(contract.contact(patient, contact)).toBeNull();
    contract.removeDelegate(patient, contact);
    expect(contract.access(contact, id)).toEqual({ err: "ERR_NO_ACCESS" });
    expect(contract.acceptDelegation(contact, patient)).toEqual({ err: "ERR_NO_SUCH_CONTACT" });
  });

  it("replaces an earlier delegation, and lists the contact once", () => {
    const { patient, contact } = contract.newContact(SEE);
    contract.setDelegate(patient, contact, chain.height() + 500n);
    contract.ask(contact, patient);
    chain.mine(10n);
    contract.acceptDelegation(contact, patient);
    expect(contract.delegation(patient, contact)).toMatchObject({ powers: SEE, term: 1n });
    expect(contract.careTeam(patient)).toEqual([contact]);
    expect(contract.carePatients(contact)).toEqual([patient]);
  });

  it("serves whoever is the patient now", () => {
    const { patient: former, id, contact } = contract.newContact();
    contract.ask(contact, former);
    const patient = contract.succeed(former);
    chain.mine(10n);
    expect(contract.acceptDelegation(contact, patient)).toEqual({ ok: true });
    expect(contract.access(contact, id)).toHaveProperty("ok");
    expect(contract.careTeam(patient)).toEqual([contact]);
  });

  it("logs and prints an entry of the patient's log, with the powers", () => {
    const { patient, contact } = contract.newContact(SEE);
    contract.ask(contact, patient);
    chain.mine(10n);
    const height = chain.height();
    contract.acceptDelegation(contact, patient);
    const entry = {
      topic: "patient-audit",
      patient,
      index: 2n,
      action: "contact-accept",
      actor: contact,
      subject: contact,
      version: 0n,
      expiry: null,
      detail: bitsDetail(SEE),
      "burn-height": height,
    };
    expect(chain.last?.events).toEqual([entry]);
    expect(contract.patientEntries(patient)[2]).toEqual(entry);
  });
});
