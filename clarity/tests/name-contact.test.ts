import { describe, expect, it } from "vitest";
import { bitsDetail, Contract, LONGEST_WAIT, SEE, SHARE } from "./contract";

const contract = await Contract.shared();
const { chain } = contract;

describe("name-contact", () => {
  it("refuses the patient, and whoever was, with ERR_SELF_DELEGATE", () => {
    const { former, patient } = contract.newSuccession();
    for (const one of [former, patient]) {
      expect(contract.nameContact(patient, one)).toEqual({ err: "ERR_SELF_DELEGATE" });
    }
  });

  it.each([0n, 8n])("refuses powers u%s with ERR_INVALID_POWERS", (powers) => {
    const outcome = contract.nameContact(chain.principal(), chain.principal(), powers);
    expect(outcome).toEqual({ err: "ERR_INVALID_POWERS" });
  });

  it("takes a wait from 1 block to a year, and refuses others with ERR_INVALID_WAIT", () => {
    const [patient, contact] = [chain.principal(), chain.principal()];
    for (const wait of [0n, LONGEST_WAIT + 1n, 2n ** 128n - 1n]) {
      expect(contract.nameContact(patient, contact, SEE, wait)).toEqual({
        err: "ERR_INVALID_WAIT",
      });
    }
    for (const wait of [1n, LONGEST_WAIT]) {
      expect(contract.nameContact(patient, contact, SEE, wait)).toEqual({ ok: true });
    }
  });

  it("refuses the former patient with ERR_SUCCEEDED", () => {
    const { former } = contract.newSuccession();
    expect(contract.nameContact(former, chain.principal())).toEqual({ err: "ERR_SUCCEEDED" });
  });

  it("stores powers and wait; naming again replaces them, and what was asked", () => {
    const [patient, contact] = [chain.principal(), chain.principal()];
    contract.nameContact(patient, contact, SEE, 9n);
    expect(contract.contact(patient, contact)).toEqual({
      powers: SEE,
      wait: 9n,
      "ready-at": null,
    });
    contract.ask(contact, patient);
    contract.nameContact(patient, contact, SEE + SHARE, 12n);
    expect(contract.contact(patient, contact)).toEqual({
      powers: SEE + SHARE,
      wait: 12n,
      "ready-at": null,
    });
  });

  it("gives the contact nothing yet", () => {
    const { patient, id, contact } = contract.newContact();
    expect(contract.access(contact, id)).toEqual({ err: "ERR_NO_ACCESS" });
    expect(contract.grant(contact, id, contact)).toEqual({ err: "ERR_NOT_PATIENT" });
    expect(contract.delegation(patient, contact)).toBeNull();
  });

  it("logs and prints an entry of the patient's log, with the wait and the powers", () => {
    const [patient, contact] = [chain.principal(), chain.principal()];
    const height = chain.height();
    contract.nameContact(patient, contact, SEE + SHARE, 9n);
    const entry = {
      topic: "patient-audit",
      patient,
      index: 0n,
      action: "contact-name",
      actor: patient,
      subject: contact,
      version: 0n,
      expiry: height + 9n,
      detail: bitsDetail(SEE + SHARE),
      "burn-height": height,
    };
    expect(chain.last?.events).toEqual([entry]);
    expect(contract.patientEntries(patient)).toEqual([entry]);
  });
});
