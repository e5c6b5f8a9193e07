import { describe, expect, it } from "vitest";
import { bitsDetail, Contract, SEE } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("ask-for-delegation", () => {
  it("refuses whoever was not named with ERR_NO_SUCH_CONTACT", () => {
    const { patient } = contract.newContact();
    expect(contract.ask(chain.principal(), patient)).toEqual({ err: "ERR_NO_SUCH_CONTACT" });
  });

  it("refuses a second time with ERR_ASKED_ALREADY, also when the wait is over", () => {
    const { patient, contact } = contract.newContact();
    contract.ask(contact, patient);
    expect(contract.ask(contact, patient)).toEqual({ err: "ERR_ASKED_ALREADY" });
    chain.mine(10n);
    expect(contract.ask(contact, patient)).toEqual({ err: "ERR_ASKED_ALREADY" });
  });

  it("gives the contact nothing before they accept", () => {
    const { patient, id, contact } = contract.newContact();
    contract.ask(contact, patient);
    chain.mine(20n);
    expect(contract.access(contact, id)).toEqual({ err: "ERR_NO_ACCESS" });
    expect(contract.grant(contact, id, contact)).toEqual({ err: "ERR_NOT_PATIENT" });
  });

  it("asks whoever is the patient now, by any principal of the line", () => {
    const { patient: former, contact } = contract.newContact();
    const patient = contract.succeed(former);
    expect(contract.ask(contact, patient)).toHaveProperty("ok");
    expect(contract.ask(contact, former)).toEqual({ err: "ERR_ASKED_ALREADY" });
  });

  it("returns from when on, and logs and prints it with the powers", () => {
    const { patient, contact } = contract.newContact(SEE);
    const height = chain.height();
    expect(contract.ask(contact, patient)).toEqual({ ok: height + 10n });
    expect(contract.contact(patient, contact)).toMatchObject({ "ready-at": height + 10n });
    const entry = {
      topic: "patient-audit",
      patient,
      index: 1n,
      action: "contact-ask",
      actor: contact,
      subject: contact,
      version: 0n,
      expiry: height + 10n,
      detail: bitsDetail(SEE),
      "burn-height": height,
    };
    expect(chain.last?.events).toEqual([entry]);
    expect(contract.patientEntries(patient)[1]).toEqual(entry);
  });
});
