import { describe, expect, it } from "vitest";
import { ADD, Contract, SEE, SHARE, ZEROS } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("refuse-delegation", () => {
  it("refuses strangers and the contact with ERR_NOT_PATIENT", () => {
    const { patient, contact } = contract.newContact();
    for (const caller of [contact, chain.principal()]) {
      expect(contract.refuse(caller, patient, contact)).toEqual({ err: "ERR_NOT_PATIENT" });
    }
  });

  it("refuses a delegate without the power to share with ERR_NO_POWER", () => {
    const { patient, contact } = contract.newContact();
    const [without, delegate] = [chain.principal(), chain.principal()];
    contract.setDelegate(patient, without, null, SEE + ADD);
    contract.setDelegate(patient, delegate, null, SHARE);
    expect(contract.refuse(without, patient, contact)).toEqual({ err: "ERR_NO_POWER" });
    expect(contract.refuse(delegate, patient, contact)).toEqual({ ok: true });
  });

  it("refuses where nobody was named with ERR_NO_SUCH_CONTACT, or a second time", () => {
    const { patient, contact } = contract.newContact();
    const none = { err: "ERR_NO_SUCH_CONTACT" };
    expect(contract.refuse(patient, patient, chain.principal())).toEqual(none);
    contract.refuse(patient, patient, contact);
    expect(contract.refuse(patient, patient, contact)).toEqual(none);
  });

  it("holds until the patient names the contact again", () => {
    const { patient, contact } = contract.newContact();
    contract.ask(contact, patient);
    expect(contract.refuse(patient, patient, contact)).toEqual({ ok: true });
    expect(contract.contact(patient, contact)).toBeNull();
    chain.mine(20n);
    const none = { err: "ERR_NO_SUCH_CONTACT" };
    expect(contract.acceptDelegation(contact, patient)).toEqual(none);
    expect(contract.ask(contact, patient)).toEqual(none);
    contract.nameContact(patient, contact);
    expect(contract.ask(contact, patient)).toHaveProperty("ok");
  });

  it("is possible after the wait, until the contact accepts", () => {
    const { patient, contact } = contract.newContact();
    contract.ask(contact, patient);
    chain.mine(20n);
    expect(contract.refuse(patient, patient, contact)).toEqual({ ok: true });
    expect(contract.acceptDelegation(contact, patient)).toEqual({ err: "ERR_NO_SUCH_CONTACT" });
  });

  it("is the successor's, and no longer the former patient's", () => {
    const { patient: former, contact } = contract.newContact();
    const patient = contract.succeed(former);
    expect(contract.refuse(former, patient, contact)).toEqual({ err: "ERR_SUCCEEDED" });
    expect(contract.refuse(patient, patient, contact)).toEqual({ ok: true });
  });

  it("logs and prints an entry of the patient's log", () => {
    const { patient, contact } = contract.newContact();
    const height = chain.height();
    contract.refuse(patient, patient, contact);
    const entry = {
      topic: "patient-audit",
      patient,
      index: 1n,
      action: "contact-refuse",
      actor: patient,
      subject: contact,
      version: 0n,
      expiry: null,
      detail: ZEROS,
      "burn-height": height,
    };
    expect(chain.last?.events).toEqual([entry]);
    expect(contract.patientEntries(patient)[1]).toEqual(entry);
  });
});
